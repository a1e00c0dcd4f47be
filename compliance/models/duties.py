"""Duties of law: rules as data, and for an incident what was decided of each, when its clocks began, and what was filed."""

from typing import Any

from django.db import models
from django.db.models import Q

from incidents.models import Incident
from tenants.models import User
from tenants.time import now
from tenants.walled import History, TenantKey, TenantOwned, both_or_neither


class RegulatorRule(TenantOwned):
    """One version of one duty of law. What its fields mean: compliance/duties_law.py. Its terms are never changed: that is a new version.

    Off until counsel approved it. At most one version of a key is in force: approved, not withdrawn.
    """

    key = models.CharField(max_length=60)
    version = models.IntegerField()
    regime = models.CharField(max_length=80)
    stage = models.CharField(max_length=120)
    trigger = models.CharField(max_length=20)
    limits: "models.JSONField[Any, Any]" = models.JSONField(default=list)
    calendar = models.CharField(max_length=20)
    roll = models.CharField(max_length=10)
    roll_until = models.CharField(max_length=5, blank=True)
    recipient = models.CharField(max_length=200)
    citation = models.CharField(max_length=300)
    note = models.TextField(blank=True)
    valid_from = models.DateField(null=True)
    valid_to = models.DateField(null=True)
    loaded_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    loaded_at = models.DateTimeField(default=now)
    approved_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    approved_at = models.DateTimeField(null=True)
    withdrawn_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    withdrawn_at = models.DateTimeField(null=True)
    withdrawn_why = models.TextField(blank=True)

    history = History()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organisation", "key", "version"], name="a_duty_version_once"),
            models.UniqueConstraint(
                fields=["organisation", "key"],
                condition=Q(approved_at__isnull=False, withdrawn_at__isnull=True),
                name="one_version_of_a_duty_in_force",
            ),
            models.CheckConstraint(name="a_duty_has_a_citation", condition=~Q(citation="")),
            models.CheckConstraint(
                name="a_duty_is_approved_by_somebody",
                condition=both_or_neither(Q(approved_at__isnull=True), Q(approved_by__isnull=True)),
            ),
            models.CheckConstraint(
                name="only_an_approved_duty_is_withdrawn", condition=Q(withdrawn_at__isnull=True) | Q(approved_at__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.key} version {self.version}"

    @property
    def in_force(self) -> bool:
        """Whether counsel approved it, and did not withdraw that."""
        return self.approved_at is not None and self.withdrawn_at is None


class DutyCase(TenantOwned):
    """One rule, put to people for one incident. `applies` is their decision; None while nobody decided.

    `due_at` is when it has to be filed, as far as the starts that are known say; `filed_at` the first filing.
    """

    incident = TenantKey(Incident, related_name="duties")
    rule = TenantKey(RegulatorRule, related_name="cases")
    proposed_at = models.DateTimeField(default=now)
    proposed_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    applies = models.BooleanField(null=True)
    decided_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    reason = models.TextField(blank=True)
    began_at = models.DateTimeField(null=True)
    due_at = models.DateTimeField(null=True)
    filed_at = models.DateTimeField(null=True)

    history = History()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organisation", "incident", "rule"], name="a_duty_once_an_incident"),
            models.CheckConstraint(
                name="a_decided_duty_says_why",
                condition=Q(applies__isnull=True) | (Q(decided_at__isnull=False, decided_by__isnull=False) & ~Q(reason="")),
            ),
            models.CheckConstraint(
                name="what_is_due_began", condition=both_or_neither(Q(due_at__isnull=True), Q(began_at__isnull=True))
            ),
        ]
        indexes = [models.Index(fields=["organisation", "due_at"], name="duty_by_due", condition=Q(filed_at__isnull=True))]

    def __str__(self) -> str:
        return f"{self.rule.regime}: {self.rule.stage}"

    @property
    def waits(self) -> bool:
        """Whether something has still to be decided or filed."""
        return self.applies is None or (self.applies and self.filed_at is None)


class DutyStart(TenantOwned):
    """A fact: when what starts a clock happened (`start`), why that is so, and who says it. A correction is another; the last counts."""

    incident = TenantKey(Incident, related_name="+")
    case = TenantKey(DutyCase, related_name="starts")
    start = models.CharField(max_length=20)
    at = models.DateTimeField()
    reason = models.TextField()
    recorded_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField(default=now)

    class Meta:
        indexes = [models.Index(fields=["organisation", "case"], name="duty_start_by_case")]


class DutyFiling(TenantOwned):
    """A fact: what was filed with the regulator, when, by whom, under which reference; `file` is the number of its proof, attached here."""

    incident = TenantKey(Incident, related_name="+")
    case = TenantKey(DutyCase, related_name="filings")
    at = models.DateTimeField()
    reference = models.CharField(max_length=200)
    file = models.IntegerField()
    sha256 = models.CharField(max_length=64)
    note = models.TextField(blank=True)
    filed_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField(default=now)

    class Meta:
        indexes = [models.Index(fields=["organisation", "case"], name="duty_filing_by_case")]
