"""What a review of access could say nothing of: a production system whose accesses no source names (evidence.access-review)."""

from compliance.access.reading import systems
from compliance.rules.access import CLAUSE
from standard.faults import Fault
from tenants.addresses import inside


def faults() -> list[Fault]:
    """The production systems that are not covered. Three queries."""
    return [
        Fault(
            "access_not_covered",
            row["system"].name,
            f"No source says who has access to {row['system'].name}: a review of access cannot either.",
            inside("access-system", row["system"].slug),
            CLAUSE,
        )
        for row in systems()
        if row["system"].retired_at is None and not row["covered"]
    ]
