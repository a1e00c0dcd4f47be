"""What this room keeps."""

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

__all__ = [
    "AccessFact",
    "AccessPolicy",
    "AccessReview",
    "AccessRun",
    "AccessSystem",
    "BreakGlass",
    "Decision",
    "PrincipalName",
    "ReviewedAccess",
    "Verdict",
    "Way",
]
