"""Measuring: the only writer of this room. It derives, and says nothing that the record does not say, so it leaves no event."""

from django.db import connection

from metrics import sql
from tenants import prepared

# One incident is measured by one at a time, so that whoever comes last has seen everything that was committed before.
_ONE_AT_A_TIME = "SELECT pg_advisory_xact_lock(%s::int, (%s::bigint %% 2147483647)::int)"
_LOCK = 0x4D455452  # "METR"
_OF_ONE = tuple(sql.statements(sql.ONE))


def measure(incident_id: int) -> None:
    """Make the figures of one incident again, from the record as it is now. As often as one likes: the last one holds."""
    prepared.run(_ONE_AT_A_TIME, [_LOCK, incident_id])
    for statement in _OF_ONE:
        prepared.run(statement, {"incident": incident_id})


def measure_all() -> int:
    """Make the figures of every incident of the open scope's organisation again. Returns how many count."""
    with connection.cursor() as cursor:
        for statement in sql.statements(sql.ORGANISATION):
            cursor.execute(statement)
        cursor.execute("SELECT count(*) FROM metrics_incidentfigure WHERE organisation_id = (SELECT muster.organisation())")
        (counted,) = cursor.fetchone()
    return int(counted)
