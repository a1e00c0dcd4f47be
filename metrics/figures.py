"""The times of incidents summed up: n, mean, median and 90th percentile, over all and by month, severity, service or team."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from django.db import connection

from incidents.states import Severity
from metrics.definitions import TIMES
from metrics.filters import NONE, Filters, Places
from standard.calendar import instant

# The policy of the walls stands in every statement: restricted incidents count for those who may see them, and for nobody else.
_SUMS = ", ".join(
    f"count(f.{one.column}), avg(f.{one.column}), percentile_cont(ARRAY[0.5, 0.9]) WITHIN GROUP (ORDER BY f.{one.column})"
    for one in TIMES
)
_WHOLE = f"SELECT NULL, count(*), {_SUMS} FROM metrics_incidentfigure f WHERE {{where}}"
# Each month is a stretch of the index by detection: nothing has to be sorted into months.
_BY_MONTH = f"""
SELECT m.place - 1, x.* FROM unnest(%(months)s::timestamptz[], %(ends)s::timestamptz[]) WITH ORDINALITY AS m(since, until, place)
CROSS JOIN LATERAL (SELECT count(*), {_SUMS} FROM metrics_incidentfigure f
  WHERE {{where}} AND f.detected_at >= m.since AND f.detected_at < m.until) x
"""
_BY_SEVERITY = f"SELECT f.severity, count(*), {_SUMS} FROM metrics_incidentfigure f WHERE {{where}} GROUP BY 1"
_BY_NAMED = f"""
SELECT k, count(*), {_SUMS} FROM metrics_incidentfigure f,
  unnest(CASE WHEN f.{{named}}_ids = '{{{{}}}}' THEN '{{{{0}}}}' ELSE f.{{named}}_ids END) AS k WHERE {{where}} GROUP BY 1
"""
_BY = {
    "month": _BY_MONTH,
    "severity": _BY_SEVERITY,
    "service": _BY_NAMED.replace("{named}", "service"),
    "team": _BY_NAMED.replace("{named}", "team"),
}


@dataclass(frozen=True, slots=True)
class Stat:
    """One figure of some incidents, in seconds: of `n` it is known, of `missing` it is not. Without any, there is none."""

    n: int = 0
    missing: int = 0
    mean: float | None = None
    median: float | None = None
    p90: float | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """Some incidents: how many, and their figures by key. `only` is what an address adds to look at just them."""

    key: str
    label: str
    incidents: int
    stats: Mapping[str, Stat]
    only: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Figures:
    """All that fit the filters, and their parts by `by`."""

    whole: Group
    groups: list[Group]


def figures(filters: Filters, known: Places) -> Figures:
    """Sum up: two queries, however many incidents there are."""
    where, values = filters.where()
    months = _months(filters)
    starts = [start for _, start in months]
    ((_, count, *sums),) = _rows(_WHOLE.format(where=where), values)
    whole = Group("", "All", count, _stats(count, sums), {})
    rows = _rows(_BY[filters.by].format(where=where), values | {"months": starts, "ends": [*starts[1:], filters.end]})
    found = {int(row[0]): (int(row[1]), _stats(row[1], row[2:])) for row in rows}
    empty = (0, {one.key: Stat() for one in TIMES})
    kinds = _kinds(filters, known, [first for first, _ in months], set(found))
    return Figures(whole, [Group(name, label, *found.get(number, empty), only) for number, name, label, only in kinds])


def _rows(sql: str, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return list(cursor.fetchall())


def _stats(count: int, sums: Sequence[Any]) -> dict[str, Stat]:
    """The figures of one row: for each of TIMES its n, mean, and [median, p90]."""
    found = {}
    for place, one in enumerate(TIMES):
        n, mean, shares = sums[place * 3 : place * 3 + 3]
        found[one.key] = Stat(n, count - n, mean, *shares) if n else Stat(0, count)
    return found


def _months(filters: Filters) -> list[tuple[date, datetime]]:
    """The months of the period: the first day of each that lies in it, and its first instant."""
    found = [(filters.first, filters.start)]
    year, month = filters.first.year, filters.first.month
    while True:
        year, month = (year + 1, 1) if month == 12 else (year, month + 1)
        first = date(year, month, 1)
        if first > filters.last:
            return found
        found.append((first, instant(filters.zone, first, time())))


def _edges(filters: Filters, first: date, last: date) -> dict[str, datetime | None]:
    """The period's own instants, of the month that each is in."""
    return {
        "since": filters.since if first == filters.first else None,
        "until": filters.until if last == filters.last else None,
    }


type Kind = tuple[int, str, str, dict[str, Any]]  # number in the row, key, label, what narrows the filters to it


def _kinds(filters: Filters, known: Places, months: list[date], found: set[int]) -> list[Kind]:
    """What the groups are, in their order. Months and severities are all there; of services and teams those with incidents."""
    if filters.by == "month":
        ends = [*(date.fromordinal(after.toordinal() - 1) for after in months[1:]), filters.last]
        return [
            (place, f"{first:%Y-%m}", f"{first:%b %Y}", {"first": first, "last": last} | _edges(filters, first, last))
            for place, (first, last) in enumerate(zip(months, ends, strict=True))
        ]
    if filters.by == "severity":
        wanted = filters.severities or tuple(Severity)
        return [(level, Severity(level).code, Severity(level).label, {"severities": (level,)}) for level in wanted]
    named = known.of(filters.by)
    rows: list[Kind] = [
        (pk, slug, name, {filters.by: slug, f"{filters.by}_id": pk}) for pk, (slug, name) in named.items() if pk in found
    ]
    gone = sorted(found - named.keys() - {0})
    rows += [(pk, f"{filters.by}-{pk}", f"A {filters.by} without services now", {f"{filters.by}_id": pk}) for pk in gone]
    if 0 in found:
        rows.append((0, NONE, f"No {filters.by} named", {filters.by: NONE, f"{filters.by}_id": 0}))
    return rows
