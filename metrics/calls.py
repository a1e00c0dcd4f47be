"""Who was called how often, and how often at night."""

from dataclasses import dataclass

from django.db import connection

from metrics.definitions import NIGHT_FROM, NIGHT_UNTIL
from metrics.filters import Filters

_CALLS = """
SELECT u.name, u.email, x.calls, x.nights FROM (
  SELECT s.user_id, count(*) AS calls, count(*) FILTER (WHERE date_part('hour', s.paged_at AT TIME ZONE z.time_zone)
    NOT BETWEEN %(day_from)s AND %(day_until)s) AS nights
  FROM oncall_pagestep s JOIN tenants_user z ON z.id = s.user_id
  WHERE s.paged_at >= %(start)s AND s.paged_at < %(end)s AND {which} GROUP BY s.user_id) x
JOIN tenants_user u ON u.id = x.user_id ORDER BY x.calls DESC, u.name, u.id
"""
# No call of an exercise: what is an incident's and an exercise's, by the index of those.
_REAL = (
    "(s.incident_id IS NULL OR s.incident_id NOT IN (SELECT i.id FROM incidents_incident i WHERE i.exercise "
    "AND i.organisation_id = (SELECT muster.organisation())))"
)


@dataclass(frozen=True, slots=True)
class Called:
    """A person, and how often they were called: `nights` of these `calls` came at night, by their own zone."""

    name: str
    email: str
    calls: int
    nights: int

    @property
    def days(self) -> int:
        """How often by day."""
        return self.calls - self.nights


def called(filters: Filters) -> list[Called]:
    """Who was called in the period, the most called first: one query."""
    where, values = filters.where()
    which = _REAL
    if filters.narrow:
        which = f"s.incident_id IN (SELECT f.incident_id FROM metrics_incidentfigure f WHERE {where})"
    values |= {"day_from": NIGHT_UNTIL.hour, "day_until": NIGHT_FROM.hour - 1}
    with connection.cursor() as cursor:
        cursor.execute(_CALLS.format(which=which), values)
        return [Called(*row) for row in cursor.fetchall()]
