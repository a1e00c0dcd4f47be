"""How one kind of event reads: its label, its sentence, and the facts beside it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from incidents.states import Severity, State

type Data = dict[str, Any]
type Pairs = list[tuple[str, str]]


def nothing(data: Data) -> Pairs:
    """No facts beside it."""
    return []


def reason(data: Data) -> Pairs:
    """The reason, where one was given."""
    return [("Reason", data["reason"])] if data.get("reason") else []


@dataclass(frozen=True, slots=True)
class Kind:
    """`written`: its sentence is what a person wrote, as Markdown; else it is Muster's own and plain."""

    label: str
    sentence: Callable[[Data], str]
    facts: Callable[[Data], Pairs] = nothing
    written: bool = False


def level(value: object) -> str:
    """A severity for people: "SEV 1"."""
    return Severity(int(str(value))).label


def state(value: object) -> str:
    """A state within a sentence."""
    return State(str(value)).label.lower()


def moment(value: str) -> str:
    """A time of an event's data: "2026-11-25 14:03:00 UTC"."""
    return f"{value[:19].replace('T', ' ')} UTC"


def at_time(when: datetime, today: date, *, seconds: bool = True) -> str:
    """A time of day, and the date where that is not `today`: "14:03:00 UTC", "2026-11-25 14:03:00 UTC"."""
    shown = f"{when:%H:%M:%S}" if seconds else f"{when:%H:%M}"
    return f"{shown} UTC" if when.date() == today else f"{when:%Y-%m-%d} {shown} UTC"


def span(seconds: object) -> str:
    """A duration: "1 h 5 min", "3 min 20 s", "40 s"."""
    whole = int(float(str(seconds or 0)))
    hours, rest = divmod(whole, 3600)
    minutes, left = divmod(rest, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {left} s" if minutes else f"{left} s"
