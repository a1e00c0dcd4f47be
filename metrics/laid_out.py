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
from metrics.definitions import NO_INCIDENTS, NOT_KNOWN_YET, Definition
from metrics.figures import Figures, Group, Stat
from metrics.filters import BY, Filters
from metrics.tables import Cell, Table, number
from metrics.words import percent, span

_TIMES = [("n", "n"), ("Without", "missing"), ("Mean", "mean_seconds"), ("Median", "median_seconds"), ("p90", "p90_seconds")]


def _seconds(value: float | None, missing: str = NOT_KNOWN_YET, url: str = "") -> Cell:
    """A span of time, or why there is none: never a 0, and empty in a file."""
    return Cell(span(value), value, url) if value is not None else Cell(missing, "")


def _share(value: float | None, digits: int = 1) -> Cell:
    return Cell(percent(value, digits), value) if value is not None else Cell(NOT_KNOWN_YET, "")


def unknown(stat: Stat) -> str:
    """Why a figure of times has no number: it is not known of those incidents, or there are none."""
    return NOT_KNOWN_YET if stat.missing else NO_INCIDENTS


def listing_url(key: str, filters: Filters, **more: str) -> str:
    """Where what a number counts is listed (metrics/listed.py)."""
    return page_url(f"metrics-{key}", filters, **{name: value for name, value in more.items() if value})


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
        *(_seconds(value, unknown(stat)) for value in (stat.mean, stat.median, stat.p90)),
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
        (group.label, (stat := group.stats[one.key]).median, stat.p90, span(stat.median) if stat.n else unknown(stat))
        for group in found.groups
    ]
    title = f"{one.label} by {BY[filters.by].lower()}: median, and 90th percentile as a line. The table below has the numbers."
    return columns(one.key, title, points) if filters.by == "month" else bars(one.key, title, points)


def clocks_url(filters: Filters, clause: str, outcome: str = "", *, alone: bool = False) -> str:
    """Where the clocks of a clause are listed one by one, or those only that were kept, or broken; with `alone` those of no incident too."""
    return listing_url("clocks-counted", filters, clause=clause, outcome=outcome, alone="1" if alone else "")


def clocks_table(found: Sequence[Kept], filters: Filters) -> Table:
    """Clocks kept by clause."""
    rows = [
        [
            Cell(one.label),
            Cell(one.clause),
            number(one.n, clocks_url(filters, one.clause)),
            number(one.kept, clocks_url(filters, one.clause, "kept")),
            number(one.broken, clocks_url(filters, one.clause, "broken")),
            _share(one.share),
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
    return Table("clocks", "Clocks kept by clause", heads, rows, "clocks")


def clocks_chart(found: Sequence[Kept]) -> Chart | None:
    """The share kept of each clause."""
    points: list[Point] = [(one.label, one.share, None, f"{percent(one.share)} of {one.n:,}") for one in found]
    return bars("clocks", "Share of the clocks kept by clause. The table below has the numbers.", points, 1)


def calls_table(found: Sequence[Called], filters: Filters) -> Table:
    """Calls by person."""
    rows = [
        [
            Cell(one.name),
            number(one.calls, listing_url("pages-counted", filters, person=one.email)),
            number(one.nights, listing_url("pages-counted", filters, person=one.email, night="1")),
            Cell(percent(one.nights / one.calls), one.nights / one.calls),
        ]
        for one in found
    ]
    heads = [("Person", "person"), ("Pages", "pages"), ("At night", "at_night"), ("Share at night", "share_at_night")]
    return Table("pages", "Pages by person", heads, rows, "pages")


def calls_chart(found: Sequence[Called], most: int = 20) -> Chart | None:
    """Who was called most: at night as the bar, all calls as the line."""
    points: list[Point] = [
        (one.name, float(one.nights), float(one.calls), f"{one.calls:,}, {one.nights:,} at night") for one in found[:most]
    ]
    return bars("pages", "Pages by person: those at night as bars, all as lines. The table below has the numbers.", points)


def items_table(found: Sequence[Ages], filters: Filters) -> Table:
    """Action items by kind."""

    def leads(one: Ages, which: str = "") -> str:
        return listing_url("items-counted", filters, kind=one.kind, which=which)

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
            number(one.n, leads(one)),
            number(one.waiting, leads(one, "waiting")),
            number(one.young, leads(one, "week")),
            number(one.older, leads(one, "month")),
            number(one.oldest, leads(one, "longer")),
            number(one.overdue, leads(one, "overdue")),
            number(one.done, leads(one, "done")),
            Cell(f"{percent(one.share)} of {one.due:,}", one.share, leads(one, "due")) if one.due else Cell(NOT_KNOWN_YET, ""),
            _seconds(one.to_do),
            number(one.dropped, leads(one, "dropped")),
        ]
        for one in found
    ]
    return Table("items", "Action items by kind", heads, rows, "action items")


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


def availability_table(found: Sequence[Availability], filters: Filters) -> Table:
    """Components with their SLI, against SLO and SLA."""
    heads = [("Component", "component"), ("SLI", "sli"), ("Down", "down_seconds"), ("Incidents", "incidents")]
    heads += [(f"{label} {word}".replace(" aim", ""), f"{key}{end}") for label, key in _TARGETS for word, end in _BUDGET]
    rows = []
    for one in found:
        url = listing_url("outages", filters, component=one.slug) if one.incidents else ""
        row = [
            Cell(one.name),
            _share(one.sli, 4),
            _seconds(one.down.total_seconds(), url=url),
            number(one.incidents, url),
        ]
        for budget in (one.slo, one.sla):
            if budget is None:
                row += [Cell("none set", ""), *(Cell("no target", "") for _ in range(3))]
                continue
            met = "met" if budget.kept else "missed"
            row += [
                Cell(f"{budget.target:g} %, {met}", budget.target / 100),
                _seconds(budget.allowed.total_seconds()),
                Cell(percent(budget.share), budget.share),
                _seconds(budget.left.total_seconds()),
            ]
        rows.append(row)
    return Table("availability", "Availability by component", heads, rows, "outages")


def availability_chart(found: Sequence[Availability]) -> Chart | None:
    """How much of the SLO's error budget each component has burnt."""
    points: list[Point] = [
        (one.name, one.slo.share, None, f"{percent(one.slo.share)}{'' if one.slo.kept else ', missed'}")
        for one in found
        if one.slo
    ]
    title = "Share of the SLO's error budget that was burnt, by component. A full bar is all of it or more. The table below has the numbers."
    return bars("availability", title, points, 1)
