"""Messages and what became of them. This room knows nothing of incidents: what a message says is a renderer's matter."""

from django.db import models
from django.db.models import Q

from ledger.models import Event
from tenants.models import User
from tenants.time import now
from tenants.walled import History, TenantKey, TenantOwned


class ContactMethod(TenantOwned):
    """A way to reach one person within one organisation; pages try them in their order. The account's e-mail is the last, without a row.

    What it takes to write to it (a number, a URL with its token) lies sealed in a side table: here is only what may be shown.
    """

    class Kind(models.TextChoices):
        """What carries it."""

        EMAIL = "email", "E-mail"
        APPRISE = "apprise", "Messenger"
        WEBPUSH = "webpush", "Browser push"
        SMS = "sms", "SMS"
        VOICE = "voice", "Phone call"

    class Quiet(models.TextChoices):
        """When it brings what can wait. A page of high urgency is always brought."""

        ALWAYS = "always", "At any time"
        HOURS = "hours", "In business hours only"
        NEVER = "never", "Never"

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    label = models.CharField(max_length=60)
    masked = models.CharField(max_length=120)
    position = models.IntegerField()
    quiet = models.CharField(max_length=10, choices=Quiet.choices, default=Quiet.ALWAYS)
    created_at = models.DateTimeField(default=now)
    verified_at = models.DateTimeField(null=True)
    removed_at = models.DateTimeField(null=True)

    history = History()

    class Meta:
        indexes = [models.Index(fields=["organisation", "user"], name="contact_by_person", condition=Q(removed_at__isnull=True))]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.label}"


class ContactSecret(TenantOwned):
    """Where a contact method leads, encrypted (notifications/sealed.py). Deleted with the method: a secret belongs in no history."""

    method = TenantKey(ContactMethod, related_name="secrets")
    sealed = models.TextField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organisation", "method"], name="one_secret_a_method")]


class ContactCode(TenantOwned):
    """That a code was sent to prove a contact method, and until when it is good. The code itself is nowhere: it is computed."""

    method = TenantKey(ContactMethod, related_name="codes")
    issued_at = models.DateTimeField(default=now)
    expires_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["organisation", "method", "-id"], name="code_by_method")]


class Delivery(TenantOwned):
    """One message to one person through one channel, because of one event. Never changed: what became of it are attempts.

    It keeps no text: `template` renders it when it is sent, so that nothing stale or restricted lies in a row. The channel "email"
    goes to the person by their contact methods in their order, and by the account's e-mail where they have none; each attempt
    says by which. With `method`, it goes through that one only.

    Without a recipient it is an e-mail to somebody who has no account: the template knows whom, and where they are reached.
    """

    event = TenantKey(Event, related_name="+")
    recipient: "models.ForeignKey[User | None, User]" = models.ForeignKey(  # type: ignore[misc]  # renderers of members' messages read it
        User, on_delete=models.PROTECT, null=True, related_name="+"
    )
    channel = models.CharField(max_length=20)
    template = models.CharField(max_length=40)
    subject_id = models.BigIntegerField()
    incident_id = models.BigIntegerField(null=True)
    urgent = models.BooleanField(default=False)
    method = TenantKey(ContactMethod, null=True, related_name="+")
    created_at = models.DateTimeField(default=now)

    subject: models.Model | None = None
    """The row it is about, where it is rendered in the transaction that made it; never read from the database."""

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "event", "recipient", "channel", "method"],
                name="one_delivery_a_channel",
                nulls_distinct=False,
            ),
            models.CheckConstraint(
                name="outside_by_email_only",
                condition=Q(recipient__isnull=False) | Q(channel="email", method__isnull=True),
            ),
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
    """One step of trying to deliver: started, then sent or failed. Written once each.

    "Sent" is that the next one on the way has taken it; `detail` says who, and how. Nothing here says that it was read: the page's
    acknowledgement does.
    """

    class Outcome(models.TextChoices):
        """What a step says."""

        STARTED = "started", "Started"
        SENT = "sent", "Handed over"  # what is known of it, and no more: docs/decisions/0013
        FAILED = "failed", "Failed"
        GAVE_UP = "gave_up", "Gave up"
        WITHDRAWN = "withdrawn", "No longer needed"
        WAITS = "waits", "Waits"

    delivery = TenantKey(Delivery, related_name="attempts")
    incident_id = models.BigIntegerField(null=True)
    method = TenantKey(ContactMethod, null=True, related_name="+")
    number = models.IntegerField()
    outcome = models.CharField(max_length=20, choices=Outcome.choices)
    at = models.DateTimeField(default=now)
    detail = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organisation", "delivery", "number", "outcome"], name="an_outcome_once_an_attempt")
        ]
        indexes = [
            models.Index(fields=["organisation", "method", "at"], name="attempt_by_method", condition=Q(method__isnull=False)),
            # Asked across tenants, by muster.unreached().
            models.Index(fields=["organisation", "at"], name="attempt_gave_up", condition=Q(outcome="gave_up")),
        ]


class QueuedDelivery(TenantOwned):
    """A delivery still to be made: when to try next. Deleted when done; a queue, so it has no history of its own.

    While somebody tries, `next_try_at` is the end of their lease: if they die, the delivery is tried again after it. `together`
    names the person and the way by which it waits to be sent in one message with others ("" for none).
    """

    delivery = TenantKey(Delivery, related_name="queued")
    next_try_at = models.DateTimeField(default=now)
    attempts = models.IntegerField(default=0)
    together = models.CharField(max_length=60, blank=True, default="")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organisation", "delivery"], name="queued_once")]
        indexes = [
            models.Index(fields=["next_try_at"], name="delivery_due", condition=Q(next_try_at__isnull=False)),
            models.Index(fields=["organisation", "together"], name="delivery_together", condition=~Q(together="")),
        ]
