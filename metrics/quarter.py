"""What a quarterly review lays out: the quarter's figures as plain data, and how well each clause was kept (improve.quarterly-review)."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from metrics.ageing import ages
from metrics.calls import called
from metrics.clocks import kept_within, updates
from metrics.components import availability
from metrics.definitions import NOT_KNOWN_YET, TIMES
from metrics.figures import figures as sums
from metrics.filters import Filters, places
from metrics.laid_out import clocks_url, incidents_url, listing_url, unknown
from metrics.listed import UPDATES
from metrics.words import percent, span
from standard.figures import Figures
from standard.kept import Kept

type Row = dict[str, Any]


def figures(start: datetime, end: datetime) -> list[Row]:
    """The figures from `start` to `end` (aware instants, `end` not included): [{title, value, n, link}], `value` in words.

    `n` is how many incidents, clocks or pages it is of. Exercises are in none.
    """
    known = places()
    filters = Filters.between(known.zone, start, end, by="severity")
    found = sums(filters, known)
    rows = [_row("Incidents", f"{found.whole.incidents:,}", found.whole.incidents, incidents_url(filters))]
    rows += [
        _row(f"Incidents of {group.label}", f"{group.incidents:,}", group.incidents, incidents_url(filters, **group.only))
        for group in found.groups
    ]
    for one in TIMES:
        stat = found.whole.stats[one.key]
        value = f"mean {span(stat.mean)}, median {span(stat.median)}, p90 {span(stat.p90)}" if stat.n else unknown(stat)
        rows.append(_row(f"{one.label} ({one.short})", value, stat.n, incidents_url(filters, one.key)))
    cadence, people = updates(filters), called(filters)
    rows.append(_row("Updates in time", percent(cadence.share) or NOT_KNOWN_YET, cadence.n, clocks_url(filters, UPDATES)))
    pages, nights = sum(one.calls for one in people), sum(one.nights for one in people)
    rows.append(_row("Pages", f"{pages:,}, {nights:,} at night", pages, listing_url("pages-counted", filters)))
    for item in ages(filters):
        in_time = f", {percent(item.share)} in time" if item.due else ""
        value = f"{item.waiting:,} waiting, {item.overdue:,} past due, {item.done:,} done{in_time}"
        rows.append(
            _row(f"Action items, {item.label.lower()}", value, item.n, listing_url("items-counted", filters, kind=item.kind))
        )
    for component in availability(filters.start, filters.end):
        target = f", SLO {component.slo.target:g} % {'met' if component.slo.kept else 'missed'}" if component.slo else ""
        value = f"{percent(component.sli, 4) or NOT_KNOWN_YET}{target}"
        rows.append(
            _row(
                f"{component.name} available",
                value,
                component.incidents,
                listing_url("outages", filters, component=component.slug),
            )
        )
    return rows


def laid_out(start: datetime, end: datetime) -> list[Figures]:
    """The same as a table of the review's page."""
    found = figures(start, end)
    rows = tuple((row["title"], row["value"], f"{row['n']:,}") for row in found)
    links = tuple(("", "", row["link"] if row["n"] else "") for row in found)
    note = (
        "Of the incidents detected in the quarter, as the pages of figures define each; action items are those that waited at its end, or "
        "were done or dropped in it, whenever their incident was. Exercises do not count."
    )
    return [Figures("Figures", ("Figure", "Value", "n"), rows, note, links=links)]


def _row(title: str, value: str, n: int, link: str) -> Row:
    return {"title": title, "value": value, "n": n, "link": link}


def clauses_kept(start: datetime, end: datetime) -> dict[str, Kept]:
    """Clause -> how well it was kept in the quarter, with where those clocks are listed.

    It counts the clocks of the incidents detected from `start` to `end`, exercises excluded, and of what has a
    clock without an incident. A clause whose clocks have not come to their end, or that has none, is not in it.
    """
    asked = Filters.between(ZoneInfo("UTC"), start, end).but(since=start, until=end)  # instants are the same in every zone
    return {
        one.clause: Kept(
            one.kept,
            one.broken,
            one.n,
            (
                clocks_url(asked, one.clause, alone=True),
                clocks_url(asked, one.clause, "kept", alone=True),
                clocks_url(asked, one.clause, "broken", alone=True),
            ),
        )
        for one in kept_within(start, end)
    }
