"""Reading incidents: lists, the record, and the parts of a room. Each costs the same however long the record is."""

from typing import Any

from django.db.models import Prefetch, QuerySet

from incidents import timeline
from incidents.facts import Facts
from incidents.models import Alert, Incident, IncidentService, RoleHolding, Signal, StatusUpdate
from incidents.states import OPEN, AlertState, RoomRole, Severity, SignalState
from ledger.models import Event
from oncall.models import Page
from oncall.queries import ladders
from standard.models import Clock
from tenants.time import now

ALERTS_MOST = 200  # of an incident are shown; the API has them all

# The clauses whose clocks people act on, in their words.
CLOCK_LABELS = {
    "severity.sev1-cadence": "Update",
    "severity.sev2-cadence": "Update",
    "handover.after-4h": "Handover of command",
    "oncall.escalate-15-30": "Escalation",
    "mobilize.roles-assigned": "Roles filled",
    "roles.ic-rhythm": "Check-in",
    "handover.shadow-15": "Shadowing, at least until",
    "severity.sev3-fix": "Fix",
    "severity.sev4-ticket": "Fix",
}


def incidents() -> QuerySet[Incident]:
    """Incidents with what a list shows of them, newest first."""
    return Incident.objects.prefetch_related(
        Prefetch("affected", IncidentService.objects.select_related("service").order_by("id")),
        Prefetch("roles", RoleHolding.objects.filter(until__isnull=True).select_related("user")),
    ).order_by("-number")


def next_clocks(found: list[Incident]) -> dict[int, Clock]:
    """The most pressing running clock of each incident."""
    clocks = Clock.objects.filter(incident_id__in=[i.pk for i in found if i.state in OPEN], stopped_at__isnull=True)
    clocks = clocks.exclude(next_at__isnull=True, broken_at__isnull=True)  # a minimum presses nobody
    most: dict[int, Clock] = {}
    for clock in clocks.order_by("due_at", "id"):
        if clock.incident_id is not None:
            most.setdefault(clock.incident_id, clock)
    return most


def clock_name(clause: str) -> str:
    """A clock in people's words."""
    return CLOCK_LABELS.get(clause, clause)


def clock_row(clock: Clock) -> dict[str, Any]:
    """A clock as pages show it."""
    return {
        "label": CLOCK_LABELS.get(clock.clause, clock.clause),
        "clause": clock.clause,
        "prompt_at": clock.prompt_at,
        "due_at": clock.due_at,
        "state": clock.state,
        "owner": clock.owner_role.upper(),
    }


def row(incident: Incident, clock: Clock | None) -> dict[str, Any]:
    """An incident as a list shows it."""
    holders = {holding.role: holding.user.name for holding in incident.roles.all()}
    return {
        "ref": incident.ref,
        "title": incident.title,
        "severity": incident.severity,
        "severity_label": Severity(incident.severity).label,
        "state": incident.state,
        "state_label": incident.get_state_display(),
        "exercise": incident.exercise,
        "declared_at": incident.declared_at,
        "services": [item.service.name for item in incident.affected.all()],
        "ic_name": holders.get(RoomRole.IC, ""),
        "next_clock": clock_row(clock) if clock else None,
    }


def events(incident: Incident, after: int = 0) -> QuerySet[Event]:
    """The incident's record, in its order."""
    return Event.objects.filter(incident_id=incident.pk, seq__gt=after).order_by("seq")


def entries(incident: Incident, after: int = 0, most: int | None = None) -> list[timeline.Entry]:
    """The incident's timeline, at most `most` entries of it."""
    return [timeline.entry(event) for event in events(incident, after)[:most]]


def roles(incident: Incident, facts: Facts) -> list[dict[str, Any]]:
    """The four roles of the room, with their holders."""
    return [
        {
            "key": role.value,
            "label": role.label,
            "holder": facts.roles[role].name if role in facts.roles else "",
            "email": facts.roles[role].email if role in facts.roles else "",
            "since": facts.roles[role].since if role in facts.roles else None,
        }
        for role in RoomRole
    ]


def clocks(incident: Incident) -> list[Clock]:
    """The running clocks of an incident, the most pressing first."""
    return list(Clock.objects.filter(incident_id=incident.pk, stopped_at__isnull=True).order_by("due_at", "id"))


def all_clocks(incident: Incident) -> list[Clock]:
    """Every clock that ran on an incident, in the order they started."""
    return list(Clock.objects.filter(incident_id=incident.pk).order_by("started_at", "id"))


def updates(incident: Incident) -> list[dict[str, Any]]:
    """The incident's status updates, newest first."""
    found = StatusUpdate.objects.filter(incident=incident).select_related("author").order_by("-id")
    return [
        {
            "audience": update.audience,
            "known": update.known,
            "impact": update.impact,
            "doing": update.doing,
            "next_update_at": update.next_update_at,
            "posted_at": update.posted_at,
            "author": update.author.name,
        }
        for update in found
    ]


def late(found: list[Clock]) -> list[str]:
    """What is late, as sentences; the date is named where it is another day's."""
    moment = now()
    return [
        f"{CLOCK_LABELS.get(clock.clause, clock.clause)} was due at "
        f"{clock.due_at:{'' if clock.due_at.date() == moment.date() else '%Y-%m-%d '}%H:%M:%S} UTC ({clock.clause})."
        for clock in found
        if clock.due_at <= moment and not clock.at_least
    ]


def alerts(incident: Incident) -> list[Alert]:
    """The incident's alerts, firing ones first. At most 200 are shown; the API has them all."""
    return list(Alert.objects.filter(incident_id=incident.pk).order_by("state", "-started_at", "id")[:ALERTS_MOST])


def pages(incident: Incident) -> list[dict[str, Any]]:
    """Who was called about the incident, and what became of each attempt."""
    return ladders(Page.objects.filter(incident_id=incident.pk).order_by("id"))


def waiting() -> QuerySet[Signal]:
    """What waits in triage, longest first."""
    return _signals().filter(state=SignalState.WAITING).order_by("opened_at", "id")


def decided(limit: int = 20) -> QuerySet[Signal]:
    """What was decided lately."""
    return _signals().exclude(state=SignalState.WAITING).order_by("-decided_at", "-id")[:limit]


def _signals() -> QuerySet[Signal]:
    return Signal.objects.select_related("service", "incident", "reporter", "decided_by")


def alerts_of(signals: list[Signal], most: int = 20) -> dict[int, list[Alert]]:
    """The alerts of each signal, firing first, at most `most` each."""
    found: dict[int, list[Alert]] = {signal.pk: [] for signal in signals}
    for alert in Alert.objects.filter(signal__in=signals).order_by("state", "-started_at", "id"):
        if len(found[alert.signal_id]) < most:
            found[alert.signal_id].append(alert)
    return found


def firing_counts(signals: list[Signal]) -> dict[int, tuple[int, int]]:
    """(firing, resolved) alerts of each signal."""
    counts = {signal.pk: [0, 0] for signal in signals}
    for signal_id, state in Alert.objects.filter(signal__in=signals).values_list("signal_id", "state"):
        counts[signal_id][state == AlertState.RESOLVED] += 1
    return {pk: (firing, resolved) for pk, (firing, resolved) in counts.items()}
