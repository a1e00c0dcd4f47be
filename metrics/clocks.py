"""Clocks kept and broken, by clause."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from incidents.queries import clock_name
from metrics.decided import ALONE
from metrics.definitions import CADENCE_CLAUSES
from metrics.filters import Filters


@dataclass(frozen=True, slots=True)
class Kept:
    """How often a clause's clocks were kept, and how often broken."""

    clause: str
    kept: int
    broken: int

    @property
    def label(self) -> str:
        """The clock in people's words."""
        return clock_name(self.clause)

    @property
    def n(self) -> int:
        """How many were decided: what fell away before its time is none of them."""
        return self.kept + self.broken

    @property
    def share(self) -> float | None:
        """Which share was kept; None of none."""
        return self.kept / self.n if self.n else None


def kept(filters: Filters, clauses: Sequence[str] = ()) -> list[Kept]:
    """The clauses (only these, where any are named) whose clocks ran on the incidents of the period, by their names: one query."""
    if filters.service_id is None and filters.team_id is None:
        where, values = filters.where("c")
        source = "metrics_clockfigure c"
    else:
        where, values = filters.where("f")
        source = "metrics_incidentfigure f JOIN metrics_clockfigure c ON c.incident_id = f.incident_id"
    if clauses:
        where += " AND c.clause = ANY(%(clauses)s)"
        values["clauses"] = list(clauses)
    return _kept(f"SELECT c.clause, sum(c.kept), sum(c.broken) FROM {source} WHERE {where} GROUP BY 1 ORDER BY 1", values)


# What has a clock without an incident counts when that ended (metrics/decided.py).
_ALONE = f"""
SELECT k.clause, count(*) FILTER (WHERE k.broken_at IS NULL), count(*) FILTER (WHERE k.broken_at IS NOT NULL) {ALONE} GROUP BY 1
"""


def alone(start: datetime, end: datetime) -> list[Kept]:
    """The clocks of no incident that ended from `start` to `end`, by clause: one query."""
    return _kept(_ALONE, {"start": start, "end": end})


def kept_within(start: datetime, end: datetime) -> list[Kept]:
    """The same of the incidents detected from `start` to `end`, and of what has a clock without an incident: two queries."""
    values = {"start": start, "end": end}
    of_incidents = "SELECT c.clause, sum(c.kept), sum(c.broken) FROM metrics_clockfigure c WHERE c.detected_at >= %(start)s "
    found = _kept(of_incidents + "AND c.detected_at < %(end)s GROUP BY 1", values) + alone(start, end)
    clauses = sorted({one.clause for one in found})
    return [
        Kept(clause, sum(one.kept for one in found if one.clause == clause), sum(o.broken for o in found if o.clause == clause))
        for clause in clauses
    ]


def updates(filters: Filters) -> Kept:
    """Of these the clocks of updates, as one: one query."""
    found = kept(filters, CADENCE_CLAUSES)
    return Kept("", sum(one.kept for one in found), sum(one.broken for one in found))


def _kept(sql: str, values: Mapping[str, Any]) -> list[Kept]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return [Kept(clause, int(kept_), int(broken)) for clause, kept_, broken in cursor.fetchall()]
