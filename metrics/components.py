"""The organisation's components, each with its availability in a period."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection

from incidents.models import Component
from incidents.states import Condition
from metrics.availability import Budget, Said, Window, budget, sli, windows, within
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


@dataclass(frozen=True, slots=True)
class Outage:
    """How long one incident had a component down: from its first moment to its last (None: it is down still), and how much of the period."""

    component: str
    incident_id: int
    since: datetime
    until: datetime | None
    down: timedelta


@dataclass(frozen=True, slots=True)
class Outages:
    """A component, the incidents because of which it was down in a period (the newest first), and how long in all, overlaps once."""

    slug: str
    name: str
    each: list[Outage]
    down: timedelta


def availability(start: datetime, end: datetime) -> list[Availability]:
    """The availability of each component from `start` to `end`, or until now: two queries."""
    until = _until(start, end)
    said = _said(start, until)
    return [_of(component, said[component.pk], start, until) for component in Component.objects.order_by("position", "id")]


def outages(start: datetime, end: datetime) -> list[Outages]:
    """What the availability of each component counts: two queries."""
    until, moment = _until(start, end), now()
    said = _said(start, until)
    return [_outages(one, said[one.pk], start, until, moment) for one in Component.objects.order_by("position", "id")]


def _outages(component: Component, said: list[Said], start: datetime, end: datetime, moment: datetime) -> Outages:
    each = _down(component, said, start, end, moment)
    found = []
    for incident_id, stretches in each.items():
        first, last = min(since for since, _ in stretches), max(to for _, to in stretches)
        found.append(Outage(component.name, incident_id, first, last if last < moment else None, within(stretches, start, end)))
    found.sort(key=lambda one: (one.since, one.incident_id), reverse=True)
    down = within((stretch for stretches in each.values() for stretch in stretches), start, end)
    return Outages(component.slug, component.name, found, down)


def _until(start: datetime, end: datetime) -> datetime:
    return max(min(end, now()), start)


def _said(start: datetime, until: datetime) -> dict[int, list[Said]]:
    """What was said of each component: one query."""
    said: dict[int, list[Said]] = defaultdict(list)
    with connection.cursor() as cursor:
        cursor.execute(_SAID, {"start": start, "end": until, "now": now()})
        for row in cursor.fetchall():
            said[row[1]].append(Said(*row))
    return said


def _down(
    component: Component, said: list[Said], start: datetime, end: datetime, moment: datetime | None = None
) -> dict[int, list[Window]]:
    """Incident -> the windows in which it had the component down, until `moment` (the period's end without one).

    Only of the incidents that have one in the period.
    """
    each = {group[0].incident_id: windows(group, component.down_when, moment or end) for group in _by_incident(said)}
    return {
        incident_id: found for incident_id, found in each.items() if any(since < end and until > start for since, until in found)
    }


def _by_incident(said: list[Said]) -> list[list[Said]]:
    found: dict[int, list[Said]] = defaultdict(list)
    for one in said:
        found[one.incident_id].append(one)
    return list(found.values())


def _of(component: Component, said: list[Said], start: datetime, end: datetime) -> Availability:
    period = end - start
    each = _down(component, said, start, end)
    down = within((window for found in each.values() for window in found), start, end)
    slo, sla = (float(target) if target is not None else None for target in (component.slo, component.sla))
    return Availability(
        component.slug,
        component.name,
        sli(period, down),
        down,
        len(each),
        budget(slo, period, down),
        budget(sla, period, down),
        tuple(Condition(condition).label for condition in component.down_when),
    )
