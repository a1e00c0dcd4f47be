"""The key times of an incident: what the record says, what was corrected since, and what is in force.

Times are bitemporal: a correction is a fact of its own, with when it happened and when that was written down, and nothing of what
was recorded before is rewritten by it (docs/decisions/0017). In force is the latest correction of what the record says now.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import QuerySet

from incidents.facts import Facts, first_answer_sql
from incidents.items import TimeItem
from incidents.models import Incident, TimeCorrection
from incidents.sentences.kind import span
from incidents.states import KeyTime

type Times = Mapping[KeyTime, datetime | None]


@dataclass(frozen=True, slots=True)
class Told:
    """A key time as people read it: `original` as it was recorded, `corrections` of it, oldest first, `holds` the one in force."""

    key: KeyTime
    original: datetime | None
    corrections: tuple[TimeItem, ...] = ()

    @property
    def label(self) -> str:
        """Its name."""
        return self.key.label

    @property
    def holds(self) -> TimeItem | None:
        """The correction in force: the last one, where the record still says what it corrected."""
        last = self.corrections[-1] if self.corrections else None
        return last if last is not None and last.original == self.original else None

    @property
    def at(self) -> datetime | None:
        """The time in force; None where nothing is known."""
        return self.holds.occurred_at if self.holds else self.original


def originals(incident: Incident, facts: Facts) -> Times:
    """What the record says of each key time."""
    return _recorded(incident, facts.answered_at)


def _recorded(incident: Incident, answered_at: datetime | None) -> Times:
    return {
        KeyTime.IMPACT_START: incident.impact_start,
        KeyTime.DETECTED: incident.detected_at,
        KeyTime.ACKNOWLEDGED: answered_at,
        KeyTime.MITIGATED: incident.monitoring_since,
        KeyTime.RESOLVED: incident.resolved_at,
        KeyTime.IMPACT_END: incident.impact_end,
    }


def told(incident: Incident, facts: Facts) -> dict[KeyTime, Told]:
    """Each key time, with its corrections."""
    return {
        key: Told(key, original, tuple(item for item in facts.time_corrections if item.which == key))
        for key, original in originals(incident, facts).items()
    }


def corrected(incident: Incident, facts: Facts) -> list[dict[str, Any]]:
    """The key times that were corrected, as pages show them (templates/components/corrected_times.html)."""
    return [
        {
            "label": one.label,
            "at": one.at,
            "original": one.original,
            "corrections": [
                {
                    "at": item.occurred_at,
                    "reason": item.reason,
                    "by": item.corrected_by,
                    "holds": item is one.holds,
                    "later": span(item.late_seconds) if item.late_seconds else "",
                }
                for item in one.corrections
            ],
        }
        for one in told(incident, facts).values()
        if one.corrections
    ]


def in_force(incident: Incident, facts: Facts) -> Times:
    """The time in force of each."""
    return {key: one.at for key, one in told(incident, facts).items()}


def read(incident: Incident) -> dict[KeyTime, Told]:
    """Each key time with its corrections, for whoever has not the room's facts at hand: two queries."""
    with connection.cursor() as cursor:
        cursor.execute(first_answer_sql("%s"), [incident.pk])
        (answered,) = cursor.fetchone() or (None,)
    items = _items(TimeCorrection.objects.filter(incident=incident))
    return {
        key: Told(key, original, tuple(item for item in items if item.which == key))
        for key, original in _recorded(incident, answered).items()
    }


def known(incident: Incident) -> Times:
    """The time in force of each, for whoever has not the room's facts at hand: two queries."""
    return {key: one.at for key, one in read(incident).items()}


def impacts(incidents: Iterable[Incident]) -> dict[int, tuple[datetime | None, datetime | None]]:
    """From when until when the impact of each lasted, by the times in force: one query, or none without incidents."""
    found = list(incidents)
    which = (KeyTime.IMPACT_START, KeyTime.IMPACT_END)
    rows = TimeCorrection.objects.filter(incident__in=found, which__in=which).order_by("id") if found else ()
    last = {(row.incident_id, row.which): row for row in rows}

    def edge(pk: int, key: KeyTime, original: datetime | None) -> datetime | None:
        row = last.get((pk, key.value))
        return row.occurred_at if row is not None and row.original == original else original

    return {
        one.pk: (edge(one.pk, KeyTime.IMPACT_START, one.impact_start), edge(one.pk, KeyTime.IMPACT_END, one.impact_end))
        for one in found
    }


def _items(rows: QuerySet[TimeCorrection]) -> list[TimeItem]:
    """Corrections as the room's facts have them, oldest first."""
    return [
        TimeItem(
            which=row.which,
            original=row.original,
            occurred_at=row.occurred_at,
            recorded_at=row.recorded_at,
            reason=row.reason,
            corrected_by=row.corrected_by.name if row.corrected_by else "",
        )
        for row in rows.select_related("corrected_by").order_by("id")
    ]
