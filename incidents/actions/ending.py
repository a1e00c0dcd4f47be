"""Endings: resolved, and reopened if it was too soon; a false positive; merged into another; closed."""

from incidents import fields
from incidents.actions.base import enter, lock, start_cadence, tell
from incidents.actions.calls import end_calls
from incidents.actions.conditions import carry_over, restore
from incidents.actions.fixing import FIX_CLOCKS, fixed, start_fix
from incidents.actions.mobilising import (
    COMMAND_CLOCK,
    RHYTHM_CLOCK,
    ROLES_CLOCK,
    keep_rhythm,
    name_channel,
    settle_roles,
    stand_down,
    start_command,
)
from incidents.actions.orders import ACK_CLOCK, wait_again
from incidents.actions.times import take_impact_along
from incidents.facts import gather
from incidents.gravity import worst
from incidents.models import Alert, Incident, IncidentService, LegalHold, RoleHolding, Signal
from incidents.rules import ending as rules
from incidents.states import RoomRole, SignalState, State
from ledger.models import Event
from ledger.verbs import EVERY_CLOCK, verb
from oncall.actions import end_all
from oncall.models import Page
from standard import clocks
from standard.away import Away
from tenants.actors import Actor
from tenants.refusals import check
from tenants.time import now


@verb(
    "resolve",
    kind="incident.resolved",
    who="IC (SEV 3/4: a practitioner of the owner team)",
    stops=(EVERY_CLOCK,),
    clauses=("resolve.ic-declares", "resolve.impact-ceased", "resolve.alerts-cleared", "resolve.stable", "roles.cl-status-page"),
)
def resolve(incident: Incident, *, by: Actor, summary: str, overrides: dict[str, str] | None = None) -> Incident:
    """Declare it resolved: impact over, alerts cleared, stable. All clocks stop and nobody is called any more.

    That keeps the clock of a fix; of the others, what they ask for is owed no more.
    `overrides` gives a written reason for each code that the clause lets the IC pass over (alerts_firing, monitoring_too_short);
    they show as deviations in the record.
    """
    incident, _ = lock(incident)
    signals = _hold_signals(incident)
    facts = gather(incident)
    given = {code: fields.text(f"overrides.{code}", text, most=fields.REASON_MAX) for code, text in (overrides or {}).items()}
    overridden = check(rules.why_not_resolve(incident, facts, by), given)
    clean = fields.text("summary", summary)
    incident.state, incident.resolved_at, incident.summary = State.RESOLVED, now(), clean
    incident.save()
    enter(incident, facts, by)
    fixed(incident)
    restored = _end_all_of_it(incident, signals, by, Away.RESOLVED)
    seconds = (incident.resolved_at - incident.detected_at).total_seconds()
    tell(
        incident,
        "incident.resolved",
        by=by,
        summary=clean,
        overrides=overridden,
        firing=list(facts.firing),
        detected_to_resolved_seconds=round(seconds, 3),
        restored=restored,
        worst=int(worst(incident)),
    )
    return incident


@verb(
    "false-positive",
    kind="incident.false_positive",
    who="IC (SEV 3/4: the owner team)",
    stops=(EVERY_CLOCK,),
    clauses=("triage.declare-immediately", "lifecycle.phases"),
)
def mark_false_positive(incident: Incident, *, by: Actor, reason: str) -> Incident:
    """Say that it looked like an incident and was none: whoever declared it did right. All clocks stop, nobody is called any more.

    Where a SEV 1 or 2 was merged into it (at its worst), it was one: it is resolved.
    """
    incident, _ = lock(incident)
    signals = _hold_signals(incident)
    facts = gather(incident)
    check(rules.why_not_false_positive(incident, facts, by))
    clean = fields.text("reason", reason, most=fields.REASON_MAX)
    before, incident.state = incident.state, State.FALSE_POSITIVE
    incident.save()
    enter(incident, facts, by)
    restored = _end_all_of_it(incident, signals, by, Away.ENDED)
    tell(incident, "incident.false_positive", by=by, before=before, reason=clean, restored=restored)
    return incident


