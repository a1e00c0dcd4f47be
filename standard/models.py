"""The organisation's standard in force, its calendar, and the clocks that every "within" of it keeps."""

from typing import Any
from zoneinfo import ZoneInfo

from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils.functional import cached_property

from standard.calendar import BusinessHours, zone_exists
from standard.law import Law
from standard.law_types import LawError
from tenants.time import now
from tenants.walled import History, TenantOwned


def _is_law(data: Any) -> None:
    try:
        Law.from_data(data)
    except LawError as error:
        raise ValidationError(str(error)) from error


class StandardVersion(TenantOwned):
    """One published version of an organisation's incident standard. An incident pins the one in force when it is declared."""

    number = models.IntegerField()
    effective_at = models.DateTimeField()
    content: "models.JSONField[Any, Any]" = models.JSONField(validators=[_is_law])
    published_at = models.DateTimeField(default=now)

    history = History()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organisation", "number"], name="a_number_once")]

    def __str__(self) -> str:
        return f"Standard, version {self.number}"

    @cached_property
    def law(self) -> Law:
        """The content, typed."""
        return Law.from_data(self.content)


class Calendar(TenantOwned):
    """When an organisation works: its zone and business hours. Wall time, so that daylight saving moves with the people."""

    time_zone = models.CharField(max_length=60, default="UTC")
    opens_at = models.TimeField(default="09:00")
    closes_at = models.TimeField(default="17:00")
    weekdays = ArrayField(models.IntegerField(), default=list, help_text="1 is Monday, 7 is Sunday.")

    history = History()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organisation"], name="one_calendar"),
            models.CheckConstraint(name="opens_before_it_closes", condition=Q(opens_at__lt=models.F("closes_at"))),
        ]

    def clean(self) -> None:
        """A zone that exists, and at least one business day."""
        if not zone_exists(self.time_zone):
            raise ValidationError({"time_zone": f"There is no time zone {self.time_zone}; one is named like Europe/Berlin."})
        if not self.weekdays or not set(self.weekdays) <= set(range(1, 8)):
            raise ValidationError({"weekdays": "Give at least one weekday, each from 1 (Monday) to 7 (Sunday)."})

    @property
    def hours(self) -> BusinessHours:
        """The business hours, to calculate with."""
        return BusinessHours(ZoneInfo(self.time_zone), self.opens_at, self.closes_at, frozenset(self.weekdays))

    def __str__(self) -> str:
        return f"{self.opens_at:%H:%M} to {self.closes_at:%H:%M} {self.time_zone}"


class Clock(TenantOwned):
    """One "within" of the standard, running on one subject.

    `next_at` is the next moment at which something has to be done about it (prompt, then break), or None; the sweep reads
    only its index. `owner_role` says whom it prompts.
    """

    clause = models.CharField(max_length=60)
    subject_type = models.CharField(max_length=40)
    subject_id = models.BigIntegerField()
    incident_id = models.BigIntegerField(null=True)
    owner_role = models.CharField(max_length=20, blank=True)
    started_at = models.DateTimeField()
    prompt_at = models.DateTimeField(null=True)
    due_at = models.DateTimeField()
    prompted_at = models.DateTimeField(null=True)
    stopped_at = models.DateTimeField(null=True)
    broken_at = models.DateTimeField(null=True)
    next_at = models.DateTimeField(null=True)

    history = History()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "subject_type", "subject_id", "clause"],
                condition=Q(stopped_at__isnull=True, broken_at__isnull=True),
                name="one_running_clock_a_clause",
            ),
            models.CheckConstraint(
                name="prompted_before_due", condition=Q(prompt_at__isnull=True) | Q(prompt_at__lte=models.F("due_at"))
            ),
            models.CheckConstraint(
                name="a_stopped_clock_waits_for_nothing", condition=Q(stopped_at__isnull=True) | Q(next_at__isnull=True)
            ),
        ]
        indexes = [
            models.Index(fields=["next_at"], name="clock_due", condition=Q(next_at__isnull=False)),
            models.Index(fields=["organisation", "incident_id"], name="clock_by_incident"),
            models.Index(fields=["organisation", "subject_type", "subject_id"], name="clock_by_subject"),
        ]

    def __str__(self) -> str:
        return f"{self.clause}, due {self.due_at:%H:%M:%S}"

    @property
    def at_least(self) -> bool:
        """Whether it runs until something has lasted long enough, and nothing is due from anybody."""
        return self.next_at is None and self.stopped_at is None and self.broken_at is None

    @property
    def state(self) -> str:
        """ "running", "prompted", "broken" (kept too late or not yet) or "kept"."""
        if self.broken_at:
            return "broken"
        if self.stopped_at:
            return "kept"
        return "prompted" if self.prompted_at else "running"
