"""The figures computed once more, in plain Python and from the record alone: what the tests compare the portal's with."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
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


@dataclass(frozen=True)
class Hit:
    """An incident as far as availability asks: its times, its services, and what customers were told of components (each its conditions)."""

    severity: int
    services: tuple[str, ...]
    told: dict[str, tuple[str, ...]]
    detected: datetime
    impact_start: datetime | None = None
    impact_end: datetime | None = None
    mitigated: datetime | None = None
    resolved: datetime | None = None
    exercise: bool = False
    was: int = 4  # the worst of the severities that it had before

    def took_down(self, component: str, noticed_by: Mapping[str, Collection[str]], down_when: Collection[str]) -> bool:
        """Whether the component was down because of it. `noticed_by`: service -> components."""
        if self.exercise:
            return False
        if component in self.told:
            return bool(set(self.told[component]) & set(down_when))
        return min(self.severity, self.was) in (1, 2) and any(
            component in noticed_by.get(service, ()) for service in self.services
        )

    def lasts(self, moment: datetime) -> bool:
        """Whether its impact lasts at a moment."""
        end = next((at for at in (self.impact_end, self.mitigated, self.resolved) if at is not None), None)
        return (self.impact_start or self.detected) <= moment and (end is None or moment < end)

    @property
    def edges(self) -> list[datetime]:
        """Every time that it has."""
        times = (self.detected, self.impact_start, self.impact_end, self.mitigated, self.resolved)
        return [at for at in times if at is not None]


def down_seconds(hits: Sequence[Hit], start: datetime, end: datetime) -> float:
    """How long any of them lasted between two instants: of each stretch in which nothing changes, whether one does."""
    places = sorted({start, end, *(min(max(at, start), end) for hit in hits for at in hit.edges)})
    return sum((until - since).total_seconds() for since, until in pairwise(places) if any(hit.lasts(since) for hit in hits))


@dataclass(frozen=True)
class Todo:
    """An action item: of an incident of which severity, what became of it, and when."""

    severity: int
    kind: str
    filed: datetime
    due: datetime | None = None
    ended: datetime | None = None
    dropped: bool = False
    exercise: bool = False

    def column(self, start: datetime, end: datetime) -> str:
        """Where it stands in the figures of a period: "waiting", "done", "dropped", or "" for in none."""
        if self.exercise or self.filed >= end:
            return ""
        if self.ended is None or self.ended >= end:
            return "waiting"
        if self.ended < start:
            return ""
        return "dropped" if self.dropped else "done"


def todos(
    items: Sequence[Todo], kind: str, start: datetime, end: datetime, moment: datetime
) -> dict[str, float | int | str | None]:
    """What the API says of the items of a kind in a period, read at a moment."""
    by: dict[str, list[Todo]] = {"waiting": [], "done": [], "dropped": [], "": []}
    for one in items:
        by[one.column(start, end) if one.kind == kind else ""].append(one)
    at = min(end, moment)
    ages = [(at - one.filed).total_seconds() / 86_400 for one in by["waiting"]]
    owed = [one for one in by["done"] if one.due is not None]
    spans = [(one.ended - one.filed).total_seconds() for one in by["done"] if one.ended is not None]
    return {
        "kind": kind,
        "n": sum(len(by[name]) for name in ("waiting", "done", "dropped")),
        "waiting": len(ages),
        "waiting_week": sum(age < 7 for age in ages),
        "waiting_month": sum(7 <= age < 30 for age in ages),
        "waiting_longer": sum(age >= 30 for age in ages),
        "overdue": sum(one.due is not None and one.due < at for one in by["waiting"]),
        "done": len(by["done"]),
        "in_time_share": sum(one.ended <= one.due for one in owed if one.ended and one.due) / len(owed) if owed else None,
        "median_to_done_seconds": quantile(spans, 0.5) if spans else None,
        "dropped": len(by["dropped"]),
    }
