"""What the incidents of a quarter tell the review of the process."""

from collections import Counter
from datetime import datetime

from django.db.models import Count, Q, QuerySet

from incidents.models import Incident
from incidents.states import OPEN, Severity
from ledger.models import Event
from standard.figures import Figures

PASSED_OVER = ("incident.resolved", "incident.change_executed")  # the verbs that let a rule be passed over


def exercises() -> QuerySet[Incident, int]:
    """The ids of the incidents that are drills: they count in no figure. Not asked until it is used, as part of the asker's query."""
    return Incident.objects.filter(exercise=True).values_list("id", flat=True)


def figures(start: datetime, end: datetime) -> list[Figures]:
    """Incidents declared between two instants by severity, and the rules that were passed over with a reason. Two queries."""
    return [_by_severity(start, end), _overridden(start, end)]


def _by_severity(start: datetime, end: datetime) -> Figures:
    rows = (
        Incident.objects.filter(exercise=False, declared_at__gte=start, declared_at__lt=end)
        .values_list("severity")
        .annotate(
            declared=Count("id"),
            running=Count("id", filter=Q(state__in=OPEN)),
            reopened=Count("id", filter=Q(reopened__gt=0)),
            relapsed=Count("id", filter=Q(relapses__gt=0)),
        )
    )
    found = {severity: counts for severity, *counts in rows}
    told = tuple((level.label, *map(str, found.get(level.value, (0, 0, 0, 0)))) for level in Severity)
    columns = ("Severity", "Declared", "Still running", "Reopened", "Relapsed")
    return Figures(
        "Incidents by severity", columns, told, "Declared in the quarter, by their severity now. Exercises do not count."
    )


def _overridden(start: datetime, end: datetime) -> Figures:
    """Each rule that the standard lets somebody pass over, how often that was done."""
    done = Event.objects.filter(kind__in=PASSED_OVER, occurred_at__gte=start, occurred_at__lt=end, data__has_key="overrides")
    used = done.exclude(data__overrides={}).exclude(incident_id__in=exercises()).values_list("data__overrides", flat=True)
    counts = Counter(code for overrides in used for code in overrides)
    rows = tuple(
        (code.replace("_", " "), str(times)) for code, times in sorted(counts.items(), key=lambda one: (-one[1], one[0]))
    )
    return Figures(
        "Rules passed over with a reason", ("Rule", "Times"), rows, "Each time is in its incident's record, with the reason."
    )
