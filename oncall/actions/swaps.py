"""Swaps: somebody offers a stretch of their duty, and somebody accepts it; both sides become overrides."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from ledger.actions import record
from ledger.verbs import verb
from oncall.actions.overrides import REASON_MAX, put
from oncall.actions.schedules import locked, no_clash
from oncall.models import Override, Schedule, Swap
from oncall.plans import Stretch
from oncall.rota import Rota
from oncall.rotas import crew, plain_override, rota
from oncall.rules import overrides as rules
from oncall.rules.schedules import PAIR
from tenants.actors import Actor
from tenants.models import User
from tenants.refusals import check, invalid
from tenants.time import now
from tenants.words import line


@dataclass(frozen=True, slots=True)
class Offer:
    """What is offered: `mine`, a stretch of the one who offers; to somebody, and perhaps for a stretch of theirs (from, to)."""

    duty: str
    mine: tuple[datetime, datetime]
    to: User | None = None
    theirs: tuple[datetime, datetime] | None = None
    reason: str = ""


@verb("offer", kind="swap.offered", who="the schedule's people, of their own duty", subject="swap", clauses=(PAIR,))
def offer_swap(schedule: Schedule, offer: Offer, *, by: Actor) -> Swap:
    """Offer a stretch of one's own duty to somebody, or to everybody of the schedule. Nothing changes until it is accepted."""
    schedule = locked(schedule)
    check(rules.why_not_give(schedule, crew(schedule), by, by.person_id, by.person_id))
    reason = line("reason", offer.reason, most=REASON_MAX, required=False)
    if offer.theirs is not None and offer.to is None:
        raise invalid("to", "Say whom you ask for a stretch in return.", code="required")
    me = User.objects.get(pk=by.person_id)
    for asked, returned in _sides(offer.duty, me, offer.to, offer.mine, offer.theirs):
        _could_be(schedule, asked, returned)
    swap = Swap.objects.create(
        schedule=schedule,
        duty=offer.duty,
        offered_by=me,
        offered_to=offer.to,
        starts_at=offer.mine[0],
        ends_at=offer.mine[1],
        return_starts_at=offer.theirs[0] if offer.theirs else None,
        return_ends_at=offer.theirs[1] if offer.theirs else None,
        reason=reason,
        offered_at=now(),
    )
    asked_people = [offer.to.pk] if offer.to else sorted(crew(schedule))
    record("swap.offered", swap, by=by, **_told(swap), people=asked_people)
    return swap


@verb("accept", kind="swap.accepted", who="the one it is offered to", subject="swap", clauses=(PAIR,))
def accept_swap(swap: Swap, *, by: Actor) -> Swap:
    """Accept a swap: its sides become overrides, at once and together, if they can be so still."""
    schedule = locked(swap.schedule)
    swap = _fresh(swap)
    check(rules.why_not_accept(swap, crew(schedule), by, now()))
    me = User.objects.get(pk=by.person_id)
    theirs = (swap.return_starts_at, swap.return_ends_at) if swap.return_starts_at and swap.return_ends_at else None
    made: list[Override] = []
    for asked, returned in _sides(swap.duty, swap.offered_by, me, (swap.starts_at, swap.ends_at), theirs):
        _could_be(schedule, asked, returned)
        made.append(put(schedule, asked, by=by, reason=swap.reason, swap=swap))
    _judge_together(schedule, made)
    _settle(swap, Swap.State.ACCEPTED, by)
    record("swap.accepted", swap, by=by, **_told(swap), people=[swap.offered_by_id])
    return swap


@verb("end", kind="swap.ended", who="who offered it withdraws it, who was asked declines it", subject="swap")
def end_swap(swap: Swap, *, by: Actor) -> Swap:
    """Withdraw or decline a swap that nobody has accepted."""
    locked(swap.schedule)
    swap = _fresh(swap)
    check(rules.why_not_end(swap, by))
    _settle(swap, Swap.State.ENDED, by)
    people = [pk for pk in (swap.offered_by_id, swap.offered_to_id) if pk is not None]
    record("swap.ended", swap, by=by, **_told(swap), people=people)
    return swap


def _sides(
    duty: str, giver: User, taker: User | None, mine: tuple[datetime, datetime], theirs: tuple[datetime, datetime] | None
) -> list[tuple[Stretch, bool]]:
    """(stretch, whether it is the one in return) of both sides. Offered to nobody named, it is tried with nobody's face: the giver's."""
    sides = [(Stretch(duty, *mine, taker or giver, giver), False)]
    if theirs is not None and taker is not None:
        sides.append((Stretch(duty, *theirs, giver, taker), True))
    return sides


def _could_be(schedule: Schedule, asked: Stretch, returned: bool) -> None:
    """Refuse a stretch that is over, or not all held by whoever gives it."""
    offered_to_all = asked.replaced is not None and asked.person.pk == asked.replaced.pk
    reasons = rules.why_not_stretch(replace(asked, replaced=None) if offered_to_all else asked, now())
    if returned:
        reasons = [
            replace(reason, field=f"return_{reason.field}" if reason.field in ("start", "end") else reason.field)
            for reason in reasons
        ]
    check(reasons)
    check(rules.why_not_offer(asked, rota(schedule, asked.start, asked.end), returned=returned))


def _judge_together(schedule: Schedule, made: list[Override]) -> None:
    start, end = min(o.starts_at for o in made), max(o.ends_at for o in made)
    after = rota(schedule, start, end)
    new = {plain_override(o) for o in made}
    before = Rota(after.layers, tuple(o for o in after.overrides if o not in new))
    no_clash(schedule, before, after, start, end, field="")


def _fresh(swap: Swap) -> Swap:
    related = ("schedule__team__manager", "offered_by", "offered_to", "settled_by")
    return Swap.objects.select_related(*related).get(pk=swap.pk)


def _settle(swap: Swap, state: Swap.State, by: Actor) -> None:
    swap.state, swap.settled_by_id, swap.settled_at = state, by.user_id, now()
    swap.save()


def _told(swap: Swap) -> dict[str, Any]:
    return {
        "schedule": swap.schedule.name,
        "duty": swap.duty,
        "offered_by": swap.offered_by.name,
        "offered_to": swap.offered_to.name if swap.offered_to else "",
        "start": swap.starts_at.isoformat(),
        "end": swap.ends_at.isoformat(),
        "return_start": swap.return_starts_at.isoformat() if swap.return_starts_at else "",
        "return_end": swap.return_ends_at.isoformat() if swap.return_ends_at else "",
        "reason": swap.reason,
    }
