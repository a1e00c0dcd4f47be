"""Business hours: wall time in the organisation's zone, right on both edges of daylight saving."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, available_timezones

SEARCHED_DAYS = 8  # a week and a day: some weekday is a business day


def zone_exists(name: str) -> bool:
    """Whether there is an IANA zone of this name."""
    return name in available_timezones()


@dataclass(frozen=True, slots=True)
class BusinessHours:
    """From `opens_at` to `closes_at` by the wall clock of `zone`, on `weekdays` (1 is Monday, 7 is Sunday)."""

    zone: ZoneInfo
    opens_at: time
    closes_at: time
    weekdays: Collection[int]

    def is_open(self, at: datetime) -> bool:
        """Whether people are at work at this instant (aware)."""
        local = at.astimezone(self.zone)
        return local.isoweekday() in self.weekdays and self.opens_at <= local.time() < self.closes_at

    def next_opening(self, at: datetime) -> datetime:
        """The instant (UTC) from which people are at work: `at` itself inside business hours, else the next opening.

        A wall time that does not exist on the day clocks go forward is the instant they do; of one that happens twice, the first.
        """
        if self.is_open(at):
            return at.astimezone(UTC)
        local = at.astimezone(self.zone)
        for days in range(SEARCHED_DAYS):
            day = local.date() + timedelta(days=days)
            opening = self._opening(day)
            if day.isoweekday() in self.weekdays and opening > at:
                return opening
        raise ValueError("There is no business day in the week.")

    def _opening(self, day: date) -> datetime:
        wall = datetime.combine(day, self.opens_at, tzinfo=self.zone)
        instant = wall.astimezone(UTC)
        if instant.astimezone(self.zone).time() == self.opens_at:
            return instant
        # The wall time falls into the gap: with fold=1 it reads by the offset after it, so it lies before the gap's instant.
        before = wall.replace(fold=1).astimezone(UTC)
        minutes = range(int((instant - before).total_seconds() // 60) + 1)
        return next(
            m for m in (before + timedelta(minutes=n) for n in minutes) if m.astimezone(self.zone).time() >= self.opens_at
        )
