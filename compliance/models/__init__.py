"""What this room keeps, by its parts."""

from compliance.models.erasure import ErasureRequest
from compliance.models.holds import CustodianTask
from compliance.models.retention import RetentionPeriod

__all__ = ["CustodianTask", "ErasureRequest", "RetentionPeriod"]
