"""Reading incidents: lists, the record, and the parts of a room. Each costs the same however long the record is."""

from datetime import datetime
from typing import Any

from django.db.models import Count, Exists, OuterRef, Prefetch, Q, QuerySet

from incidents import notices, timeline
from incidents.facts import Facts
from incidents.models import Alert, Incident, IncidentService, NeedToKnow, RoleHolding, Signal, StatusUpdate
from incidents.rules.outside import own_page, told_of
from incidents.states import CADENCES, OPEN, AlertState, Audience, FlagKey, FlagKind, RoomRole, Severity, SignalState, UpdateState
from ledger.models import Event
from oncall.models import Page
from oncall.queries import Calls, ladders
from oncall.queries import calls as page_calls
from standard.away import why
from standard.models import Clock
from standard.running import Shown
from tenants import prepared
from tenants.actors import Actor, Role
from tenants.models import Membership
from tenants.time import now

ALERTS_MOST = 200  # of an incident are shown; the API has them all

ENDINGS = ("incident.resolved", "incident.false_positive", "incident.merged")

# The clauses whose clocks people act on, in their words.
CLOCK_LABELS = {
    "severity.sev1-cadence": "Update",
    "severity.sev2-cadence": "Update",
    "handover.after-4h": "Handover of command",
    "oncall.escalate-15-30": "Escalation",
    "mobilize.roles-assigned": "Roles filled",
    "warroom.ack-everything": "Answer to an order",
    "roles.ic-rhythm": "Check-in",
    "handover.shadow-15": "Shadowing",
    "severity.sev3-fix": "Fix",
    "severity.sev4-ticket": "Fix",
    "resolve.stable": "Watched long enough",
    "postmortem.draft-24h": "Post-mortem draft",
    "postmortem.review-5-days": "Post-mortem review",
    "evidence.access-review": "Access review",
    "actions.sla": "Action item",
    "law.duty": "Duty of law",
}


_PRACTISES = Membership.objects.filter(user_id=OuterRef("user_id"), is_active=True, roles__contains=[Role.PRACTITIONER])


def incidents() -> QuerySet[Incident]:
    """Incidents with what a list shows of them, newest first."""
    return Incident.objects.prefetch_related(
        Prefetch("affected", IncidentService.objects.select_related("service").order_by("id")),
        Prefetch(
            "roles", RoleHolding.objects.filter(until__isnull=True).select_related("user").annotate(stays=Exists(_PRACTISES))
        ),
    ).order_by("-number")


def burning() -> QuerySet[Incident]:
    """The open ones, the worst first, and of the same severity the newest."""
    return incidents().filter(state__in=OPEN).order_by("severity", "-number")


def last_end() -> datetime | None:
    """When the last incident ended, however it did; None where none has."""
    ends = (Event.objects.filter(kind=kind).order_by("-id").values_list("occurred_at", flat=True).first() for kind in ENDINGS)
    return max((at for at in ends if at is not None), default=None)


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


def clock_label(clock: Shown) -> str:
    """A running clock in people's words: that of public updates is told apart from that of internal ones."""
    name = clock_name(clock.clause)
    return f"Public {name.lower()}" if clock_audience(clock) == Audience.PUBLIC else name


def clock_row(clock: Shown) -> dict[str, Any]:
    """A clock as pages show it."""
    return {
        "label": clock_label(clock),
        "clause": clock.clause,
        "prompt_at": clock.prompt_at,
        "due_at": clock.due_at,
        "state": clock.state,
        "why": why(clock.fell_away),
        "owner": clock.owner_role.upper(),
    }


def row(incident: Incident, clock: Clock | None) -> dict[str, Any]:
    """An incident as a list shows it."""
    seats: Any = incident.roles.all()  # while it runs, a role whose holder has left the organisation is open
    holders = {seat.role: seat.user.name for seat in seats if seat.stays or incident.state not in OPEN}
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
        "restricted": incident.restricted,
        "ic_name": holders.get(RoomRole.IC, ""),
        "roles": [
            {
                "short": role.value.upper() if role != RoomRole.SCRIBE else role.label,
                "label": role.label,
                "holder": holders.get(role, ""),
            }
            for role in RoomRole
        ]
        if incident.mobilises and incident.state in OPEN
        else [],
        "next_clock": clock_row(clock) if clock else None,
    }


def events(incident: Incident, after: int = 0) -> QuerySet[Event]:
    """The incident's record, in its order."""
    return Event.objects.filter(incident_id=incident.pk, seq__gt=after).order_by("seq")


def entries(incident: Incident, after: int = 0, most: int | None = None) -> list[timeline.Entry]:
    """The incident's timeline, at most `most` entries of it."""
    found = list(events(incident, after)[:most])
    if most is None or not found:  # what strikes an entry comes after it, so it is here
        return timeline.entries(found)
    later = events(incident, found[-1].seq or 0).filter(kind=timeline.CORRECTED, data__entry__gt=after)
    return timeline.entries(found, list(later))


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


def law(incident: Incident, facts: Facts) -> dict[str, Any]:
    """What the law asks of an incident: flags, who sees it, holds, copies of databases (templates/components/restriction.html)."""
    return {
        "restricted": incident.restricted,
        "seen_by": sum(item.knows for item in facts.admitted),
        "flags": [
            {
                "label": FlagKey(flag.key).label,
                "kinds": ", ".join(FlagKind(kind).label for kind in flag.kinds.split(",") if kind),
                "reason": flag.reason,
                "raised_by": flag.raised_by,
                "raised_at": flag.raised_at,
            }
            for flag in facts.flags
        ],
        "named": [
            {
                "name": item.name,
                "email": item.email,
                "reason": item.reason,
                "added_at": item.added_at,
                "expires_at": item.expires_at,
                "glass": bool(item.via),
                "over": not item.knows,
            }
            for item in facts.admitted
        ],
        "holds": facts.legal_holds,
        "snapshots": facts.snapshots,
    }


