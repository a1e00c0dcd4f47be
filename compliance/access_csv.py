"""An access review as CSV. No cell is taken for a formula, whatever a source named its accounts."""

import csv
import io

from compliance.access import export
from compliance.models import AccessReview
from postmortems.item_csv import safe

HEADINGS = (
    *("system", "source", "principal", "entitlement", "privileged", "valid_from", "valid_until"),
    *("subject", "decision", "note", "decided_by", "decided_at"),
)


def document(review: AccessReview) -> str:
    """The whole document: a heading, a line an access, and a line a system that no source covers. Times are ISO 8601 in UTC."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(HEADINGS)
    told = export.content(review)
    for row in told["accesses"]:
        writer.writerow([safe(_cell(row[name])) for name in HEADINGS])
    for name in told["not_covered"]:
        writer.writerow([safe(str(name)), "not covered", *[""] * (len(HEADINGS) - 2)])
    return out.getvalue()


def _cell(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value is None else str(value)
