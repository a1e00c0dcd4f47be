"""The organisation's components, each with its availability in a period."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from incidents.models import Component
from incidents.states import Condition, FlagKey, Severity
from metrics.availability import Budget, Impact, budget, sli, windows, within
from tenants.time import now

# Of the incidents that count and whose impact reaches into the period: which components each of them took down (docs/decisions/0029).
# What customers were told of a component says whether it was down, never from when until when. Where they were told nothing of it, what was
# a SEV 1 or 2 at its worst (docs/decisions/0032) takes down what its services are noticed by, unless it is one for the data that were
# exposed: that is no outage. What was merged into an incident is a part of it: what customers were told under it takes
# down too, but that it was only slow there says nothing of the whole, which may have been far worse. What was struck was not told.
_HIT = """
WITH RECURSIVE hit AS MATERIALIZED (
  SELECT f.incident_id, f.worst, coalesce(f.impact_start, f.detected_at) AS since,
    coalesce(f.impact_end, f.mitigated_at, f.resolved_at) AS until
  FROM metrics_incidentfigure f WHERE coalesce(f.impact_start, f.detected_at) < %(end)s AND %(start)s < %(end)s
    AND coalesce(f.impact_end, f.mitigated_at, f.resolved_at, 'infinity')
      > greatest(%(start)s, coalesce(f.impact_start, f.detected_at))),
part AS (
  SELECT i.id AS incident_id, i.merged_into_id AS whole FROM incidents_incident i WHERE i.state = 'merged'
  UNION
  SELECT part.incident_id, i.merged_into_id FROM part JOIN incidents_incident i ON i.id = part.whole WHERE i.state = 'merged'),
struck AS MATERIALIZED (
  SELECT (u.data ->> 'update_id')::bigint AS update_id FROM ledger_event c
  JOIN ledger_event u ON u.organisation_id = c.organisation_id
    AND u.incident_id = c.incident_id AND u.seq = (c.data ->> 'entry')::int AND u.kind = 'incident.updated'
  WHERE c.kind = 'incident.corrected'),
told AS MATERIALIZED (
  SELECT of.whole AS incident_id, s.component_id, bool_or(s.condition = ANY(d.down_when)) AS down,
    bool_or(of.own AND u.incident_id = of.whole) AS own
  FROM (SELECT incident_id, incident_id AS whole, true AS own FROM hit UNION ALL SELECT incident_id, whole, false FROM part) of
  JOIN incidents_componentstate s ON s.incident_id = of.incident_id JOIN incidents_component d ON d.id = s.component_id
  JOIN incidents_statusupdate u ON u.id = s.update_id
  WHERE NOT EXISTS (SELECT FROM struck WHERE struck.update_id = s.update_id)
  GROUP BY 1, 2),
impact AS (
  SELECT hit.incident_id, told.component_id, hit.since, hit.until FROM hit JOIN told ON told.incident_id = hit.incident_id
  WHERE told.down
  UNION
  SELECT hit.incident_id, l.component_id, hit.since, hit.until FROM hit
  JOIN incidents_incidentservice a ON a.incident_id = hit.incident_id JOIN incidents_servicecomponent l ON l.service_id = a.service_id
  WHERE hit.worst <= %(grave)s
    AND NOT EXISTS (SELECT FROM incidents_flag x WHERE x.incident_id = hit.incident_id AND x.key = %(breach)s)
    AND NOT EXISTS (SELECT FROM told WHERE told.incident_id = hit.incident_id AND told.component_id = l.component_id
      AND (told.own OR told.down)))
"""
_IMPACTS = f"""{_HIT} SELECT incident_id, component_id, since, until FROM impact
WHERE %(component)s::bigint IS NULL OR component_id = %(component)s ORDER BY since DESC, incident_id DESC
"""
# Years of them are summed up where they lie: overlaps are one range of the many.
_DOWN = f"""{_HIT} SELECT component_id, n, (SELECT sum(extract(epoch FROM upper(w) - lower(w)))::float8 FROM unnest(ranges) w)
FROM (SELECT component_id, count(*) AS n,
  range_agg(tstzrange(greatest(since, %(start)s), least(coalesce(until, %(end)s), %(end)s))) AS ranges FROM impact GROUP BY 1) x
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
    """How long one incident had a component down: the window of its impact (`until` is None where it goes on), and how much of the period."""

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
    found = {pk: (n, timedelta(seconds=seconds)) for pk, n, seconds in _rows(_DOWN, start, until)}
    none = (0, timedelta())
    return [_of(one, *found.get(one.pk, none), until - start) for one in Component.objects.order_by("position", "id")]


def outages(start: datetime, end: datetime, slug: str = "") -> list[Outages]:
    """What the availability of each component counts, or of one, by its short name: two queries."""
    until = _until(start, end)
    components = list(Component.objects.filter(**({"slug": slug} if slug else {})).order_by("position", "id"))
    impacts: dict[int, list[Impact]] = defaultdict(list)
    for row in _rows(_IMPACTS, start, until, components[0].pk if slug and components else None):
        impacts[row[1]].append(Impact(*row))
    return [_outages(one, impacts[one.pk], start, until) for one in components]


def _outages(component: Component, impacts: list[Impact], start: datetime, end: datetime) -> Outages:
    found = [
        Outage(component.name, one.incident_id, one.since, one.until, within(windows([one], end), start, end)) for one in impacts
    ]
    return Outages(component.slug, component.name, found, within(windows(impacts, end), start, end))


def _until(start: datetime, end: datetime) -> datetime:
    return max(min(end, now()), start)


def _rows(sql: str, start: datetime, until: datetime, component: int | None = None) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(
            sql, {"start": start, "end": until, "grave": Severity.SEV2, "breach": FlagKey.PERSONAL_DATA, "component": component}
        )
        return list(cursor.fetchall())


def _of(component: Component, incidents: int, down: timedelta, period: timedelta) -> Availability:
    slo, sla = (float(target) if target is not None else None for target in (component.slo, component.sla))
    return Availability(
        component.slug,
        component.name,
        sli(period, down),
        down,
        incidents,
        budget(slo, period, down),
        budget(sla, period, down),
        tuple(Condition(condition).label for condition in component.down_when),
    )
