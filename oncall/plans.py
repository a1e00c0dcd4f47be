"""What somebody asks for: a layer, or a stretch of a duty. Plain values between a door and an action."""

from dataclasses import dataclass
from datetime import date, datetime, time

from tenants.models import User

ALWAYS = (1, 2, 3, 4, 5, 6, 7)


@dataclass(frozen=True, slots=True)
class Plan:
    """A layer as asked for. `people` in the order of their turns; `opens_at` and `closes_at` are wall times, None for all day."""

    duty: str
    people: tuple[User, ...]
    starts_on: date
    handover_at: time
    time_zone: str
    name: str = ""
    every: int = 1
    unit: str = "week"
    opens_at: time | None = None
    closes_at: time | None = None
    weekdays: tuple[int, ...] = ALWAYS
    priority: int = 0


@dataclass(frozen=True, slots=True)
class Stretch:
    """A duty from `start` to `end` (instants), for `person`; in the place of `replaced`, or of whoever it is."""

    duty: str
    start: datetime
    end: datetime
    person: User
    replaced: User | None = None
