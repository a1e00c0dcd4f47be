"""When an organisation works: the calendar that its limits are counted on."""

from collections.abc import Iterable
from datetime import date
from zoneinfo import ZoneInfo

from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q

from standard.calendar import BusinessHours, Exceptions, Sprints, WorkCalendar, why_no_holidays, zone_exists
from tenants.walled import History, TenantKey, TenantOwned

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
