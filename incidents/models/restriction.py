"""What the law asks for: flags, who may know, what must be kept, and what was asked to be preserved."""

from django.db import models
from django.db.models import Q

from incidents.models.incident import Incident
from incidents.states import FlagKey
from tenants.models import User
from tenants.time import now
from tenants.walled import History, TenantKey, TenantOwned


class Flag(TenantOwned):
    """An incident is legally delicate, from when until Legal lifted it. What a flag sets off is data of the standard."""

    incident = TenantKey(Incident, related_name="flags")
    key = models.CharField(max_length=20, choices=FlagKey.choices)
    kinds = models.CharField(max_length=40, blank=True)
    reason = models.TextField()
    raised_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    raised_at = models.DateTimeField(default=now)
    lifted_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    lifted_at = models.DateTimeField(null=True)
    lift_reason = models.TextField(blank=True)

    history = History()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "incident", "key"], condition=Q(lifted_at__isnull=True), name="a_flag_once"
            )
        ]


VIA_GLASS = "break_glass"


class NeedToKnow(TenantOwned):
    """A person who may see a restricted incident, why, and until when. The walls of the incident read this table.

    `via` says how somebody came on the list where nobody who was on it named them: through break glass, which always has an end.
    """

    incident = TenantKey(Incident, related_name="admitted")
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    reason = models.TextField()
    added_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    added_at = models.DateTimeField(default=now)
    expires_at = models.DateTimeField(null=True)
    via = models.CharField(max_length=20, blank=True, choices=[(VIA_GLASS, "Break glass")])
    removed_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    removed_at = models.DateTimeField(null=True)

    history = History()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "incident", "user"], condition=Q(removed_at__isnull=True), name="admitted_once"
            ),
            models.CheckConstraint(name="broken_glass_has_an_end", condition=~Q(via="break_glass") | Q(expires_at__isnull=False)),
        ]
        indexes = [
            models.Index(fields=["organisation", "user"], name="admitted_by_person", condition=Q(removed_at__isnull=True)),
            # Asked across tenants, by muster.due_expiries().
            models.Index(
                fields=["expires_at"], name="admitted_until", condition=Q(removed_at__isnull=True, expires_at__isnull=False)
            ),
        ]


class LegalHold(TenantOwned):
    """What is evidence and is kept, until Legal and a second person release it (breach.preserve-logs). What it keeps, it keeps from everybody.

    It holds an incident, a person, or all that went on from `starts_at` until `ends_at` (None: with no end yet): one of the three.
    `released_by` is whom of Legal asked that it end, at `release_asked_at`; only what `second_person` has agreed to has ended.
    """

    incident = TenantKey(Incident, null=True, related_name="holds")
    person = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    starts_at = models.DateTimeField(null=True)
    ends_at = models.DateTimeField(null=True)
    matter = models.CharField(max_length=200)
    reason = models.TextField()
    placed_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    placed_at = models.DateTimeField(default=now)
    released_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    release_asked_at = models.DateTimeField(null=True)
    second_person = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    released_at = models.DateTimeField(null=True)
    release_reason = models.TextField(blank=True)

    history = History()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="a_hold_keeps_one_thing",
                condition=Q(incident__isnull=False, person__isnull=True, starts_at__isnull=True, ends_at__isnull=True)
                | Q(incident__isnull=True, person__isnull=False, starts_at__isnull=True, ends_at__isnull=True)
                | Q(incident__isnull=True, person__isnull=True, starts_at__isnull=False),
            ),
            models.CheckConstraint(
                name="a_hold_ends_after_it_starts", condition=Q(ends_at__isnull=True) | Q(ends_at__gt=models.F("starts_at"))
            ),
            models.CheckConstraint(
                name="released_by_two",
                condition=Q(released_at__isnull=True)
                | (
                    Q(released_by__isnull=False, second_person__isnull=False, release_asked_at__isnull=False)
                    & ~Q(released_by=models.F("second_person"))
                    & ~Q(release_reason="")
                ),
            ),
        ]
        indexes = [
            # Asked by muster.held() before anything is removed: of what stands, which are few.
            models.Index(fields=["organisation", "incident"], name="hold_standing", condition=Q(released_at__isnull=True)),
        ]

    def __str__(self) -> str:
        return f"Legal hold {self.pk}"


class SnapshotRequest(TenantOwned):
    """The request to preserve the state of a database, and where the copy lies once it is made (finance.audit-trail)."""

    incident = TenantKey(Incident, related_name="snapshots")
    what = models.TextField()
    requested_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    requested_at = models.DateTimeField(default=now)
    fulfilled_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    fulfilled_at = models.DateTimeField(null=True)
    location = models.CharField(max_length=500, blank=True)
    sha256 = models.CharField(max_length=64, blank=True)

    history = History()
