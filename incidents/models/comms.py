"""What is said to whom: status updates for four audiences, who has to approve them, and what customers see of components."""

from django.contrib.postgres.fields import ArrayField
from django.core.validators import RegexValidator
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


class Component(TenantOwned):
    """A part of the product as customers know it (tools.components)."""

    slug = models.CharField(max_length=40, validators=[SLUG])
    name = models.CharField(max_length=80)
    position = models.IntegerField(default=0)

    history = History()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organisation", "slug"], name="component_slug_once")]
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
