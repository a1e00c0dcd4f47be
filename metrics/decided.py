"""The clocks behind a number, one by one: those of the incidents that count, and where they are asked for those of no incident.

Which incidents a page of the list is about is read from the figures, which have how many clocks each has; so a page costs the same however many
years there are. As many are listed as the figures count.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import batched
from typing import Any

from django.db import connection

from metrics.filters import Filters

_CHUNK = 2_000
_COLUMNS = "k.clause, k.started_at, k.due_at, k.stopped_at, k.broken_at, k.fell_away, k.subject_type"
_DECIDED = "(k.broken_at IS NOT NULL OR (k.stopped_at IS NOT NULL AND k.fell_away = ''))"
_OUTCOME = {"": "true", "kept": "k.broken_at IS NULL", "broken": "k.broken_at IS NOT NULL"}
_HOW_MANY = {"": "c.kept + c.broken", "kept": "c.kept", "broken": "c.broken"}

# As metrics/sql.py counts them: a page's clock may be older than its incident, and belongs to it all the same.
_OF_INCIDENTS = f"""
WITH counted AS (
  SELECT c.incident_id, c.clause, c.detected_at, c.severity, {{how_many}} AS n,
    sum({{how_many}}) OVER (ORDER BY c.detected_at DESC, c.incident_id DESC, c.clause) AS upto
  FROM metrics_clockfigure c WHERE {{where}} AND {{how_many}} > 0)
SELECT c.upto - c.n, c.incident_id, c.severity, c.detected_at, k.*
FROM counted c CROSS JOIN LATERAL (
  SELECT {_COLUMNS}, k.id FROM standard_clock k
  WHERE k.organisation_id = (SELECT muster.organisation()) AND k.incident_id = c.incident_id AND k.clause = c.clause
    AND {_DECIDED} AND {{outcome}}
  UNION ALL
  SELECT {_COLUMNS}, k.id FROM oncall_page p JOIN standard_clock k ON k.organisation_id = p.organisation_id
    AND k.subject_type = 'oncall.page' AND k.subject_id = p.id AND k.incident_id IS NULL
  WHERE p.organisation_id = (SELECT muster.organisation()) AND p.incident_id = c.incident_id AND k.clause = c.clause
    AND {_DECIDED} AND {{outcome}}) k
WHERE {{stretch}} ORDER BY c.detected_at DESC, c.incident_id DESC, c.clause, k.id
"""
_STRETCH = "c.upto > %(offset)s AND c.upto - c.n < %(offset)s + %(limit)s"

# What has a clock without an incident (a process review, a call about a signal of which nothing came) counts when its clock ended; not what
# fell away in its time. These kinds only: a custodian's clock names no incident either, so that they can stop it, and may tell of
# one that is restricted.
ALONE = """
FROM standard_clock k LEFT JOIN oncall_page p ON k.subject_type = 'oncall.page' AND p.id = k.subject_id
WHERE k.subject_type IN ('standard.processreview', 'oncall.page') AND k.incident_id IS NULL AND p.incident_id IS NULL
  AND (k.broken_at IS NOT NULL OR k.fell_away = '') AND coalesce(k.broken_at, k.stopped_at) >= %(start)s
  AND coalesce(k.broken_at, k.stopped_at) < %(end)s
"""
_ALONE_ROWS = f"""
SELECT 0, NULL::bigint, NULL::integer, NULL::timestamptz, {_COLUMNS}, k.id {ALONE} AND {{only}} AND {{outcome}}
ORDER BY coalesce(k.broken_at, k.stopped_at) DESC, k.id DESC LIMIT %(limit)s OFFSET %(offset)s
"""


@dataclass(frozen=True, slots=True)
class Decided:
    """A clock that was kept or broken. Of no incident: `incident_id`, `severity` and `detected_at` are None."""

    incident_id: int | None
    severity: int | None
    detected_at: datetime | None
    clause: str
    started_at: datetime
    due_at: datetime
    stopped_at: datetime | None
    broken_at: datetime | None
    fell_away: str
    subject_type: str

    @property
    def done_at(self) -> datetime | None:
        """When what it asks for was done, in time or too late; None where it was not."""
        return None if self.fell_away else self.stopped_at


class DecidedClocks(Sequence[Decided]):
    """The clocks of a figure, read page by page: `of_incidents` of incidents that fit, then `alone` of none. No `clauses` are all."""

    def __init__(self, filters: Filters, clauses: Sequence[str], outcome: str, of_incidents: int, alone: int) -> None:
        self._of_incidents, self._alone = of_incidents, alone
        where, self._values = _where(filters)
        if clauses:
            where += " AND c.clause = ANY(%(clauses)s)"
            self._values["clauses"] = list(clauses)
        told = {"outcome": _OUTCOME[outcome], "how_many": _HOW_MANY[outcome]}
        self._sql = _OF_INCIDENTS.format(where=where, stretch="{stretch}", **told)
        self._alone_sql = _ALONE_ROWS.format(only="k.clause = ANY(%(clauses)s)" if clauses else "true", outcome=_OUTCOME[outcome])

    def __len__(self) -> int:
        return self._of_incidents + self._alone

    def __getitem__(self, which: Any) -> Any:
        if not isinstance(which, slice):
            return self[which : which + 1][0]
        offset, end, _ = which.indices(len(self))
        found = self._page(offset, min(end, self._of_incidents)) if offset < self._of_incidents else []
        since = max(offset, self._of_incidents)
        return found + (self._lone(since - self._of_incidents, end - since) if end > since else [])

    def __iter__(self) -> Iterator[Decided]:
        """All of them, some at a time: a file of years is never in memory as a whole."""
        with connection.chunked_cursor() as cursor:
            cursor.execute(self._sql.format(stretch="true"), self._values)
            while rows := cursor.fetchmany(_CHUNK):
                yield from (_row(row) for row in rows)
        for batch in batched(range(self._alone), _CHUNK):
            yield from self._lone(batch[0], len(batch))

    def _page(self, offset: int, end: int) -> list[Decided]:
        values = {**self._values, "offset": offset, "limit": end - offset}
        with connection.cursor() as cursor:
            cursor.execute(self._sql.format(stretch=_STRETCH), values)
            rows = cursor.fetchall()
        before = int(rows[0][0]) if rows else 0
        return [_row(row) for row in rows[offset - before : end - before]]

    def _lone(self, offset: int, limit: int) -> list[Decided]:
        with connection.cursor() as cursor:
            cursor.execute(self._alone_sql, {**self._values, "offset": offset, "limit": limit})
            return [_row(row) for row in cursor.fetchall()]


def _where(filters: Filters) -> tuple[str, dict[str, Any]]:
    """The filters on the table of clocks, which knows no services and teams."""
    if filters.service_id is None and filters.team_id is None:
        return filters.where("c")
    where, values = filters.where("f")
    return f"c.incident_id IN (SELECT f.incident_id FROM metrics_incidentfigure f WHERE {where})", values


def _row(row: Sequence[Any]) -> Decided:
    return Decided(*row[1:-1])
