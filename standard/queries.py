"""Reading the standard."""

from functools import lru_cache
from typing import Any

from django.db import connection
from django.db.models import Exists, F, OuterRef, QuerySet

from standard.calendar import WorkCalendar
from standard.law import Law
from standard.models import Calendar, Clock, StandardVersion, StandardWithdrawal
from tenants import prepared
from tenants.scope import organisation_id
from tenants.time import now


def in_force() -> StandardVersion:
    """The organisation's version in force now, without its content. Every organisation adopts one when it is made."""
    return standing().defer("content").filter(effective_at__lte=now()).latest("effective_at", "number")


def standing() -> QuerySet[StandardVersion]:
    """The versions that were not withdrawn before they came into force."""
    return StandardVersion.objects.filter(~Exists(StandardWithdrawal.objects.filter(version=OuterRef("pk"))))


def last_published() -> StandardVersion:
    """The newest version that stands: the one in force, or one that will be."""
    return standing().latest("effective_at", "number")


_IN_FORCE = """
SELECT id FROM standard_standardversion v WHERE organisation_id = (SELECT muster.organisation()) AND effective_at <= %s
AND NOT EXISTS (SELECT 1 FROM standard_standardwithdrawal w WHERE w.organisation_id = v.organisation_id AND w.version_id = v.id)
ORDER BY effective_at DESC, number DESC LIMIT 1
"""


def in_force_id() -> int:
    """The id of the version in force now, where only that is wanted: `law()` knows the rest."""
    row = prepared.one(_IN_FORCE, [now()])
    if row is None:
        raise StandardVersion.DoesNotExist("No version of the standard is in force.")
    found: int = row[0]
    return found


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
    """The organisation's calendar, on which its business days and sprints are counted. One query: a row for each day of its own.

    Raises Calendar.DoesNotExist where there is none.
    """
    days = Calendar.objects.annotate(kind=F("days__kind"), day=F("days__day"))
    rows: list[Any] = list(days.filter(organisation_id=organisation_id()))
    if not rows:
        raise Calendar.DoesNotExist
    found: Calendar = rows[0]
    return found.work(row for row in rows if row.day is not None)


def clause_ids() -> frozenset[str]:
    """The clauses of the standard in force."""
    return frozenset(clause.id for clause in law(in_force_id()).clauses)
