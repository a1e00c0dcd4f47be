"""The organisation's standard in force, its calendar, and the clocks that every "within" of it keeps."""

from collections.abc import Iterable
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils.functional import cached_property

from standard.calendar import BusinessHours, Exceptions, Sprints, WorkCalendar, why_no_holidays, zone_exists
from standard.law import Law
from standard.law_types import LawError
from tenants.time import now
from tenants.walled import History, TenantKey, TenantOwned


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


SPRINT_START = date(2024, 1, 1)  # a Monday
SPRINT_DAYS_MOST = 366


class Calendar(TenantOwned):
    """When an organisation works: its zone, business hours, public holidays and sprints.

    Wall time, so that daylight saving moves with the people. Its own days off and working days are CalendarDay.
    """

    time_zone = models.CharField(max_length=60, default="UTC", help_text="Such as Europe/Berlin.")
    opens_at = models.TimeField(default="09:00")
    closes_at = models.TimeField(default="17:00")
    weekdays = ArrayField(models.IntegerField(), default=list, help_text="1 is Monday, 7 is Sunday.")
    country = models.CharField(
        max_length=2, blank=True, help_text="Whose public holidays are free: two capital letters, such as DE. Empty: nobody's."
    )
    subdivision = models.CharField(max_length=40, blank=True, help_text="A state or region with holidays of its own, such as BY.")
    sprint_start = models.DateField(default=SPRINT_START, help_text="The first day of any one of your sprints.")
    sprint_days = models.IntegerField(default=14, help_text="How long a sprint lasts, in days.")

    history = History()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organisation"], name="one_calendar"),
            models.CheckConstraint(name="opens_before_it_closes", condition=Q(opens_at__lt=models.F("closes_at"))),
            models.CheckConstraint(
                name="a_sprint_lasts_days", condition=Q(sprint_days__gte=1, sprint_days__lte=SPRINT_DAYS_MOST)
            ),
        ]

    def clean(self) -> None:
        """A zone and a country that exist, at least one business day, and a sprint that lasts."""
        if not zone_exists(self.time_zone):
            raise ValidationError({"time_zone": f"There is no time zone {self.time_zone}; one is named like Europe/Berlin."})
        if not self.weekdays or not set(self.weekdays) <= set(range(1, 8)):
            raise ValidationError({"weekdays": "Give at least one weekday, each from 1 (Monday) to 7 (Sunday)."})
        if wrong := why_no_holidays(self.country, self.subdivision):
            raise ValidationError({wrong[0]: wrong[1]})
        if not 1 <= self.sprint_days <= SPRINT_DAYS_MOST:
            raise ValidationError({"sprint_days": f"A sprint lasts 1 to {SPRINT_DAYS_MOST} days."})

    def work(self, days: "Iterable[CalendarDay]") -> WorkCalendar:
        """The calendar to calculate with; `days` are its own days off and working days."""
        own = [(day.kind, day.day) for day in days]
        off, working = (frozenset(day for kind, day in own if kind == wanted) for wanted in CalendarDay.Kind)
        zone = ZoneInfo(self.time_zone)
        exceptions = Exceptions(self.country, self.subdivision, off, working)
        return WorkCalendar(
            BusinessHours(zone, self.opens_at, self.closes_at, frozenset(self.weekdays), exceptions),
            Sprints(zone, self.sprint_start, self.sprint_days),
        )

    def __str__(self) -> str:
        return f"{self.opens_at:%H:%M} to {self.closes_at:%H:%M} {self.time_zone}"


class CalendarDay(TenantOwned):
    """A date on which the organisation does not follow its week: a day off of its own, or one on which it works all the same."""

    class Kind(models.TextChoices):
        """Which of the two."""

        OFF = "off", "Day off"
        WORKING = "working", "Working day"

    calendar = TenantKey(Calendar, related_name="days")
    day = models.DateField()
    kind = models.CharField(max_length=10, choices=Kind.choices, default=Kind.OFF)
    name = models.CharField(max_length=80, blank=True, help_text="Why, such as Company day.")

    history = History()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "calendar", "day"],
                name="a_calendar_day_once",
                violation_error_message="This date is in the calendar already.",
            )
        ]

    def __str__(self) -> str:
        return f"{self.day:%Y-%m-%d} {self.get_kind_display().lower()}"


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


class ClockFailure(TenantOwned):
    """A clock whose moment has come and that could not be struck: when it is tried next. None: it was set aside, and is shown.

    A queue, deleted once the clock was struck: it has no history of its own.
    """

    clock = TenantKey(Clock, related_name="trouble")
    incident_id = models.BigIntegerField(null=True)
    failures = models.IntegerField(default=0)
    last_error = models.TextField(blank=True)
    next_try_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["clock"], name="one_trouble_a_clock")]

    def __str__(self) -> str:
        return f"{self.clock}: {self.last_error[:80]}"
