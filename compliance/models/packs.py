"""Evidence packs: what was asked for and what came of it, the work still to be done, and the bytes (clause evidence.export)."""

from django.db import models
from django.db.models import Q

from compliance.models.engagements import AuditEngagement
from incidents.models import Incident
from tenants.models import User
from tenants.time import now
from tenants.walled import History, TenantKey, TenantOwned


class PackKind(models.TextChoices):
    """What a pack is of."""

    INCIDENT = "incident", "Incident"
    PERIOD = "period", "Period"


class PackState(models.TextChoices):
    """How far a pack is."""

    ASKED = "asked", "Asked for"
    READY = "ready", "Ready"
    FAILED = "failed", "Failed"
    SUPERSEDED = "superseded", "Superseded"


class PackCause(models.TextChoices):
    """Why a pack is made: somebody asked, or the incident ended, or was closed."""

    ASKED = "asked", "Asked for"
    ENDED = "ended", "Made at its end"
    CLOSED = "closed", "Made when it was closed"


class EvidencePack(TenantOwned):
    """One evidence pack (docs/evidence-format.md, section 5): of an incident, or of a period.

    A period's pack shows what whoever asked may see, so it is theirs alone; that of an audit engagement shows what its auditor may see, and is
    handed to nobody else. `shown` are the ids of the incidents that it discloses.
    A superseded one told of somebody whose data were erased since: `why` says so, and its file is gone unless a legal hold keeps it.
    `sha256` is that of the whole ZIP file, `checkpoint_size` the number of leaves of the checkpoint that it is proven against.
    """

    kind = models.CharField(max_length=10, choices=PackKind.choices)
    incident = TenantKey(Incident, null=True, related_name="evidence_packs")
    engagement = TenantKey(AuditEngagement, null=True, related_name="evidence_packs")
    starts_on = models.DateField(null=True)
    ends_before = models.DateField(null=True)
    cause = models.CharField(max_length=10, choices=PackCause.choices)
    asked_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    asked_at = models.DateTimeField(default=now)
    state = models.CharField(max_length=10, choices=PackState.choices, default=PackState.ASKED)
    why = models.TextField(blank=True)
    name = models.CharField(max_length=120)
    size = models.BigIntegerField(null=True)
    sha256 = models.CharField(max_length=64, blank=True)
    checkpoint_size = models.BigIntegerField(null=True)
    made_at = models.DateTimeField(null=True)
    shown: "models.JSONField[list[int], list[int]]" = models.JSONField(default=list)

    history = History()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="a_pack_is_of_one_thing",
                condition=Q(
                    kind="incident",
                    incident__isnull=False,
                    engagement__isnull=True,
                    starts_on__isnull=True,
                    ends_before__isnull=True,
                )
                | Q(kind="period", incident__isnull=True, starts_on__isnull=False, ends_before__gt=models.F("starts_on")),
            ),
            models.CheckConstraint(
                name="a_ready_pack_has_its_bytes",
                condition=~Q(state="ready")
                | Q(size__isnull=False, made_at__isnull=False, checkpoint_size__isnull=False) & ~Q(sha256=""),
            ),
        ]
        indexes = [models.Index(fields=["organisation", "-id"], name="pack_newest")]

    def __str__(self) -> str:
        return self.name

    @property
    def file_name(self) -> str:
        """What the file is called when it is saved."""
        return f"{self.name}.zip"


class PackWork(TenantOwned):
    """A pack that is still to be made: when to try next, and how far it is. A queue, deleted when the pack is ready or has failed.

    Whoever makes it has it until `next_at`, and moves that on while at work; `step` says in words what is being done.
    """

    pack = TenantKey(EvidencePack, related_name="work")
    incident = TenantKey(Incident, null=True, related_name="+")
    next_at = models.DateTimeField(default=now)
    began_at = models.DateTimeField(null=True)
    attempts = models.IntegerField(default=0)
    percent = models.IntegerField(default=0)
    step = models.CharField(max_length=120, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organisation", "pack"], name="one_work_a_pack")]
        indexes = [models.Index(fields=["next_at"], name="pack_work_due")]


class PackPart(TenantOwned):
    """A piece of a pack's file, at most a MB. The whole file's SHA-256 stands on the pack, which is audited.

    Of a period's, the database shows it to `asked_by` alone, of an engagement's to its auditor alone, while it is open (policy
    need_to_know_period): it may tell of what only they may see.
    """

    pack = TenantKey(EvidencePack, related_name="parts")
    incident = TenantKey(Incident, null=True, related_name="+")
    engagement = TenantKey(AuditEngagement, null=True, related_name="+")
    asked_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    number = models.IntegerField()
    body = models.BinaryField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organisation", "pack", "number"], name="a_part_once")]
