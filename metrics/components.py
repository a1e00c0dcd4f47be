"""The organisation's components, each with its availability in a period."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection

from incidents.models import Component
from incidents.states import Condition
from metrics.availability import Budget, Said, budget, sli, windows, within
from tenants.time import now

# Of the incidents that count and whose impact may reach into the period: everything that was said of a component that was down.
_SAID = """
SELECT incident_id, component_id, condition, since, until, impact_start, impact_end FROM (
SELECT s.incident_id, s.component_id, s.condition, s.since, s.until, f.impact_start, f.impact_end, s.id,
  bool_or(s.condition = ANY(d.down_when)) OVER (PARTITION BY s.incident_id, s.component_id) AS was_down
FROM incidents_componentstate s JOIN metrics_incidentfigure f ON f.incident_id = s.incident_id
JOIN incidents_component d ON d.id = s.component_id
WHERE s.incident_id IN (SELECT c.incident_id FROM incidents_componentstate c WHERE coalesce(c.until, %(now)s) > %(start)s)
  AND least(s.since, f.impact_start) < %(end)s AND coalesce(f.impact_end, %(now)s) > %(start)s
) x WHERE was_down ORDER BY incident_id, component_id, since, id
"""


@dataclass(frozen=True, slots=True)
class Availability:
    """How available a component was: `sli` is a share of one, None where the period has not begun."""

    slug: str
    name: str
    sli: float | None
    down: timedelta
    incidents: int
    slo: Budget | None
    sla: Budget | None
    down_when: tuple[str, ...]


def availability(start: datetime, end: datetime) -> list[Availability]:
    """The availability of each component from `start` to `end`, or until now: two queries."""
    moment = now()
    until = max(min(end, moment), start)
    said: dict[int, list[Said]] = defaultdict(list)
    with connection.cursor() as cursor:
        cursor.execute(_SAID, {"start": start, "end": until, "now": moment})
        for row in cursor.fetchall():
            said[row[1]].append(Said(*row))
    return [_of(component, said[component.pk], start, until) for component in Component.objects.order_by("position", "id")]


def _by_incident(said: list[Said]) -> list[list[Said]]:
    found: dict[int, list[Said]] = defaultdict(list)
    for one in said:
        found[one.incident_id].append(one)
    return list(found.values())


def _of(component: Component, said: list[Said], start: datetime, end: datetime) -> Availability:
    period = end - start
    each = [windows(group, component.down_when, end) for group in _by_incident(said)]
    down = within((window for found in each for window in found), start, end)
    slo, sla = (float(target) if target is not None else None for target in (component.slo, component.sla))
    return Availability(
        component.slug,
        component.name,
        sli(period, down),
        down,
        sum(any(since < end and until > start for since, until in found) for found in each),
        budget(slo, period, down),
        budget(sla, period, down),
        tuple(Condition(condition).label for condition in component.down_when),
    )
