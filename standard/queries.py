"""Reading the standard."""

from functools import lru_cache

from django.db import connection
from django.db.models import QuerySet

from standard.calendar import WorkCalendar
from standard.law import Law
from standard.models import Calendar, CalendarDay, Clock, StandardVersion
from tenants.scope import organisation_id
from tenants.time import now


def in_force() -> StandardVersion:
    """The organisation's version in force now, without its content. Every organisation adopts one when it is made."""
    return StandardVersion.objects.defer("content").filter(effective_at__lte=now()).latest("effective_at", "number")


def law(version_id: int) -> Law:
    """The content of a version, typed. A version never changes once published, so it is read and checked once a process."""
    return _law(str(connection.settings_dict["NAME"]), version_id)


@lru_cache(maxsize=256)
def _law(database: str, version_id: int) -> Law:
    return StandardVersion.objects.get(pk=version_id).law


def running(incident_id: int) -> QuerySet[Clock]:
    """The clocks of an incident that have not stopped, the most pressing first."""
    return Clock.objects.filter(incident_id=incident_id, stopped_at__isnull=True).order_by("due_at")


def calendar() -> WorkCalendar:
    """The organisation's calendar, on which its business days and sprints are counted. Two queries."""
    row = Calendar.objects.get(organisation_id=organisation_id())
    return row.work(CalendarDay.objects.filter(calendar=row))