@verb(
    "merge",
    kind="incident.merged, incident.absorbed",
    who="IC (SEV 3/4: the owner team)",
    stops=(EVERY_CLOCK,),
    clauses=("lifecycle.phases", "principle.chain-of-command", "metrics.slo"),
    sometimes=("incident.impact_set", "incident.time_corrected"),
)
def merge(incident: Incident, *, by: Actor, into: Incident, reason: str = "") -> Incident:
    """Make it part of another running incident: its alerts and services move there, its own record stays readable where it is.

    Its clocks stop and its pages end; what it broke for customers goes on as the other's, whose public updates say when it is whole.
    The other's timeline says what came, its impact lasts from the earlier start to the later end (while harm goes on
    its end is asked for again), and the on-call of services that are new there is called.
    """
    ids = sorted({incident.pk, into.pk})  # both locked, in the same order by everybody
    rows = {row.pk: row for row in Incident.objects.select_for_update(of=("self",)).filter(pk__in=ids).order_by("pk")}
    incident, into = rows[incident.pk], rows[into.pk]
    signals = _hold_signals(incident)
    facts, there = gather(incident), gather(into)
    check(rules.why_not_merge(incident, facts, by, into, there))
    clean = fields.text("reason", reason, most=fields.REASON_MAX, required=False)
    before, incident.state, incident.merged_into = incident.state, State.MERGED, into
    incident.save()
    for signal in signals:
        end_all(signal, by=by)
    enter(incident, facts, by)
    carried = carry_over(incident, into)
    _end_all_of_it(incident, [], by, Away.ENDED)
    moved, services = _move_signals(incident, into), _move_services(incident, into)
    _share_holds(incident, into, by)
    was, title = int(worst(incident)), incident.title
    tell(
        into, "incident.absorbed", by=by, ref=incident.ref, title=title, signals=moved, services=services, reason=clean, worst=was
    )
    take_impact_along(incident, facts, into, there, by=by)
    # Its own event is the last: a remembered answer belongs to the incident of the last one, and this one speaks of it.
    told = f"INC-{into.number}" if into.restricted else into.ref  # those named on this one need not know the other's
    tell(incident, "incident.merged", by=by, before=before, into=told, reason=clean, carried=carried)
    return incident


@verb(
    "reopen",
    kind="incident.reopened",
    who="IC (any practitioner where nobody commands any more)",
    starts=("severity.sev1-cadence", "severity.sev2-cadence", *FIX_CLOCKS, ROLES_CLOCK, COMMAND_CLOCK, RHYTHM_CLOCK, ACK_CLOCK),
    clauses=("lifecycle.phases", *FIX_CLOCKS),
)
def reopen(incident: Incident, *, by: Actor, reason: str) -> Incident:
    """Take a resolution back: it goes on in investigation (SEV 3/4: in the backlog), counted, and its clocks start afresh.

    When the impact ended is asked for again; the room is told. What was resolved in the backlog, and raised to SEV 1/2 since (by a
    flag), mobilises now: state, channel, roles clock, and paging by the reaction. Orders that still wait are waited for again.
    """
    incident, facts = lock(incident)
    check(rules.why_not_reopen(incident, facts, by))
    clean = fields.text("reason", reason, most=fields.REASON_MAX)
    resolved, ended = incident.resolved_at, incident.impact_end
    raised = incident.mobilises and _was_small(incident)
    incident.state = State.MOBILIZATION if raised else State.INVESTIGATION if incident.mobilises else State.BACKLOG
    name_channel(incident)
    incident.resolved_at = incident.impact_end = incident.monitoring_since = None
    incident.reopened += 1
    incident.save()
    enter(incident, facts, by)
    tell(
        incident,
        "incident.reopened",
        by=by,
        after=incident.state,
        reason=clean,
        times=incident.reopened,
        resolved_at=resolved.isoformat() if resolved else None,
        impact_ended=ended.isoformat() if ended else None,
        severity=incident.severity,
        mobilise=raised,
        channel=incident.channel,
    )
    start_cadence(incident, instead=Away.REOPENED)
    start_fix(incident, instead=Away.REOPENED)
    keep_rhythm(incident, instead=Away.REOPENED)
    for holding in RoleHolding.objects.filter(incident=incident, role=RoomRole.IC, until=None):
        start_command(incident, holding)
    wait_again(incident)
    settle_roles(incident, by=by)
    return incident


