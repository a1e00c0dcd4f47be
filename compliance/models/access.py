"""Who has access to production, as recorded or imported, and the reviews of it (clause evidence.access-review)."""

from django.db import models
from django.db.models import Q

from incidents.models import Incident
from tenants.models import User
from tenants.time import now
from tenants.walled import History, TenantKey, TenantOwned


class AccessSystem(TenantOwned):
    """A production system. One that no source names the accesses of is "not covered" in every review, never left out."""

    slug = models.CharField(max_length=40)
    name = models.CharField(max_length=80)
    note = models.TextField(blank=True)
    registered_at = models.DateTimeField(default=now)
    registered_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    retired_at = models.DateTimeField(null=True)
    retired_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")

    history = History()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organisation", "slug"], name="a_production_system_once")]
        indexes = [models.Index(fields=["organisation", "name"], name="production_systems")]

    def __str__(self) -> str:
        return self.name


class Way(models.TextChoices):
    """By which way accesses came in."""

    CSV = "csv", "CSV"
    API = "api", "API"
    HAND = "hand", "By hand"


class AccessRun(TenantOwned):
    """One taking in of accesses from one source of one system: a fact, written once.

    `whole`: it named all that the source knows, so what it left out has ended. `sha256` is of the accesses that it named, in order.
    """

    system = TenantKey(AccessSystem, related_name="runs")
    source = models.CharField(max_length=60)
    way = models.CharField(max_length=10, choices=Way.choices)
    whole = models.BooleanField()
    taken_at = models.DateTimeField(default=now)
    taken_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    named = models.IntegerField()
    added = models.IntegerField()
    changed = models.IntegerField()
    ended = models.IntegerField()
    sha256 = models.CharField(max_length=64)

    class Meta:
        indexes = [models.Index(fields=["organisation", "system", "source", "id"], name="access_runs_of_a_source")]

    def __str__(self) -> str:
        return f"{self.source} at {self.taken_at:%Y-%m-%d %H:%M:%S}"


class AccessFact(TenantOwned):
    """Somebody or something has an access, from when until when, as a source says. `ended_run`: the run that named it no more.

    `valid_from` is None where nobody knows since when, which counts as from always: a review rather shows too much than too little.
    """

    system = TenantKey(AccessSystem, related_name="facts")
    source = models.CharField(max_length=60)
    principal = models.CharField(max_length=254)
    entitlement = models.CharField(max_length=200)
    privileged = models.BooleanField()
    valid_from = models.DateTimeField(null=True)
    valid_until = models.DateTimeField(null=True)
    run = TenantKey(AccessRun, related_name="facts")
    ended_run = TenantKey(AccessRun, null=True, related_name="ended_facts")

    history = History()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "system", "source", "principal", "entitlement"],
                condition=Q(ended_run__isnull=True),
                name="an_access_once_a_source",
            ),
            models.CheckConstraint(
                name="an_access_ends_after_it_begins",
                condition=Q(valid_until__isnull=True) | Q(valid_until__gte=models.F("valid_from")),
            ),
        ]
        indexes = [models.Index(fields=["organisation", "valid_from"], name="accesses_by_begin")]

    def __str__(self) -> str:
        return f"{self.principal}: {self.entitlement}"


class PrincipalName(TenantOwned):
    """Whose a principal is that is no e-mail address of a member, such as an account's name. No user: known to be nobody's."""

    principal = models.CharField(max_length=254)
    user = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    named_at = models.DateTimeField(default=now)
    named_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")

    history = History()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organisation", "principal"], name="a_principal_is_one_persons")]

    def __str__(self) -> str:
        return self.principal


class AccessReview(TenantOwned):
    """Who had access to production during an incident, checked. `sha256` is of what was signed.

    `systems` is what each production system was covered by, frozen: [{"slug", "name", "covered", "sources": [{"source", "taken_at"}]}].
    """

    incident = TenantKey(Incident, related_name="access_reviews")
    number = models.IntegerField()
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    opened_at = models.DateTimeField(default=now)
    due_at = models.DateTimeField()
    systems: "models.JSONField[list[dict[str, object]], list[dict[str, object]]]" = models.JSONField(default=list)
    signed_at = models.DateTimeField(null=True)
    signed_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    note = models.TextField(blank=True)
    sha256 = models.CharField(max_length=64, blank=True)

    history = History()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organisation", "incident", "number"], name="an_access_review_has_its_number"),
            models.UniqueConstraint(
                fields=["organisation", "incident"], condition=Q(signed_at__isnull=True), name="one_open_access_review"
            ),
        ]
        indexes = [models.Index(fields=["organisation", "due_at"], name="access_reviews_by_due")]

    def __str__(self) -> str:
        return f"Access review of {self.incident.ref}"


class Decision(models.TextChoices):
    """What a reviewer says of an access."""

    APPROPRIATE = "appropriate", "Appropriate"
    REVOKE = "revoke", "Revoke"
    INVESTIGATE = "investigate", "Investigate"


class ReviewedAccess(TenantOwned):
    """An access as it was in a review's window, copied when the review was opened, and what was decided of it.

    `subject` is the member whose it is, where that is known: they do not decide it themselves.
    """

    incident = TenantKey(Incident, related_name="+")
    review = TenantKey(AccessReview, related_name="accesses")
    fact = TenantKey(AccessFact, related_name="+")
    system = models.CharField(max_length=80)
    source = models.CharField(max_length=60)
    principal = models.CharField(max_length=254)
    entitlement = models.CharField(max_length=200)
    privileged = models.BooleanField()
    valid_from = models.DateTimeField(null=True)
    valid_until = models.DateTimeField(null=True)
    subject = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    decision = models.CharField(max_length=12, blank=True, choices=Decision.choices)
    note = models.TextField(blank=True)
    decided_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")

    history = History()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organisation", "review", "fact"], name="an_access_once_a_review"),
            models.CheckConstraint(
                name="nobody_judges_their_own_access",
                condition=Q(decided_by__isnull=True) | Q(subject__isnull=True) | ~Q(decided_by=models.F("subject")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.principal}: {self.entitlement} on {self.system}"
