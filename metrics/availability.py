"""How available something was, against what was aimed at and what was promised (metrics.slo). Pure: no database, no clock."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

type Window = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True)
class Impact:
    """An incident's impact on a component that it took down: from when until when, by the times in force; None where it goes on."""

    incident_id: int
    component_id: int
    since: datetime
    until: datetime | None


def windows(impacts: Iterable[Impact], moment: datetime) -> list[Window]:
    """The windows in which something was down; what goes on lasts until `moment`, and nothing lasts longer."""
    found = [(one.since, min(one.until or moment, moment)) for one in impacts]
    return [(since, until) for since, until in found if since < until]


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
