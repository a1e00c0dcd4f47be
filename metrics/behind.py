"""The incidents behind a figure, with their times."""

from collections.abc import Iterable
from typing import Any

from django.db.models import F, QuerySet
from django.urls import reverse

from incidents.models import TimeCorrection
from incidents.states import Severity
from metrics.definitions import BY_KEY, NOT_KNOWN_YET, TIMES
from metrics.filters import Filters
from metrics.models import IncidentFigure
from metrics.tables import Cell, Table
from metrics.words import span

_MOMENTS = ("impact_start", "detected_at", "acknowledged_at", "mitigated_at", "resolved_at", "impact_end")


def behind(filters: Filters, figure: str = "", *, missing: bool = False) -> QuerySet[IncidentFigure]:
    """The incidents that fit: those that have the figure, the longest first, or those without it; without one all, newest first."""
    found = narrowed(filters).filter(detected_at__gte=filters.start, detected_at__lt=filters.end).select_related("incident")
    column = BY_KEY[figure].column if figure in BY_KEY else ""
    if column:
        found = found.filter(**{f"{column}__isnull": missing})
    if column and not missing:
        return found.order_by(F(column).desc(), "-detected_at", "-id")
    return found.order_by("-detected_at", "-id")


def narrowed(filters: Filters) -> QuerySet[IncidentFigure]:
    """The incidents that fit what was chosen besides the period, whenever they were detected."""
    found = IncidentFigure.objects.order_by()
    if filters.severities:
        found = found.filter(severity__in=filters.severities)
    for name, pk in (("service_ids", filters.service_id), ("team_ids", filters.team_id)):
        if pk is not None:
            found = found.filter(**({name: []} if pk == 0 else {f"{name}__contains": [pk]}))
    return found


def rows(found: Iterable[IncidentFigure]) -> list[dict[str, Any]]:
    """Incidents as the page shows them; one query says which of them had a time corrected."""
    figures = list(found)
    corrected = set(
        TimeCorrection.objects.filter(incident__in=[one.incident_id for one in figures]).values_list("incident_id", flat=True)
    )
    return [
        {
            "ref": one.incident.ref,
            "title": one.incident.title,
            "url": reverse("incident", args=[one.incident.ref]),
            "severity": one.severity,
            "severity_label": Severity(one.severity).label,
            "restricted": one.incident.restricted,
            "corrected": one.incident_id in corrected,
            "detected_at": one.detected_at,
            "spans": [(time.short, span(getattr(one, time.column)) or NOT_KNOWN_YET) for time in TIMES],
        }
        for one in figures
    ]


def as_table(found: Iterable[IncidentFigure]) -> Table:
    """The same as a table for a machine, with every time in force."""
    heads = [("Incident", "incident"), ("Title", "title"), ("Severity", "severity")]
    heads += [(moment, moment) for moment in _MOMENTS] + [(one.label, f"{one.column}_seconds") for one in TIMES]
    return Table("incidents", "Incidents", heads, [[Cell(str(value), value) for value in _values(one)] for one in found])


def _values(one: IncidentFigure) -> list[Any]:
    moments = [getattr(one, name) for name in _MOMENTS]
    spans = [getattr(one, time.column) for time in TIMES]
    named = [one.incident.ref, one.incident.title, Severity(one.severity).code]
    return [*named, *(moment.isoformat() if moment else "" for moment in moments), *("" if s is None else s for s in spans)]
