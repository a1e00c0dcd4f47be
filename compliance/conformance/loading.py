"""The rows that a report is made of, out of the database: as JSON, as an evidence pack has them. One query a table, for any number of incidents."""

import json
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from django.db import connection

type Tables = dict[str, list[dict[str, Any]]]

# Table -> which of its rows are an incident's, `t` being the table: (what joins it, the column of the incident's id, a condition).
_OWN = "t.organisation_id = (SELECT muster.organisation())"
_PLAIN = (
    *("ledger_event", "standard_clock", "incidents_roleholding", "incidents_checklisttick", "incidents_legalhold"),
    *("incidents_needtoknow", "incidents_incidentservice", "oncall_page", "postmortems_actionitem", "postmortems_publication"),
    "postmortems_keptwording",
)
_SQL: dict[str, str] = {
    "incidents_incident": f"SELECT t.id, to_jsonb(t) FROM incidents_incident t WHERE {_OWN} AND t.id = ANY(%(ids)s)",
    **{
        table: f"SELECT t.incident_id, to_jsonb(t) FROM {table} t WHERE {_OWN} AND t.incident_id = ANY(%(ids)s) ORDER BY t.id"
        for table in _PLAIN
    },
    "notifications_delivery": (
        f"SELECT t.incident_id, to_jsonb(t) FROM notifications_delivery t WHERE {_OWN} AND t.template IN ('notice', 'flag') "
        "AND t.subject_id = ANY(%(ids)s) AND t.incident_id = ANY(%(ids)s) ORDER BY t.id"
    ),
    "oncall_historicalservice": (
        f"SELECT s.incident_id, to_jsonb(t) FROM oncall_historicalservice t JOIN incidents_incidentservice s "
        f"ON s.organisation_id = t.organisation_id AND s.service_id = t.id WHERE {_OWN} AND s.incident_id = ANY(%(ids)s) "
        "ORDER BY t.history_id"
    ),
}
_VERSIONS = f"SELECT t.id, to_jsonb(t) FROM standard_standardversion t WHERE {_OWN} AND t.id = ANY(%(ids)s)"
_POLICIES = f"SELECT to_jsonb(t) FROM incidents_historicalupdatepolicy t WHERE {_OWN} ORDER BY t.history_id"
TABLES = (*_SQL, "standard_standardversion", "incidents_historicalupdatepolicy")


def load(incident_ids: Sequence[int]) -> dict[int, Tables]:
    """Incident id -> {table: [row]} of those that the open scope sees, each with the version of the standard that judges it."""
    found: dict[int, Tables] = defaultdict(lambda: {table: [] for table in TABLES})
    with connection.cursor() as cursor:
        for table, sql in _SQL.items():
            cursor.execute(sql, {"ids": list(incident_ids)})
            for incident_id, row in cursor.fetchall():
                found[incident_id][table].append(_plain(row))
        cursor.execute(_POLICIES)
        policies = [_plain(row) for (row,) in cursor.fetchall()]
        seen = {pk: tables for pk, tables in found.items() if tables["incidents_incident"]}
        wanted = sorted({tables["incidents_incident"][0]["standard_id"] for tables in seen.values()})
        cursor.execute(_VERSIONS, {"ids": wanted})
        versions = {pk: _plain(row) for pk, row in cursor.fetchall()}
    for tables in seen.values():
        tables["standard_standardversion"] = [versions[tables["incidents_incident"][0]["standard_id"]]]
        tables["incidents_historicalupdatepolicy"] = policies
    return seen


def _plain(row: Any) -> dict[str, Any]:
    """A row of jsonb, which Django has left as text."""
    plain: dict[str, Any] = json.loads(row) if isinstance(row, str) else row
    return plain
