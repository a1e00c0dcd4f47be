"""How long each part of an incident took: from the record alone, in seconds, None where its end is not known."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from incidents import times
from incidents.states import KeyTime

# Why a duration, or a fact of the impact, is null: what says it to people and to machines alike.
WHY_NOT_KNOWN: Mapping[str, str] = {
    "detect": "Not known yet: nobody has said when the impact began.",
    "acknowledge": "Not known yet: no page of it was acknowledged.",
    "mitigate": "Not known yet: it is not in monitoring, or never was.",
    "resolve": "Not known yet: it is not resolved.",
    "impact": "Not known yet: nobody has said from when until when the impact lasted.",
    "start": "Not known yet: nobody has said when the impact began.",
    "end": "Not known yet: nobody has said when the impact ended.",
    "seconds": "Not known yet: nobody has said from when until when the impact lasted.",
    "users_affected": "Not known yet: nobody has said how many users were affected.",
    "cost_amount": "Not known yet: nobody has said what it cost.",
}


def not_known(row: Mapping[str, Any]) -> dict[str, str]:
    """Of durations or an impact as data (postmortems/content.py): each part that is not known, and why."""
    return {name: WHY_NOT_KNOWN[name] for name, value in row.items() if value is None and name in WHY_NOT_KNOWN}


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


def durations(at: times.Times) -> Durations:
    """The durations of an incident as they are by now, of the times in force (`times.known`): what was corrected since counts as corrected.

    An impact that goes on, or a mitigation that did not hold, has none. Acknowledged is when somebody first acknowledged a page of it,
    as everywhere (metrics.mttr).
    """
    return Durations(
        detect=_between(at[KeyTime.IMPACT_START], at[KeyTime.DETECTED]),
        acknowledge=_between(at[KeyTime.DETECTED], at[KeyTime.ACKNOWLEDGED]),
        mitigate=_between(at[KeyTime.DETECTED], at[KeyTime.MITIGATED]),
        resolve=_between(at[KeyTime.DETECTED], at[KeyTime.RESOLVED]),
        impact=_between(at[KeyTime.IMPACT_START], at[KeyTime.IMPACT_END]),
    )


def _between(start: datetime | None, end: datetime | None) -> float | None:
    """Seconds from start to end; none are negative: what was noticed before the harm began took no time to notice."""
    if start is None or end is None:
        return None
    return round(max((end - start).total_seconds(), 0), 3)
