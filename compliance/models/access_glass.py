"""Break glass: somebody opened a restricted incident that they are not named on (clause breach.need-to-know)."""

from django.db import models
from django.db.models import Q

from incidents.models import Incident, NeedToKnow
from tenants.models import User
from tenants.time import now
from tenants.walled import History, TenantKey, TenantOwned


class Verdict(models.TextChoices):
    """What Privacy or Legal says of it afterwards."""

    JUSTIFIED = "justified", "Justified"
    NOT_JUSTIFIED = "not_justified", "Not justified"


class BreakGlass(TenantOwned):
    """Who opened it, why, for how long, and what Privacy or Legal said of it within a business day. Who opened it does not."""

    incident = TenantKey(Incident, related_name="broken_glass")
    place = TenantKey(NeedToKnow, related_name="+")
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    reason = models.TextField()
    minutes = models.IntegerField(default=30)
    opened_at = models.DateTimeField(default=now)
    ends_at = models.DateTimeField()
    review_due_at = models.DateTimeField()
    verdict = models.CharField(max_length=14, blank=True, choices=Verdict.choices)
    note = models.TextField(blank=True)
    reviewed_at = models.DateTimeField(null=True)
    reviewed_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")

    history = History()

    class Meta:
        constraints = [
            models.CheckConstraint(name="glass_is_broken_for_an_hour_at_most", condition=Q(minutes__range=(1, 60))),
            models.CheckConstraint(
                name="nobody_justifies_themselves",
                condition=Q(reviewed_by__isnull=True) | ~Q(reviewed_by=models.F("user")),
            ),
        ]
        indexes = [models.Index(fields=["organisation", "incident"], name="glass_by_incident")]

    def __str__(self) -> str:
        return f"Break glass on {self.incident.ref}"
