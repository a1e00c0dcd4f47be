"""A waiver by the process owner stands in for a post-mortem; a reason stands in for action items."""

from incidents import fields
from incidents.states import State
from ledger.verbs import verb
from postmortems.actions.base import DRAFT_CLOCK, REVIEW_CLOCK, lock, tell
from postmortems.actions.meeting import called, cancel, start_review
from postmortems.actions.opening import owe
from postmortems.models import PostMortem, Review
from postmortems.rules import waiving as rules
from standard import clocks
from standard.away import Away
from tenants.actors import Actor
from tenants.refusals import check
from tenants.time import now


@verb(
    "waive",
    kind="postmortem.waived",
    who="process owner",
    subject="postmortem",
    stops=(DRAFT_CLOCK, REVIEW_CLOCK),
    clauses=(DRAFT_CLOCK, REVIEW_CLOCK),
    sometimes=("review.cancelled",),
)
def waive(postmortem: PostMortem, *, by: Actor, reason: str) -> PostMortem:
    """Say that this incident needs no post-mortem, and why. Its clocks stop, a review that is called is cancelled."""
    postmortem = lock(postmortem)
    check(rules.why_not_waive(postmortem, by))
    clean = fields.text("reason", reason, most=fields.REASON_MAX)
    postmortem.waived_at, postmortem.waived_by_id, postmortem.waiver_reason = now(), by.user_id, clean
    postmortem.save()
    clocks.fall_away(postmortem, DRAFT_CLOCK, REVIEW_CLOCK, why=Away.WAIVED)
    if (review := called(postmortem)) is not None:
        cancel(postmortem, review, by=by, reason="The post-mortem was waived.")
    tell(postmortem, "postmortem.waived", incident=postmortem.incident, by=by, reason=clean)
    return postmortem


@verb(
    "lift-waiver",
    kind="postmortem.waiver_lifted",
    who="process owner",
    subject="postmortem",
    starts=(DRAFT_CLOCK, REVIEW_CLOCK),
    clauses=(DRAFT_CLOCK, REVIEW_CLOCK),
    sometimes=("postmortem.taken_up",),
)
def lift_waiver(postmortem: PostMortem, *, by: Actor, reason: str) -> PostMortem:
    """Take a waiver back. What is still owed of the post-mortem is due as from now."""
    postmortem = lock(postmortem)
    check(rules.why_not_lift(postmortem, by))
    clean = fields.text("reason", reason, most=fields.REASON_MAX)
    postmortem.waived_at, postmortem.waived_by, postmortem.waiver_reason = None, None, ""
    postmortem.save()
    incident = postmortem.incident
    if incident.state == State.RESOLVED:
        owe(postmortem, incident, now(), by=by)
        if not Review.objects.filter(postmortem=postmortem, held_at__gte=incident.resolved_at).exists():
            start_review(postmortem, incident, now())
    tell(postmortem, "postmortem.waiver_lifted", incident=incident, by=by, reason=clean)
    return postmortem


@verb(
    "need-no-items",
    kind="postmortem.items_not_needed",
    who="the post-mortem's writers, process owner",
    subject="postmortem",
    clauses=("postmortem.action-items",),
)
def need_no_items(postmortem: PostMortem, *, by: Actor, reason: str) -> PostMortem:
    """Say that nothing is to be done after this incident, and why. Filing an item later overtakes that."""
    postmortem = lock(postmortem)
    check(rules.why_not_need_none(postmortem, by))
    clean = fields.text("reason", reason, most=fields.REASON_MAX)
    postmortem.no_items_reason = clean
    postmortem.save()
    tell(postmortem, "postmortem.items_not_needed", incident=postmortem.incident, by=by, reason=clean)
    return postmortem
