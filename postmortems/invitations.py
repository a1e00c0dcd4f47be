"""What those who are asked to a review are sent: a message, and an iCalendar that their calendar takes up (RFC 5545, RFC 5546)."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from django.conf import settings
from icalendar import Calendar, Event, vCalAddress, vText

from incidents.announcements import message
from incidents.models import Incident
from notifications.models import Delivery
from notifications.transports import Message
from oncall.moments import said
from oncall.subjects import RESTRICTED
from postmortems.models import Attendee, PostMortem, Review
from postmortems.seats import by_person
from postmortems.states import REQUIRED_SEATS, ReviewSeat
from standard.queries import calendar as work_calendar
from tenants.models import Organisation
from tenants.walled import tenant_of

RULE = "postmortem.blameless-rule"
PAGE, LABEL = "postmortem/review/", "The review"
_WORDS = {
    "review.called": "Post-mortem review",
    "review.moved": "Moved: post-mortem review",
    "review.cancelled": "Cancelled",
    "review.held": "Held earlier: post-mortem review",
}
_TAKES_BACK = ("review.cancelled", "review.held")


def render(delivery: Delivery) -> Message | None:
    """An invitation as the meeting stands now. None for one that was taken back meanwhile: what takes it back is another message."""
    review = Review.objects.select_related("incident", "called_by").get(pk=delivery.subject_id)
    incident, kind = review.incident, delivery.event.kind
    if _is_off(review) != (kind in _TAKES_BACK):
        return None
    title = f"{incident.level} {incident.ref}: {incident.title}"
    text = _text(review, delivery.recipient.pk)
    made = message(delivery, incident, f"{_WORDS[kind]}: {title}", text, below=PAGE, label=LABEL)
    if made is None:
        return None
    return replace(made, calendars=(written(review, title, made.link, delivery.event.occurred_at),))


def _is_off(review: Review) -> bool:
    """Whether nobody meets in the slot that they were invited to: it was cancelled, or they have met already."""
    return review.cancelled_at is not None or review.frees_its_slot


def _text(review: Review, recipient: int) -> str:
    zone = work_calendar().hours.zone
    seats = [ReviewSeat(one.seat) for one in review.attendees.all() if one.user_id == recipient]
    why = ", ".join(seat.label for seat in seats if seat in REQUIRED_SEATS)
    lines = [
        f"{said(review.starts_at, zone)} ({zone.key}), {review.starts_at:%Y-%m-%d %H:%M} UTC, {review.minutes} minutes.",
        f"Where: {review.place}" if review.place else "",
        f"You are asked as {why}: your seat is required." if why else "You are asked as a guest.",
        f"It does not take place: {review.cancel_reason}" if review.cancelled_at else "",
        f"It took place already, at {review.held_at:%Y-%m-%d %H:%M} UTC: this slot is free." if review.frees_its_slot else "",
        review.incident.law.clause(RULE).says,
    ]
    return "\n".join(line for line in lines if line)


def written(review: Review, title: str, link: str, stamp: datetime) -> str:
    """The invitation as an iCalendar. Of a restricted incident it says nothing but that: a calendar is seen by many."""
    made = Calendar()
    made.add("prodid", "-//Muster//Reviews//EN")
    made.add("version", "2.0")
    made.add("method", "CANCEL" if _is_off(review) else "REQUEST")
    made.add_component(_event(review, title, link, stamp))
    return str(made.to_ical().decode())


def _event(review: Review, title: str, link: str, stamp: datetime) -> Event:
    restricted = review.incident.restricted
    event = Event()
    whose = Organisation.objects.values_list("public_id", flat=True).get(pk=tenant_of(review))
    event.add("uid", f"review-{whose.lower()}-{review.pk}@muster")
    event.add("sequence", review.sequence)
    event.add("dtstamp", stamp)
    event.add("dtstart", review.starts_at)
    event.add("dtend", review.starts_at + timedelta(minutes=review.minutes))
    event.add("summary", RESTRICTED if restricted else f"Post-mortem review: {title}")
    event.add("description", link)
    event.add("url", link)
    event.add("status", "CANCELLED" if _is_off(review) else "CONFIRMED")
    if review.place and not restricted:
        event.add("location", review.place)
    event.add("organizer", _organiser(review), encode=False)
    for rows in by_person(review.attendees.select_related("user").order_by("id")):
        event.add("attendee", _attendee(rows), encode=False)
    return event


def _organiser(review: Review) -> vCalAddress:
    """Whoever called it; Muster's own address where that was nobody."""
    caller = review.called_by
    who = vCalAddress(f"mailto:{caller.email if caller else settings.DEFAULT_FROM_EMAIL.rpartition('<')[2].rstrip('>')}")
    who.params["CN"] = vText(caller.name if caller else "Muster")
    return who


def _attendee(rows: Sequence[Attendee]) -> vCalAddress:
    """One person, required where any of their seats is."""
    user = rows[0].user
    who = vCalAddress(f"mailto:{user.email}")
    who.params["CN"] = vText(user.name)
    guest = all(one.seat == ReviewSeat.GUEST for one in rows)
    who.params["ROLE"] = vText("OPT-PARTICIPANT" if guest else "REQ-PARTICIPANT")
    who.params["PARTSTAT"] = vText("NEEDS-ACTION")
    who.params["RSVP"] = vText("TRUE")
    return who


def render_late(delivery: Delivery) -> Message | None:
    """The writers hear that the review is due, or overdue. None once there is nothing to hold."""
    postmortem = PostMortem.objects.select_related("incident").get(pk=delivery.subject_id)
    incident: Incident = postmortem.incident
    if postmortem.is_waived or Review.objects.filter(postmortem=postmortem, held_at__gte=incident.resolved_at).exists():
        return None
    late = delivery.event.kind == "clock.broken"
    what = "is overdue" if late else "is due soon"
    text = f"{incident.law.clause(delivery.event.data['clause']).says}\nCall it, or hold it and take the attendance."
    return message(delivery, incident, f"{incident.ref}: the review of its post-mortem {what}", text, below=PAGE, label=LABEL)
