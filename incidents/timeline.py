"""The record as people read it: each event with its label, its sentence and the facts beside it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache

from incidents.markdown import plain, render
from incidents.sentences import KINDS, Kind
from incidents.sentences.kind import Data, Pairs
from ledger.models import Event

_OWN = frozenset({"relay", "clock"})  # Muster itself: its name says it
CORRECTED = "incident.corrected"
LATE_SECONDS = 60  # recorded later than it happened by more than this is shown

# What the filters of the timeline are called, and the words of a kind of event that each shows.
FILTERS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "command": ("Command", ("claim", "role.", "handover", "command", "advance", "severity", "declared", "resolved", "reopen", "merge", "assess")),
    "decisions": ("Decisions", ("decid", "decision", "change_approved", "change_rejected", "deviation", "overrid")),
    "orders": ("Orders", ("order",)),
    "findings": ("Findings", ("hypothesis", "change_")),
    "updates": ("Updates", ("updat", "sitrep", "impact", "time_corrected")),
    "notes": ("Notes", ("noted", "attach", "corrected")),
    "pages": ("Pages", ("page.", "paged", "page_", "duty")),
    "late": ("Late", ("clock.", "chased", "broken")),
}  # fmt: skip


@cache
def groups(kind: str) -> str:
    """The filters that show a kind of event, with spaces between them."""
    return " ".join(name for name, (_, words) in FILTERS.items() if any(word in kind for word in words))


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the timeline.

    `thread` is the seq of the entry that it stands below, where it answers one; `corrects` the seq of the one that it strikes.
    `groups` are the filters that show it, `replies` the entries of its thread where they are folded below it (room/feed.py).
    `corrected_by` is the seq of the correction that strikes it, and `restated` what that one says instead ("" where nothing does).
    """

    seq: int
    anchor: str
    kind: str
    label: str
    at: datetime
    recorded_at: datetime
    late: bool
    actor: str
    via: str
    text: str
    html: str
    facts: Pairs
    data: Data
    author_id: int | None
    thread: int | None = None
    corrects: int | None = None
    corrected_by: int | None = None
    restated: str = ""
    groups: str = ""
    replies: "tuple[Entry, ...]" = ()


def _unknown(kind: str) -> Kind:
    return Kind(kind, lambda data: kind.replace(".", " ").capitalize())


def entries(events: Sequence[Event], corrections: Sequence[Event] = ()) -> list[Entry]:
    """Events as lines of the timeline, each with what strikes it: `corrections` are those that are not among `events`."""
    striking = {event.data["entry"]: event for event in (*events, *corrections) if event.kind == CORRECTED}
    return [entry(event, striking.get(event.seq)) for event in events]


def entry(event: Event, correction: Event | None = None) -> Entry:
    """An event as a line of the timeline. What led to the incident is told as it was then, by who did it."""
    kind, data, actor, via = event.kind, event.data, event.actor_name, event.via
    if kind == "incident.preceded":
        kind, data, actor, via = data["kind_then"], data["told"], data["actor"], data["via"]
    how = KINDS.get(kind) or _unknown(kind)
    text = how.sentence(data)
    seq = event.seq or 0
    return Entry(
        seq=seq,
        anchor=f"ev-{seq}",
        kind=kind,
        label=how.label,
        at=event.occurred_at,
        recorded_at=event.recorded_at,
        late=abs((event.recorded_at - event.occurred_at).total_seconds()) > LATE_SECONDS,
        actor=actor,
        via="" if via in _OWN else via,
        text=text,
        html=render(text) if how.written else plain(text),
        facts=how.facts(data),
        data=data,
        author_id=event.actor_id,
        thread=event.data.get("thread"),
        corrects=event.data["entry"] if event.kind == CORRECTED else None,
        corrected_by=correction.seq if correction else None,
        restated=correction.data["text"] if correction else "",
        groups=groups(kind),
    )
