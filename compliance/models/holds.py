"""Who outside an incident keeps what is theirs to keep: custodians of a legal hold, such as the owner of a log."""

from django.db import models
from django.db.models import Q

from incidents.models import LegalHold
from tenants.models import User
from tenants.time import now
from tenants.walled import History, TenantKey, TenantOwned, both_or_neither


class CustodianTask(TenantOwned):
    """What one custodian has to keep under a legal hold: asked for, acknowledged, and proven to be kept (breach.preserve-logs).

    A custodian is a member (`person`), or somebody outside by `name` and `email`, for whom Legal answers. They may know nothing of
    the incident: they see `what`, in words that were written for them, and no more. `chased` counts how often they were reminded;
    `over_at` is when the hold was released, which they may not see either.
    """

    hold = TenantKey(LegalHold, related_name="custodians")
    person = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    name = models.CharField(max_length=120)
    email = models.CharField(max_length=254)
    what = models.TextField()
    asked_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField(default=now)
    chased = models.IntegerField(default=0)
    acknowledged_at = models.DateTimeField(null=True)
    acknowledged_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    proven_at = models.DateTimeField(null=True)
    proven_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    location = models.CharField(max_length=500, blank=True)
    sha256 = models.CharField(max_length=64, blank=True)
    said = models.TextField(blank=True)
    over_at = models.DateTimeField(null=True)

    history = History()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="custodian_answered",
                condition=both_or_neither(Q(acknowledged_at__isnull=True), Q(acknowledged_by__isnull=True)),
            ),
            models.CheckConstraint(
                name="proven_says_where",
                condition=Q(proven_at__isnull=True)
                | (Q(proven_by__isnull=False, acknowledged_at__isnull=False) & ~Q(location="")),
            ),
        ]
        indexes = [models.Index(fields=["organisation", "hold"], name="custodian_by_hold")]

    def __str__(self) -> str:
        return f"Custodian task {self.pk}"
