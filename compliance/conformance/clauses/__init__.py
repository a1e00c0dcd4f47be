"""One small pure function a clause, by the standard's sections. Importing this fills the table."""

from compliance.conformance.clauses import (
    checklists,
    law,
    learning,
    lifecycle,
    mobilising,
    principles,
    roles,
    severities,
    warroom,
)

__all__ = ["checklists", "law", "learning", "lifecycle", "mobilising", "principles", "roles", "severities", "warroom"]
