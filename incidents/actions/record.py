"""The record: notes, and when the harm began and ended."""

from datetime import datetime

from incidents import fields
from incidents.actions.base import enter, lock, tell
from incidents.models import Incident
from incidents.rules import record as rules
from ledger.models import Event
from ledger.verbs import verb
from tenants.actors import Actor
from tenants.refusals import check, invalid


@verb("note", kind="incident.noted", who="anyone in the room", clauses=("roles.scribe",))
def note(incident: Incident, *, by: Actor, text: str, occurred_at: datetime | None = None) -> Event:
    """Write an entry in the timeline, with its own time where it happened earlier. Written once, by nobody ever edited."""
    incident, facts = lock(incident)
    check(rules.why_not_note(incident, facts, by))
    clean = fields.text("text", text)
    when = fields.past("occurred_at", occurred_at) if occurred_at else None
    entered = enter(incident, facts, by)
    return tell(incident, "incident.noted", by=by, occurred_at=when, text=clean, entered=entered)


@verb("impact", kind="incident.impact_set", who="IC, Scribe", clauses=("resolve.impact-ceased", "metrics.mttd"))
def set_impact(incident: Incident, *, by: Actor, start: datetime | None = None, end: datetime | None = None) -> Incident:
    """Say when the harm began, and when it ended. The first may be earlier than detection; the end is not before the start."""
    incident, facts = lock(incident)
    check(rules.why_not_set_impact(incident, facts, by))
    if start is None and end is None:
        raise invalid("start", "Say when the impact started, or when it ended.", code="required")
    before = [_iso(incident.impact_start), _iso(incident.impact_end)]
    began = fields.past("start", start) if start else incident.impact_start or incident.detected_at
    incident.impact_start = began
    if end is not None:
        incident.impact_end = fields.past("end", end, not_before=began)
    if incident.impact_end is not None and incident.impact_end < began:
        raise invalid("start", f"The impact ended at {incident.impact_end:%Y-%m-%d %H:%M:%S} UTC, before this.", code="too_late")
    incident.save()
    enter(incident, facts, by)
    after = [_iso(incident.impact_start), _iso(incident.impact_end)]
    tell(incident, "incident.impact_set", by=by, before=before, after=after)
    return incident


def _iso(value: datetime | None) -> str | None:
    return value.isoformat() if value else None
