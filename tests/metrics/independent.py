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


# The acts that clocks ask for, as events: by the beginning of a clause. Nothing else that ends a clock keeps it.
ACTS: dict[str, tuple[str, ...]] = {
    "severity.sev1-cadence": ("incident.updated",),
    "severity.sev2-cadence": ("incident.updated",),
    "severity.sev3-fix": ("incident.resolved",),
    "severity.sev4-ticket": ("incident.resolved",),
    "mobilize.roles-assigned": ("incident.claimed", "role.accepted"),
    "handover.after-4h": ("incident.command_taken", "role.accepted", "incident.claimed"),
    "handover.shadow-15": ("incident.command_taken",),
    "roles.ic-rhythm": ("incident.checked_in",),
    "warroom.ack-everything": ("incident.order_acknowledged", "incident.order_done"),
    "oncall.escalate-15-30": ("page.acknowledged",),
    "postmortem.draft-24h": ("postmortem.published",),
    "postmortem.review-5-days": ("review.held",),
    "actions.sla": ("action.done",),
    "evidence.access-review": ("access_review.signed",),
}


@dataclass(frozen=True)
class Ran:
    """A clock as its row has it, but for what the row says of why it stopped."""

    clause: str
    subject: tuple[str, int]
    incident: int | None
    stopped: datetime | None
    broken: datetime | None


@dataclass(frozen=True)
class Act:
    """An event: its kind, what it is about, and when."""

    kind: str
    subject: tuple[str, int]
    incident: int | None
    at: datetime


def verdict(clock: Ran, acts: Iterable[Act]) -> str:
    """ "kept", "broken", "fell away" or "runs": kept only where the act that it asks for happened at the instant at which it stopped."""
    if clock.broken:
        return "broken"
    if clock.stopped is None:
        return "runs"
    for act in acts:
        same = act.subject == clock.subject if act.subject[0] == clock.subject[0] else act.incident == clock.incident
        if act.kind in ACTS[clock.clause] and act.at == clock.stopped and same:
            return "kept"
    return "fell away"
