"""The record as people read it: each event kind with its label, its sentence and the facts beside it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from incidents.markdown import plain, render
from incidents.states import DetectedBy, Severity, State
from ledger.models import Event

_OWN = frozenset({"relay", "clock"})  # Muster itself: its name says it
LATE_SECONDS = 60  # recorded later than it happened by more than this is shown

type Data = dict[str, Any]
type Facts = list[tuple[str, str]]


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
    facts: Facts
    data: Data


def _level(value: object) -> str:
    return Severity(int(str(value))).label


def _state(value: object) -> str:
    return State(str(value)).label.lower()


def _span(seconds: object) -> str:
    whole = int(float(str(seconds or 0)))
    hours, rest = divmod(whole, 3600)
    minutes, left = divmod(rest, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {left} s" if minutes else f"{left} s"


def _declared(data: Data) -> str:
    services = f" Services: {', '.join(data['services'])}." if data.get("services") else ""
    noticed = DetectedBy(data["detected_by"]).label.lower()
    drill = "Exercise. " if data.get("exercise") else ""
    return f"{drill}{_level(data['severity'])} declared: {data['title']}. Detected by {noticed}.{services}"


def _opened(data: Data) -> str:
    ticket = f" (ticket {data['ticket']})" if data.get("ticket") else ""
    return f"{'Monitoring says' if data.get('source') == 'alerts' else 'Reported'}: {data['title']}{ticket}."


def _advanced(data: Data) -> str:
    back = " (a relapse)" if data.get("relapse") else ""
    return f"From {_state(data['before'])} to {_state(data['after'])}{back}."


def _severity(data: Data) -> str:
    return f"{_level(data['before'])} is now {_level(data['severity'])}."


def _impact(data: Data) -> str:
    (old_start, old_end), (start, end) = data["before"], data["after"]
    parts = []
    if start != old_start:
        parts.append(f"Impact started at {start[:19].replace('T', ' ')} UTC.")
    if end != old_end:
        parts.append(f"Impact ended at {end[:19].replace('T', ' ')} UTC.")
    return " ".join(parts) or "Impact confirmed as it was."


def _person_paged(data: Data) -> str:
    how = {"first": "", "again": " again", "escalated": f" (nobody acknowledged: step {data.get('position')})", "direct": ""}[
        data["reason"]
    ]
    return f"{data['person']} paged{how}."


def _clock(what: str) -> Callable[[Data], str]:
    return lambda data: f"{data['clause']}: {what} (due {data['due_at'][:19].replace('T', ' ')} UTC)."


# kind -> (label, sentence of its data). What a kind that is not here says is its name: nothing is ever left out.
KINDS: dict[str, tuple[str, Callable[[Data], str]]] = {
    "signal.opened": ("Signal", _opened),
    "incident.declared": ("Declared", _declared),
    "incident.joined": ("Joined", lambda d: "Joined the room."),
    "incident.claimed": ("Command", lambda d: d["phrase"]),
    "incident.advanced": ("State", _advanced),
    "incident.severity_changed": ("Severity", _severity),
    "incident.noted": ("Note", lambda d: d["text"]),
    "incident.updated": ("Update", lambda d: d["known"]),
    "incident.impact_set": ("Impact", _impact),
    "incident.signal_attached": ("Attached", lambda d: f"Attached from triage: {d['title']}."),
    "incident.resolved": ("Resolved", lambda d: d["summary"]),
    "alert.fired": ("Alert", lambda d: f"{d['name']} fires{': ' + d['summary'] if d.get('summary') else ''}."),
    "alert.resolved": ("Alert", lambda d: f"{d['name']} cleared."),
    "page.started": ("Page", lambda d: f"Paging {d.get('team') or d.get('reason')}."),
    "page.person_paged": ("Paged", _person_paged),
    "page.acknowledged": ("Acknowledged", lambda d: f"Acknowledged the page after {_span(d['seconds'])}."),
    "page.exhausted": ("Page", lambda d: f"Nobody of {d['team']} is left to call, and nobody acknowledged."),
    "page.ended": ("Page", lambda d: "The page has ended without an acknowledgement."),
    "clock.prompted": ("Clock", _clock("time is running out")),
    "clock.broken": ("Clock", _clock("time is past")),
}

# Markdown is for what people wrote; what Muster writes is plain.
_WRITTEN = frozenset({"incident.noted", "incident.updated", "incident.resolved"})


def _facts(kind: str, data: Data) -> Facts:
    facts: Facts = []
    if kind == "incident.updated":
        facts += [("Impact", data["impact"]), ("Being done", data["doing"])]
        if data.get("next_update_at"):
            facts.append(("Next update", f"{data['next_update_at'][11:16]} UTC"))
    if kind == "incident.declared" and data.get("assessment"):
        facts += _assessed(data["assessment"])
    if data.get("reason") and kind in ("incident.advanced", "incident.severity_changed"):
        facts.append(("Reason", data["reason"]))
    if kind == "incident.resolved":
        facts += [(f"Despite {code.replace('_', ' ')}", reason) for code, reason in data.get("overrides", {}).items()]
    return facts


def _assessed(assessment: Data) -> Facts:
    """The answers to the impact questions, and what they suggested."""
    suggested = assessment["suggested"]
    said = f"{_level(suggested)}: {assessment['because']}" if suggested else "No level: the answers say too little."
    return [*((asked, answer) for asked, answer in assessment["words"]), ("Suggested", said)]


def entry(event: Event) -> Entry:
    """An event as a line of the timeline. What led to the incident is told as it was then, by who did it."""
    kind, data, actor, via = event.kind, event.data, event.actor_name, event.via
    if kind == "incident.preceded":
        kind, data, actor, via = data["kind_then"], data["told"], data["actor"], data["via"]
    label, sentence = KINDS.get(kind, (kind, lambda data: kind.replace(".", " ").capitalize()))
    text = sentence(data)
    seq = event.seq or 0
    return Entry(
        seq=seq,
        anchor=f"ev-{seq}",
        kind=kind,
        label=label,
        at=event.occurred_at,
        recorded_at=event.recorded_at,
        late=abs((event.recorded_at - event.occurred_at).total_seconds()) > LATE_SECONDS,
        actor=actor,
        via="" if via in _OWN else via,
        text=text,
        html=render(text) if kind in _WRITTEN else plain(text),
        facts=_facts(kind, data),
        data=data,
    )
