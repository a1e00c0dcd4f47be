"""The review meeting: called, moved, cancelled, held (clauses postmortem.review-5-days, postmortem.attendance)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.db.models import QuerySet

from incidents import fields
from incidents.facts import gather
from incidents.items import Member
from incidents.models import Incident
from incidents.rules.common import may_know
from incidents.states import State
from ledger.verbs import verb
from postmortems import seats
from postmortems.actions.base import REVIEW_CLOCK, lock, tell
from postmortems.meetings_held import after, there
from postmortems.models import Attendee, PostMortem, Review
from postmortems.rules import review as rules
from postmortems.states import ReviewSeat
from standard import clocks, judging
from standard.models import Clock
from standard.queries import calendar
from tenants.actors import Actor
from tenants.refusals import Reason, Refused, check, invalid
from tenants.time import now

log = structlog.get_logger(__name__)

PLACE_MAX = 500
EXCUSE_MAX = 200
GUESTS_MOST = 50
RECORDED_WITHIN = timedelta(days=1)  # of the meeting; what is written down after that is marked
WRITERS = "author"  # the owner of the clock: whoever writes the post-mortem calls the meeting


@dataclass(frozen=True, slots=True)
class Came:
    """Whether somebody who was asked came, and their excuse."""

    came: bool
    excuse: str = ""


@verb(
    "call",
    kind="review.called",
    who="the post-mortem's writers, process owner",
    subject="review",
    clauses=(REVIEW_CLOCK, "postmortem.attendance"),
)
def call_review(
    postmortem: PostMortem, *, by: Actor, starts_at: datetime, minutes: int = 60, place: str = "", guests: Sequence[Member] = ()
) -> Review:
    """Call the meeting. IC, OL, Engineering Manager and Product Owner are invited by themselves, with an iCalendar; so are guests."""
    postmortem = lock(postmortem)
    check(rules.why_not_call(postmortem, by, called(postmortem)))
    check(rules.why_not_time(starts_at, minutes))
    review = Review.objects.create(
        incident=postmortem.incident,
        postmortem=postmortem,
        starts_at=_whole(starts_at),
        minutes=minutes,
        place=fields.line("place", place, most=PLACE_MAX, required=False),
        called_by_id=by.user_id,
    )
    vacant = _seat(postmortem, review)
    _invite(postmortem, review, guests)
    tell(review, "review.called", incident=postmortem.incident, by=by, **_told(review), vacant=vacant)
    return review


@verb(
    "move",
    kind="review.moved",
    who="the post-mortem's writers, process owner",
    subject="review",
    clauses=(REVIEW_CLOCK,),
)
def move_review(
    postmortem: PostMortem,
    *,
    by: Actor,
    starts_at: datetime,
    minutes: int | None = None,
    place: str | None = None,
    guests: Sequence[Member] = (),
) -> Review:
    """Move the meeting that is called, or its place, or ask more guests to it. Everybody invited has a new invitation.

    So has whoever sits on a required seat by now and was not asked yet: it was vacant when the meeting was called, or is another's since.
    Who sat there before is a guest from then on: nobody misses them.
    """
    postmortem = lock(postmortem)
    found = called(postmortem)
    check(rules.why_not_change(postmortem, by, found))
    review = there(found)
    before = review.starts_at
    check(rules.why_not_time(starts_at, review.minutes if minutes is None else minutes))
    review.starts_at = _whole(starts_at)
    review.minutes = review.minutes if minutes is None else minutes
    review.place = review.place if place is None else fields.line("place", place, most=PLACE_MAX, required=False)
    review.sequence += 1
    review.save()
    vacant = _seat(postmortem, review)
    _invite(postmortem, review, guests)
    told = {**_told(review), "before": before.isoformat(), "vacant": vacant}
    tell(review, "review.moved", incident=postmortem.incident, by=by, **told)
    return review


@verb(
    "cancel",
    kind="review.cancelled",
    who="the post-mortem's writers, process owner",
    subject="review",
    clauses=(REVIEW_CLOCK,),
)
def cancel_review(postmortem: PostMortem, *, by: Actor, reason: str) -> Review:
    """Cancel the meeting that is called; everybody's calendar lets it go. The clock goes on: another is called."""
    postmortem = lock(postmortem)
    review = called(postmortem)
    check(rules.why_not_change(postmortem, by, review, "Cancelling the review"))
    clean = fields.text("reason", reason, most=fields.REASON_MAX)
    return cancel(postmortem, there(review), by=by, reason=clean)


