"""Communication: status updates, each for its audience, with the clocks that they keep."""

from datetime import datetime, timedelta

from incidents import fields
from incidents.actions.base import enter, lock, start_cadence, tell
from incidents.models import Incident, StatusUpdate
from incidents.rules import comms as rules
from incidents.states import Audience
from ledger.verbs import verb
from tenants.actors import Actor
from tenants.refusals import check, invalid
from tenants.time import now

NEXT_UPDATE_WITHIN = timedelta(days=30)  # whoever promises one later than this has mistyped it


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
