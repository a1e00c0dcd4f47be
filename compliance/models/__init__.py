"""What this room keeps, by its parts."""

from compliance.models.conformance import ConformanceFigure
from compliance.models.duties import DutyCase, DutyFiling, DutyStart, RegulatorRule
from compliance.models.engagements import AuditEngagement
from compliance.models.erasure import ErasureRequest
from compliance.models.holds import CustodianTask
from compliance.models.retention import RetentionPeriod

__all__ = [
    "AuditEngagement",
    "ConformanceFigure",
    "CustodianTask",
    "DutyCase",
    "DutyFiling",
    "DutyStart",
    "ErasureRequest",
    "RegulatorRule",
    "RetentionPeriod",
]