def cancel(postmortem: PostMortem, review: Review, *, by: Actor, reason: str) -> Review:
    """The same within another verb, that has locked the post-mortem."""
    review.cancelled_at, review.cancel_reason = now(), reason
    review.sequence += 1
    review.save()
    tell(review, "review.cancelled", incident=postmortem.incident, by=by, reason=reason, **_told(review))
    return review


@verb(
    "hold",
    kind="review.held",
    who="the post-mortem's writers, process owner",
    subject="review",
    stops=(REVIEW_CLOCK,),
    clauses=(REVIEW_CLOCK, "postmortem.attendance", "postmortem.blameless-rule"),
)
def hold_review(
    postmortem: PostMortem,
    *,
    by: Actor,
    attendance: Mapping[int, Came],
    decisions: str,
    guests: Sequence[Member] = (),
    held_at: datetime | None = None,
    reason: str = "",
) -> Review:
    """Write down that the meeting took place: who came (by user id), with excuses of who did not, and what was decided.

    `guests` came unasked. Each who was invited has to be answered for. A required person who is missing stays visible. `held_at` is
    when it took place (None: when it was called for), which judges its clock; when it was written down stands beside it. Where it was
    called for later, or not at all, that is no obstacle: then who has to come is as it is now, and calendars let a slot that lies ahead
    go. `reason` says why it is written down after its time, where that takes a miss back.
    """
    postmortem = lock(postmortem)
    found = called(postmortem)
    check(rules.why_not_hold(postmortem, by))
    check(rules.why_not_yet(found, held_at))
    moment = there(found).starts_at if held_at is None else held_at
    check(rules.why_not_held_at(postmortem, moment))
    why = fields.text("reason", reason, most=fields.REASON_MAX, required=False)
    check(rules.why_not_righted(_running(postmortem).first(), moment, why))
    written_at = now()
    review = found or _uncalled(postmortem, moment, written_at)
    invited = list(review.attendees.select_related("user").order_by("id"))
    _answered_for(invited, attendance)
    clean = fields.text("decisions", decisions)
    for one in invited:
        said = attendance[one.user_id]
        excuse = "" if said.came else fields.line("attendance", said.excuse, most=EXCUSE_MAX, required=False)
        one.attended, one.excuse = said.came, excuse
        one.save()
    _invite(postmortem, review, guests, came=True)
    review.held_at, review.recorded_at, review.decisions = after(postmortem.incident, min(moment, now())), written_at, clean
    review.record_reason = why
    freed = list(dict.fromkeys(one.user_id for one in invited)) if review.frees_its_slot else []
    review.sequence += bool(freed)  # calendars let a slot go that is called off by a newer invitation alone
    review.save()
    righted = _stop_clock(postmortem, review.held_at)
    absent = [f"{one.user.name} ({ReviewSeat(one.seat).label})" for one in seats.missing(invited)]
    tell(
        review,
        "review.held",
        incident=postmortem.incident,
        by=by,
        occurred_at=review.held_at,
        **_told(review),
        held_at=review.held_at.isoformat(),
        recorded_late=recorded_late(review),
        clock_righted=righted,
        reason=why,
        uncalled=review.is_uncalled,
        slot_freed=freed,
        decisions=clean,
        came=sorted({one.user.name for one in invited if one.attended} | {guest.name for guest in guests}),
        missing=absent,
        vacant=[str(seat.label) for seat in seats.vacant(invited)],
    )
    return review


def recorded_late(review: Review) -> bool:
    """Whether it was written down more than a day after it took place, by the time in force."""
    at = review.took_place_at
    return at is not None and review.recorded_at is not None and review.recorded_at - at > RECORDED_WITHIN


def _stop_clock(postmortem: PostMortem, held_at: datetime) -> bool:
    """Stop the clock of the review as of when that took place. Returns whether it had been broken for want of word of it."""
    began = _running(postmortem).values_list("started_at", flat=True).first()
    return began is not None and judging.stop_as_of(postmortem, REVIEW_CLOCK, max(held_at, began))


def _running(postmortem: PostMortem) -> QuerySet[Clock]:
    """The clock of the review, while it runs."""
    return Clock.objects.filter(
        clause=REVIEW_CLOCK, subject_type=postmortem._meta.label_lower, subject_id=postmortem.pk, stopped_at=None
    )


def _uncalled(postmortem: PostMortem, held_at: datetime, at: datetime) -> Review:
    """A meeting that nobody had called, with whoever sits on the required seats now."""
    incident = postmortem.incident
    review = Review.objects.create(incident=incident, postmortem=postmortem, starts_at=_whole(held_at), called_at=at)
    _seat(postmortem, review)
    return review


def _whole(moment: datetime) -> datetime:
    """A meeting begins at a whole minute."""
    return moment.replace(second=0, microsecond=0)


