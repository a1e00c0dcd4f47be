"""How long action items wait, and whether they are done in time (clauses actions.sla, actions.tags)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from metrics.filters import Filters
from postmortems.states import ItemKind
from tenants.time import now

WEEK, MONTH = 7, 30  # days: what waits is counted below the first, up to the second, and beyond it

# An item waits at the end of the period where it was filed before and had not ended by then; it is done, or dropped, in the period in
# which it ended. So each is in one column of a period, and an old one in every period until it ends.
_WAITS = "(a.ended_at IS NULL OR a.ended_at >= %(end)s)"
_DONE = "a.state = 'done' AND a.ended_at < %(end)s"
_AGES = f"""
SELECT a.kind, count(*),
  count(*) FILTER (WHERE {_WAITS} AND a.filed_at > %(at)s - %(week)s * interval '1 day'),
  count(*) FILTER (WHERE {_WAITS} AND a.filed_at <= %(at)s - %(week)s * interval '1 day'
    AND a.filed_at > %(at)s - %(month)s * interval '1 day'),
  count(*) FILTER (WHERE {_WAITS} AND a.filed_at <= %(at)s - %(month)s * interval '1 day'),
  count(*) FILTER (WHERE {_WAITS} AND a.due_at < %(at)s),
  count(*) FILTER (WHERE {_DONE}),
  count(*) FILTER (WHERE {_DONE} AND a.due_at IS NOT NULL),
  count(*) FILTER (WHERE {_DONE} AND a.ended_at <= coalesce(a.judged_at, a.due_at)),
  count(*) FILTER (WHERE a.state = 'dropped' AND a.ended_at < %(end)s),
  percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM a.ended_at - a.filed_at)::float8) FILTER (WHERE {_DONE})
FROM postmortems_actionitem a JOIN metrics_incidentfigure f ON f.incident_id = a.incident_id
WHERE a.filed_at < %(end)s AND (a.ended_at IS NULL OR a.ended_at >= %(start)s) AND %(start)s <= %(now)s {{narrow}} GROUP BY 1
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
    """The action items of the period, by kind: one query."""
    narrow, values = filters.narrowed()
    found = {row[0]: Ages(*row) for row in _rows(_AGES.format(narrow=narrow and f"AND {narrow}"), filters, values)}
    return [found.get(kind.value, Ages(kind.value)) for kind in ItemKind]


def as_of(filters: Filters, moment: datetime) -> datetime:
    """The instant as of which items wait: the period's end, or now where it goes on."""
    return min(filters.end, moment)


def _rows(sql: str, filters: Filters, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    moment = now()
    period = {"start": filters.start, "end": filters.end, "at": as_of(filters, moment), "now": moment}
    with connection.cursor() as cursor:
        cursor.execute(sql, {**values, **period, "week": WEEK, "month": MONTH})
        return list(cursor.fetchall())
