"""How long each part of an incident took: from the record alone, in seconds, None where its end is not known."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Min

from incidents.models import Incident, RoleHolding
from incidents.sentences.kind import span
from incidents.states import RoomRole
from oncall.models import Page


@dataclass(frozen=True, slots=True)
class Durations:
    """Seconds: from the first harm until it was detected; from then until acknowledged, mitigated, resolved; and of the impact."""

    detect: float | None
    acknowledge: float | None
    mitigate: float | None
    resolve: float | None
    impact: float | None

    @property
    def rows(self) -> list[tuple[str, str, float | None]]:
        """(key, label, seconds), in the order in which they happen."""
        return [
            ("detect", "To detect", self.detect),
            ("acknowledge", "To acknowledge", self.acknowledge),
            ("mitigate", "To mitigate", self.mitigate),
            ("resolve", "To resolve", self.resolve),
            ("impact", "Impact", self.impact),
        ]


def durations(incident: Incident) -> Durations:
    """The durations of an incident as they are by now: an impact that goes on, or a mitigation that did not hold, has none."""
    return Durations(
        detect=_between(incident.impact_start, incident.detected_at),
        acknowledge=_between(incident.detected_at, acknowledged_at(incident)),
        mitigate=_between(incident.detected_at, incident.monitoring_since),
        resolve=_between(incident.detected_at, incident.resolved_at),
        impact=_between(incident.impact_start, incident.impact_end),
    )


def acknowledged_at(incident: Incident) -> datetime | None:
    """When somebody first took notice: acknowledged a page of it, or, where nobody was paged in time, claimed command."""
    paged: datetime | None = Page.objects.filter(incident_id=incident.pk).aggregate(first=Min("acknowledged_at"))["first"]
    seats = RoleHolding.objects.filter(incident=incident, role=RoomRole.IC)
    claimed: datetime | None = seats.aggregate(first=Min("since"))["first"]
    return min((moment for moment in (paged, claimed) if moment is not None), default=None)


def _between(start: datetime | None, end: datetime | None) -> float | None:
    """Seconds from start to end; none are negative: what was noticed before the harm began took no time to notice."""
    if start is None or end is None:
        return None
    return round(max((end - start).total_seconds(), 0), 3)


def spoken(seconds: float | None) -> str:
    """A duration for people, or that it is not known."""
    return span(seconds) if seconds is not None else "not known"
