"""What this room keeps."""

from compliance.models.engagements import AuditEngagement

__all__ = [
    "AuditEngagement",
]
