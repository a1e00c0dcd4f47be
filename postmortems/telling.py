"""What of an incident's record tells its story: which entries a post-mortem's timeline begins with, and its first summary."""

from collections.abc import Iterable
from datetime import datetime

from incidents import times
from incidents.gravity import at_its_worst, counting
from incidents.models import Incident, IncidentService
from incidents.sentences.kind import span
from incidents.states import Audience, DetectedBy, KeyTime
from ledger.models import Event
from postmortems.durations import Durations, durations

SUMMARY = "postmortem.summary"  # the clause of the section that begins with a summary

# The kinds of entries that turned the incident. (Not notes, orders and pages: who writes it adds of them what a reader misses.)
TELLING = (
    "incident.declared",
    "incident.severity_changed",
    "incident.flagged",
    "incident.absorbed",
    "incident.claimed",
    "incident.command_taken",
    "role.accepted",
    "incident.advanced",
    "incident.hypothesis_verified",
    "incident.decided",
    "incident.change_executed",
    "incident.change_verified",
    "incident.change_deviated",
    "incident.impact_set",
    "incident.reopened",
    "incident.resolved",
)
FIRSTS = ("page.acknowledged",)  # of these kinds the first tells something, the others repeat it
BEFORE = ("signal.opened",)  # of what led to the incident (incident.preceded)


def chosen(incident: Incident) -> list[Event]:
    """The entries of an incident's record that its post-mortem begins with, in the record's order."""
    kinds = (*TELLING, *FIRSTS, "incident.preceded", "incident.updated")
    events = Event.objects.filter(incident_id=incident.pk, kind__in=kinds).order_by("seq")
    return list(_telling(events))


def _telling(events: Iterable[Event]) -> Iterable[Event]:
    seen: set[str] = set()
    for event in events:
        kind = event.data["kind_then"] if event.kind == "incident.preceded" else event.kind
        first = kind not in seen
        seen.add(kind)
        if kind == "incident.updated":
            wanted = event.data.get("audience") == Audience.PUBLIC
        elif kind in FIRSTS:
            wanted = first
        else:
            wanted = kind in (*TELLING, *BEFORE)
        if wanted:
            yield event


def first_summary(incident: Incident) -> str:
    """The executive summary to begin with: what the record knows, in plain sentences, and what was said at resolving, as it was said.

    Muster's own sentences have no name of a person; those of whoever resolved it may, and the blameless check reads them like the author's.
    """
    at = times.known(incident)
    services = IncidentService.objects.filter(incident=incident).order_by("id").values_list("service__name", flat=True)
    detected_at = at[KeyTime.DETECTED] or incident.detected_at
    course = course_of(DetectedBy(incident.detected_by).label, detected_at, durations(at))
    return summary_of(incident, at_its_worst(incident, counting(incident)), services, course)


def summary_of(incident: Incident, worst: str, services: Iterable[str], course: str) -> str:
    """The same, of what is known already. `worst` is the level that counts, where that is not the last."""
    names = ", ".join(services)
    level = f"{incident.level} ({worst} at its worst)" if worst else incident.level
    lines = [f"{level} {incident.ref}: {incident.title}.{f' It affected {names}.' if names else ''}", course]
    if incident.summary:
        lines.append(incident.summary)
    return "\n\n".join(lines)


def course_of(detected_by: str, detected_at: datetime, took: Durations) -> str:
    """The paragraph that tells when it was detected, and how it went on."""
    after = f", {span(took.detect)} after the impact began" if took.detect else ""
    return f"It was detected by {detected_by.lower()} at {detected_at:%Y-%m-%d %H:%M:%S} UTC{after}. {_course(took)}".strip()


def _course(took: Durations) -> str:
    """How it went on, each part counted from its detection."""
    parts = [
        (took.acknowledge, "acknowledged after {}"),
        (took.mitigate, "mitigated after {}"),
        (took.resolve, "resolved after {}"),
    ]
    told = [words.format(span(seconds)) for seconds, words in parts if seconds is not None]
    course = f"It was {', '.join(told[:-1])}{' and ' if told[:-1] else ''}{told[-1]}." if told else ""
    lasted = f" The impact lasted {span(took.impact)}." if took.impact is not None else ""
    return f"{course}{lasted}"