def _answered_for(invited: Iterable[Attendee], attendance: Mapping[int, Came]) -> None:
    known = {one.user_id: one.user.name for one in invited}
    unanswered = [name for user_id, name in known.items() if user_id not in attendance]
    if unanswered:
        raise invalid("attendance", f"Say of {', '.join(unanswered)} whether they came.", code="required")
    if attendance.keys() - known.keys():
        raise invalid("attendance", "There is somebody who was not invited: name them as guests.", code="not_invited")


def called(postmortem: PostMortem) -> Review | None:
    """The meeting that is called and neither held nor cancelled."""
    return Review.objects.filter(postmortem=postmortem, held_at=None, cancelled_at=None).first()


def _seat(postmortem: PostMortem, review: Review) -> list[str]:
    """Ask whoever sits on a required seat now and is not asked in it yet; a guest who does takes it. Returns the vacant seats' labels.

    Who was asked to a seat that is not theirs any more is a guest.
    """
    found = seats.required(postmortem.incident)
    _vacate(review, {(person.pk, seat.seat) for seat in found for person in seat.people})
    there = {(one.user_id, one.seat): one for one in review.attendees.all()}
    for seat in found:
        for person in seat.people:
            guest = there.pop((person.pk, ReviewSeat.GUEST), None)
            if guest is not None:
                guest.seat = seat.seat
                guest.save()
            elif (person.pk, seat.seat) not in there:
                Attendee.objects.create(incident=postmortem.incident, review=review, user=person, seat=seat.seat)
    return [seat.label for seat in found if seat.vacant]


def _vacate(review: Review, holders: set[tuple[int, ReviewSeat]]) -> None:
    """Have those who were asked to a required seat, and hold it no more, be guests in its place."""
    for one in review.attendees.exclude(seat=ReviewSeat.GUEST).order_by("id"):
        if (one.user_id, one.seat) not in holders:
            one.seat = ReviewSeat.GUEST
            one.save()


def _invite(postmortem: PostMortem, review: Review, guests: Sequence[Member], *, came: bool | None = None) -> None:
    """Put guests on the list, each once; who sits on a required seat is one already. Refuses (422) who may not know of it."""
    there = set(review.attendees.values_list("user_id", flat=True))
    new = {guest.user_id: guest for guest in guests if guest.user_id not in there}
    if len(there) + len(new) > GUESTS_MOST:
        raise invalid("guests", f"At most {GUESTS_MOST} people are invited.", code="too_many")
    facts = gather(postmortem.incident) if new and postmortem.incident.restricted else None
    for guest in new.values():
        if not guest.is_active:
            raise Refused(Reason("has_left", f"{guest.name} has left the organisation.", field="guests", status=422))
        if facts is not None:
            check(may_know(postmortem.incident, facts, guest, "guests"))
        Attendee.objects.create(
            incident=postmortem.incident, review=review, user_id=guest.user_id, seat=ReviewSeat.GUEST, attended=came
        )


def _told(review: Review) -> dict[str, Any]:
    return {
        "starts_at": review.starts_at.isoformat(),
        "minutes": review.minutes,
        "place": review.place,
        "sequence": review.sequence,
    }


def start_review(postmortem: PostMortem, incident: Incident, at: datetime) -> None:
    """Start the clock of the review: close of business of the n-th business day after `at`, on the organisation's calendar.

    Where the calendar has no such day there is no clock: nobody is kept from resolving by it.
    """
    rule = incident.law.clock("postmortem_review")
    hours = calendar().hours
    try:
        due = hours.close_of_business(at, rule.due)
        prompt = hours.close_of_business(at, rule.prompt) - at if rule.prompt is not None else None
    except ValueError:  # hundreds of days off in a row
        log.warning("review.no_business_day", incident=incident.pk)
        return
    clocks.start(REVIEW_CLOCK, postmortem, due=due - at, prompt=prompt, owner_role=WRITERS, incident_id=incident.pk, at=at)


def open_review(postmortem_id: int, at: datetime) -> None:
    """A post-mortem was opened, or opened again: its review is due, unless it was held since, or waived."""
    found = PostMortem.objects.select_related("incident").filter(pk=postmortem_id).first()
    if found is None:
        return
    postmortem = lock(found)
    incident = postmortem.incident
    held = Review.objects.filter(postmortem=postmortem, held_at__gte=incident.resolved_at) if incident.resolved_at else None
    if incident.state == State.RESOLVED and not postmortem.is_waived and not (held is not None and held.exists()):
        start_review(postmortem, incident, max(moment for moment in (at, incident.resolved_at) if moment is not None))
