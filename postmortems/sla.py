"""By when an action item is done (clause actions.sla), and when its owner is reminded: moments on the organisation's calendar."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cached_property

from incidents.gravity import counting
from incidents.models import Incident
from standard.calendar import BusinessHours, WorkCalendar, instant
from standard.queries import calendar

SLA = "actions.sla"
REMIND_SHARE = 0.25  # the owner is reminded when this share of the time is left …
REMIND_DAYS = 3  # … but not more than so many business days before it ends
LONGEST = timedelta(days=2 * 366)  # nobody promises anything for later


@dataclass(frozen=True, slots=True)
class Limit:
    """When an item is due, and when its owner is reminded. `binding`: the standard says so, and a clock keeps it."""

    due_at: datetime
    remind_at: datetime
    binding: bool


def limit(incident: Incident, filed_at: datetime) -> Limit | None:
    """The limit that the incident's severity sets for an item filed at `filed_at` (aware); None where the standard sets none.

    SEV 1: the end of the first sprint that begins after that, SEV 2: of the second (as shipped). What counts is the worst severity
    that the incident had when the item is filed: what is raised later moves no item that somebody has planned already. The process
    owner can, by a change of the due date with a reason.
    """
    sprints = incident.law.severity(counting(incident)).action_item_sprints
    if sprints is None:
        return None
    work = calendar()
    due_at = work.sprints.end(filed_at, sprints)
    return Limit(due_at, remind_at(filed_at, due_at, work.hours), binding=True)


def end_of(day: date, work: WorkCalendar) -> datetime:
    """When a day that was named as a due date is over (UTC): midnight after it, by the organisation's clocks."""
    return instant(work.sprints.zone, day + timedelta(days=1), time())


def last_day(due_at: datetime, work: WorkCalendar) -> date:
    """The last day on which something is in time that is due at an instant: of a midnight, the day before."""
    return (due_at.astimezone(work.sprints.zone) - timedelta(microseconds=1)).date()


class DueDays:
    """The days on which items are due, on the organisation's calendar: read once for however many, and not at all for none."""

    @cached_property
    def _work(self) -> WorkCalendar:
        return calendar()

    def of(self, due_at: datetime | None) -> date | None:
        """The last day on which something is in time; None where nothing is due."""
        return None if due_at is None else last_day(due_at, self._work)

    def until(self, due_at: datetime) -> str:
        """Until when something is in time, in words: "the end of 5 Nov 2026", or the instant where no day ends then.

        A day's end is none any more once the organisation's calendar is one of another zone.
        """
        day = last_day(due_at, self._work)
        if due_at != end_of(day, self._work):
            return f"{due_at:%Y-%m-%d %H:%M} UTC"
        return f"the end of {day.day} {day:%b %Y}"


def told_next(since: datetime, due_at: datetime | None, kept_by_clock: datetime | None, hours: BusinessHours) -> datetime | None:
    """When the owner is told next, after `since`, of the date in force: before it comes, then when it is past. None for nothing.

    `kept_by_clock` is when the clock of the standard's limit is due, if that is not missed yet: of that very date it tells by itself,
    and where both are past it tells once of both. Of any other date that is past, the owner is told at once.
    """
    if due_at is None or due_at == kept_by_clock or (kept_by_clock is not None and max(due_at, kept_by_clock) <= since):
        return None
    if due_at <= since:
        return since
    before = remind_at(since, due_at, hours)
    return before if since < before < due_at else due_at


def remind_at(filed_at: datetime, due_at: datetime, hours: BusinessHours) -> datetime:
    """When the owner is reminded: the last quarter of the time has begun, at most 3 business days before it ends."""
    share = due_at - (due_at - filed_at) * REMIND_SHARE
    day, left = due_at.astimezone(hours.zone).date(), REMIND_DAYS
    for _ in range(31):  # a calendar of nothing but holidays reminds by the share alone
        day -= timedelta(days=1)
        left -= hours.is_business_day(day)
        if not left:
            return max(share, hours.opening(day), filed_at)
    return max(share, filed_at)
