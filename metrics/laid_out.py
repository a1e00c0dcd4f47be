"""Figures laid out: which table each makes, with where its cells lead, and which chart."""

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.urls import reverse

from metrics.ageing import Ages
from metrics.calls import Called
from metrics.charts import Chart, Point, bars, columns
from metrics.clocks import Kept
from metrics.components import Availability
from metrics.definitions import Definition
from metrics.figures import Figures, Group
from metrics.filters import BY, Filters
from metrics.tables import Cell, Table, number
from metrics.words import percent, span

_TIMES = [("n", "n"), ("Without", "missing"), ("Mean", "mean_seconds"), ("Median", "median_seconds"), ("p90", "p90_seconds")]


def _seconds(value: float | None) -> Cell:
    return Cell(span(value), value if value is not None else "")


def incidents_url(filters: Filters, figure: str = "", *, missing: bool = False, **only: Any) -> str:
    """Where the incidents behind a cell are listed."""
    more = {"figure": figure} if figure else {}
    if missing:
        more["missing"] = "1"
    return page_url("metrics-incidents", filters.but(**only), **more)


def page_url(name: str, filters: Filters, *args: str, **more: str) -> str:
    """A page of figures, with these filters."""
    return f"{reverse(name, urlconf=settings.PORTAL_URLCONF, args=args)}?{filters.query(**more)}"


def _times_row(one: Definition, group: Group, filters: Filters) -> list[Cell]:
    stat = group.stats[one.key]
    return [
        Cell(group.label),
        number(stat.n, incidents_url(filters, one.key, **group.only)),
        number(stat.missing, incidents_url(filters, one.key, missing=True, **group.only)),
        _seconds(stat.mean),
        _seconds(stat.median),
        _seconds(stat.p90),
    ]


def times_table(one: Definition, found: Figures, filters: Filters) -> Table:
    """One figure of times: a row a group, and one of all."""
    by = BY[filters.by]
    rows = [_times_row(one, group, filters) for group in (*found.groups, found.whole)]
    return Table(one.key, f"{one.label} by {by.lower()}", [(by, filters.by), *_TIMES], rows)


def all_times(tables: Sequence[Table]) -> Table:
    """The tables of times as one, for a machine: the figure is the first column."""
    rows = [[Cell(table.key), *row] for table in tables for row in table.rows]
    return Table("times", "Times", [("Figure", "figure"), *tables[0].columns], rows)


def times_chart(one: Definition, found: Figures, filters: Filters) -> Chart | None:
    """Medians and 90th percentiles: over time as columns, else as bars."""
    points: list[Point] = [
        (group.label, (stat := group.stats[one.key]).median, stat.p90, span(stat.median) if stat.n else "none")
        for group in found.groups
    ]
    title = f"{one.label} by {BY[filters.by].lower()}: median, and 90th percentile as a line. The table below has the numbers."
    return columns(one.key, title, points) if filters.by == "month" else bars(one.key, title, points)


def clocks_table(found: Sequence[Kept]) -> Table:
    """Clocks kept by clause."""
    rows = [
        [
            Cell(one.label),
            Cell(one.clause),
            number(one.n),
            number(one.kept),
            number(one.broken),
            Cell(percent(one.share), one.share if one.share is not None else ""),
        ]
        for one in found
    ]
    heads = [
        ("Clock", "clock"),
        ("Clause", "clause"),
        ("n", "n"),
        ("Kept", "kept"),
        ("Broken", "broken"),
        ("Share kept", "share"),
    ]
    return Table("clocks", "Clocks kept by clause", heads, rows)


def clocks_chart(found: Sequence[Kept]) -> Chart | None:
    """The share kept of each clause."""
    points: list[Point] = [(one.label, one.share, None, f"{percent(one.share)} of {one.n:,}") for one in found]
    return bars("clocks", "Share of the clocks kept by clause. The table below has the numbers.", points, 1)


