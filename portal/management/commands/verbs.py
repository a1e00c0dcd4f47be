"""`manage.py verbs` writes docs/verbs.md: what can be done, by whom, what it leaves behind. Generated from the code."""

import ast
import inspect
import pkgutil
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from integrations.chat.grammar import WORDS
from ledger.verbs import VERBS, Verb

# Module -> what its callers come through. The clock's and the relay's own functions stand in rooms' modules, so they are named.
DOORS: dict[str, tuple[str, ...]] = {
    **{
        f"incidents.doors.{module.name}": ("web", "API")
        for module in pkgutil.iter_modules(import_module("incidents.doors").__path__)
    },
    "postmortems.doors": ("web", "API"),
    "compliance.duties_doors": ("web", "API"),
    "compliance.duties_views": ("web",),
    "compliance.api.duties": ("API",),
    "compliance.duties_news": ("reaction",),
    "postmortems.document_views": ("web",),
    "postmortems.api.document": ("API",),
    "postmortems.reactions": ("reaction",),
    "incidents.declare_views": ("web",),
    "incidents.views": ("web",),
    "integrations.chat.dispatch": ("chat",),
    "integrations.chat.signals": ("chat",),
    "incidents.api.views": ("API",),
    "incidents.routing_views": ("web",),
    "incidents.api.routing": ("API",),
    "postmortems.item_doors": ("web", "API"),
    "postmortems.item_views": ("web",),
    "postmortems.api.items": ("API",),
    "integrations.chat.items": ("chat",),
    "integrations.views": ("web",),
    "integrations.api": ("API",),
    "integrations.generic.views": ("web",),
    "oncall.views": ("web",),
    "oncall.api.views": ("API",),
    "oncall.api.schedules": ("API",),
    "oncall.api.changing_hands": ("API",),
    "oncall.schedule_views": ("web",),
    "postmortems.review_views": ("web",),
    "postmortems.wording_views": ("web",),
    "postmortems.release_views": ("web",),
    "postmortems.api.review": ("API",),
    "status.views": ("web",),
    "status.api.views": ("API",),
    "compliance.access_views": ("web",),
    "compliance.access_system_views": ("web",),
    "compliance.access_glass_views": ("web",),
    "compliance.api.access": ("API",),
    "compliance.access.reactions": ("reaction",),
    "portal.pages": ("web",),
    "portal.accounts": ("web",),
    "metrics.views": ("web",),
    "metrics.api.views": ("API",),
    "standard.draft_views": ("web",),
    "standard.process_views": ("web",),
    "standard.api.versions": ("API",),
    "standard.api.process": ("API",),
    "compliance.audit_views": ("web",),
    "compliance.api.audit": ("API",),
    "compliance.holds_views": ("web",),
    "compliance.custody_views": ("web",),
    "compliance.retention_views": ("web",),
    "compliance.api.holds": ("API",),
    "portal.admin": ("admin",),
    "portal.admin_base": ("admin",),
    "portal.admin_members": ("admin",),
    "integrations.intake": ("hook",),
    "incidents.reactions": ("reaction",),
    "incidents.dating": ("hook",),
    "incidents.intake": ("hook",),
    "incidents.expiring": ("clock",),
    "incidents.gate": ("web", "API", "chat"),
    "portal.management.commands.organisation": ("command",),
    "compliance.packs_views": ("web",),
    "compliance.api.packs": ("API",),
    "compliance.packs_handing": ("web", "API"),
    "compliance.packs_reactions": ("reaction",),
    "compliance.packs.making": ("task",),
}
FUNCTIONS: dict[str, str] = {
    "oncall.views._linked": "e-mail link",
    "compliance.custody_views._answer": "e-mail link",
    "oncall.actions.paging.on_clock_broken": "clock",
    "standard.clocks._strike": "clock",
    "oncall.waking.sweep": "clock",
    "oncall.notices.sweep": "clock",
    "standard.actions.reviews.open_due": "clock",
    "postmortems.actions.reminding.on_clock_broken": "clock",
    "compliance.actions.holds.on_clock_broken": "clock",
    "compliance.actions.retention._organisation": "clock",
    "incidents.actions.restriction.on_snapshot_clock": "clock",
}
ORDER = ("web", "API", "chat", "e-mail link", "hook", "admin", "reaction", "task", "clock", "command")

