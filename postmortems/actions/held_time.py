"""Correcting when a review took place, by a fact beside what was written down (docs/decisions/0026)."""

from datetime import datetime

from incidents import fields
from ledger.verbs import verb
from postmortems import meetings_held
from postmortems.actions.base import REVIEW_CLOCK, lock, tell
from postmortems.models import PostMortem, Review, ReviewCorrection
from postmortems.rules import review as rules
from standard.judging import judge_anew
from tenants.actors import Actor
from tenants.refusals import check
from tenants.time import now


@verb(
    "correct-time",
    kind="review.time_corrected",
    who="the post-mortem's writers, process owner",
    subject="review",
    sometimes=("clock.broken",),
    clauses=(REVIEW_CLOCK,),
)
def correct_review_time(
    postmortem: PostMortem, *, by: Actor, held_at: datetime, reason: str, review: int | None = None
) -> Review:
    """Say when a meeting that was held really took place, and why that was written down otherwise. What was written down stays.

    `review` is which meeting, where several were held since the resolution (None: the last one). Its clock is judged by the time in
    force: a miss that there was none of is taken back, and one that the mistyped time hid is a miss.
    """
    postmortem = lock(postmortem)
    found = meetings_held.one(postmortem, review)
    check(rules.why_not_correct_time(postmortem, by, found))
    why = fields.text("reason", reason, most=fields.REASON_MAX)
    meeting = meetings_held.there(found)
    check(rules.why_not_held_at(postmortem, held_at) or rules.why_not_the_same(meeting, held_at))
    before = meeting.took_place_at
    after = meetings_held.after(postmortem.incident, min(held_at, now()))
    ReviewCorrection.objects.create(
        incident=postmortem.incident, review=meeting, held_at=after, reason=why, corrected_by_id=by.user_id
    )
    first = meetings_held.first_held_at(postmortem)
    judged = judge_anew(postmortem, REVIEW_CLOCK, first or after, by=by)
    tell(
        meeting,
        "review.time_corrected",
        incident=postmortem.incident,
        by=by,
        before=before.isoformat() if before else None,
        after=after.isoformat(),
        reason=why,
        clock=judged,
    )
    return meetings_held.there(meetings_held.one(postmortem, meeting.pk))
