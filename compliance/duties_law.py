"""Duties of law as data: what a rule is, when it is due, and what is wrong with a file of rules (issue: duties of law).

Pure values: no Django models, no database, no clock.

A rule says within which time something has to reach a regulator or the people concerned. `limits` are counted from `start` events: a
fact that a person records ("awareness", …), or "filed:<key>", the latest filing of another rule. The earliest limit whose start is known
counts. How each is counted:

- "hour": elapsed hours, whatever the calendar and daylight saving say. It is due at that instant.
- "day", "month", "business_day": whole days after the day of the start, by the wall clock of the organisation's zone; due at the midnight
  that ends the last one. A month ends on the day of the same number, or on the last day where that month has none.

A limit that says `from: year_end` is counted from the end of the calendar year in which its start fell, by that wall clock: a day after 31 December
is 1 January. The clock has begun at the start all the same: what is due later may be filed at once.

`roll`: what happens where the last day is no business day of the rule's calendar: "none" (nothing), "next" or "previous" business day;
then it is due at `roll_until` of that day (HH:MM), or at its end. Nothing is extended unless the rule says so.
`calendar`: "organisation" (its week, holidays and days off), or a country ("US", "DE-BE"): Monday to Friday but for its holidays.
"""

import calendar as months
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from standard.calendar import BusinessHours, Exceptions, instant

FILED = "filed:"
ORGANISATION = "organisation"
REMIND_AT = (0.5, 0.75, 0.9)  # of the time that a clock has
SEARCHED_DAYS = 400
STARTS = {
    "awareness": "Became aware of it",
    "discovery": "Discovered it, or should have",
    "classification": "Classified it as one that has to be reported",
    "materiality": "Determined that it is material",
    "occurrence": "It happened",
}


class Trigger(StrEnum):
    """Which incidents a rule is proposed for."""

    PERSONAL_DATA = "personal_data"  # the flag, whatever the kinds
    PII = "pii"  # the flag with this kind, or with none said
    PHI = "phi"
    MONEY = "financial_loss"
    MANUAL = "manual"  # Legal proposes it by hand


class Unit(StrEnum):
    """What a limit is counted in."""

    HOUR = "hour"
    DAY = "day"
    BUSINESS_DAY = "business_day"
    MONTH = "month"


class From(StrEnum):
    """What of a start a limit is counted from."""

    START = "start"
    YEAR_END = "year_end"


class Roll(StrEnum):
    """What happens where the last day is no business day."""

    NONE = "none"
    NEXT = "next"
    PREVIOUS = "previous"


@dataclass(frozen=True, slots=True)
class Limit:
    """So many units after a start, or after the end of its calendar year."""

    start: str
    amount: int
    unit: Unit
    counted_from: From = From.START


@dataclass(frozen=True, slots=True)
class Terms:
    """What a rule says about time: all that its due time is computed from."""

    limits: Sequence[Limit]
    calendar: str = ORGANISATION
    roll: Roll = Roll.NONE
    roll_until: str = ""


def terms(row: Any) -> Terms:
    """The terms of a rule, of its row or of a checked mapping's attributes (`limits` are mappings)."""
    limits = [Limit(one["start"], one["amount"], Unit(one["unit"]), From(one.get("from", From.START))) for one in row.limits]
    return Terms(limits, row.calendar, Roll(row.roll), row.roll_until)


def due(said: Terms, starts: Mapping[str, datetime], hours: BusinessHours) -> tuple[datetime, datetime] | None:
    """(when the clock began, when it is due), UTC: of the earliest limit whose start is known. None where none is.

    `hours` are the organisation's business hours: its zone is the wall clock of every rule.
    """
    week = days_of(said.calendar, hours)
    known = [limit for limit in said.limits if limit.start in starts]
    ends = [(_end(limit, starts[limit.start], said, week), starts[limit.start]) for limit in known]
    return (min(ends)[1], min(ends)[0]) if ends else None


def reminders(began: datetime, due_at: datetime) -> list[datetime]:
    """When its owners are reminded: at 50, 75 and 90 % of the time."""
    return [began + (due_at - began) * part for part in REMIND_AT]


def days_of(name: str, hours: BusinessHours) -> BusinessHours:
    """The business days that a rule's calendar names, in the organisation's zone."""
    if name == ORGANISATION:
        return hours
    country, _, subdivision = name.partition("-")
    return BusinessHours(hours.zone, time(), time(23, 59, 59), range(1, 6), Exceptions(country, subdivision))


def _end(limit: Limit, start: datetime, said: Terms, week: BusinessHours) -> datetime:
    first = start.astimezone(week.zone).date()
    if limit.counted_from == From.YEAR_END:
        first = date(first.year, 12, 31)
        start = midnight_after(week.zone, first)
    if limit.unit == Unit.HOUR:
        ends = start.astimezone(UTC) + timedelta(hours=limit.amount)
        last = ends.astimezone(week.zone).date()
    else:
        last = _last_day(limit, first, week)
        ends = midnight_after(week.zone, last)
    if said.roll == Roll.NONE or week.is_business_day(last):
        return ends
    step = 1 if said.roll == Roll.NEXT else -1
    rolled = next(day for n in range(1, SEARCHED_DAYS) if week.is_business_day(day := last + timedelta(days=step * n)))
    return (
        instant(week.zone, rolled, time.fromisoformat(said.roll_until)) if said.roll_until else midnight_after(week.zone, rolled)
    )


def _last_day(limit: Limit, first: date, week: BusinessHours) -> date:
    if limit.unit == Unit.DAY:
        return first + timedelta(days=limit.amount)
    if limit.unit == Unit.MONTH:
        return months_later(first, limit.amount)
    day = first
    for _ in range(limit.amount):
        day = next(one for n in range(1, SEARCHED_DAYS) if week.is_business_day(one := day + timedelta(days=n)))
    return day


def months_later(day: date, amount: int) -> date:
    """The day of the same number so many months later, or the last of that month where it has none."""
    years, month = divmod(day.year * 12 + day.month - 1 + amount, 12)
    return date(years, month + 1, min(day.day, months.monthrange(years, month + 1)[1]))


def midnight_after(zone: ZoneInfo, day: date) -> datetime:
    """The instant (UTC) at which a day ends."""
    return instant(zone, day + timedelta(days=1), time())
