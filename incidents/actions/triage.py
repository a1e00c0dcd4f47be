"""Triage: every alert and report waits until somebody answers "is this an incident?" (clause triage.is-it-an-incident)."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from incidents import fields
from incidents.actions.base import lock, tell
from incidents.actions.declare import DECLARING, declare
from incidents.actions.joining import join, waited
from incidents.models import Incident, Signal
from incidents.rules import signals as rules
from incidents.states import DetectedBy, FlagKey, FlagKind, Severity, SignalState
from ledger.actions import record
from ledger.verbs import verb
from oncall.actions import ESCALATION, end_all
from oncall.models import Service
from tenants.actors import Actor
from tenants.refusals import check
from tenants.time import now


@verb("report", kind="signal.opened", who="any member", subject="signal", clauses=("detection.manual",))
def report(*, by: Actor, title: str, text: str = "", service: Service | None = None, ticket: str = "") -> Signal:
    """Say that something looks wrong. It waits in triage like an alert, and pages like one."""
    check(rules.why_not_declare(by))
    signal = Signal.objects.create(
        kind=Signal.Kind.REPORT,
        title=fields.line("title", title),
        text=fields.text("text", text, required=False),
        ticket=fields.line("ticket", ticket, most=80, required=False),
        service=service,
        reporter_id=by.user_id,
    )
    record("signal.opened", signal, by=by, title=signal.title, source=signal.kind, ticket=signal.ticket)
    return signal


@verb(
    "attach",
    kind="signal.attached, incident.signal_attached",
    who="practitioner",
    subject="signal",
    sometimes=("incident.preceded",),
    stops=(ESCALATION,),
    clauses=("triage.is-it-an-incident", "severity.sev4-ticket"),
)
def attach(signal: Signal, incident: Incident, *, by: Actor) -> Signal:
    """Answer "yes, that one": the signal joins a running incident, with its alerts and its pages.

    The on-call of a service that is new there is called, unless it was for the signal (mobilize.page-out).
    """
    incident, _ = lock(incident)
    signal = _lock(signal)
    check([*rules.why_not_triage(signal, by), *rules.why_not_attach(incident)])
    services = join(signal, incident, SignalState.ATTACHED, by=by)
    kind, what = "incident.signal_attached", signal.kind
    tell(incident, kind, by=by, signal_id=signal.pk, title=signal.title, source=what, services=services)
    return signal


@verb(
    "dismiss",
    kind="signal.dismissed",
    who="practitioner",
    subject="signal",
    stops=(ESCALATION,),
    clauses=("triage.is-it-an-incident",),
)
def dismiss(signal: Signal, *, by: Actor, reason: str) -> Signal:
    """Answer "no", with the reason. Its pages end; what fires later in the same group is a new question."""
    signal = _lock(signal)
    check(rules.why_not_triage(signal, by))
    clean = fields.text("reason", reason, most=fields.REASON_MAX)
    signal.state, signal.is_open, signal.decision_reason = SignalState.DISMISSED, False, clean
    signal.decided_by_id, signal.decided_at = by.user_id, now()
    signal.save()
    end_all(signal, by=by)
    record("signal.dismissed", signal, by=by, reason=clean, waited_seconds=waited(signal))
    return signal


@verb(
    "declare-from",
    kind="incident.declared, signal.declared",
    who="any member who may triage",
    subject="signal",
    sometimes=("incident.preceded", "incident.flagged"),
    starts=DECLARING,
    stops=(ESCALATION,),
    clauses=("triage.is-it-an-incident", "triage.declare-immediately"),
)
def declare_from(
    signals: Sequence[Signal],
    *,
    by: Actor,
    title: str,
    severity: Severity,
    services: Sequence[Service] = (),
    detected_by: DetectedBy | None = None,
    impact_start: datetime | None = None,
    summary: str = "",
    flags: Sequence[FlagKey] = (),
    kinds: Sequence[FlagKind] = (),
    exercise: bool = False,
    answers: Mapping[str, str] | None = None,
) -> Incident:
    """Answer "yes": declare an incident from waiting signals. It is detected when the first of them came in."""
    locked = [_lock(signal) for signal in sorted(set(signals), key=lambda signal: signal.pk)]
    found = DetectedBy.MONITORING if any(s.kind == Signal.Kind.ALERTS for s in locked) else DetectedBy.USER
    return declare(
        by=by,
        title=title,
        severity=severity,
        services=services,
        detected_by=detected_by or found,
        impact_start=impact_start,
        summary=summary,
        signals=locked,
        flags=flags,
        kinds=kinds,
        exercise=exercise,
        answers=answers,
    )


def _lock(signal: Signal) -> Signal:
    return Signal.objects.select_for_update(of=("self",)).select_related("service", "decided_by").get(pk=signal.pk)
