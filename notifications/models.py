"""Messages and what became of them. This room knows nothing of incidents: what a message says is a renderer's matter."""

from django.db import models
from django.db.models import Q

from ledger.models import Event
from tenants.models import User
from tenants.time import now
from tenants.walled import TenantKey, TenantOwned


class Delivery(TenantOwned):
    """One message to one person through one channel, because of one event. Never changed: what became of it are attempts.

    It keeps no text: `template` renders it when it is sent, so that nothing stale or restricted lies in a row.
    """

    event = TenantKey(Event, related_name="+")
    recipient = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    channel = models.CharField(max_length=20)
    template = models.CharField(max_length=40)
    subject_id = models.BigIntegerField()
    incident_id = models.BigIntegerField(null=True)
    created_at = models.DateTimeField(default=now)

    subject: models.Model | None = None
    """The row it is about, where it is rendered in the transaction that made it; never read from the database."""

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organisation", "event", "recipient", "channel"], name="one_delivery_a_channel")
        ]
        indexes = [
            models.Index(fields=["organisation", "recipient", "channel", "-id"], name="delivery_inbox"),
            models.Index(fields=["organisation", "template", "subject_id"], name="delivery_by_subject"),
        ]

    @property
    def key(self) -> str:
        """The idempotency key that every attempt carries, so that the far side can drop a repeat."""
        return f"{self.organisation_id}-{self.pk}"


class Attempt(TenantOwned):
    """One step of trying to deliver: started, then sent or failed. Written once each."""

    class Outcome(models.TextChoices):
        """What a step says."""

        STARTED = "started", "Started"
        SENT = "sent", "Sent"
        FAILED = "failed", "Failed"
        GAVE_UP = "gave_up", "Gave up"
        WITHDRAWN = "withdrawn", "No longer needed"

    delivery = TenantKey(Delivery, related_name="attempts")
    incident_id = models.BigIntegerField(null=True)
    number = models.IntegerField()
    outcome = models.CharField(max_length=20, choices=Outcome.choices)
    at = models.DateTimeField(default=now)
    detail = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organisation", "delivery", "number", "outcome"], name="an_outcome_once_an_attempt")
        ]


class QueuedDelivery(TenantOwned):
    """A delivery still to be made: when to try next. Deleted when done; a queue, so it has no history of its own.

    While somebody tries, `next_try_at` is the end of their lease: if they die, the delivery is tried again after it.
    """

    delivery = TenantKey(Delivery, related_name="queued")
    next_try_at = models.DateTimeField(default=now)
    attempts = models.IntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organisation", "delivery"], name="queued_once")]
        indexes = [models.Index(fields=["next_try_at"], name="delivery_due", condition=Q(next_try_at__isnull=False))]
