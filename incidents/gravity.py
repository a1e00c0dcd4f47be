"""The severity that counts once an incident is over: the worst that it had (docs/decisions/0032). Every duty after the fact asks here.

What happens while it runs goes by the severity that it has: whom it calls, its cadence, its room. What it teaches, and what it took from
customers, goes by how bad it was: a SEV 1 that was lowered because it was mitigated was a SEV 1.
"""

from collections.abc import Iterable
from typing import Any

from incidents.models import Incident
from incidents.states import Severity
from ledger.models import Event
from standard.gravity import gravest

# The entries that tell of a severity which it had, or which what was merged into it had, as `severity` or as `worst`.
TELLS = ("incident.declared", "incident.severity_changed", "incident.absorbed")

RESOLVED = "incident.resolved"

# The worst of many, in SQL: the id of each incident of `wanted` with the worst severity that its entries tell of.
TOLD = f"""
SELECT w.id, min(CASE WHEN jsonb_typeof(told.level) = 'number' THEN told.level::int END) AS worst FROM wanted w
JOIN ledger_event e ON e.organisation_id = w.organisation_id AND e.incident_id = w.id AND e.kind IN {TELLS!r}
CROSS JOIN LATERAL (VALUES (e.data -> 'severity'), (e.data -> 'worst')) told (level)
GROUP BY w.id
"""


def worst(incident: Incident) -> Severity:
    """The worst severity that it had since it was declared, and that what was merged into it had: one query."""
    told = Event.objects.filter(incident_id=incident.pk, kind__in=TELLS).values_list("data__severity", "data__worst")
    return Severity(gravest(incident.severity, (level for entry in told for level in entry)))


def counting(incident: Incident) -> Severity:
    """The severity by which it is learnt from: the worst, as its resolution wrote it down; or a worse one that a flag gave it since.

    What was resolved before resolutions wrote it down goes by its last: its people were told that they owed nothing. One query.
    """
    return counting_of([incident])[incident.pk]


def counting_of(incidents: Iterable[Incident]) -> dict[int, Severity]:
    """The same of many, in one query too: the incident's id -> the severity by which it is learnt from."""
    found = {incident.pk: incident for incident in incidents}
    said: dict[int, list[Any]] = {key: [] for key in found}
    entries = Event.objects.filter(incident_id__in=found, kind__in=(*TELLS, RESOLVED)).order_by("seq")
    for key, kind, severity, level in entries.values_list("incident_id", "kind", "data__severity", "data__worst"):
        if key not in found:  # an event without an incident: not of these
            continue
        if found[key].is_open:
            said[key] += [] if kind == RESOLVED else [severity, level]
        elif kind == RESOLVED:
            said[key] = [level]
    return {key: Severity(gravest(incident.severity, said[key])) for key, incident in found.items()}


def at_its_worst(incident: Incident, counts: Severity) -> str:
    """The level that counts ("SEV 1") where it is a worse one than the last; "" where both are one."""
    return counts.label if counts < incident.severity else ""


def is_learnt_from(incident: Incident) -> bool:
    """Whether a post-mortem is owed of it, with its review and its action items: it was a SEV 1 or 2 (as shipped)."""
    return incident.mobilises or incident.law.severity(counting(incident)).mobilises
