"""What is said to whom: status updates for four audiences, who has to approve them, and what customers see of components."""

from decimal import Decimal

from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models import Q

from incidents.models.incident import Incident
from incidents.states import Approver, Audience, Condition, PublicStatus, UpdateState
from oncall.models import Service
from tenants.models import User
from tenants.time import now
from tenants.walled import History, TenantKey, TenantOwned

SLUG = RegexValidator(r"^[a-z0-9][a-z0-9-]{0,39}$", "Lower-case letters, digits and hyphens.")


class StatusUpdate(TenantOwned):
    """A structured update: what is known, the impact, what is being done, when the next one comes (principle.communicate).

    `status` is a public one's; `states_cause` says that its author gives a cause in it (roles.cl-no-speculation). It has gone
    out at `published_at`, and not before everybody whom it `awaits` has approved it (roles.cl-public-approval).
    """

    incident = TenantKey(Incident, related_name="updates")
    audience = models.CharField(max_length=20, choices=Audience.choices)
    status = models.CharField(max_length=20, choices=PublicStatus.choices, blank=True)
    known = models.TextField()
    impact = models.TextField(blank=True)
    doing = models.TextField(blank=True)
    next_update_at = models.DateTimeField(null=True)
    states_cause = models.BooleanField(default=False)
    components: "models.JSONField[dict[str, str], dict[str, str]]" = models.JSONField(default=dict, blank=True)
    author = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    posted_at = models.DateTimeField(default=now)
    state = models.CharField(max_length=10, choices=UpdateState.choices, default=UpdateState.PUBLISHED)
    awaits = ArrayField(models.CharField(max_length=10, choices=Approver.choices), default=list, blank=True)
    decided_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    decision_reason = models.TextField(blank=True)
    published_at = models.DateTimeField(null=True)

    history = History()

    class Meta:
        indexes = [
            models.Index(fields=["organisation", "incident", "-id"], name="update_newest"),
            models.Index(fields=["organisation"], name="update_waiting", condition=Q(state="waiting")),
        ]


class UpdatePolicy(TenantOwned):
    """Which audiences' updates Legal or PR have to approve before they go out. Without a row: none."""

    approved_audiences = ArrayField(models.CharField(max_length=20, choices=Audience.choices), default=list, blank=True)

    history = History()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organisation"], name="one_update_policy")]
        verbose_name_plural = "update policies"

    def __str__(self) -> str:
        return f"Approval of {', '.join(self.approved_audiences) or 'nothing'}"


def counts_as_down() -> list[str]:
    """The conditions in which a component is down, unless its organisation says otherwise."""
    return [Condition.PARTIAL.value, Condition.MAJOR.value]


# What availability may be aimed at, in percent: below it nothing is aimed at, and at 100 there would be no error budget.
TARGET_LEAST, TARGET_BELOW = Decimal(50), Decimal(100)
_TARGET = [
    MinValueValidator(TARGET_LEAST, f"A target is at least {TARGET_LEAST} percent."),
    MaxValueValidator(Decimal("99.9999"), f"A target is below {TARGET_BELOW} percent: nothing is always there."),
]


class Component(TenantOwned):
    """A part of the product as customers know it (tools.components), and how much of the time it is meant to be there.

    `slo` is what we aim at, `sla` what customers were promised, both in percent of the time; `down_when` are the conditions that
    count against them (metrics.slo).
    """

    slug = models.CharField(max_length=40, validators=[SLUG])
    name = models.CharField(max_length=80)
    position = models.IntegerField(default=0)
    slo = models.DecimalField(
        "SLO",
        max_digits=7,
        decimal_places=4,
        null=True,
        blank=True,
        validators=_TARGET,
        help_text="Percent of the time we aim at.",
    )
    sla = models.DecimalField(
        "SLA", max_digits=7, decimal_places=4, null=True, blank=True, validators=_TARGET, help_text="Percent we promised."
    )
    down_when = ArrayField(
        models.CharField(max_length=30, choices=Condition.choices),
        verbose_name="down when",
        default=counts_as_down,
        help_text="Which conditions count as time in which it was not available.",
    )

    history = History()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organisation", "slug"], name="component_slug_once"),
            models.CheckConstraint(
                name="no_more_promised_than_aimed_at",
                condition=Q(slo__isnull=True) | Q(sla__isnull=True) | Q(sla__lte=models.F("slo")),
                violation_error_message="The SLA is what was promised: it is not above the SLO, which is what you aim at.",
            ),
        ]
        ordering = ["position", "id"]

    def __str__(self) -> str:
        return self.name


class ServiceComponent(TenantOwned):
    """Customers notice by this component that the service is not well: a public update of its incident suggests it."""

    service = TenantKey(Service, related_name="component_links")
    component = TenantKey(Component, related_name="service_links")

    history = History()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "service", "component"],
                name="a_component_once_a_service",
                violation_error_message="This service has this component already.",
            )
        ]
        verbose_name = "component of a service"
        verbose_name_plural = "components of services"

    def __str__(self) -> str:
        return f"{self.service}: {self.component}"


class ComponentState(TenantOwned):
    """How a component did because of an incident, from when until when, as a public update said it."""

    incident = TenantKey(Incident, related_name="component_states")
    component = TenantKey(Component, related_name="states")
    condition = models.CharField(max_length=30, choices=Condition.choices)
    update = TenantKey(StatusUpdate, related_name="component_states")
    since = models.DateTimeField(default=now)
    until = models.DateTimeField(null=True)

    history = History()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "incident", "component"], condition=Q(until__isnull=True), name="one_condition_at_a_time"
            ),
        ]
