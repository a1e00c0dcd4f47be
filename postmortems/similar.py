"""Past incidents that are like one: what they share with it, and what is still to be done about them.

Found by traits, each a row that equality finds (postmortems/sql.py), so inside the walls and need to know like everything else, and
with a cost that does not grow with the number of incidents: of each trait the newest CARRIERS incidents are looked at, and those that
come to most are compared in full. How much a trait says is how rare it is; how alike two titles are has a say too (PostgreSQL's trigrams).
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from incidents.models import Component, Incident
from oncall.models import Service
from postmortems.models import ActionItem
from postmortems.sql import traits
from postmortems.states import OPEN_ITEMS

SHOWN = 5
TRAITS_MOST = (
    40  # of the incident that is asked about: its services, components and alerts, then the words of its title, then others
)
CARRIERS = 250  # of each trait the newest so many are looked at; a trait that more have is a common one
COMMON = 20  # … and is taken to be one incident's in so many, or more
CANDIDATES = 50  # are compared in full
ALIKE = 0.2  # what shares less than this is noise, of 1

_HERE = "organisation_id = (SELECT muster.organisation())"
_SIMILAR = f"""
WITH asked AS MATERIALIZED (
  SELECT trait, max(weight) AS weight FROM ({traits("i.id = %(incident)s")}) t GROUP BY trait
  ORDER BY max(weight) DESC, trait LIMIT {TRAITS_MOST}),
size AS MATERIALIZED (SELECT coalesce(max(last), 1)::float8 AS incidents FROM incidents_incidentnumber),
carried AS MATERIALIZED (
  SELECT a.trait, c.incident_id FROM asked a CROSS JOIN LATERAL (
    SELECT t.incident_id FROM postmortems_trait t WHERE t.{_HERE} AND t.trait = a.trait AND t.incident_id <> %(incident)s
    ORDER BY t.incident_id DESC LIMIT {CARRIERS}) c),
worth AS MATERIALIZED (
  SELECT a.trait, a.weight * ln(1 + s.incidents / CASE WHEN count(c.trait) < {CARRIERS} THEN greatest(count(c.trait), 0.5)
    ELSE greatest({CARRIERS}, s.incidents / {COMMON}) END) AS points
  FROM asked a CROSS JOIN size s LEFT JOIN carried c ON c.trait = a.trait GROUP BY a.trait, a.weight, s.incidents),
likely AS MATERIALIZED (
  SELECT c.incident_id FROM carried c JOIN worth w ON w.trait = c.trait GROUP BY c.incident_id
  ORDER BY sum(w.points) DESC, 1 DESC LIMIT {CANDIDATES}),
found AS MATERIALIZED (
  SELECT l.incident_id, sum(w.points) AS points, array_agg(w.trait ORDER BY w.points DESC, w.trait) AS shared
  FROM likely l CROSS JOIN LATERAL (
    SELECT t.trait FROM postmortems_trait t WHERE t.{_HERE} AND t.incident_id = l.incident_id) c
  JOIN worth w ON w.trait = c.trait GROUP BY l.incident_id)
SELECT i.id, f.points / nullif((SELECT sum(points) FROM worth), 0) * 0.8 + similarity(i.title, %(title)s) * 0.2 AS alike, f.shared
FROM found f JOIN incidents_incident i ON i.id = f.incident_id
WHERE i.state IN ('resolved', 'closed') AND i.exercise = %(exercise)s
ORDER BY 2 DESC, 1 DESC LIMIT {SHOWN}
"""


@dataclass(frozen=True, slots=True)
class Similar:
    """A past incident that is like the one asked about. `alike` from 0 to 1; `shared` in people's words, the most telling first."""

    incident: Incident
    alike: float
    shared: tuple[str, ...]
    items: tuple[ActionItem, ...]
    open_items: tuple[ActionItem, ...]

    @property
    def percent(self) -> int:
        """How alike, of a hundred."""
        return round(self.alike * 100)

    @property
    def when(self) -> datetime | None:
        """When it was resolved."""
        return self.incident.resolved_at


def similar_to(incident: Incident) -> list[Similar]:
    """Past incidents (resolved or closed) like this one, most alike first, at most SHOWN, each with what is still to be done.

    Restricted ones are among them for who is named on them, and for nobody else. Drills are like drills only.
    """
    with connection.cursor() as cursor:
        cursor.execute(_SIMILAR, {"incident": incident.pk, "title": incident.title, "exercise": incident.exercise})
        rows = [(pk, float(alike), shared) for pk, alike, shared in cursor.fetchall() if alike is not None and alike >= ALIKE]
    found = Incident.objects.in_bulk([pk for pk, _, _ in rows])
    items: dict[int, list[ActionItem]] = {}
    for item in ActionItem.objects.filter(incident__in=found).select_related("owner", "incident").order_by("number"):
        items.setdefault(item.incident_id, []).append(item)
    words = _words([trait for _, _, shared in rows for trait in shared])
    return [
        Similar(
            incident=found[pk],
            alike=min(alike, 1.0),
            shared=tuple(words[trait] for trait in shared if trait in words),
            items=tuple(items.get(pk, ())),
            open_items=tuple(item for item in items.get(pk, ()) if item.state in OPEN_ITEMS),
        )
        for pk, alike, shared in rows
        if pk in found
    ]


def _words(shared: list[str]) -> dict[str, str]:
    """Traits in people's words: services and components by their names."""
    named: dict[str, dict[int, str]] = {}
    for kind, model in (("service", Service), ("component", Component)):
        ids = {int(trait.partition(":")[2]) for trait in shared if trait.startswith(f"{kind}:")}
        rows: Any = model
        named[kind] = dict(rows.objects.filter(pk__in=ids).values_list("pk", "name")) if ids else {}
    found = {}
    for trait in dict.fromkeys(shared):
        kind, _, value = trait.partition(":")
        if kind in named:
            name = named[kind].get(int(value))
            if name:
                found[trait] = f"{kind} {name}"
        else:
            found[trait] = f"alert {value}" if kind == "alert" else f"“{value}”"
    return found
