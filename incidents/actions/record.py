"""The record: notes, status updates, and when the harm began and ended."""

from datetime import datetime, timedelta

from incidents import fields, rules
from incidents.actions.base import enter, lock, start_cadence, tell
from incidents.models import Incident, StatusUpdate
from incidents.states import Audience
from ledger.models import Event
from ledger.verbs import verb
from tenants.actors import Actor
from tenants.refusals import check, invalid
from tenants.time import now

NEXT_UPDATE_WITHIN = timedelta(days=30)  # whoever promises one later than this has mistyped it


@verb("note", kind="incident.noted", who="anyone in the room", clauses=("roles.scribe",))
def note(incident: Incident, *, by: Actor, text: str, occurred_at: datetime | None = None) -> Event:
    """Write an entry in the timeline, with its own time where it happened earlier. Written once, by nobody ever edited."""
    incident, facts = lock(incident)
    check(rules.why_not_note(incident, facts, by))
    clean = fields.text("text", text)
    when = fields.past("occurred_at", occurred_at) if occurred_at else None
    entered = enter(incident, facts, by)
    return tell(incident, "incident.noted", by=by, occurred_at=when, text=clean, entered=entered)


@verb(
    "update",
    kind="incident.updated",
    who="CL (IC until there is one)",
    starts=("severity.sev1-cadence", "severity.sev2-cadence"),
    stops=("severity.sev1-cadence", "severity.sev2-cadence"),
    clauses=("principle.communicate", "severity.sev1-cadence", "severity.sev2-cadence"),
)
def update(
    incident: Incident,
    *,
    by: Actor,
    known: str,
    impact: str,
    doing: str,
    next_update_at: datetime | None = None,
    audience: Audience = Audience.INTERNAL,
) -> StatusUpdate:
    """Post a structured update: what is known, the impact, what is being done, when the next one comes. Restarts the cadence."""
    incident, facts = lock(incident)
    check(rules.why_not_update(incident, facts, by))
    if next_update_at is not None and next_update_at <= now():
        raise invalid("next_update_at", "The next update lies in the past.", code="past")
    if next_update_at is not None and next_update_at > now() + NEXT_UPDATE_WITHIN:
        raise invalid("next_update_at", f"The next update lies more than {NEXT_UPDATE_WITHIN.days} days ahead.", code="future")
    posted = StatusUpdate.objects.create(
        incident=incident,
        audience=audience,
        known=fields.text("known", known),
        impact=fields.text("impact", impact),
        doing=fields.text("doing", doing),
        next_update_at=next_update_at,
        author_id=by.person_id,
    )
    enter(incident, facts, by)
    tell(
        incident,
        "incident.updated",
        by=by,
        update_id=posted.pk,
        audience=audience,
        known=posted.known,
        impact=posted.impact,
        doing=posted.doing,
        next_update_at=next_update_at.isoformat() if next_update_at else None,
    )
    start_cadence(incident)
    return posted


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
