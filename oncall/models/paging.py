"""Teams, their services, and the pages that go out."""

from datetime import timedelta
from typing import Any

from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q

from tenants.models import User
from tenants.time import now
from tenants.walled import History, TenantKey, TenantOwned, both_or_neither

SLUG = RegexValidator(r"^[a-z0-9][a-z0-9-]{0,39}$", "Lower-case letters, digits and hyphens.")


class Team(TenantOwned):
    """People who answer for services together. The default team is paged for what no rule and no service claims."""

    slug = models.CharField(max_length=40, validators=[SLUG])
    name = models.CharField(max_length=80)
    manager = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="+", help_text="The Engineering Manager: paged last."
    )
    is_default = models.BooleanField(default=False)
    policy = TenantKey("oncall.EscalationPolicy", null=True, blank=True, related_name="+")

    history = History()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organisation", "slug"], name="team_slug_once"),
            models.UniqueConstraint(fields=["organisation"], condition=Q(is_default=True), name="one_default_team"),
        ]

    def __str__(self) -> str:
        return self.name


class TeamMember(TenantOwned):
    """A member of a team, in the order in which they are paged: 1 is primary, 2 secondary."""

    team = TenantKey(Team, related_name="members")
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    position = models.IntegerField()

    history = History()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "team", "position"], name="a_position_once", deferrable=models.Deferrable.DEFERRED
            ),
            models.UniqueConstraint(fields=["organisation", "team", "user"], name="a_member_once"),
        ]

    def __str__(self) -> str:
        return f"{self.position}. {self.user}"


class Service(TenantOwned):
    """Something that can break, the team that answers for it, and how much depends on it."""

    class Tier(models.IntegerChoices):
        """How much depends on it: 1 is most."""

        ONE = 1, "Tier 1: without it nobody works, or nobody buys"
        TWO = 2, "Tier 2: without it a core feature is gone"
        THREE = 3, "Tier 3: without it something is missed"
        FOUR = 4, "Tier 4: without it few notice"

    slug = models.CharField(max_length=40, validators=[SLUG])
    name = models.CharField(max_length=80)
    team = TenantKey(Team, related_name="services")
    tier = models.IntegerField(choices=Tier.choices, null=True, blank=True, help_text="How much depends on it.")
    product_owner = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    policy = TenantKey("oncall.EscalationPolicy", null=True, blank=True, related_name="+", help_text="Empty: its team's.")

    history = History()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organisation", "slug"], name="service_slug_once"),
            models.CheckConstraint(name="a_tier_is_one_to_four", condition=Q(tier__isnull=True) | Q(tier__gte=1, tier__lte=4)),
        ]

    def __str__(self) -> str:
        return self.name


class Page(TenantOwned):
    """A call for a person, about one subject, that goes on until somebody acknowledges it.

    `team` is None for a page to one person (a duty). `plan` is what it goes through (oncall.escalation), as it was when the page started;
    `position` the last step of it that was called, over all rounds, and 0 before the first. `began_at` is when its present round
    began, `ahead` how far it is ahead of the plan. `next_at`: a page of low urgency begins then, and one that was acknowledged is
    looked at again.
    """

    class State(models.TextChoices):
        """What became of it."""

        OPEN = "open", "Not acknowledged"
        ACKNOWLEDGED = "acknowledged", "Acknowledged"
        ENDED = "ended", "No longer needed"

    class Urgency(models.TextChoices):
        """Whether it may wake somebody."""

        HIGH = "high", "High"
        LOW = "low", "Low: in business hours"

    subject_type = models.CharField(max_length=40)
    subject_id = models.BigIntegerField()
    incident_id = models.BigIntegerField(null=True)
    team = TenantKey(Team, null=True, related_name="+")
    service = TenantKey(Service, null=True, related_name="+")
    reason = models.CharField(max_length=120, blank=True)
    clause = models.CharField(max_length=60)
    state = models.CharField(max_length=20, choices=State.choices, default=State.OPEN)
    urgency = models.CharField(max_length=10, choices=Urgency.choices, default=Urgency.HIGH)
    plan: "models.JSONField[Any, Any]" = models.JSONField(default=dict)
    position = models.IntegerField(default=0)
    started_at = models.DateTimeField(default=now)
    began_at = models.DateTimeField(default=now)
    ahead = models.DurationField(default=timedelta)
    next_at = models.DateTimeField(null=True)
    acknowledged_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    acknowledged_at = models.DateTimeField(null=True)

    history = History()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="acknowledged_by_somebody",
                condition=both_or_neither(
                    Q(state="acknowledged"), Q(acknowledged_by__isnull=False, acknowledged_at__isnull=False)
                ),
            ),
            models.CheckConstraint(name="an_ended_page_waits_for_nothing", condition=~Q(state="ended") | Q(next_at__isnull=True)),
        ]
        indexes = [
            models.Index(fields=["organisation", "subject_type", "subject_id"], name="page_by_subject"),
            models.Index(fields=["organisation", "incident_id"], name="page_by_incident"),
            models.Index(fields=["id"], name="page_open", condition=Q(state="open")),
            models.Index(fields=["next_at"], name="page_due", condition=Q(next_at__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"Page {self.pk}"


class PageStep(TenantOwned):
    """A person who was paged, and when. A fact, written once."""

    page = TenantKey(Page, related_name="steps")
    incident_id = models.BigIntegerField(null=True)
    position = models.IntegerField()
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    paged_at = models.DateTimeField(default=now)
    reason = models.CharField(max_length=40)

    class Meta:
        ordering = ["id"]
        indexes = [
            models.Index(fields=["organisation", "user"], name="step_by_person"),
            models.Index(fields=["organisation", "page"], name="step_by_page"),
        ]


class PageDecline(TenantOwned):
    """Somebody who was called said that they cannot: the next one is called. A fact, written once."""

    page = TenantKey(Page, related_name="declines")
    incident_id = models.BigIntegerField(null=True)
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    declined_at = models.DateTimeField(default=now)
    reason = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "page", "user"], name="declined_once", deferrable=models.Deferrable.DEFERRED
            )
        ]
