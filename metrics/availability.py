"""How available something was, against what was aimed at and what was promised (metrics.slo). Pure: no database, no clock."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

type Window = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True)
class Said:
    """What a public update said of a component because of an incident: in which condition it stood, from when until when.

    `impact_start` and `impact_end` are the incident's, in force.
    """

    incident_id: int
    component_id: int
    condition: str
    since: datetime
    until: datetime | None
    impact_start: datetime | None
    impact_end: datetime | None


def windows(said: Iterable[Said], down_when: Sequence[str], now: datetime) -> list[Window]:
    """The windows in which one component was down: `said` is of it alone, each incident's in the order in which it was said.

    What was said first of it because of an incident reaches back to the start of the impact; nothing reaches beyond its end.
    """
    found: list[Window] = []
    seen: set[int] = set()
    for one in said:
        first = one.incident_id not in seen
        seen.add(one.incident_id)
        if one.condition not in down_when:
            continue
        since = min(one.since, one.impact_start) if first and one.impact_start is not None else one.since
        until = min(one.until or now, one.impact_end or now, now)
        if since < until:
            found.append((since, until))
    return found


def within(found: Iterable[Window], start: datetime, end: datetime) -> timedelta:
    """How much of the period from `start` to `end` the windows cover; where they overlap, once."""
    total, reached = timedelta(), start
    for since, until in sorted(found):
        since, until = max(since, reached), min(until, end)
        if since < until:
            total += until - since
            reached = until
    return total


@dataclass(frozen=True, slots=True)
class Budget:
    """The time that a target leaves to be down in a period. `left` is negative where more was burnt than there was."""

    target: float
    allowed: timedelta
    burnt: timedelta

    @property
    def left(self) -> timedelta:
        """What is left of it."""
        return self.allowed - self.burnt

    @property
    def share(self) -> float:
        """Which share of it was burnt; more than 1 where there is none left."""
        return self.burnt / self.allowed if self.allowed else 0.0

    @property
    def kept(self) -> bool:
        """Whether the target was met."""
        return self.burnt <= self.allowed


def budget(target: float | None, period: timedelta, down: timedelta) -> Budget | None:
    """The error budget of a target in percent; None without one."""
    return Budget(target, period * (1 - target / 100), down) if target is not None else None


def sli(period: timedelta, down: timedelta) -> float | None:
    """The share of the period in which it was available; None of no period."""
    return 1 - down / period if period > timedelta() else None