HEAD = """# Verbs

What can be done, by whom, and what it leaves behind. Each verb is one function in an `actions` module, called alike by every door:
one transaction, one event. Generated from the code by `manage.py verbs` (`make verbs`); a test keeps it fresh.

"""


class Command(BaseCommand):
    """Write the table of verbs, or check that it is fresh."""

    help = __doc__ or ""
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        """`--check` writes nothing."""
        parser.add_argument("--check", action="store_true", help="fail where docs/verbs.md is not what would be written")

    def handle(self, *args: Any, **options: Any) -> None:
        """Write it, or compare."""
        file = Path(settings.BASE_DIR) / "docs" / "verbs.md"
        fresh = document()
        if not options["check"]:
            file.write_text(fresh, encoding="utf-8")
        elif not file.is_file() or file.read_text(encoding="utf-8") != fresh:
            raise CommandError("docs/verbs.md is not what the code says: run `make verbs`.")


def document() -> str:
    """The whole page."""
    through = doors_of_verbs()
    subjects = sorted({verb.subject for verb in VERBS.values()}, key=lambda subject: (subject != "incident", subject))
    parts = [_section(subject, through) for subject in subjects]
    return HEAD + "\n".join(parts)


def doors_of_verbs() -> dict[str, list[str]]:
    """Each verb of VERBS -> the doors it is open in; [] for what happens within other verbs only."""
    _import_rooms()
    found = _doors()
    spoken = {f"incident:{word.verb}" for word in WORDS}
    return {
        name: [door for door in ORDER if door in found.get(verb.function, ()) or (door == "chat" and name in spoken)]
        for name, verb in VERBS.items()
    }


def _import_rooms() -> None:
    """Import every module of the rooms, so that every verb has registered itself."""
    for room in settings.ROOMS:
        for module in pkgutil.walk_packages(import_module(room).__path__, f"{room}."):
            if ".migrations" not in module.name:
                import_module(module.name)


def _section(subject: str, through: dict[str, list[str]]) -> str:
    title = subject[0].upper() + subject[1:]
    rows = [_row(verb, through[name]) for name, verb in VERBS.items() if verb.subject == subject]
    head = "| verb | who | event | clocks | clauses | doors | what it does |\n|---|---|---|---|---|---|---|\n"
    return f"## {title}\n\n{head}{''.join(sorted(rows))}"


def _row(verb: Verb, through: list[str]) -> str:
    clocks = [f"starts {clock}" for clock in verb.starts] + [f"stops {clock}" for clock in verb.stops]
    cells = (
        f"**{verb.name}**",
        verb.who,
        ", ".join(f"`{kind}`" for kind in verb.kind.split(", ")) + "".join(f", where so `{kind}`" for kind in verb.sometimes),
        "; ".join(clocks),
        ", ".join(verb.clauses),
        ", ".join(through) or "within other verbs",
        verb.summary,
    )
    return f"| {' | '.join(cell.replace('|', '/') for cell in cells)} |\n"


def _doors() -> dict[str, set[str]]:
    """Function of a verb -> the doors whose code calls it."""
    found: dict[str, set[str]] = {}
    for name, labels in DOORS.items():
        module = import_module(name)
        for where, called in _calls(module):
            own = FUNCTIONS.get(where)
            found.setdefault(called, set()).update({own} if own else labels)
    for where, label in FUNCTIONS.items():
        module = import_module(where.rpartition(".")[0])
        for place, called in _calls(module):
            if place == where:
                found.setdefault(called, set()).add(label)
    return found


def _calls(module: ModuleType) -> Iterator[tuple[str, str]]:
    """(where, function) of what each top-level function or class of a module calls by name."""
    for node in ast.parse(inspect.getsource(module)).body:
        where = f"{module.__name__}.{getattr(node, 'name', '')}"
        for call in ast.walk(node):
            if isinstance(call, ast.Call):
                function = _resolve(call.func, module)
                if inspect.isfunction(function):
                    yield where, f"{function.__module__}.{function.__qualname__}"


def _resolve(node: ast.expr, module: ModuleType) -> object:
    """What a name, or a dotted one, means in a module; None for anything else."""
    if isinstance(node, ast.Name):
        return getattr(module, node.id, None)
    if isinstance(node, ast.Attribute):
        owner = _resolve(node.value, module)
        return getattr(owner, node.attr, None) if inspect.ismodule(owner) else None
    return None
