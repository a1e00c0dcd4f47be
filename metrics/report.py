"""The page of figures as a whole: tiles, and a part each with its chart, its table, its definition and its file."""

from dataclasses import dataclass
from typing import Any

from metrics import definitions as d
from metrics import laid_out
from metrics.ageing import ages
from metrics.calls import called
from metrics.charts import Chart
from metrics.clocks import Kept, kept, updates
from metrics.components import availability
from metrics.figures import Figures, Stat, figures
from metrics.filters import BY, Filters, Places
from metrics.listed import UPDATES
from metrics.tables import Table
from metrics.words import percent, span


@dataclass(frozen=True, slots=True)
class Part:
    """One part of the page."""

    key: str
    title: str
    says: str
    chart: Chart | None
    table: Table
    csv_url: str
    empty: str


def times(filters: Filters, known: Places) -> dict[str, Any]:
    """The page of times: three queries, however many incidents there are."""
    found = figures(filters, known)
    return {
        "tiles": [*_tiles(found, filters), _updates_tile(updates(filters), filters)],
        "parts": _times(found, filters),
        "incidents": found.whole.incidents,
        "incidents_url": laid_out.incidents_url(filters),
        "csv_url": _csv("times", filters),
    }


def clocks(filters: Filters) -> dict[str, Any]:
    """The page of clocks: one query."""
    return {"parts": [_clocks(kept(filters), filters)]}


def pages(filters: Filters) -> dict[str, Any]:
    """The page of who was called: one query."""
    return {"parts": [_pages(filters)]}


def items(filters: Filters) -> dict[str, Any]:
    """The page of action items: one query."""
    found = ages(filters)
    chart, table = laid_out.items_chart(found), laid_out.items_table(found, filters)
    return {"parts": [_part("items", "Action items", d.AGEING, chart, table, filters, "There is no action item.")]}


def components(filters: Filters) -> dict[str, Any]:
    """The page of availability: two queries."""
    return {"parts": [_availability(filters)]}


def _tiles(found: Figures, filters: Filters) -> list[dict[str, Any]]:
    return [_tile(one, found.whole.stats[one.key], filters) for one in d.TIMES]


def _tile(one: d.Definition, stat: Stat, filters: Filters) -> dict[str, Any]:
    return {
        "key": one.key,
        "short": one.short,
        "label": one.label,
        "value": span(stat.mean) if stat.n else "",
        "unknown": laid_out.unknown(stat),
        "unit": "incidents with",
        "median": span(stat.median),
        "p90": span(stat.p90),
        "n": stat.n,
        "n_url": laid_out.incidents_url(filters, one.key),
        "missing": stat.missing,
        "missing_url": laid_out.incidents_url(filters, one.key, missing=True),
        "why": one.missing,
        "says": one.says,
    }


def _updates_tile(found: Kept, filters: Filters) -> dict[str, Any]:
    return {
        "key": "updates",
        "short": "Cadence",
        "label": "Updates in time",
        "value": percent(found.share),
        "unknown": d.NOT_KNOWN_YET,
        "unit": "clocks behind",
        "n": found.n,
        "n_url": laid_out.clocks_url(filters, UPDATES),
        "broken": found.broken,
        "broken_url": laid_out.clocks_url(filters, UPDATES, "broken"),
        "says": d.UPDATES,
    }


def _csv(key: str, filters: Filters) -> str:
    return laid_out.page_url("metrics-csv", filters, key)


def _times(found: Figures, filters: Filters) -> list[Part]:
    return [
        Part(
            one.key,
            f"{one.label} ({one.short}) by {BY[filters.by].lower()}",
            f"{one.says} It is missing where {one.missing}. {d.STATISTICS}",
            laid_out.times_chart(one, found, filters),
            laid_out.times_table(one, found, filters),
            _csv(one.key, filters),
            "No incident of the period has this figure.",
        )
        for one in d.TIMES
    ]


def _part(key: str, title: str, says: str, chart: Chart | None, table: Table, filters: Filters, empty: str) -> Part:
    return Part(key, title, says, chart, table, _csv(key, filters), empty)


def _clocks(found: list[Kept], filters: Filters) -> Part:
    chart, table = laid_out.clocks_chart(found), laid_out.clocks_table(found, filters)
    return _part("clocks", "Clocks kept", d.CLOCKS, chart, table, filters, "No clock of these incidents has come to its end.")


def _pages(filters: Filters) -> Part:
    found = called(filters)
    chart, table = laid_out.calls_chart(found), laid_out.calls_table(found, filters)
    return _part("pages", "Pages by person", d.PAGES, chart, table, filters, "Nobody was called in the period.")


def _availability(filters: Filters) -> Part:
    found = availability(filters.start, filters.end)
    chart, table = laid_out.availability_chart(found), laid_out.availability_table(found, filters)
    return _part("availability", "Availability", d.AVAILABILITY, chart, table, filters, "There is no component.")


def table(key: str, filters: Filters, known: Places) -> Table | None:
    """One table by its key, "times" for the four of times as one; None where there is no such."""
    if key in d.BY_KEY or key == "times":
        found = figures(filters, known)
        tables = [laid_out.times_table(one, found, filters) for one in d.TIMES if key in (one.key, "times")]
        return laid_out.all_times(tables) if key == "times" else tables[0]
    makers = {"clocks": clocks, "pages": pages, "availability": components, "items": items}
    return _table_of(makers[key](filters)) if key in makers else None


def _table_of(page: dict[str, Any]) -> Table:
    made: Table = page["parts"][0].table
    return made
