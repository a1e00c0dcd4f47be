"""The work: hypotheses and their tests, changes from proposal to proof."""

from datetime import datetime
from typing import Any

from django.db.models import Q

from incidents import fields
from incidents.actions.base import enter, lock, tell
from incidents.actions.parts import chosen, missing, next_number
from incidents.models import Change, Hypothesis, Incident, Participant, RoleHolding
from incidents.rules import work as rules
from incidents.states import ChangeState, RoomRole, Verdict
from ledger.verbs import verb
from tenants.actors import Actor
from tenants.refusals import check
from tenants.time import now


@verb(
    "hypothesis",
    kind="incident.hypothesis_stated",
    who="OL and anyone else in the room",
    clauses=("investigate.hypotheses", "roles.ol-leads"),
)
def state_hypothesis(incident: Incident, *, by: Actor, text: str) -> Hypothesis:
    """Say what may be the cause. It is tested, and confirmed or refuted; no change has to wait for it."""
    incident, facts = lock(incident)
    check(rules.why_not_state_hypothesis(incident, facts, by))
    clean = fields.text("text", text, most=fields.BRIEF_MAX)
    number = next_number(facts.hypotheses)
    stated = Hypothesis.objects.create(incident=incident, number=number, text=clean, author_id=by.person_id)
    enter(incident, facts, by)
    tell(incident, "incident.hypothesis_stated", by=by, number=number, text=clean)
    return stated


@verb("verify", kind="incident.hypothesis_verified", who="OL and anyone else in the room", clauses=("investigate.hypotheses",))
def verify_hypothesis(incident: Incident, *, by: Actor, hypothesis: int, verdict: Verdict, seen: str) -> Hypothesis:
    """Confirm or refute a hypothesis, with what was seen. A verdict is given once."""
    incident, facts = lock(incident)
    item, _ = chosen(rules.why_not_verify_hypothesis, incident, facts, by, facts.hypotheses, hypothesis, "hypothesis")
    clean = fields.text("seen", seen)
    found = Hypothesis.objects.get(incident=incident, number=item.number)
    found.verdict, found.seen, found.verified_by_id, found.verified_at = verdict, clean, by.person_id, now()
    found.save()
    enter(incident, facts, by)
    tell(incident, "incident.hypothesis_verified", by=by, number=item.number, text=item.text, verdict=verdict, seen=clean)
    return found


@verb(
    "propose",
    kind="incident.change_proposed",
    who="OL and anyone else in the room",
    clauses=("roles.ol-leads", "roles.ol-no-rogue", "principle.mitigate-first", "warroom.clear-concise"),
)
def propose(incident: Incident, *, by: Actor, text: str, eta_minutes: int | None = None, hypothesis: int | None = None) -> Change:
    """Propose a change to the IC, with how long it takes. It may follow from a hypothesis, and needs none: stopping harm comes first."""
    incident, facts = lock(incident)
    check(rules.why_not_propose(incident, facts, by))
    clean = fields.text("text", text, most=fields.BRIEF_MAX)
    number, eta = next_number(facts.changes), fields.eta("eta_minutes", eta_minutes)
    because = Hypothesis.objects.filter(incident=incident, number=hypothesis).first() if hypothesis is not None else None
    if hypothesis is not None and because is None:
        raise missing(incident, "hypothesis", hypothesis)
    proposed = Change.objects.create(
        incident=incident, number=number, text=clean, hypothesis=because, eta_minutes=eta, proposed_by_id=by.person_id
    )
    enter(incident, facts, by)
    tell(incident, "incident.change_proposed", by=by, number=number, text=clean, eta_minutes=eta, hypothesis=hypothesis)
    return proposed


@verb(
    "approve",
    kind="incident.change_approved",
    who="IC (SEV 3/4 without one: a practitioner of the owner team)",
    clauses=("roles.ol-no-rogue", "principle.chain-of-command"),
)
def approve(incident: Incident, *, by: Actor, change: int) -> Change:
    """Approve a proposed change: now it may be executed. Of two decisions at once one holds, and the other is told which."""
    incident, facts = lock(incident)
    item, _ = chosen(rules.why_not_approve, incident, facts, by, facts.changes, change, "change")
    found = Change.objects.get(incident=incident, number=item.number)
    found.state, found.decided_by_id, found.decided_at = ChangeState.APPROVED, by.person_id, now()
    found.save()
    enter(incident, facts, by)
    tell(incident, "incident.change_approved", by=by, number=item.number, text=item.text)
    return found


