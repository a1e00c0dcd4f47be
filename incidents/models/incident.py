"""The incident, and who is in its room."""

from datetime import datetime

from django.db import models
from django.db.models import Q

from incidents.states import OPEN, DetectedBy, RoomRole, Severity, State
from oncall.models import Service
from standard.law import Law
from standard.models import StandardVersion
from standard.queries import law
from tenants.models import User
from tenants.time import now
from tenants.walled import History, TenantKey, TenantOwned, both_or_neither


class IncidentNumber(TenantOwned):
    """The last number given in an organisation. A counter whose row lock makes the numbering complete; not audited."""

    last = models.IntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organisation"], name="one_numbering")]


class Incident(TenantOwned):
    """Something is broken and people are on it. Judged by the version of the standard in force when it was declared.

    `restricted`: only those named on it (NeedToKnow) see it and anything under it; the database keeps that (clause breach.need-to-know).
    """

    number = models.IntegerField()
    ref = models.CharField(max_length=24)
    title = models.CharField(max_length=200)
    severity = models.IntegerField(choices=Severity.choices)
    state = models.CharField(max_length=20, choices=State.choices)
    exercise = models.BooleanField(default=False)
    standard = TenantKey(StandardVersion, related_name="+")
    detected_by = models.CharField(max_length=20, choices=DetectedBy.choices)
    detected_at = models.DateTimeField()
    declared_at = models.DateTimeField(default=now)
    declared_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    impact_start = models.DateTimeField(null=True)
    impact_end = models.DateTimeField(null=True)
    monitoring_since = models.DateTimeField(null=True)
    resolved_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    merged_into = TenantKey("incidents.Incident", null=True, related_name="merged")
    relapses = models.IntegerField(default=0)
    reopened = models.IntegerField(default=0)
    summary = models.TextField(blank=True)
    channel = models.CharField(max_length=80, blank=True)
    bridge_url = models.CharField(max_length=500, blank=True)
    check_in_minutes = models.IntegerField(null=True)
    restricted = models.BooleanField(default=False)

    history = History()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organisation", "number"], name="incident_number_once"),
            models.UniqueConstraint(fields=["organisation", "ref"], name="incident_ref_once"),
            models.CheckConstraint(name="severity_is_a_level", condition=Q(severity__in=[1, 2, 3, 4])),
            models.CheckConstraint(
                name="impact_ends_after_it_starts",
                condition=Q(impact_end__isnull=True) | Q(impact_start__isnull=True) | Q(impact_end__gte=models.F("impact_start")),
            ),
            models.CheckConstraint(name="resolved_when_resolved", condition=~Q(state="resolved") | Q(resolved_at__isnull=False)),
            models.CheckConstraint(name="closed_when_closed", condition=~Q(state="closed") | Q(closed_at__isnull=False)),
            models.CheckConstraint(
                name="merged_into_one", condition=both_or_neither(Q(state="merged"), Q(merged_into__isnull=False))
            ),
        ]
        indexes = [
            models.Index(fields=["organisation", "-number"], name="incident_newest"),
            models.Index(fields=["organisation", "state", "-number"], name="incident_by_state"),
            models.Index(fields=["organisation"], name="incident_restricted", condition=Q(restricted=True)),
            models.Index(fields=["organisation"], name="incident_exercise", condition=Q(exercise=True)),
        ]

    def __str__(self) -> str:
        return f"{self.ref} {self.title}"

    @property
    def is_open(self) -> bool:
        """Whether it is still going on."""
        return self.state in OPEN

    @property
    def began(self) -> datetime:
        """When it began, as far as is known: the impact's start, or its detection where that was earlier."""
        return min(self.impact_start or self.detected_at, self.detected_at)

    @property
    def law(self) -> Law:
        """The standard that judges it."""
        return law(self.standard_id)

    @property
    def mobilises(self) -> bool:
        """Whether its severity runs a war room with a commander (SEV 1 and 2 as shipped)."""
        return self.law.severity(self.severity).mobilises

    @property
    def level(self) -> str:
        """The severity for people: "SEV 1"."""
        return Severity(self.severity).label


class IncidentService(TenantOwned):
    """A service that an incident affects."""

    incident = TenantKey(Incident, related_name="affected")
    service = TenantKey(Service, related_name="+")

    history = History()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organisation", "incident", "service"], name="a_service_once_an_incident")]
        indexes = [models.Index(fields=["organisation", "service"], name="affected_by_service")]


class Participant(TenantOwned):
    """A practitioner in the room: joined, or made an entry there."""

    incident = TenantKey(Incident, related_name="participants")
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    joined_at = models.DateTimeField(default=now)

    history = History()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organisation", "incident", "user"], name="in_the_room_once")]


class RoleHolding(TenantOwned):
    """Who holds a role of the room, from when until when. One holder at every instant: the database says so."""

    incident = TenantKey(Incident, related_name="roles")
    role = models.CharField(max_length=10, choices=RoomRole.choices)
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    since = models.DateTimeField(default=now)
    until = models.DateTimeField(null=True)

    history = History()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "incident", "role"], condition=Q(until__isnull=True), name="one_holder_a_role"
            )
        ]
        indexes = [models.Index(fields=["organisation", "incident", "id"], name="holding_by_incident")]
