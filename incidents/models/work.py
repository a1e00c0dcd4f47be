"""The work in a room: what may be the cause, what is changed about it, who is asked to do it, and what is filed with it.

Each is numbered within its incident, so that people can say "approve 3".
"""

from django.db import models
from django.db.models import Q

from incidents.models.incident import Incident
from incidents.states import ChangeState, Verdict
from tenants.models import User
from tenants.time import now
from tenants.walled import History, TenantKey, TenantOwned, both_or_neither


class Hypothesis(TenantOwned):
    """What somebody believes may be the cause, and what testing it showed (investigate.hypotheses)."""

    incident = TenantKey(Incident, related_name="hypotheses")
    number = models.IntegerField()
    text = models.TextField()
    author = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    stated_at = models.DateTimeField(default=now)
    verdict = models.CharField(max_length=10, choices=Verdict.choices, default=Verdict.OPEN)
    seen = models.TextField(blank=True)
    verified_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    verified_at = models.DateTimeField(null=True)

    history = History()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organisation", "incident", "number"], name="a_hypothesis_number_once"),
            models.CheckConstraint(
                name="a_verdict_says_when", condition=both_or_neither(Q(verdict="open"), Q(verified_at__isnull=True))
            ),
        ]


class Change(TenantOwned):
    """Something that is done to the system: proposed, approved by the IC, executed, verified (roles.ol-no-rogue).

    `deviation`: it was done already when it was reported, without the IC's approval; `deviation_reason` says why.
    """

    incident = TenantKey(Incident, related_name="changes")
    number = models.IntegerField()
    text = models.TextField()
    hypothesis = TenantKey(Hypothesis, null=True, related_name="changes")
    eta_minutes = models.IntegerField(null=True)
    proposed_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField(default=now)
    state = models.CharField(max_length=10, choices=ChangeState.choices, default=ChangeState.PROPOSED)
    decided_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    decision_reason = models.TextField(blank=True)
    executed_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    executed_at = models.DateTimeField(null=True)
    outcome = models.TextField(blank=True)
    deviation = models.BooleanField(default=False)
    deviation_reason = models.TextField(blank=True)
    verified_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    verified_at = models.DateTimeField(null=True)
    seen = models.TextField(blank=True)

    history = History()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organisation", "incident", "number"], name="a_change_number_once"),
            models.CheckConstraint(
                name="executed_when_approved_or_a_deviation",
                condition=Q(executed_at__isnull=True) | Q(deviation=True) | Q(decided_at__isnull=False),
            ),
            models.CheckConstraint(
                name="executed_says_when",
                condition=both_or_neither(Q(state__in=["executed", "verified", "failed"]), Q(executed_at__isnull=False)),
            ),
        ]


class Order(TenantOwned):
    """What the IC asks of one person: acknowledged ("copy"), then done; chased while it is not acknowledged (warroom.ack-everything)."""

    incident = TenantKey(Incident, related_name="orders")
    number = models.IntegerField()
    issued_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    recipient = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    text = models.TextField()
    eta_minutes = models.IntegerField(null=True)
    issued_at = models.DateTimeField(default=now)
    acknowledged_at = models.DateTimeField(null=True)
    chased_at = models.DateTimeField(null=True)
    done_at = models.DateTimeField(null=True)
    outcome = models.TextField(blank=True)
    withdrawn_at = models.DateTimeField(null=True)

    history = History()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organisation", "incident", "number"], name="an_order_number_once"),
            models.CheckConstraint(
                name="done_after_it_was_acknowledged", condition=Q(done_at__isnull=True) | Q(acknowledged_at__isnull=False)
            ),
        ]
        indexes = [
            models.Index(
                fields=["organisation", "recipient"],
                name="order_waiting",
                condition=Q(done_at__isnull=True, withdrawn_at__isnull=True),
            )
        ]


class Attachment(TenantOwned):
    """A file filed with the record, with the SHA-256 of its bytes. Written once, served only as a download."""

    incident = TenantKey(Incident, related_name="attachments")
    number = models.IntegerField()
    name = models.CharField(max_length=200)
    content_type = models.CharField(max_length=100)
    size = models.IntegerField()
    sha256 = models.CharField(max_length=64)
    uploaded_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    uploaded_at = models.DateTimeField(default=now)
    body = models.BinaryField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organisation", "incident", "number"], name="an_attachment_number_once")]
