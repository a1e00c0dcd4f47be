"""The timeline's entries as HTML. What happened does not change, so each is rendered once a process, whoever reads it."""

from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any

from django.template.loader import get_template
from django.utils.safestring import SafeString, mark_safe
from django.utils.timezone import localtime

from incidents.timeline import Entry

KEPT = 4096


class _Line:
    """An entry that is told apart by everything that its line shows."""

    __slots__ = ("entry", "key")

    def __init__(self, entry: Entry) -> None:
        self.entry: Entry | None = entry
        self.key = _key(entry)

    def __hash__(self) -> int:
        return hash(self.key)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Line) and self.key == other.key


def _key(entry: Entry) -> tuple[Any, ...]:
    return (
        *(entry.seq, entry.kind, entry.label, entry.at, entry.recorded_at, entry.actor, entry.via, entry.html),
        *(entry.thread, entry.corrects, entry.corrected_by, tuple(entry.facts), *map(_key, entry.replies)),
    )


@lru_cache(maxsize=KEPT)
def _rendered(line: _Line) -> SafeString:
    rendered = get_template("components/timeline_entry.html").render({"entry": line.entry})
    line.entry = None  # its key is all that is needed from here on
    return mark_safe(rendered)  # noqa: S308  (a template has just escaped it)


def html(entry: Entry) -> SafeString:
    """One entry, as the page and the live feed show it."""
    return _rendered(_Line(entry))


def lines(entries: Iterable[Entry]) -> Iterator[tuple[str, SafeString]]:
    """Entries with the heading of their day before the first of each ("" before the others)."""
    last = None
    for entry in entries:
        day = localtime(entry.at)
        yield (f"{day:%A} {day.day} {day:%B %Y}" if day.date() != last else ""), html(entry)
        last = day.date()
