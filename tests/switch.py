"""Switching one rule or reaction off, by MUSTER_TEETH in the environment, to see whether a test notices (tests/teeth.py).

`incidents.rules.command.why_not_claim` refuses nothing; `reason:incidents.rules.command:commanded` never gives that reason;
`reaction:mobilise` does nothing; `clock:oncall.page` has nothing follow when such a clock breaks.
"""

import ast
import inspect
import os
from collections.abc import Callable, Iterator
from functools import wraps
from importlib import import_module
from pkgutil import iter_modules
from types import ModuleType
from typing import Any

import compliance.rules
import incidents.rules
import oncall.rules
import postmortems.rules
from portal.reactions import CLOCK_SUBJECTS, REACTIONS
from tenants.refusals import Reason

RULES = (
    *(f"incidents.rules.{m.name}" for m in iter_modules(incidents.rules.__path__) if m.name != "common"),
    *(f"oncall.rules.{m.name}" for m in iter_modules(oncall.rules.__path__)),
    *(f"postmortems.rules.{m.name}" for m in iter_modules(postmortems.rules.__path__)),
    *(f"compliance.rules.{m.name}" for m in iter_modules(compliance.rules.__path__)),
    "notifications.rules",
)


def rules_of(module: ModuleType) -> list[str]:
    """The names of the rules that a module defines."""
    return [
        n
        for n, f in vars(module).items()
        if n.startswith("why_not_") and inspect.isfunction(f) and f.__module__ == module.__name__
    ]


def switches() -> list[str]:
    """Every rule, every reaction, and what follows when a clock breaks."""
    rules = [f"{room}.{name}" for room in RULES for name in rules_of(import_module(room))]
    reactions = dict.fromkeys(reaction.name for found in REACTIONS.values() for reaction in found)
    return [*rules, *(f"reaction:{name}" for name in reactions), *(f"clock:{subject}" for subject in CLOCK_SUBJECTS)]


def reasons() -> list[str]:
    """Every code that a rule may refuse with, one switch each."""
    return [f"reason:{room}:{code}" for room in RULES for code in dict.fromkeys(_codes(import_module(room)))]


def _codes(module: ModuleType) -> Iterator[str]:
    for node in ast.walk(ast.parse(inspect.getsource(module))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Reason" and node.args:
            code = node.args[0]
            if isinstance(code, ast.Constant) and isinstance(code.value, str):
                yield code.value


def off() -> None:
    """Switch off what the environment names. Rules and reactions are looked up when they are asked, so this holds everywhere."""
    wanted = os.environ.get("MUSTER_TEETH", "")
    if wanted.startswith("reaction:"):
        _replace(_reaction(wanted.removeprefix("reaction:")), _nothing)
    elif wanted.startswith("clock:"):
        _replace(CLOCK_SUBJECTS[wanted.removeprefix("clock:")], _nothing)
    elif wanted.startswith("reason:"):
        _, room, code = wanted.split(":")
        module = import_module(room)
        for name in rules_of(module):
            setattr(module, name, _without(code, getattr(module, name)))
    elif wanted:
        _replace(wanted, _never)


def _reaction(name: str) -> str:
    return next(reaction.run for found in REACTIONS.values() for reaction in found if reaction.name == name)


def _replace(path: str, function: Callable[..., Any]) -> None:
    module, _, name = path.rpartition(".")
    getattr(import_module(module), name)  # a name that is not there is a mistake in the switch
    setattr(import_module(module), name, function)


def _nothing(*_: object) -> None:
    """A reaction that does nothing."""


def _never(*_: object) -> list[Reason]:
    """A rule that refuses nothing."""
    return []


def _without(code: str, rule: Callable[..., list[Reason]]) -> Callable[..., list[Reason]]:
    @wraps(rule)
    def weaker(*args: Any) -> list[Reason]:
        return [reason for reason in rule(*args) if reason.code != code]

    return weaker
