"""The review meeting as pages and the API show it: its rule, its clock, who has to sit in it, what is called, what was held."""

from datetime import datetime, timedelta
from typing import Any

from django.db.models import Prefetch

from incidents.gate import incident_for
from incidents.models import Incident
from incidents.queries import clock_row
from incidents.rules.outside import why_not_enter
from postmortems import discussed, meetings_held, seats
from postmortems.actions.base import REVIEW_CLOCK
from postmortems.actions.meeting import called, recorded_late
from postmortems.models import Attendee, PostMortem, Publication, Review, ReviewCorrection
from postmortems.rules import review as rules
from postmortems.states import ReviewSeat
from standard.models import Clock
from standard.queries import calendar
from tenants.actors import Actor
from tenants.refusals import NotFound, Reason, check
from tenants.time import now

RULE = "postmortem.blameless-rule"
SUGGESTED_DAY = 3  # of the business days in which it is due: time to write, and time left to move it
AFTER_OPENING = timedelta(hours=1)
CORRECTIONS = Prefetch("corrections", ReviewCorrection.objects.select_related("corrected_by").order_by("id"))


def review_for(by: Actor, ref: str) -> PostMortem:
    """The post-mortem whose review this is: for those who read the room's record, and whoever is asked to the meeting.

    Raises NotFound where there is none to be seen; refuses (403) others outside the room.
    """
    incident = incident_for(by, ref)
    found = PostMortem.objects.filter(incident=incident).select_related("author", "waived_by").first()
    outside = why_not_enter(incident, by)
    if outside and not (by.user_id and Attendee.objects.filter(incident=incident, user_id=by.user_id).exists()):
        check(outside)
    if found is None:
        raise NotFound("post-mortem")
    found.incident = incident
    return found


def suggested(incident: Incident) -> datetime | None:
    """A slot to begin with: an hour into the third business day after the resolution, or into the next one where that is past."""
    hours = calendar().hours
    if incident.resolved_at is None:
        return None
    try:
        day = hours.close_of_business(incident.resolved_at, SUGGESTED_DAY)
        slot = hours.opening(day.astimezone(hours.zone).date()) + AFTER_OPENING
        if slot <= now():
            day = hours.close_of_business(now(), 1)
            slot = hours.opening(day.astimezone(hours.zone).date()) + AFTER_OPENING
    except ValueError:  # hundreds of days off in a row
        return None
    return slot


def shown(postmortem: PostMortem, by: Actor) -> dict[str, Any]:
    """The meeting of a post-mortem.

    {rule, principle, due (a clock or None), required [{seat, label, people, vacant}], called, reviews and published (the newest first), suggested,
    zone, allowed: verb -> [Reason]}
    """
    incident = postmortem.incident
    law = incident.law
    reviews = Review.objects.filter(postmortem=postmortem).select_related("called_by").order_by("-id")
    reviews = reviews.prefetch_related(CORRECTIONS)
    since = incident.resolved_at
    rows = [
        row(review) | {"corrigible": review.held_at is not None and (since is None or review.held_at >= since)}
        for review in reviews
    ]
    clock = _clock(postmortem)
    waiting = called(postmortem)
    return {
        "rule": law.clause(RULE).says,
        "principle": law.clause("principle.blameless").says,
        "due": clock_row(clock) if clock else None,
        "required": [
            {"seat": seat.seat.value, "label": seat.label, "people": list(seat.people), "vacant": seat.vacant}
            for seat in seats.required(incident)
        ],
        "called": next((one for one in rows if one["state"] == "called"), None),
        "reviews": rows,
        "published": published(postmortem),
        "suggested": suggested(incident),
        "zone": calendar().hours.zone.key,
        "allowed": allowed(postmortem, by, waiting),
    }


def published(postmortem: PostMortem) -> list[dict[str, Any]]:
    """Each version, the newest first, with whether it was discussed before: {number, at, words}. Three queries."""
    found = list(Publication.objects.filter(postmortem=postmortem).defer("content").order_by("-number"))
    placed = discussed.each(postmortem, found)
    return [{"number": one.number, "at": one.published_at, "words": placed[one.number].words} for one in found]


def allowed(postmortem: PostMortem, by: Actor, waiting: Review | None) -> dict[str, list[Reason]]:
    """Each verb of the meeting, with why it cannot be done now."""
    return {
        "call": rules.why_not_call(postmortem, by, waiting),
        "move": rules.why_not_change(postmortem, by, waiting),
        "cancel": rules.why_not_change(postmortem, by, waiting, "Cancelling the review"),
        "hold": rules.why_not_hold(postmortem, by),
        "correct-time": rules.why_not_correct_time(postmortem, by, meetings_held.one(postmortem)),
    }


def _clock(postmortem: PostMortem) -> Clock | None:
    mine = Clock.objects.filter(
        clause=REVIEW_CLOCK,
        subject_type=PostMortem._meta.label_lower,
        subject_id=postmortem.pk,
        incident_id=postmortem.incident_id,
    )
    return mine.order_by("-id").first()


def row(review: Review) -> dict[str, Any]:
    """One meeting: when, where, who is asked, who came, what was decided, who is missing on which seat."""
    attendees = list(review.attendees.select_related("user").order_by("id"))
    state = "held" if review.held_at else "cancelled" if review.cancelled_at else "called"
    return {
        "id": review.pk,
        "state": state,
        "starts_at": review.starts_at,
        "minutes": review.minutes,
        "place": review.place,
        "called_by": review.called_by.name if review.called_by else "",
        "held_at": review.took_place_at,
        "first_said_at": review.held_at,
        "corrections": [
            {
                "held_at": one.held_at,
                "recorded_at": one.recorded_at,
                "reason": one.reason,
                "by": one.corrected_by.name if one.corrected_by else "",
            }
            for one in review.corrections.all()
        ],
        "recorded_at": review.recorded_at or review.held_at,
        "recorded_late": recorded_late(review),
        "record_reason": review.record_reason,
        "uncalled": review.is_uncalled,
        "decisions": review.decisions,
        "cancelled_at": review.cancelled_at,
        "cancel_reason": review.cancel_reason,
        "people": _people(attendees),
        "missing": [f"{one.user.name} ({ReviewSeat(one.seat).label})" for one in seats.missing(attendees)],
        "vacant": [str(seat.label) for seat in seats.vacant(attendees)],
    }


def _people(attendees: list[Attendee]) -> list[dict[str, Any]]:
    """Each person once, with all their seats."""
    return [
        {
            "id": first.user_id,
            "name": first.user.name,
            "email": first.user.email,
            "seats": seats.named(rows),
            "attended": first.attended,
            "excuse": first.excuse,
            "required": any(one.seat != ReviewSeat.GUEST for one in rows),
        }
        for rows in seats.by_person(attendees)
        for first in rows[:1]
    ]
