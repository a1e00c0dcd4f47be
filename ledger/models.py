"""What happened: events, what still has to follow from them, and answers remembered for a repeated request."""

from typing import Any

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from tenants.time import now
from tenants.walled import TenantKey, TenantOwned, both_or_neither


class Event(TenantOwned):
    """A fact, written once: the timeline, the outbox's cause, the live feed and what conformance is judged on.

    `seq` numbers an incident's events without a gap (the database gives it, in the order of commits); `recorded_at` is the
    database's clock; `occurred_at` is when it happened, which only a note may say for itself.
    """

    kind = models.CharField(max_length=60)
    subject_type = models.CharField(max_length=40)
    subject_id = models.BigIntegerField()
    incident_id = models.BigIntegerField(null=True)
    seq = models.IntegerField(null=True, db_default=models.Value(None, output_field=models.IntegerField()))
    actor_kind = models.CharField(max_length=20)
    actor_id = models.BigIntegerField(null=True)
    actor_name = models.CharField(max_length=120)
    via = models.CharField(max_length=20)
    request_id = models.CharField(max_length=64, blank=True)
    occurred_at = models.DateTimeField()
    recorded_at = models.DateTimeField(db_default=Now())
    data = models.JSONField(default=dict)

    subject: models.Model | None = None
    """The row it is about, where this process has just recorded it; never read from the database."""

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organisation", "incident_id", "seq"], name="seq_once_an_incident"),
            models.CheckConstraint(
                name="seq_with_incident", condition=both_or_neither(Q(incident_id__isnull=True), Q(seq__isnull=True))
            ),
        ]
        indexes = [
            models.Index(fields=["organisation", "subject_type", "subject_id", "id"], name="event_by_subject"),
            models.Index(fields=["organisation", "kind", "id"], name="event_by_kind"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} by {self.actor_name}"


class IncidentSequence(TenantOwned):
    """The last `seq` of an incident. A counter: written by the database when an event is, so it has no history."""

    incident_id = models.BigIntegerField()
    last_seq = models.IntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organisation", "incident_id"], name="one_sequence_an_incident")]


class Outbox(TenantOwned):
    """A reaction that an event still has to have. Deleted in the transaction that has it; not audited, the event is.

    `next_try_at` is None once a reaction failed too often: it is set aside, and shown to administrators.
    """

    event = TenantKey(Event, related_name="+")
    reaction = models.CharField(max_length=80)
    next_try_at = models.DateTimeField(null=True, default=now)
    attempts = models.IntegerField(default=0)
    last_error = models.TextField(blank=True)

    class Meta:
        verbose_name = "reaction that was set aside"  # the only ones that are shown to anybody
        verbose_name_plural = "reactions that were set aside"
        constraints = [models.UniqueConstraint(fields=["event", "reaction"], name="a_reaction_once_an_event")]
        indexes = [models.Index(fields=["next_try_at"], name="outbox_due", condition=Q(next_try_at__isnull=False))]

    def __str__(self) -> str:
        return f"{self.reaction} after {self.event}"


class RememberedAnswer(TenantOwned):
    """What a request with an idempotency key was answered, so that repeating it does nothing twice.

    `event_id` is the event that tells what it did: whoever may not see that any more is not answered as the first time.
    """

    actor_id = models.BigIntegerField()
    key = models.CharField(max_length=200)
    digest = models.CharField(max_length=64)
    status = models.IntegerField(null=True)
    body: "models.JSONField[Any, Any]" = models.JSONField(null=True)
    location = models.CharField(max_length=500, blank=True)
    event_id = models.BigIntegerField(null=True)
    created_at = models.DateTimeField(default=now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organisation", "actor_id", "key"], name="one_answer_a_key")]
        indexes = [models.Index(fields=["created_at"], name="answers_by_age")]


class Heartbeat(models.Model):
    """When each engine last ran. One row an engine, of the whole installation: it belongs to no tenant."""

    engine = models.CharField(max_length=40, primary_key=True)
    at = models.DateTimeField()
    took_ms = models.FloatField(default=0)

    def __str__(self) -> str:
        return self.engine


class Entry(TenantOwned):
    """A fact in the ledger, in the exact bytes that are sealed (docs/evidence-format.md, section 1). `id` is its `seq`.

    Only the database writes it, when a history row or a fact is (ledger/entries.py). `salt` and `body` are None once they were erased.
    """

    xid = models.BigIntegerField()
    incident_id = models.BigIntegerField(null=True)
    table = models.CharField(max_length=63)
    pk_text = models.CharField(max_length=63, db_column="pk")
    op = models.CharField(max_length=1)
    at = models.DateTimeField()
    role = models.CharField(max_length=63)
    actor = models.BigIntegerField(null=True)
    envelope = models.TextField()
    salt = models.BinaryField(null=True)
    body = models.TextField(null=True)  # noqa: DJ001  None is not "": it was erased

    class Meta:
        constraints = [
            models.CheckConstraint(name="salt_with_body", condition=both_or_neither(Q(salt__isnull=True), Q(body__isnull=True))),
        ]
        indexes = [
            models.Index(fields=["organisation", "xid", "id"], name="entry_to_seal"),
            models.Index(fields=["organisation", "incident_id", "id"], name="entry_of_incident"),
        ]


class Redaction(TenantOwned):
    """That an entry lost its salt and body, on whose word and why. Itself a fact in the ledger; written before `muster.redact_entry`."""

    entry = models.BigIntegerField()
    incident_id = models.BigIntegerField(null=True)
    redacted_at = models.DateTimeField(db_default=Now())
    by_id = models.BigIntegerField(null=True)
    by_name = models.CharField(max_length=120)
    reason = models.TextField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organisation", "entry"], name="one_redaction_an_entry")]


class Leaf(TenantOwned):
    """The place of an entry in its organisation's tree. `id` is the entry's; `index` begins at 0 and has no gap."""

    id = models.BigIntegerField(primary_key=True)
    index = models.BigIntegerField()
    hash = models.BinaryField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organisation", "index"], name="one_leaf_an_index")]


class Tile(TenantOwned):
    """The root of one full tile, 256 hashes of `level`: hash number `index` of the level above. It makes sealing cost what is new."""

    level = models.SmallIntegerField()
    index = models.BigIntegerField()
    hash = models.BinaryField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organisation", "level", "index"], name="one_tile_an_index")]


class Checkpoint(TenantOwned):
    """A signed statement of the tree: `note`, the exact text. `key` is the public key that it is checked with.

    Entries of transactions before `through_xid` are all in it, as the cluster `system` counts them; 0 where that is not so yet.
    """

    size = models.BigIntegerField()
    root = models.BinaryField()
    note = models.TextField()
    key = models.BinaryField()
    at = models.DateTimeField(db_default=Now())
    system = models.BigIntegerField()
    through_xid = models.BigIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organisation", "size"], name="one_checkpoint_a_size")]


class SealState(TenantOwned):
    """How sealing goes: when last, and why it stands still where it was halted. One row an organisation, the sealer's."""

    sealed_at = models.DateTimeField(null=True)
    halted_at = models.DateTimeField(null=True)
    why = models.TextField(blank=True, default="", db_default="")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organisation"], name="one_seal_state")]
