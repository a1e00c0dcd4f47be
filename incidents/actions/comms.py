"""Communication: status updates, each for its audience, with whose word they wait for and the clocks that they keep."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from incidents import fields
from incidents.actions.base import enter, lock, restart_cadence, tell
from incidents.actions.conditions import parse_conditions, set_conditions
from incidents.causes import causal_wording
from incidents.facts import Facts
from incidents.items import UpdateItem
from incidents.models import Incident, StatusUpdate
from incidents.rules import comms as rules
from incidents.states import CADENCES, Audience, PublicStatus, UpdateState
from ledger.verbs import verb
from tenants.actors import Actor
from tenants.refusals import Reason, Refused, check, invalid
from tenants.time import now

NEXT_UPDATE_WITHIN = timedelta(days=30)  # whoever promises one later than this has mistyped it


@verb(
    "update",
    kind="incident.updated",
    who="CL (IC until there is one)",
    sometimes=("incident.update_drafted",),
    starts=CADENCES,
    stops=CADENCES,
    clauses=(
        "principle.communicate",
        *CADENCES,
        "roles.cl-status-page",
        "roles.cl-public-approval",
        "roles.cl-exec-updates",
        "roles.cl-support-script",
        "roles.cl-no-speculation",
        "tools.components",
    ),
)
def update(
    incident: Incident,
    *,
    by: Actor,
    known: str,
    impact: str = "",
    doing: str = "",
    next_update_at: datetime | None = None,
    audience: Audience = Audience.INTERNAL,
    status: str = "",
    states_cause: bool | None = None,
    components: Mapping[str, str] | None = None,
) -> StatusUpdate:
    """Post a structured update to one audience: what is known, the impact, what is being done, when the next one comes.

    It goes out at once, and restarts its audience's cadence; or it waits for whoever has to approve it (event
    incident.update_drafted), and does so then. `status`, and `components` as {slug: condition}, are a public one's.
    `states_cause` is the author's word on whether it gives a cause; None asks, where it sounds like one, or tells customers that the
    cause is identified while no hypothesis is confirmed.
    """
    incident, facts = lock(incident)
    check(rules.why_not_update(incident, facts, by))
    posted = StatusUpdate(
        incident=incident,
        audience=audience,
        status=_status(audience, status),
        known=fields.text("known", known, required=False),
        impact=fields.text("impact", impact, required=False),
        doing=fields.text("doing", doing, required=False),
        next_update_at=_ahead(next_update_at),
        components=_conditions(facts, audience, status, components or {}),
        author_id=by.person_id,
    )
    _complete(posted)
    wording = causal_wording(posted.known, posted.impact, posted.doing) if audience == Audience.PUBLIC else ""
    if states_cause is None:
        _ask_for_cause(facts, posted, wording)
    posted.states_cause = bool(states_cause)
    posted.awaits = rules.awaited(facts, audience, posted.states_cause)
    enter(incident, facts, by)
    if posted.awaits:
        posted.state = UpdateState.WAITING
        posted.save()
        tell(incident, "incident.update_drafted", by=by, **_told(posted), wording=wording, awaits=list(posted.awaits))
    else:
        _publish(incident, posted, by, wording=wording)
    return posted


@verb(
    "approve-update",
    kind="incident.updated",
    who="Legal Counsel, PR; IC where it states a cause that is not confirmed",
    sometimes=("incident.update_approved",),
    starts=CADENCES,
    stops=CADENCES,
    clauses=("roles.cl-public-approval", "roles.cl-no-speculation"),
)
def approve_update(incident: Incident, *, by: Actor, update: int) -> StatusUpdate:
    """Let an update go out. Where it waits for a second word too, it goes on waiting for that (event incident.update_approved)."""
    incident, facts = lock(incident)
    item = _waiting(incident, facts, update, rules.why_not_approve_update(incident, facts, by))
    check(rules.why_not_approve_update(incident, facts, by, item))
    row = StatusUpdate.objects.select_related("author").get(pk=item.id)
    row.awaits = rules.still_awaited(incident, facts, by, item)
    row.decided_by_id, row.decided_at = by.person_id, now()
    if row.awaits:
        row.save()
        tell(incident, "incident.update_approved", by=by, **_told(row), awaits=list(row.awaits))
    else:
        _publish(incident, row, by, approved_by=by.name)
    return row


@verb(
    "reject-update",
    kind="incident.update_rejected",
    who="who may approve it; its author",
    clauses=("roles.cl-public-approval", "roles.cl-no-speculation"),
)
def reject_update(incident: Incident, *, by: Actor, update: int, reason: str) -> StatusUpdate:
    """Send an update that waits back to its author, with the reason. It does not go out."""
    incident, facts = lock(incident)
    clean = fields.text("reason", reason, most=fields.REASON_MAX)
    item = _waiting(incident, facts, update, rules.why_not_reject_update(incident, facts, by))
    check(rules.why_not_reject_update(incident, facts, by, item))
    row = StatusUpdate.objects.select_related("author").get(pk=item.id)
    row.state, row.awaits, row.decision_reason = UpdateState.REJECTED, [], clean
    row.decided_by_id, row.decided_at = by.person_id, now()
    row.save()
    tell(incident, "incident.update_rejected", by=by, **_told(row), reason=clean)
    return row


def _publish(incident: Incident, update: StatusUpdate, by: Actor, **how: Any) -> None:
    """Let it go out: its clock restarts, components change, whom it is for are told (by what follows from the event)."""
    update.state, update.published_at = UpdateState.PUBLISHED, now()
    update.save()
    set_conditions(incident, update)
    late = restart_cadence(incident, update) if incident.is_open else None
    tell(incident, "incident.updated", by=by, **_told(update), **how, late_seconds=late)


def _told(update: StatusUpdate) -> dict[str, Any]:
    """An update as its events tell it."""
    return {
        "update_id": update.pk,
        "audience": str(update.audience),
        "status": str(update.status),
        "known": update.known,
        "impact": update.impact,
        "doing": update.doing,
        "next_update_at": update.next_update_at.isoformat() if update.next_update_at else None,
        "states_cause": update.states_cause,
        "components": update.components,
        "author_id": update.author_id,
        "author": update.author.name,
    }


def _waiting(incident: Incident, facts: Facts, update: int, general: list[Reason]) -> UpdateItem:
    """The update that waits under this id. Refuses with who decided it a moment ago, why nothing is theirs to decide, or a 422."""
    item = next((item for item in facts.waiting_updates if item.id == update), None)
    if item is not None:
        return item
    done = (
        StatusUpdate.objects.select_related("decided_by").filter(incident=incident, pk=update, decided_at__isnull=False).first()
    )
    if done is not None and done.decided_by is not None and done.decided_at is not None:
        what = "sent this back" if done.state == UpdateState.REJECTED else "approved this"
        raise Refused(
            Reason("decided", f"{done.decided_by.name} {what} at {done.decided_at:%H:%M:%S} UTC.", clause=rules.APPROVAL)
        )
    check(general)
    raise invalid("update", "No update with this number waits for approval here.", code="no_such_update")


def _complete(update: StatusUpdate) -> None:
    """Refuse what lacks a part. A script is what to say, and may be no more."""
    parts = ("known",) if update.audience == Audience.SUPPORT else ("known", "impact", "doing")
    missing = [name for name in parts if not getattr(update, name)]
    if missing:
        raise Refused(*(Reason("required", "This cannot be empty.", field=name, status=422) for name in missing))


def _status(audience: Audience, status: str) -> str:
    if audience != Audience.PUBLIC:
        if status:
            raise invalid("status", "Only a public update has a status.", code="not_public")
        return ""
    if status not in PublicStatus.values:
        raise invalid("status", f"A public update says how far we are: {', '.join(PublicStatus.values)}.", code="required")
    return status


def _conditions(facts: Facts, audience: Audience, status: str, given: Mapping[str, str]) -> dict[str, str]:
    if given and audience != Audience.PUBLIC:
        raise invalid("components", "Components change with a public update only.", code="not_public")
    return parse_conditions(facts, given, resolved=status == PublicStatus.RESOLVED)


def _ahead(next_update_at: datetime | None) -> datetime | None:
    if next_update_at is not None and next_update_at <= now():
        raise invalid("next_update_at", "The next update lies in the past.", code="past")
    if next_update_at is not None and next_update_at > now() + NEXT_UPDATE_WITHIN:
        raise invalid("next_update_at", f"The next update lies more than {NEXT_UPDATE_WITHIN.days} days ahead.", code="future")
    return next_update_at


def _ask_for_cause(facts: Facts, update: StatusUpdate, wording: str) -> None:
    """Refuse what may give a cause, of which its author did not say whether it does. What words hide, the status tells."""
    if wording:
        said = f"“{wording}” sounds like a cause. Say whether this update gives one: an unconfirmed cause waits for the IC."
        raise Refused(Reason("says_cause", said, clause=rules.SPECULATION, field="states_cause", status=422))
    if update.status == PublicStatus.IDENTIFIED and not rules.confirmed(facts):
        said = (
            "“Identified”, and no hypothesis is confirmed: say whether this update gives a cause. One that does waits for the IC."
        )
        raise Refused(Reason("cause_not_said", said, clause=rules.SPECULATION, field="states_cause", status=422))
