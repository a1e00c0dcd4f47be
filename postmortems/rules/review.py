"""The review meeting: who calls it and when, and what is written down of it (clauses postmortem.review-5-days, postmortem.attendance)."""

from datetime import datetime, timedelta

from incidents.rules.common import stands
from incidents.states import State
from postmortems.models import PostMortem, Review
from postmortems.rules.common import writer
from standard.models import Clock
from tenants.actors import Actor
from tenants.refusals import Reason
from tenants.time import now

CLAUSE = "postmortem.review-5-days"
MINUTES = (5, 480)
AHEAD = timedelta(days=366)


def why_not_call(postmortem: PostMortem, by: Actor, called: Review | None) -> list[Reason]:
    """A writer calls the meeting while none is called. A second one may follow a first that was held."""
    reasons = writer(postmortem, by, "Calling the review", CLAUSE) or over(postmortem)
    if not reasons and called is not None:
        sentence = f"The review is called for {called.starts_at:%Y-%m-%d %H:%M} UTC already: move it, or cancel it."
        reasons = [Reason("called_already", sentence, clause=CLAUSE)]
    return reasons


def why_not_change(postmortem: PostMortem, by: Actor, called: Review | None, what: str = "Moving the review") -> list[Reason]:
    """A writer moves or cancels a meeting that is called."""
    return writer(postmortem, by, what, CLAUSE) or _none(called)


def why_not_hold(postmortem: PostMortem, by: Actor) -> list[Reason]:
    """A writer writes down who came and what was decided, of a meeting that was called or took place without."""
    return writer(postmortem, by, "Taking attendance", CLAUSE) or over(postmortem)


def why_not_correct_time(postmortem: PostMortem, by: Actor, held: Review | None) -> list[Reason]:
    """A writer says when a meeting really took place, of one that was held since the incident was resolved."""
    reasons = writer(postmortem, by, "Correcting when the review took place", CLAUSE) or over(postmortem)
    if not reasons and held is None:
        sentence = f"No such review of {postmortem.incident.ref} was held since it was resolved: there is nothing to correct."
        reasons = [Reason("not_held", sentence, clause=CLAUSE)]
    return reasons


def why_not_the_same(review: Review, held_at: datetime) -> list[Reason]:
    """A correction says something else than is in force."""
    if review.took_place_at != held_at:
        return []
    return [Reason("unchanged", f"It is written down as {held_at:%Y-%m-%d %H:%M:%S} UTC already.", field="held_at", status=422)]


def why_not_yet(called: Review | None, held_at: datetime | None) -> list[Reason]:
    """A meeting has begun, or somebody says when they met: before it was called for, or without a call."""
    if held_at is not None:
        return []
    if called is None:
        sentence = "No review is called. Did you meet all the same? Then say when it took place."
        return [Reason("not_called", sentence, clause=CLAUSE, field="held_at")]
    if called.starts_at > now():
        sentence = f"It begins at {called.starts_at:%Y-%m-%d %H:%M} UTC. Did you meet earlier? Then say when it took place."
        return [Reason("not_begun", sentence, clause=CLAUSE, field="held_at")]
    return []


def why_not_righted(clock: Clock | None, held_at: datetime, reason: str) -> list[Reason]:
    """Whoever writes down after its time that a meeting took place before it says why only now: that takes a miss back."""
    if clock is None or reason or not held_at <= clock.due_at < now():
        return []
    sentence = f"The review was due at {clock.due_at:%Y-%m-%d %H:%M} UTC: say why it is written down only now, and how you know its time."
    return [Reason("required", sentence, clause=CLAUSE, field="reason", status=422)]


def why_not_time(starts_at: datetime, minutes: int) -> list[Reason]:
    """A meeting lies ahead, within a year, and lasts five minutes to eight hours."""
    reasons = []
    if starts_at < now() - timedelta(minutes=1):
        reasons.append(Reason("past", "This time is past: a review is called for a time to come.", field="starts_at", status=422))
    if starts_at > now() + AHEAD:
        reasons.append(Reason("too_far", "This is more than a year ahead.", field="starts_at", status=422))
    if not MINUTES[0] <= minutes <= MINUTES[1]:
        sentence = f"A review takes {MINUTES[0]} to {MINUTES[1]} minutes."
        reasons.append(Reason("out_of_range", sentence, field="minutes", status=422))
    return reasons


def why_not_held_at(postmortem: PostMortem, held_at: datetime) -> list[Reason]:
    """A meeting took place in the past, and after the incident was resolved (the last time): before that there was nothing to look back on."""
    resolved_at = postmortem.incident.resolved_at
    if held_at > now() + timedelta(minutes=1):
        sentence = "This time lies ahead: what has not taken place yet is not written down."
    elif resolved_at is not None and held_at < resolved_at.replace(second=0, microsecond=0):  # meetings are said to the minute
        sentence = f"{postmortem.incident.ref} was resolved at {resolved_at:%Y-%m-%d %H:%M:%S} UTC: say when its review took place, after that."
    else:
        return []
    return [Reason("no_such_time", sentence, clause=CLAUSE, field="held_at", status=422)]


def over(postmortem: PostMortem) -> list[Reason]:
    """Nothing more is called for what goes on again, or is closed, or was waived."""
    incident = postmortem.incident
    if postmortem.is_waived:
        return [Reason("waived", "The process owner waived this post-mortem: that is lifted first.", clause=CLAUSE)]
    if incident.state not in (State.RESOLVED, State.CLOSED):
        sentence = f"{incident.ref} is {stands(incident)} again: it is reviewed once it is resolved."
        return [Reason("not_resolved", sentence, clause=CLAUSE)]
    return []


def _none(called: Review | None) -> list[Reason]:
    return [] if called is not None else [Reason("not_called", "No review is called.", clause=CLAUSE)]
