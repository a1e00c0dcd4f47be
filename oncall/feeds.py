"""Who is on call as an iCalendar (RFC 5545). Times are UTC, so that no reader has to know a zone's clocks."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from icalendar import Calendar, Event, vCalAddress, vText

from oncall.models import CalendarLink, Schedule
from oncall.rota import OnCallDuty, Span, spans
from oncall.rotas import people, rotas
from tenants import addresses
from tenants.models import User
from tenants.walled import tenant_of

BACK, AHEAD = timedelta(days=30), timedelta(days=180)
REFRESH = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Shift:
    """A stretch of a duty that somebody holds."""

    schedule: Schedule
    span: Span
    person: User
    whole: bool  # whether it began where the calendar shows it, or before

    @property
    def uid(self) -> str:
        """The same for the same shift each time the calendar is read."""
        at = self.span.start if self.whole else self.span.end
        told = f"{tenant_of(self.schedule)} {self.schedule.pk} {self.span.duty} {self.person.pk} {self.whole} {at.isoformat()}"
        return f"{hashlib.sha256(told.encode()).hexdigest()[:32]}@muster"


def shifts(schedules: Sequence[Schedule], start: datetime, end: datetime, person_id: int | None = None) -> list[Shift]:
    """Who holds each duty between two instants (only one person's), by their beginning."""
    found = rotas(schedules, start, end)
    held = [
        (schedule, span)
        for schedule in schedules
        for duty in OnCallDuty
        for span in spans(found[schedule.pk], start, end, duty)
        if span.person is not None and person_id in (None, span.person)
    ]
    known = people(span.person for _, span in held if span.person is not None)
    made = [Shift(schedule, span, known[span.person], span.start > start) for schedule, span in held if span.person in known]
    return sorted(made, key=lambda shift: (shift.span.start, shift.schedule.pk, shift.span.duty))


def calendar(link: CalendarLink, at: datetime) -> bytes:
    """What a link shows: 30 days back and 180 ahead, by the day, so that it stays the same until something changes."""
    today = at.replace(hour=0, minute=0, second=0, microsecond=0)
    own = link.schedule is None
    schedules = list(Schedule.objects.filter(is_active=True).order_by("pk")) if own else [link.schedule]
    found = shifts([s for s in schedules if s is not None], today - BACK, today + AHEAD, link.user_id if own else None)
    return _written("My shifts" if own else f"On call: {link.schedule}", found, today, own=own)


def _written(name: str, found: Iterable[Shift], stamp: datetime, *, own: bool) -> bytes:
    made = Calendar()
    made.add("prodid", "-//Muster//On call//EN")
    made.add("version", "2.0")
    made.add("x-wr-calname", name)
    made.add("refresh-interval", REFRESH, parameters={"VALUE": "DURATION"})
    made.add("x-published-ttl", "PT1H")
    for shift in found:
        made.add_component(_event(shift, stamp, own=own))
    return bytes(made.to_ical())


def _event(shift: Shift, stamp: datetime, *, own: bool) -> Event:
    duty = OnCallDuty(shift.span.duty).label
    event = Event()
    event.add("uid", shift.uid)
    event.add("dtstamp", stamp)
    event.add("dtstart", shift.span.start)
    event.add("dtend", shift.span.end)
    event.add("summary", f"{duty}: {shift.schedule.name}" if own else f"{duty}: {shift.person.name}")
    event.add("categories", [shift.span.duty])
    event.add("transp", "TRANSPARENT")  # being on call does not make anybody busy
    event.add("url", addresses.page(tenant_of(shift.schedule), f"oncall/s/{shift.schedule.slug}/"))
    attendee = vCalAddress(f"mailto:{shift.person.email}")
    attendee.params["CN"] = vText(shift.person.name)
    event.add("attendee", attendee, encode=False)
    return event
