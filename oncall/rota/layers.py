"""One layer of a schedule: people who take turns by the wall clock, in all hours or in some."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from oncall.rota.wall import shown, when

EVERY_DAY = frozenset(range(1, 8))
_AROUND = range(-2, 2)  # days whose hours may cover an instant of a date: over midnight, and where clocks go back over it


@dataclass(frozen=True, slots=True)
class Hours:
    """The hours in which a layer applies: from `opens` to `closes` by the wall clock, on `weekdays` (1 is Monday, 7 Sunday).

    Where `closes` is not after `opens` it is on the next day, and the weekday is that of the opening.
    """

    opens: time = time()
    closes: time = time()
    weekdays: frozenset[int] = EVERY_DAY


@dataclass(frozen=True, slots=True)
class Layer:
    """People who take turns. `first` is the wall time (naive) of the first handover, `turn` how long one lasts by the wall clock.

    The n-th turn begins when the clocks of `zone` show `first + n * turn`, and is the n-th person's of `people`, around and
    around; so a weekly handover at 09:00 stays at 09:00 all year. Of two layers of one duty the higher `priority` goes before,
    then the lower `number`. `since` and `until` (instants) bound the layer: an edit ends one and begins another, so that who
    was on call stays what it was. `people` are user ids, at least one.
    """

    number: int
    duty: str
    zone: ZoneInfo
    first: datetime
    turn: timedelta
    people: tuple[int, ...]
    priority: int = 0
    hours: Hours | None = None
    since: datetime | None = None
    until: datetime | None = None

    def start(self, turn: int) -> datetime:
        """The instant (UTC) at which a turn begins."""
        return when(self.zone, self.first + turn * self.turn)

    def turn_at(self, at: datetime) -> int:
        """The number of the turn that runs at an instant; negative before the first."""
        turn = (shown(self.zone, at) - self.first) // self.turn
        while self.start(turn + 1) <= at:  # in the second of two hours that show the same, the clock reads less than was read
            turn += 1
        return turn

    def person(self, turn: int) -> int:
        """Whose a turn is."""
        return self.people[turn % len(self.people)]

    def holder(self, at: datetime) -> int | None:
        """Who holds the layer at an instant; None where it does not apply."""
        if (self.since is not None and at < self.since) or (self.until is not None and at >= self.until):
            return None
        turn = self.turn_at(at)
        return self.person(turn) if turn >= 0 and self._in_hours(at) else None

    def windows(self, start: datetime, end: datetime) -> Iterator[tuple[datetime, datetime]]:
        """The stretches [from, to) between two instants in which the layer applies, in order; neighbours may touch."""
        start = max(start, self.start(0), self.since or start)
        end = min(end, self.until or end)
        if self.hours is None:
            if start < end:
                yield start, end
            return
        day = shown(self.zone, start).date() + timedelta(days=_AROUND.start)
        last = shown(self.zone, end).date() + timedelta(days=_AROUND.stop)
        while start < end and day <= last:
            if day.isoweekday() in self.hours.weekdays:
                opens, closes = self._window(day)
                opens, closes = max(opens, start), min(closes, end)
                if opens < closes:
                    yield opens, closes
            day += timedelta(days=1)

    def turns(self, start: datetime, end: datetime) -> Iterator[tuple[datetime, datetime, int]]:
        """(from, to, user id) of each turn's part between two instants in which the layer applies, in order, no two at once."""
        for opens, closes in self.windows(start, end):
            turn, begins = self.turn_at(opens), opens
            while begins < closes:
                ends = min(self.start(turn + 1), closes)
                if begins < ends:  # a turn that falls whole into a jump of the clocks lasts no time
                    yield begins, ends, self.person(turn)
                begins, turn = ends, turn + 1

    def _in_hours(self, at: datetime) -> bool:
        if self.hours is None:
            return True
        today = shown(self.zone, at).date()
        days = (today + timedelta(days=n) for n in _AROUND)
        windows = (self._window(day) for day in days if day.isoweekday() in self.hours.weekdays)
        return any(opens <= at < closes for opens, closes in windows)

    def _window(self, day: date) -> tuple[datetime, datetime]:
        hours = self.hours or Hours()
        ends = day if hours.closes > hours.opens else day + timedelta(days=1)
        return when(self.zone, datetime.combine(day, hours.opens)), when(self.zone, datetime.combine(ends, hours.closes))
