"""Quarters of the year by an organisation's wall clock: what its process reviews are counted in. Pure values."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

from standard.calendar import instant


@dataclass(frozen=True, slots=True)
class Quarter:
    """Three months of a year, in one zone; `first_day` is their first."""

    zone: ZoneInfo
    first_day: date

    @property
    def start(self) -> datetime:
        """The instant (UTC) at which it begins: midnight by the wall clock."""
        return instant(self.zone, self.first_day, time()).astimezone(UTC)

    @property
    def end(self) -> datetime:
        """The instant (UTC) at which it is over and the next begins."""
        return self.later(1).start

    def later(self, quarters: int) -> "Quarter":
        """The quarter so many after this one."""
        months = self.first_day.year * 12 + self.first_day.month - 1 + 3 * quarters
        return Quarter(self.zone, date(months // 12, months % 12 + 1, 1))

    def due(self, quarters: int) -> datetime:
        """When what is due within so many quarters, this one being the first, is due: at the end of the last of them."""
        return self.later(quarters).start


def quarter_of(zone: ZoneInfo, at: datetime) -> Quarter:
    """The quarter that an instant (aware) lies in."""
    day = at.astimezone(zone).date()
    return Quarter(zone, date(day.year, (day.month - 1) // 3 * 3 + 1, 1))
