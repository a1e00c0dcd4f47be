"""Action items as CSV. No cell is taken for a formula, whatever was typed in it."""

import csv
import io
from collections.abc import Iterable
from datetime import datetime

from incidents.states import Severity
from postmortems.item_queries import is_late
from postmortems.models import ActionItem

HEADINGS = (
    *("item", "title", "kind", "state", "owner", "owner e-mail", "incident", "incident title", "severity"),
    *("filed at", "filed by", "due at", "late", "started at", "ended at", "ended by", "outcome", "ticket", "details"),
)
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "|", "%", "＝", "＋", "－", "＠")


def document(items: Iterable[ActionItem]) -> str:
    """The whole document: a heading, then a line an item. Times are ISO 8601 in UTC."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(HEADINGS)
    for item in items:
        writer.writerow([safe(cell) for cell in _cells(item)])
    return out.getvalue()


def safe(cell: str) -> str:
    """A cell that a spreadsheet shows as it is: what would begin a formula has an apostrophe before it."""
    return f"'{cell}" if cell.lstrip(" ").startswith(_FORMULA) else cell


def _cells(item: ActionItem) -> list[str]:
    return [
        item.ref,
        item.title,
        item.kind,
        item.state,
        item.owner.name,
        item.owner.email,
        item.incident.ref,
        item.incident.title,
        Severity(item.incident.severity).label,
        _at(item.filed_at),
        item.filed_by.name if item.filed_by else "",
        _at(item.due_at),
        "late" if is_late(item) else "",
        _at(item.started_at),
        _at(item.ended_at),
        item.ended_by.name if item.ended_by else "",
        item.outcome,
        item.ticket_url,
        item.details,
    ]


def _at(moment: datetime | None) -> str:
    return moment.isoformat(timespec="seconds") if moment else ""
