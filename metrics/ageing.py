"""How long action items wait, and whether they are done in time (clauses actions.sla, actions.tags)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db import connection

from metrics.filters import Filters
from postmortems.states import ItemKind
from tenants.time import now

WEEK, MONTH = 7, 30  # days: what waits is counted below the first, up to the second, and beyond it

_AGES = """
SELECT a.kind, count(*),
  count(*) FILTER (WHERE a.ended_at IS NULL AND a.filed_at > %(now)s - %(week)s * interval '1 day'),
  count(*) FILTER (WHERE a.ended_at IS NULL AND a.filed_at <= %(now)s - %(week)s * interval '1 day'
    AND a.filed_at > %(now)s - %(month)s * interval '1 day'),
  count(*) FILTER (WHERE a.ended_at IS NULL AND a.filed_at <= %(now)s - %(month)s * interval '1 day'),
  count(*) FILTER (WHERE a.ended_at IS NULL AND a.due_at < %(now)s),
  count(*) FILTER (WHERE a.state = 'done'),
  count(*) FILTER (WHERE a.state = 'done' AND a.due_at IS NOT NULL),
  count(*) FILTER (WHERE a.state = 'done' AND a.ended_at <= coalesce(a.judged_at, a.due_at)),
  count(*) FILTER (WHERE a.state = 'dropped'),
  percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM a.ended_at - a.filed_at)::float8) FILTER (WHERE a.state = 'done')
FROM postmortems_actionitem a JOIN metrics_incidentfigure f ON f.incident_id = a.incident_id WHERE {where} GROUP BY 1
"""


@dataclass(frozen=True, slots=True)
class Ages:
    """The action items of one kind: how many wait how long, how many are past their due date, and how the finished ones were done.

    `due` of the `done` had a due date, and `in_time` of those were done by the one that judges them, whatever it was moved to. `to_do`
    is the median of the done, in seconds.
    """

    kind: str
    n: int = 0
    young: int = 0
    older: int = 0
    oldest: int = 0
    overdue: int = 0
    done: int = 0
    due: int = 0
    in_time: int = 0
    dropped: int = 0
    to_do: float | None = None

    @property
    def label(self) -> str:
        """The kind in people's words."""
        return ItemKind(self.kind).label

    @property
    def waiting(self) -> int:
        """How many are still to be done."""
        return self.young + self.older + self.oldest

    @property
    def share(self) -> float | None:
        """Which share of what was done, and had a due date, was done in time."""
        return self.in_time / self.due if self.due else None


def ages(filters: Filters) -> list[Ages]:
    """The action items of the incidents that fit, by kind: one query."""
    where, values = filters.where()
    found = {row[0]: Ages(*row) for row in _rows(_AGES.format(where=where), values)}
    return [found.get(kind.value, Ages(kind.value)) for kind in ItemKind]


def _rows(sql: str, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, {**values, "now": now(), "week": WEEK, "month": MONTH})
        return list(cursor.fetchall())
