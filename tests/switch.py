"""Switching one rule, reason or reaction off, to see whether a test notices (tests/teeth.py).

`incidents.rules.command.why_not_claim` refuses nothing; `reason:incidents.rules.command:commanded` never gives that reason;
`reaction:mobilise` does nothing; `clock:oncall.page` has nothing follow when such a clock breaks. MUSTER_TEETH in the environment
switches one off for any tests: that is how a test that should notice is written.

A function is changed where it stands, so it does not matter who has taken it by its name meanwhile.
"""

import ast
import inspect
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import cache
from importlib import import_module
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any

from django.utils.module_loading import import_string

from tenants.refusals import Reason

ROOT = Path(__file__).parents[1]
ROOMS = tuple(sorted(file.parent.name for file in ROOT.glob("*/apps.py")))


@cache
def modules() -> dict[str, ModuleType]:
    """Every module with rules, and those in a room's `rules` that only help them. They are looked for, not listed."""
    found = {}
    for room in ROOMS:
        for file in sorted((ROOT / room).rglob("*.py")):
            if file.parent.name == "rules" or "\ndef why_not_" in file.read_text(encoding="utf-8"):
                name = ".".join(file.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
                module = import_module(name)
                if givers_of(module):
                    found[name] = module
    return found


def givers_of(module: ModuleType) -> dict[str, FunctionType]:
    """The functions of a module that give reasons: its rules, and what they have in common."""
    return {
        name: function
        for name, function in vars(module).items()
        if inspect.isfunction(function)
        and function.__module__ == module.__name__
        and inspect.signature(function).return_annotation in (list[Reason], "list[Reason]")
    }


def rules_of(module: ModuleType) -> list[str]:
    """The names of the rules that a module defines."""
    return [name for name in givers_of(module) if name.startswith("why_not_")]


def switches() -> list[str]:
    """Every rule, every reaction, and what follows when a clock breaks."""
    return [*(f"{name}.{rule}" for name, module in modules().items() for rule in rules_of(module)), *followers()]


def reasons() -> list[str]:
    """Every code that a rule may refuse with, one switch each."""
    return [f"reason:{name}:{code}" for name, module in modules().items() for code in dict.fromkeys(_codes(module))]


def off(wanted: str) -> ExitStack:
    """Switch one off ("" for none). Closing what this returns switches it on again."""
    undo = ExitStack()
    if wanted.startswith("reason:"):
        _, name, code = wanted.split(":")
        for giving in _givers_of_code(name):
            for function in givers_of(giving).values():
                undo.callback(swap(function, _without(code, function)))
    elif wanted.startswith(("reaction:", "clock:")):
        undo.callback(swap(followers()[wanted], _nothing))
    elif wanted:
        module, _, rule = wanted.rpartition(".")
        undo.callback(swap(givers_of(modules()[module])[rule], _never))
    return undo


def listen(reached: Callable[[str], object]) -> ExitStack:
    """Say which switches would make a difference: `reached` is called with their names, until what this returns is closed.

    A rule makes none where it refuses nothing, a reason none where it is not given.
    """
    undo = ExitStack()
    for name, module in modules().items():
        for rule, function in givers_of(module).items():
            undo.callback(swap(function, _telling(_original(function), name, rule, reached)))
    names: dict[FunctionType, list[str]] = defaultdict(list)
    for switch, function in followers().items():
        names[function].append(switch)
    for function, known in names.items():
        undo.callback(swap(function, _telling_that(_original(function), known, reached)))
    return undo


def swap(function: FunctionType, by: Callable[..., Any]) -> Callable[[], None]:
    """Have `by` called instead of `function`, whoever holds it. Returns what undoes that."""
    was = function.__code__, function.__defaults__, function.__kwdefaults__
    assert not function.__code__.co_freevars, f"{function.__qualname__} is made anew with each call of another"
    name = f"_instead_of_{function.__name__}"
    function.__globals__[name] = by
    known = (name if n == "_instead" else n for n in _forward.__code__.co_names)
    function.__code__ = _forward.__code__.replace(co_names=tuple(known), co_name=function.__name__)
    function.__defaults__ = function.__kwdefaults__ = None

    def undo() -> None:
        function.__code__, function.__defaults__, function.__kwdefaults__ = was

    return undo


def _forward(*args: Any, **kwargs: Any) -> Any:
    return _instead(*args, **kwargs)


def _instead(*_: Any, **__: Any) -> Any:
    """Its name is put in place of this one in `_forward`."""


def _original(function: FunctionType) -> FunctionType:
    """The function as it is now, so that another can call it."""
    copy = FunctionType(function.__code__, function.__globals__, function.__name__, function.__defaults__)
    copy.__kwdefaults__ = function.__kwdefaults__
    return copy


@cache
def followers() -> dict[str, FunctionType]:
    from portal.reactions import CLOCK_SUBJECTS, REACTIONS

    runs = {f"reaction:{reaction.name}": reaction.run for found in REACTIONS.values() for reaction in found}
    runs |= {f"clock:{subject}": run for subject, run in CLOCK_SUBJECTS.items()}
    return {switch: inspect.unwrap(import_string(run)) for switch, run in runs.items()}


def _codes(module: ModuleType) -> Iterator[str]:
    """The codes in a module's functions that give reasons, and in the constants that these give. What others raise is no rule's."""
    giving: list[ast.AST] = []
    constants: dict[str, ast.AST] = {}
    for part in ast.parse(inspect.getsource(module)).body:
        if isinstance(part, ast.FunctionDef) and part.returns and ast.unparse(part.returns) in ("list[Reason]", "Reason"):
            giving.append(part)
        elif isinstance(part, ast.Assign) and isinstance(part.targets[0], ast.Name):
            constants[part.targets[0].id] = part.value
    names = {node.id for giver in giving for node in ast.walk(giver) if isinstance(node, ast.Name)}
    given = [*giving, *(constants[name] for name in constants if name in names)]
    for node in (found for giver in given for found in ast.walk(giver)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Reason" and node.args:
            code = node.args[0]
            if isinstance(code, ast.Constant) and isinstance(code.value, str):
                yield code.value


def _givers_of_code(name: str) -> list[ModuleType]:
    """The module itself; what only helps rules gives its reasons through all the rules of its room."""
    if rules_of(modules()[name]):
        return [modules()[name]]
    room = name.partition(".")[0]
    return [module for other, module in modules().items() if other.partition(".")[0] == room]


def _nothing(*_: object, **__: object) -> None:
    """A reaction that does nothing."""


def _never(*_: object, **__: object) -> list[Reason]:
    """A rule that refuses nothing."""
    return []


def _without(code: str, rule: FunctionType) -> Callable[..., list[Reason]]:
    original = _original(rule)
    return lambda *args, **kwargs: [reason for reason in original(*args, **kwargs) if reason.code != code]


def _telling(rule: FunctionType, module: str, name: str, reached: Callable[[str], object]) -> Callable[..., list[Reason]]:
    helpers = [other for other in modules() if not rules_of(modules()[other]) and other.split(".")[0] == module.split(".")[0]]

    def told(*args: Any, **kwargs: Any) -> list[Reason]:
        given: list[Reason] = rule(*args, **kwargs)
        if given:
            reached(f"{module}.{name}")
        for reason in given:
            for by in (module, *helpers):
                reached(f"reason:{by}:{reason.code}")
        return given

    return told


def _telling_that(follower: FunctionType, switches: list[str], reached: Callable[[str], object]) -> Callable[..., Any]:
    def told(*args: Any, **kwargs: Any) -> Any:
        for switch in switches:
            reached(switch)
        return follower(*args, **kwargs)

    return told