def named_now(incident_id: int) -> QuerySet[NeedToKnow]:
    """Who is named on a restricted incident and sees it now: the rows of the others are removed, or their time is over."""
    return NeedToKnow.objects.filter(Q(expires_at=None) | Q(expires_at__gt=now()), incident__pk=incident_id, removed_at=None)


def all_clocks(incident: Incident) -> list[Clock]:
    """Every clock that ran on an incident, in the order they started."""
    return list(Clock.objects.filter(incident_id=incident.pk).order_by("started_at", "id"))


def updates(incident: Incident, by: Actor) -> list[dict[str, Any]]:
    """The incident's status updates, newest first: all in the room, outside it what went out to them and to customers."""
    found = StatusUpdate.objects.filter(incident=incident).select_related("author", "decided_by").order_by("-id")
    if own_page(by, incident) is not None:
        found = found.filter(audience__in=told_of(by, incident), state=UpdateState.PUBLISHED)
    plain = ("id", "audience", "status", "state", "awaits", "known", "impact", "doing", "next_update_at", "states_cause")
    then = ("components", "posted_at", "published_at", "decided_at", "decision_reason")
    return [
        {
            **{name: getattr(update, name) for name in (*plain, *then)},
            "author": update.author.name,
            "decided_by": update.decided_by.name if update.decided_by else "",
        }
        for update in found
    ]


def clock_audience(clock: Shown) -> str:
    """Whose updates a cadence clock counts to: those of its subject; "" for a clock of another clause."""
    if clock.clause not in CADENCES:
        return ""
    return Audience.PUBLIC.value if clock.subject_type == StatusUpdate._meta.label_lower else Audience.INTERNAL.value


def late_seconds(clock: Shown) -> float | None:
    """By how many seconds a clock's time was passed when it stopped, or is by now; None where it was or is kept."""
    if clock.broken_at is None and clock.clause not in CADENCES:
        return None  # no miss; some clocks are to be outlasted
    over = ((clock.stopped_at or now()) - clock.due_at).total_seconds()
    return round(over, 3) if over > 0 else None


def alerts(incident: Incident) -> list[Alert]:
    """The incident's alerts, firing ones first. At most 200 are shown; the API has them all."""
    return list(Alert.objects.filter(incident_id=incident.pk).order_by("state", "-started_at", "id")[:ALERTS_MOST])


def pages(incident: Incident) -> list[dict[str, Any]]:
    """Who was called about the incident, and what became of each attempt."""
    return ladders(_pages(incident))


def calls(incident: Incident, *, on_call: bool) -> Calls:
    """The same, with the notices that went to duties in the same query; and, where that is asked, who is on call now."""
    return page_calls(_pages(incident), notices.of(incident), on_call=on_call)


def _pages(incident: Incident) -> QuerySet[Page]:
    return Page.objects.filter(incident_id=incident.pk).order_by("id")


def waiting() -> QuerySet[Signal]:
    """What waits in triage, longest first."""
    return _signals().filter(state=SignalState.WAITING).order_by("opened_at", "id")


def waiting_before(signal: Signal) -> int:
    """How many wait in front of a signal."""
    earlier = Q(opened_at__lt=signal.opened_at) | Q(opened_at=signal.opened_at, pk__lt=signal.pk)
    return Signal.objects.filter(earlier, state=SignalState.WAITING).count()


def decided(limit: int = 20) -> QuerySet[Signal]:
    """What was decided lately."""
    return _signals().exclude(state__in=[SignalState.WAITING, SignalState.SUPPRESSED]).order_by("-decided_at", "-id")[:limit]


def suppressed(limit: int = 100) -> QuerySet[Signal]:
    """What is kept without asking anybody now, newest first."""
    return _signals().filter(state=SignalState.SUPPRESSED, is_open=True).order_by("-opened_at", "-id")[:limit]


def _signals() -> QuerySet[Signal]:
    return Signal.objects.select_related("service", "incident", "reporter", "decided_by")


_FIRST_ALERTS = """
SELECT a.* FROM unnest(%s::bigint[]) WITH ORDINALITY AS s(id, place) CROSS JOIN LATERAL (
  SELECT x.* FROM incidents_alert x WHERE x.signal_id = s.id ORDER BY x.state, x.started_at DESC, x.id LIMIT %s) a
ORDER BY s.place, a.state, a.started_at DESC, a.id
"""


def alerts_of(signals: list[Signal], most: int = 20) -> dict[int, list[Alert]]:
    """The alerts of each signal, firing first, at most `most` each: no more are read, however many there are."""
    found: dict[int, list[Alert]] = {signal.pk: [] for signal in signals}
    for alert in prepared.rows(Alert, _FIRST_ALERTS, [list(found), most]):
        found[alert.signal_id].append(alert)
    return found


def firing_counts(signals: list[Signal]) -> dict[int, tuple[int, int]]:
    """(firing, resolved) alerts of each signal, counted by the database."""
    counts = {signal.pk: [0, 0] for signal in signals}
    rows = Alert.objects.filter(signal__in=signals).values("signal_id", "state").annotate(times=Count("pk")).order_by()
    for signal_id, state, times in rows.values_list("signal_id", "state", "times"):
        counts[signal_id][state == AlertState.RESOLVED] = times
    return {pk: (firing, resolved) for pk, (firing, resolved) in counts.items()}