@verb(
    "close",
    kind="incident.closed",
    who="IC, once the post-mortem is done (SEV 3/4: the owner team)",
    clauses=("lifecycle.phases", "postmortem.draft-24h"),
)
def close(incident: Incident, *, by: Actor, reason: str = "") -> Incident:
    """Close the book on a resolved incident: nothing is owed any more."""
    incident, facts = lock(incident)
    check(rules.why_not_close(incident, facts, by))
    clean = fields.text("reason", reason, most=fields.REASON_MAX, required=False)
    incident.state, incident.closed_at = State.CLOSED, now()
    incident.save()
    tell(incident, "incident.closed", by=by, reason=clean)
    return incident


def _was_small(incident: Incident) -> bool:
    """Whether it was resolved in the backlog, by the record: what it is now a flag may have made it since."""
    resolved = (
        Event.objects.filter(incident_id=incident.pk, kind="incident.resolved").order_by("-seq").values_list("seq", flat=True)
    )
    since = Event.objects.filter(incident_id=incident.pk, kind="incident.severity_changed", seq__gt=resolved[:1]).order_by("seq")
    was = since.values_list("data__before", flat=True).first()
    return was is not None and not incident.law.severity(was).mobilises


def _end_all_of_it(incident: Incident, signals: list[Signal], by: Actor, why: Away) -> list[str]:
    """What every end brings: signals and pages let go, nobody asked any more, every clock stopped. Returns the components restored.

    The calls of Privacy and Legal stay while their flag stands, with their clocks.
    """
    stay = _let_go(incident, signals, by)
    stand_down(incident)
    clocks.stop_for_incident(incident.pk, why=why, spare=stay)
    return restore(incident)


def _move_signals(incident: Incident, into: Incident) -> int:
    """Make an incident's signals, with their alerts, the other's. Returns how many."""
    found = Signal.objects.select_for_update(of=("self",)).filter(incident=incident).order_by("pk")
    for signal in found:
        signal.incident = into
        signal.save()
        Alert.objects.filter(signal=signal).update(incident_id=into.pk)
    return len(found)


def _move_services(incident: Incident, into: Incident) -> list[str]:
    """Make the services that an incident affects the other's too. Returns the names of those that are new there."""
    there = set(IncidentService.objects.filter(incident=into).values_list("service_id", flat=True))
    new = [i.service for i in incident.affected.select_related("service").order_by("id") if i.service_id not in there]
    for service in new:
        IncidentService.objects.create(incident=into, service=service)
    return [service.name for service in new]


def _share_holds(incident: Incident, into: Incident, by: Actor) -> None:
    """What is preserved of one is preserved of both from now on: they are one matter (clause breach.preserve-logs)."""
    for one, other in ((incident, into), (into, incident)):
        for hold in LegalHold.objects.filter(incident=one, released_at=None).order_by("id"):
            LegalHold.objects.get_or_create(
                incident=other, matter=hold.matter, released_at=None, defaults={"reason": hold.reason, "placed_by_id": by.user_id}
            )


def _hold_signals(incident: Incident) -> list[Signal]:
    """Lock the incident's open signals, before anything is judged: an alert that is being taken in is waited for and seen."""
    joined = (SignalState.ATTACHED, SignalState.DECLARED)
    return list(
        Signal.objects.select_for_update(of=("self",)).filter(incident=incident, is_open=True, state__in=joined).order_by("pk")
    )


def _let_go(incident: Incident, signals: list[Signal], by: Actor) -> list[Page]:
    """Close the incident's signals, so that what fires from now on is asked about anew, and stop its pages. Returns those that stay."""
    for signal in signals:
        signal.is_open = False
        signal.save()
        end_all(signal, by=by)
    return end_calls(incident, by=by)
