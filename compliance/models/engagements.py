"""Audit engagements: which auditor of which firm looks at which period, and until when."""

from datetime import datetime

from django.db import models
from django.db.models import F, Q

from tenants.models import User
from tenants.time import now
from tenants.walled import History, TenantOwned, both_or_neither


class AuditEngagement(TenantOwned):
    """What an auditor may see: incidents declared in a period, what belongs to them, and what else was recorded in it (people.auditor).

    `first` and `last` are days of the organisation's calendar, both included; `starts_at` and `ends_at` are the same as instants, the latter
    the first one after. The database keeps to it (compliance/audit_sql.py). `restricted` opens what is restricted in the period.
    """

    firm = models.CharField(max_length=120)
    auditor = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    first = models.DateField()
    last = models.DateField()
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    restricted = models.BooleanField(default=False)
    expires_at = models.DateTimeField()
    made_at = models.DateTimeField(default=now)
    made_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    ended_at = models.DateTimeField(null=True)
    ended_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    end_reason = models.TextField(blank=True)

    history = History()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="an_audit_has_a_period", condition=Q(last__gte=F("first")) & Q(ends_at__gt=F("starts_at"))
            ),
            models.CheckConstraint(
                name="an_audit_is_ended_by_somebody",
                condition=both_or_neither(Q(ended_at__isnull=True), Q(ended_by__isnull=True)),
            ),
        ]
        indexes = [models.Index(fields=["organisation", "auditor"], name="engagement_by_auditor")]

    def __str__(self) -> str:
        return f"{self.firm}, {self.first} to {self.last}"

    def is_open(self, at: datetime) -> bool:
        """Whether the auditor may read at an instant."""
        return self.ended_at is None and self.expires_at > at
