"""What this room keeps, by its parts."""

from compliance.models.conformance import ConformanceFigure
from compliance.models.duties import DutyCase, DutyFiling, DutyStart, RegulatorRule
from compliance.models.engagements import AuditEngagement

__all__ = [
    "AuditEngagement",
    "ConformanceFigure",
    "DutyCase",
    "DutyFiling",
    "DutyStart",
    "RegulatorRule",
]
