"""Wall times of a zone, and what to do with those that its clocks skip or show twice.

Decided once, for every layer: a wall time that is skipped is the moment at which the clocks jump forward over it; of one that
is shown twice it is the first (`standard.calendar.instant`). Where a person types a moment, they are asked instead (`read`).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from standard.calendar import instant


class Reading(StrEnum):
    """How often a zone's clocks show a wall time."""

    ONCE = "once"
    SKIPPED = "skipped"
    TWICE = "twice"


@dataclass(frozen=True, slots=True)
class Edge:
    """A wall time that a zone's clocks skip or show twice: `first` and `last` are the instants (UTC) it may mean.

    Of a skipped one both are the moment at which the clocks jump.
    """

    wall: datetime
    zone: ZoneInfo
    reading: Reading
    first: datetime
    last: datetime

    @property
    def sentence(self) -> str:
        """What is so, for people."""
        named = f"{self.wall:%H:%M} on {self.wall:%-d %B %Y} in {self.zone.key}"
        if self.reading == Reading.SKIPPED:
            shown = self.first.astimezone(self.zone)
            return f"{named} does not exist: the clocks jump over it to {shown:%H:%M}."
        offsets = [_offset(at.astimezone(self.zone)) for at in (self.first, self.last)]
        return f"{named} happens twice: first at {offsets[0]}, then, after the clocks went back, at {offsets[1]}."


def _offset(at: datetime) -> str:
    shown = at.strftime("%z")
    return f"UTC{shown[:3]}:{shown[3:5]}"


def reading(zone: ZoneInfo, wall: datetime) -> Reading:
    """How often the zone's clocks show `wall` (naive)."""
    early, late = (wall.replace(tzinfo=zone, fold=fold).utcoffset() or timedelta() for fold in (0, 1))
    if early == late:
        return Reading.ONCE
    return Reading.SKIPPED if early < late else Reading.TWICE


def when(zone: ZoneInfo, wall: datetime, *, last: bool = False) -> datetime:
    """The instant (UTC) that `wall` (naive) means: the jump, where it is skipped; the first of two, or the `last`."""
    return instant(zone, wall.date(), wall.time(), last=last)


def read(zone: ZoneInfo, wall: datetime) -> datetime | Edge:
    """The instant (UTC) of a wall time (naive) that is shown once; else the edge it falls on, for somebody to choose."""
    how = reading(zone, wall)
    first = when(zone, wall)
    return first if how == Reading.ONCE else Edge(wall, zone, how, first, when(zone, wall, last=True))


def edges(zone: ZoneInfo, wall: time, first: date, days: int = 366) -> Iterator[Edge]:
    """The dates, from `first` on, at which a daily wall time is skipped or happens twice."""
    for n in range(days):
        found = read(zone, datetime.combine(first + timedelta(days=n), wall))
        if isinstance(found, Edge):
            yield found


def shown(zone: ZoneInfo, at: datetime) -> datetime:
    """What the zone's clocks show at an instant, without the zone."""
    return at.astimezone(zone).replace(tzinfo=None, fold=0)


def utc(at: datetime) -> datetime:
    """The same instant in UTC, so that comparing and subtracting never meet a zone's fold."""
    return at.astimezone(UTC)
