"""Whom a page calls, and who is next: escalation policies, as rows "after so many minutes, call this"."""

from datetime import timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q

from oncall.escalation import OF_THE_TEAM, Kind, Plan, Target, gather
from oncall.models.paging import SLUG
from oncall.models.schedules import Schedule
from tenants.actors import Duty
from tenants.models import User
from tenants.walled import History, TenantKey, TenantOwned

REPEAT_MOST = 9
MINUTES_MOST = 24 * 60
KINDS = [
    (Kind.PRIMARY.value, "The team's primary on call"),
    (Kind.SECONDARY.value, "The team's secondary on call"),
    (Kind.LEAD.value, "The team's Engineering Manager"),
    (Kind.EVERYONE.value, "Everyone in the team"),
    (Kind.PERSON.value, "A person"),
    (Kind.SCHEDULE.value, "Who is primary in a schedule"),
    (Kind.DUTY.value, "Who holds a duty"),
]


class EscalationPolicy(TenantOwned):
    """Who is called, and when. A service or a team names its policy; the default serves the others.

    Without a default the standard's own holds: primary, secondary after 15 minutes, the team's manager after 30.
    """

    slug = models.CharField(max_length=40, validators=[SLUG])
    name = models.CharField(max_length=80)
    is_default = models.BooleanField(default=False, help_text="For every team and service that names none.")
    repeat = models.IntegerField(default=0, help_text="How often all steps are gone through again while nobody acknowledges.")
    patience_minutes = models.IntegerField(default=15, help_text="How long the last step is waited for.")
    forgotten_minutes = models.IntegerField(
        default=30, help_text="After this long, whoever acknowledged is asked again where nothing was done about it. 0: never."
    )

    history = History()

    class Meta:
        verbose_name_plural = "escalation policies"
        constraints = [
            models.UniqueConstraint(fields=["organisation", "slug"], name="policy_slug_once"),
            models.UniqueConstraint(fields=["organisation"], condition=Q(is_default=True), name="one_default_policy"),
            models.CheckConstraint(
                name="a_policy_ends",
                condition=Q(repeat__gte=0, repeat__lte=REPEAT_MOST, patience_minutes__gte=1, forgotten_minutes__gte=0),
            ),
        ]

    def clean(self) -> None:
        """Numbers that a person can mean."""
        if not 0 <= self.repeat <= REPEAT_MOST:
            raise ValidationError({"repeat": f"Repeat 0 to {REPEAT_MOST} times."})
        if not 1 <= self.patience_minutes <= MINUTES_MOST:
            raise ValidationError({"patience_minutes": f"Wait 1 to {MINUTES_MOST} minutes."})
        if not 0 <= self.forgotten_minutes <= MINUTES_MOST:
            raise ValidationError({"forgotten_minutes": f"Ask again after 0 (never) to {MINUTES_MOST} minutes."})

    def plan(self) -> Plan:
        """What a page that starts now goes through. One query."""
        rows = self.targets.order_by("after_minutes", "id")
        return gather(
            [(timedelta(minutes=row.after_minutes), row.target) for row in rows],
            repeat=self.repeat,
            patience=timedelta(minutes=self.patience_minutes),
            forgotten=timedelta(minutes=self.forgotten_minutes) if self.forgotten_minutes else None,
            name=self.name,
        )

    def __str__(self) -> str:
        return self.name


class EscalationTarget(TenantOwned):
    """One row of a policy. Those with the same `after_minutes` are called together; the earliest ones at once."""

    policy = TenantKey(EscalationPolicy, related_name="targets")
    after_minutes = models.IntegerField(default=0, help_text="Minutes after the page began.")
    kind = models.CharField(max_length=20, choices=KINDS)  # no default: an untouched row of a form is none
    user = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    schedule = TenantKey(Schedule, null=True, blank=True, related_name="+")
    duty = models.CharField(max_length=40, blank=True, choices=[(duty.value, duty.label) for duty in Duty])

    history = History()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="a_target_is_somebody",
                condition=Q(kind__in=[kind.value for kind in OF_THE_TEAM], user__isnull=True, schedule__isnull=True, duty="")
                | Q(kind=Kind.PERSON.value, user__isnull=False, schedule__isnull=True, duty="")
                | Q(kind=Kind.SCHEDULE.value, user__isnull=True, schedule__isnull=False, duty="")
                | (Q(kind=Kind.DUTY.value, user__isnull=True, schedule__isnull=True) & ~Q(duty="")),
            ),
            models.CheckConstraint(name="a_target_waits", condition=Q(after_minutes__gte=0, after_minutes__lte=MINUTES_MOST)),
        ]
        indexes = [models.Index(fields=["organisation", "policy"], name="target_by_policy")]

    def clean(self) -> None:
        """A target that names what its kind needs, and nothing else."""
        if not 0 <= self.after_minutes <= MINUTES_MOST:
            raise ValidationError({"after_minutes": f"0 to {MINUTES_MOST} minutes after the page began."})
        given: dict[str, Any] = {"person": self.user_id, "schedule": self.schedule_id, "duty": self.duty}
        for kind, field in (("person", "user"), ("schedule", "schedule"), ("duty", "duty")):
            if self.kind == kind and not given[kind]:
                raise ValidationError({field: f"Say which {kind}."})
            if self.kind != kind and given[kind]:
                raise ValidationError({field: f"Leave this empty, or choose “{dict(KINDS)[kind]}”."})

    @property
    def target(self) -> Target:
        """The row as a part of a plan."""
        which = {Kind.PERSON.value: self.user_id, Kind.SCHEDULE.value: self.schedule_id, Kind.DUTY.value: self.duty}
        return Target(Kind(self.kind), str(which.get(self.kind) or ""))

    def __str__(self) -> str:
        return f"after {self.after_minutes} min: {self.get_kind_display()}"
