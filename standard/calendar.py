"""When an organisation works: business hours and days, public holidays, sprints. Wall time, right on both edges of daylight saving.

Pure values: no Django, no database, no clock. `standard.queries.calendar()` makes one from the organisation's rows.
"""

from bisect import bisect_left
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from itertools import islice
from zoneinfo import ZoneInfo, available_timezones

import holidays

SEARCHED_DAYS = 5_000  # even one weekday a week, with hundreds of days off, comes round in these
SOME = 12  # of many choices are named in a sentence


def zone_exists(name: str) -> bool:
    """Whether there is an IANA zone of this name."""
    return name in available_timezones()


@lru_cache(maxsize=1)
def countries() -> dict[str, list[str]]:
    """Country code (ISO 3166, two letters) -> the codes of its subdivisions that have holidays of their own."""
    return holidays.list_supported_countries(include_aliases=False)


@lru_cache(maxsize=4096)
def public_holidays(country: str, subdivision: str, year: int) -> frozenset[date]:
    """The public holidays of a country ("" has none), or of a subdivision of it ("" is the whole country), in one year."""
    if not country:
        return frozenset()
    return frozenset(holidays.country_holidays(country, subdiv=subdivision or None, years=year, expand=False))


def why_no_holidays(country: str, subdivision: str) -> tuple[str, str] | None:
    """(field, sentence) of what is wrong with a country or its subdivision; None where their holidays are known."""
    if not country:
        return ("subdivision", "Give the country too.") if subdivision else None
    if country not in countries():
        meant = country.strip().upper()
        hint = f"write {meant}" if meant in countries() else "a country is two capital letters, such as DE"
        return "country", f"There is no country {country[:20]} with public holidays that we know; {hint}."
    if subdivision and subdivision not in countries()[country]:
        return "subdivision", f"{country} has no subdivision {subdivision[:20]} with holidays of its own. {_named(country)}"
    return None


def _named(country: str) -> str:
    found = countries()[country]
    if not found:
        return "Leave it empty."
    more = f" and {len(found) - SOME} more" if len(found) > SOME else ""
    return f"There are {', '.join(found[:SOME])}{more}."


@dataclass(frozen=True, slots=True)
class Exceptions:
    """Dates on which the week is not followed: public holidays, and the organisation's own days off and working days.

    Its own word goes before the state's: a holiday named as a working day is one. A date in both is worked.
    """

    country: str = ""
    subdivision: str = ""
    off: frozenset[date] = frozenset()
    working: frozenset[date] = frozenset()

    def works(self, day: date) -> bool | None:
        """Whether people work on this date whatever its weekday; None where the weekday decides."""
        if day in self.working:
            return True
        if day in self.off or day in public_holidays(self.country, self.subdivision, day.year):
            return False
        return None


@dataclass(frozen=True, slots=True)
class BusinessHours:
    """From `opens_at` to `closes_at` by the wall clock of `zone`, on `weekdays` (1 is Monday, 7 is Sunday) but for `exceptions`.

    Of a wall time that happens twice, opening means the first and closing the last; one that clocks jump over is when they do.
    """

    zone: ZoneInfo
    opens_at: time
    closes_at: time
    weekdays: Collection[int]
    exceptions: Exceptions = field(default_factory=Exceptions)

    def is_business_day(self, day: date) -> bool:
        """Whether people work on this date."""
        said = self.exceptions.works(day)
        return day.isoweekday() in self.weekdays if said is None else said

    def is_open(self, at: datetime) -> bool:
        """Whether people are at work at this instant (aware)."""
        day = at.astimezone(self.zone).date()
        return self.is_business_day(day) and self.opening(day) <= at < self.closing(day)

    def next_opening(self, at: datetime) -> datetime:
        """The instant (UTC) from which people are at work: `at` itself inside business hours, else the next opening.

        Raises ValueError where no business day comes.
        """
        for day in self._business_days(at.astimezone(self.zone).date()):
            opening, closing = self.opening(day), self.closing(day)
            if closing > max(at, opening):
                return max(at, opening).astimezone(UTC)
        raise ValueError("There is no business day.")

    def close_of_business(self, at: datetime, days: int) -> datetime:
        """Close of business (UTC) of the `days`-th business day after the local date of `at`: what "n business days" means.

        Raises ValueError where so many business days do not come.
        """
        tomorrow = at.astimezone(self.zone).date() + timedelta(days=1)
        day = next(islice(self._business_days(tomorrow), days - 1, None), None)
        if day is None:
            raise ValueError("There are not so many business days.")
        return self.closing(day)

    def opening(self, day: date) -> datetime:
        """The instant (UTC) at which a business day begins."""
        return instant(self.zone, day, self.opens_at)

    def closing(self, day: date) -> datetime:
        """The instant (UTC) at which a business day ends."""
        return instant(self.zone, day, self.closes_at, last=True)

    def _business_days(self, first: date) -> Iterator[date]:
        days = (first + timedelta(days=n) for n in range(SEARCHED_DAYS))
        return (day for day in days if self.is_business_day(day))


@dataclass(frozen=True, slots=True)
class Sprints:
    """Sprints of `days` days each, one after the other without a gap; `first_day` is the first day of any one of them."""

    zone: ZoneInfo
    first_day: date
    days: int

    def end(self, at: datetime, sprints: int = 1) -> datetime:
        """The instant (UTC) at which the n-th sprint that begins after `at` ends: midnight after its last day.

        A sprint that begins at that very instant has begun already.
        """
        running = (at.astimezone(self.zone).date() - self.first_day).days // self.days
        return instant(self.zone, self.first_day + timedelta(days=(running + 1 + sprints) * self.days), time())


@dataclass(frozen=True, slots=True)
class WorkCalendar:
    """All that an organisation's limits are counted on."""

    hours: BusinessHours
    sprints: Sprints


def instant(zone: ZoneInfo, day: date, wall: time, *, last: bool = False) -> datetime:
    """The instant (UTC) at which a zone's clocks show `wall` on `day`: the first such, or the `last`.

    One that the clocks jump over is the instant at which they do.
    """
    shown = datetime.combine(day, wall)
    found = shown.replace(tzinfo=zone, fold=int(last)).astimezone(UTC)
    if _shows(zone, found) == shown:
        return found
    # In a gap, fold=1 reads by the offset after it, and so lies before the jump; fold=0 lies after it.
    before = shown.replace(tzinfo=zone, fold=1).astimezone(UTC)
    after = shown.replace(tzinfo=zone, fold=0).astimezone(UTC)
    seconds = range(int((after - before).total_seconds()))
    jump = bisect_left(seconds, True, key=lambda n: _shows(zone, before + timedelta(seconds=n)) >= shown)
    return before + timedelta(seconds=jump)


def _shows(zone: ZoneInfo, at: datetime) -> datetime:
    """What the zone's clocks show at an instant, without the zone."""
    return at.astimezone(zone).replace(tzinfo=None, fold=0)
