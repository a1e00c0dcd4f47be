"""The record as people read it: each event with its label, its sentence and the facts beside it."""

from dataclasses import dataclass
from datetime import datetime

from incidents.markdown import plain, render
from incidents.sentences import KINDS, Kind
from incidents.sentences.kind import Data, Pairs
from ledger.models import Event

_OWN = frozenset({"relay", "clock"})  # Muster itself: its name says it
LATE_SECONDS = 60  # recorded later than it happened by more than this is shown


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the timeline."""

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


def _unknown(kind: str) -> Kind:
    return Kind(kind, lambda data: kind.replace(".", " ").capitalize())


def entry(event: Event) -> Entry:
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
    )
