"""Rules of overrides and swaps: members take and give them for themselves, leads and administrators for anybody."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from oncall.models import Override, Schedule, Swap
from oncall.moments import said
from oncall.plans import Stretch
from oncall.rota import Rota, spans
from oncall.rotas import zone
from oncall.rules import schedules
from tenants.actors import Actor
from tenants.refusals import Reason

LONGEST = timedelta(days=366)
LATE = timedelta(minutes=5)  # what was typed a moment ago is not the past


def why_not_give(schedule: Schedule, crew: Collection[int], by: Actor, person_id: int, replaced_id: int | None) -> list[Reason]:
    """Of this schedule, and for oneself: taking a stretch, or giving one of one's own. Leads and administrators for anybody."""
    if reasons := schedules.why_not_write(by):
        return reasons
    if schedules.leads(schedule.team, by):
        return []
    if by.user_id not in crew:
        sentence = f"Only people of {schedule.name} take and give overrides of it."
        return [Reason("not_of_this_schedule", sentence, status=403)]
    if by.user_id not in (person_id, replaced_id):
        sentence = "Take a stretch yourself, or give one of yours: others' are the team lead's and the administrators' to change."
        return [Reason("not_yours", sentence, status=403)]
    return []


def why_not_stretch(asked: Stretch, now: datetime) -> list[Reason]:
    """It ends after it starts, is not over, and does not rewrite who was on call."""
    if asked.end <= asked.start:
        return [_bad("end", "ends_before_it_starts", "This is not after the beginning.")]
    if asked.end <= now:
        return [_bad("end", "is_over", "This is over: who was on call is not rewritten.")]
    if asked.start < now - LATE:
        return [_bad("start", "in_the_past", "This has passed: who was on call is not rewritten. Let it begin now, or later.")]
    if asked.end - asked.start > LONGEST:
        return [_bad("end", "too_long", f"At most {LONGEST.days} days at once.")]
    if asked.replaced is not None and asked.replaced.pk == asked.person.pk:
        return [_bad("person", "same_person", f"{asked.person.name} cannot take their own place.")]
    return []


def why_not_overlap(asked: Stretch, others: Sequence[Override], schedule: Schedule) -> list[Reason]:
    """No two overrides say who holds a duty at one time. Taking the place of whoever took it is another matter."""
    for other in others:
        if other.duty != asked.duty or other.ends_at <= asked.start or other.starts_at >= asked.end:
            continue
        replaced = asked.replaced.pk if asked.replaced else None
        if replaced is not None and replaced == other.user_id:
            continue
        if replaced is not None and other.replaced_id is not None and replaced != other.replaced_id:
            continue
        between = f"from {said(other.starts_at, zone(schedule.time_zone))} to {said(other.ends_at, zone(schedule.time_zone))}"
        sentence = f"{other.user.name} takes this duty {between} already: cancel that first, or say that you take {other.user.name}'s place."
        return [_bad("start", "overlaps", sentence)]
    return []


def why_not_replace(asked: Stretch, rota: Rota) -> list[Reason]:
    """Whoever is replaced holds the duty at some time of it."""
    if asked.replaced is None:
        return []
    if any(span.person == asked.replaced.pk for span in spans(rota, asked.start, asked.end, asked.duty)):
        return []
    return [_bad("replaced", "not_on_call", f"{asked.replaced.name} is not on call as {asked.duty} then.")]


def why_not_offer(asked: Stretch, rota: Rota, *, returned: bool = False) -> list[Reason]:
    """Who offers a stretch (or is asked for one in return) holds all of it. `asked.replaced` is that person."""
    holder = asked.replaced
    if holder is None or all(span.person == holder.pk for span in spans(rota, asked.start, asked.end, asked.duty)):
        return []
    field = "return_start" if returned else "start"
    return [_bad(field, "not_all_theirs", f"{holder.name} is not {asked.duty} all of that time.")]


def why_not_cancel(override: Override, by: Actor, now: datetime) -> list[Reason]:
    """Whoever made it or is in it, leads and administrators; until it ends, once."""
    if reasons := schedules.why_not_write(by):
        return reasons
    mine = by.user_id in (override.user_id, override.replaced_id, override.made_by_id)
    if not mine and not schedules.leads(override.schedule.team, by):
        sentence = "Those who are in an override cancel it, the team's lead and administrators."
        return [Reason("not_yours", sentence, status=403)]
    if override.cancelled_at is not None:
        return [Reason("cancelled", f"This was cancelled at {override.cancelled_at:%Y-%m-%d %H:%M:%S} UTC already.")]
    if override.ends_at <= now:
        return [Reason("is_over", "This is over: who was on call is not rewritten.")]
    return []


def why_not_accept(swap: Swap, crew: Collection[int], by: Actor, now: datetime) -> list[Reason]:
    """The one it is offered to, or anybody of the schedule where it is offered to all; once, and before it begins."""
    if reasons := schedules.why_not_write(by):
        return reasons
    if by.user_id == swap.offered_by_id:
        return [Reason("your_own", "You offered this yourself: somebody else accepts it.", status=403)]
    if swap.offered_to_id is not None and by.user_id != swap.offered_to_id:
        return [Reason("not_offered_to_you", f"This is offered to {swap.offered_to}.", status=403)]
    if swap.offered_to_id is None and by.user_id not in crew:
        return [Reason("not_of_this_schedule", "Only people of the schedule accept a swap of it.", status=403)]
    return _why_not_open(swap) or (
        [Reason("is_over", "What was offered has begun already.")] if swap.starts_at < now - LATE else []
    )


def why_not_end(swap: Swap, by: Actor) -> list[Reason]:
    """Who offered it withdraws it, who was asked declines it; leads and administrators too."""
    if reasons := schedules.why_not_write(by):
        return reasons
    if by.user_id not in (swap.offered_by_id, swap.offered_to_id) and not schedules.leads(swap.schedule.team, by):
        return [Reason("not_yours", "Who offered a swap withdraws it, and who was asked declines it.", status=403)]
    return _why_not_open(swap)


def _why_not_open(swap: Swap) -> list[Reason]:
    if swap.state == Swap.State.OFFERED:
        return []
    what = "accepted" if swap.state == Swap.State.ACCEPTED else "withdrawn or declined"
    return [Reason("settled", f"{swap.settled_by} settled this at {swap.settled_at:%Y-%m-%d %H:%M:%S} UTC: it was {what}.")]


def _bad(field: str, code: str, sentence: str) -> Reason:
    return Reason(code, sentence, field=field, status=422)
