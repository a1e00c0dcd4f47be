"""What this room keeps, by its parts."""

from compliance.models.access import (
    AccessFact,
    AccessReview,
    AccessRun,
    AccessSystem,
    Decision,
    PrincipalName,
    ReviewedAccess,
    Way,
)
from compliance.models.access_glass import BreakGlass, Verdict
from compliance.models.access_policy import AccessPolicy
from compliance.models.conformance import ConformanceFigure
from compliance.models.duties import DutyCase, DutyFiling, DutyStart, RegulatorRule
from compliance.models.engagements import AuditEngagement
from compliance.models.erasure import ErasureRequest
from compliance.models.holds import CustodianFile, CustodianTask
from compliance.models.packs import EvidencePack, PackCause, PackKind, PackPart, PackState, PackWork
from compliance.models.retention import RetentionPeriod

__all__ = [
    "AccessFact",
    "AccessPolicy",
    "AccessReview",
    "AccessRun",
    "AccessSystem",
    "AuditEngagement",
    "BreakGlass",
    "ConformanceFigure",
    "CustodianFile",
    "CustodianTask",
    "Decision",
    "DutyCase",
    "DutyFiling",
    "DutyStart",
    "ErasureRequest",
    "EvidencePack",
    "PackCause",
    "PackKind",
    "PackPart",
    "PackState",
    "PackWork",
    "PrincipalName",
    "RegulatorRule",
    "RetentionPeriod",
    "ReviewedAccess",
    "Verdict",
    "Way",
]