def calls_table(found: Sequence[Called]) -> Table:
    """Calls by person."""
    rows = [
        [Cell(one.name), number(one.calls), number(one.nights), Cell(percent(one.nights / one.calls), one.nights / one.calls)]
        for one in found
    ]
    heads = [("Person", "person"), ("Pages", "pages"), ("At night", "at_night"), ("Share at night", "share_at_night")]
    return Table("pages", "Pages by person", heads, rows)


def calls_chart(found: Sequence[Called], most: int = 20) -> Chart | None:
    """Who was called most: at night as the bar, all calls as the line."""
    points: list[Point] = [
        (one.name, float(one.nights), float(one.calls), f"{one.calls:,}, {one.nights:,} at night") for one in found[:most]
    ]
    return bars("pages", "Pages by person: those at night as bars, all as lines. The table below has the numbers.", points)


def items_table(found: Sequence[Ages]) -> Table:
    """Action items by kind."""
    heads = [
        ("Kind", "kind"),
        ("n", "n"),
        ("Waiting", "waiting"),
        ("Up to a week", "waiting_week"),
        ("Up to 30 days", "waiting_month"),
    ]
    heads += [("Longer", "waiting_longer"), ("Past due", "overdue"), ("Done", "done"), ("In time", "in_time_share")]
    heads += [("Median to done", "median_to_done_seconds"), ("Dropped", "dropped")]
    rows = [
        [
            Cell(one.label, one.kind),
            *(number(n) for n in (one.n, one.waiting, one.young, one.older, one.oldest, one.overdue, one.done)),
            Cell(f"{percent(one.share)} of {one.due:,}" if one.due else "", one.share if one.due else ""),
            _seconds(one.to_do),
            number(one.dropped),
        ]
        for one in found
    ]
    return Table("items", "Action items by kind", heads, rows)


def items_chart(found: Sequence[Ages]) -> Chart | None:
    """What waits, by how long."""
    ages = (("Up to a week", "young"), ("Up to 30 days", "older"), ("Longer", "oldest"), ("Past due", "overdue"))
    points: list[Point] = []
    for label, name in ages:
        count = sum(getattr(one, name) for one in found)
        points.append((label, float(count), None, f"{count:,}"))
    return bars("items", "Action items that wait, by how long. The table below has the numbers.", points)


_TARGETS = (("SLO", "slo"), ("SLA", "sla"))
_BUDGET = (("aim", ""), ("budget", "_budget_seconds"), ("burnt", "_burnt_share"), ("left", "_left_seconds"))


def availability_table(found: Sequence[Availability]) -> Table:
    """Components with their SLI, against SLO and SLA."""
    heads = [("Component", "component"), ("SLI", "sli"), ("Down", "down_seconds"), ("Incidents", "incidents")]
    heads += [(f"{label} {word}".replace(" aim", ""), f"{key}{end}") for label, key in _TARGETS for word, end in _BUDGET]
    rows = []
    for one in found:
        row = [
            Cell(one.name),
            Cell(percent(one.sli, 4), one.sli if one.sli is not None else ""),
            Cell(span(one.down.total_seconds()), one.down.total_seconds()),
            number(one.incidents),
        ]
        for budget in (one.slo, one.sla):
            if budget is None:
                row += [Cell("none set", ""), *(Cell("", "") for _ in range(3))]
                continue
            met = "met" if budget.kept else "missed"
            row += [
                Cell(f"{budget.target:g} %, {met}", budget.target / 100),
                _seconds(budget.allowed.total_seconds()),
                Cell(percent(budget.share), budget.share),
                _seconds(budget.left.total_seconds()),
            ]
        rows.append(row)
    return Table("availability", "Availability by component", heads, rows)


def availability_chart(found: Sequence[Availability]) -> Chart | None:
    """How much of the SLO's error budget each component has burnt."""
    points: list[Point] = [
        (one.name, one.slo.share, None, f"{percent(one.slo.share)}{'' if one.slo.kept else ', missed'}")
        for one in found
        if one.slo
    ]
    title = "Share of the SLO's error budget that was burnt, by component. A full bar is all of it or more. The table below has the numbers."
    return bars("availability", title, points, 1)
