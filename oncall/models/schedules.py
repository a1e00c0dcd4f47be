"""Who is on call when: schedules, their layers, and what people changed among themselves.

One schedule has the primary, the secondary and whoever shadows, as duties of its layers: so a gap, or one person as both, is seen
within one schedule. Who is on call is worked out from these rows by `oncall.rota`; nothing here says it a second time.
"""

from datetime import date

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from oncall.models.paging import SLUG, Team
from oncall.rota import OnCallDuty
from tenants.models import User
from tenants.time import now
from tenants.walled import History, TenantKey, TenantOwned, both_or_neither

DUTIES = [(duty.value, duty.label) for duty in OnCallDuty]
START = date(2026, 1, 5)  # a Monday
ZONE_MAX = 60


def every_weekday() -> list[int]:
    """Monday to Sunday."""
    return list(range(1, 8))


class Schedule(TenantOwned):
    """Who is on call for a team, in the wall time of a zone. Without a team it is the organisation's own: for a duty, or a policy."""

    team = TenantKey(Team, null=True, blank=True, related_name="schedules")
    slug = models.CharField(max_length=40, validators=[SLUG])
    name = models.CharField(max_length=80)
    time_zone = models.CharField(max_length=ZONE_MAX, default="UTC")
    is_active = models.BooleanField(default=True)

    history = History()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organisation", "slug"], name="schedule_slug_once"),
            models.UniqueConstraint(
                fields=["organisation", "team"], condition=Q(is_active=True), name="one_running_schedule_a_team"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Layer(TenantOwned):
    """People who take turns of a duty. An edit ends one row (`until`) and begins another of the same `number`: the past stays.

    The n-th turn begins when the clocks show `starts_on handover_at` plus n times `every` `unit`s. `opens_at` and `closes_at`
    (both or neither) and `weekdays` restrict it. All by the wall clock of the layer's own `time_zone`, so that layers follow the sun.
    """

    class Unit(models.TextChoices):
        """What a turn's length is counted in."""

        HOUR = "hour", "Hours"
        DAY = "day", "Days"
        WEEK = "week", "Weeks"

    schedule = TenantKey(Schedule, related_name="layers")
    number = models.IntegerField()
    name = models.CharField(max_length=80, blank=True)
    duty = models.CharField(max_length=20, choices=DUTIES, default=OnCallDuty.PRIMARY.value)
    priority = models.IntegerField(default=0)
    time_zone = models.CharField(max_length=ZONE_MAX, default="UTC")
    every = models.IntegerField(default=1)
    unit = models.CharField(max_length=10, choices=Unit.choices, default=Unit.WEEK)
    starts_on = models.DateField(default=START)
    handover_at = models.TimeField(default="09:00")
    opens_at = models.TimeField(null=True, blank=True)
    closes_at = models.TimeField(null=True, blank=True)
    weekdays = ArrayField(models.IntegerField(), default=every_weekday)
    since = models.DateTimeField(default=now)
    until = models.DateTimeField(null=True, blank=True)

    history = History()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "schedule", "number"], condition=Q(until__isnull=True), name="a_layer_number_once"
            ),
            models.CheckConstraint(name="a_turn_lasts", condition=Q(every__gte=1)),
            models.CheckConstraint(
                name="hours_open_and_close", condition=both_or_neither(Q(opens_at__isnull=True), Q(closes_at__isnull=True))
            ),
            models.CheckConstraint(
                name="a_layer_ends_after_it_began", condition=Q(until__isnull=True) | Q(until__gte=F("since"))
            ),
        ]
        indexes = [models.Index(fields=["organisation", "schedule"], name="layer_by_schedule")]

    def __str__(self) -> str:
        return self.name or f"{self.get_duty_display()} {self.number}"


class LayerMember(TenantOwned):
    """Somebody who takes turns in a layer, in their order. Written with the layer and not changed: an edit begins another layer."""

    layer = TenantKey(Layer, related_name="members")
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    position = models.IntegerField()

    history = History()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organisation", "layer", "position"], name="a_turn_is_somebodys")]

    def __str__(self) -> str:
        return f"{self.position}. {self.user}"


class Swap(TenantOwned):
    """Somebody offers a stretch of their duty; whoever accepts takes it, and may give one of theirs in return.

    With `offered_to` it is for that person; a stretch in return is always asked of one.
    """

    class State(models.TextChoices):
        """What became of it."""

        OFFERED = "offered", "Offered"
        ACCEPTED = "accepted", "Accepted"
        ENDED = "ended", "Withdrawn or declined"

    schedule = TenantKey(Schedule, related_name="swaps")
    duty = models.CharField(max_length=20, choices=DUTIES)
    offered_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    offered_to = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    return_starts_at = models.DateTimeField(null=True, blank=True)
    return_ends_at = models.DateTimeField(null=True, blank=True)
    reason = models.CharField(max_length=200, blank=True)
    state = models.CharField(max_length=10, choices=State.choices, default=State.OFFERED)
    settled_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    settled_at = models.DateTimeField(null=True, blank=True)
    offered_at = models.DateTimeField(default=now)

    history = History()

    class Meta:
        constraints = [
            models.CheckConstraint(name="a_swap_ends_after_it_starts", condition=Q(ends_at__gt=F("starts_at"))),
            models.CheckConstraint(
                name="a_return_is_asked_of_somebody",
                condition=Q(return_starts_at__isnull=True, return_ends_at__isnull=True)
                | Q(return_ends_at__gt=F("return_starts_at"), offered_to__isnull=False),
            ),
        ]
        indexes = [models.Index(fields=["organisation", "schedule"], name="swap_by_schedule")]

    def __str__(self) -> str:
        return f"Swap {self.pk}"


class Override(TenantOwned):
    """Somebody takes a duty for a while: `replaced` only in that person's place, else whoever's it is. Times are instants.

    A cancelled one holds no longer than until `cancelled_at`. `source` is the UID in the calendar that it was imported from.
    """

    schedule = TenantKey(Schedule, related_name="overrides")
    duty = models.CharField(max_length=20, choices=DUTIES, default=OnCallDuty.PRIMARY.value)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    replaced = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    made_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    made_at = models.DateTimeField(default=now)
    reason = models.CharField(max_length=200, blank=True)
    swap = TenantKey(Swap, null=True, blank=True, related_name="overrides")
    source = models.CharField(max_length=255, blank=True)
    cancelled_at = models.DateTimeField(null=True, blank=True)

    history = History()

    class Meta:
        constraints = [
            models.CheckConstraint(name="an_override_ends_after_it_starts", condition=Q(ends_at__gt=F("starts_at"))),
        ]
        indexes = [models.Index(fields=["organisation", "schedule", "ends_at"], name="override_by_end")]

    def __str__(self) -> str:
        return f"{self.user} as {self.get_duty_display().lower()}"
