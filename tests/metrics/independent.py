"""The figures computed once more, in plain Python and from the record alone: what the tests compare the portal's with."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import floor

TIMES = ("mttd", "mtta", "ttm", "mttr")


@dataclass(frozen=True)
class Case:
    """An incident as a test made it: its key times, and what it is filed under."""

    severity: int
    services: tuple[str, ...]
    detected: datetime
    impact_start: datetime | None = None
    acknowledged: datetime | None = None
    mitigated: datetime | None = None
    resolved: datetime | None = None
    exercise: bool = False
    state: str = "resolved"

    @property
    def counts(self) -> bool:
        """Whether it is in any figure."""
        return not self.exercise and self.state not in ("false_positive", "merged")

    def seconds(self, figure: str) -> float | None:
        """One of its times."""
        start, end = {
            "mttd": (self.impact_start, self.detected),
            "mtta": (self.detected, self.acknowledged),
            "ttm": (self.detected, self.mitigated),
            "mttr": (self.detected, self.resolved),
        }[figure]
        return None if start is None or end is None else max((end - start).total_seconds(), 0.0)


def quantile(values: Sequence[float], share: float) -> float:
    """Linear interpolation between the two nearest, at (n - 1) times the share."""
    ordered = sorted(values)
    place = (len(ordered) - 1) * share
    low = floor(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)


def figure(cases: Iterable[Case], name: str) -> dict[str, float | int | None]:
    """What the API says of one figure of these incidents."""
    counted = [case for case in cases if case.counts]
    values = [value for case in counted if (value := case.seconds(name)) is not None]
    told: dict[str, float | int | None] = {"n": len(values), "missing": len(counted) - len(values)}
    if not values:
        return told | {"mean_seconds": None, "median_seconds": None, "p90_seconds": None}
    return told | {
        "mean_seconds": sum(values) / len(values),
        "median_seconds": quantile(values, 0.5),
        "p90_seconds": quantile(values, 0.9),
    }