@verb(
    "reject",
    kind="incident.change_rejected",
    who="IC (SEV 3/4 without one: a practitioner of the owner team)",
    clauses=("roles.ol-no-rogue", "principle.chain-of-command"),
)
def reject(incident: Incident, *, by: Actor, change: int, reason: str) -> Change:
    """Reject a proposed change, with the reason. It is never executed."""
    incident, facts = lock(incident)
    item, _ = chosen(rules.why_not_reject, incident, facts, by, facts.changes, change, "change")
    clean = fields.text("reason", reason, most=fields.REASON_MAX)
    found = Change.objects.get(incident=incident, number=item.number)
    found.state, found.decided_by_id, found.decided_at = ChangeState.REJECTED, by.person_id, now()
    found.decision_reason = clean
    found.save()
    enter(incident, facts, by)
    tell(incident, "incident.change_rejected", by=by, number=item.number, text=item.text, reason=clean)
    return found


@verb(
    "execute",
    kind="incident.change_executed",
    who="OL and anyone else in the room, but the IC of a SEV 1/2",
    clauses=("roles.ol-no-rogue", "roles.ic-head-up", "roles.ol-leads", "principle.mobilize-first"),
)
def execute(incident: Incident, *, by: Actor, change: int, outcome: str = "", reason: str = "") -> Change:
    """Say that an approved change has been carried out. Without approval it is refused; the IC of a SEV 1/2 needs a written reason.

    The first one of an incident says in its event who was there by then: what principle.mobilize-first is measured by.
    """
    incident, facts = lock(incident)
    why = fields.text("reason", reason, most=fields.REASON_MAX, required=False)
    item, overridden = chosen(rules.why_not_execute, incident, facts, by, facts.changes, change, "change", why)
    clean = fields.text("outcome", outcome, most=fields.BRIEF_MAX, required=False)
    found = Change.objects.get(incident=incident, number=item.number)
    found.state, found.executed_by_id, found.executed_at, found.outcome = ChangeState.EXECUTED, by.person_id, now(), clean
    found.save()
    enter(incident, facts, by)
    tell(
        incident,
        "incident.change_executed",
        by=by,
        number=item.number,
        text=item.text,
        outcome=clean,
        overrides=overridden,
        **_assembled(incident, found),
    )
    return found


@verb(
    "verify-fix",
    kind="incident.change_verified",
    who="OL and anyone else in the room",
    clauses=("roles.ol-leads", "checklist.ol"),
)
def verify_fix(incident: Incident, *, by: Actor, change: int, worked: bool, seen: str) -> Change:
    """Say whether an executed change worked, and what was seen."""
    incident, facts = lock(incident)
    item, _ = chosen(rules.why_not_verify_fix, incident, facts, by, facts.changes, change, "change")
    clean = fields.text("seen", seen)
    found = Change.objects.get(incident=incident, number=item.number)
    found.state = ChangeState.VERIFIED if worked else ChangeState.FAILED
    found.verified_by_id, found.verified_at, found.seen = by.person_id, now(), clean
    found.save()
    enter(incident, facts, by)
    tell(incident, "incident.change_verified", by=by, number=item.number, text=item.text, worked=worked, seen=clean)
    return found


@verb("deviation", kind="incident.change_deviated", who="anyone in the room", clauses=("roles.ol-no-rogue",))
def report_deviation(incident: Incident, *, by: Actor, text: str, reason: str, occurred_at: datetime | None = None) -> Change:
    """Report a change that was made already, without approval, with the reason and its own time. It shows as a deviation.

    Who reports it need not be who did it: nobody is named as its doer but in the text.
    """
    incident, facts = lock(incident)
    check(rules.why_not_report_deviation(incident, facts, by))
    clean, why = fields.text("text", text, most=fields.BRIEF_MAX), fields.text("reason", reason, most=fields.REASON_MAX)
    when = fields.happened("occurred_at", occurred_at, of=incident.began) if occurred_at else now()
    number = next_number(facts.changes)
    reported = Change.objects.create(
        incident=incident,
        number=number,
        text=clean,
        proposed_by_id=by.person_id,
        state=ChangeState.EXECUTED,
        executed_at=when,
        deviation=True,
        deviation_reason=why,
    )
    enter(incident, facts, by)
    told = _assembled(incident, reported)
    tell(incident, "incident.change_deviated", by=by, occurred_at=when, number=number, text=clean, reason=why, **told)
    return reported


def _assembled(incident: Incident, change: Change) -> dict[str, Any]:
    """Who was there when the first change was made: whether IC, OL and CL were filled, and how many were in the room. {} later on.

    What principle.mobilize-first is measured by.
    """
    when = change.executed_at
    if Change.objects.filter(incident=incident, executed_at__isnull=False).exclude(pk=change.pk).exists():
        return {}
    holdings = RoleHolding.objects.filter(Q(until__isnull=True) | Q(until__gt=when), incident=incident, since__lte=when)
    held = set(holdings.values_list("role", flat=True))
    people = Participant.objects.filter(incident=incident, joined_at__lte=when).count()
    roles = {role.value: role.value in held for role in (RoomRole.IC, RoomRole.OL, RoomRole.CL)}
    return {"assembled": {**roles, "people": people}}
