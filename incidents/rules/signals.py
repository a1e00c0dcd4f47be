"""Before there is an incident: who declares, and who answers for a signal."""

from incidents.models import Incident, Signal
from incidents.rules.common import practitioner, reader, running
from incidents.states import SignalState
from tenants.actors import Actor
from tenants.refusals import Reason


def why_not_declare(by: Actor) -> list[Reason]:
    """Any member declares (triage.declare-immediately)."""
    return reader(by)


def why_not_triage(signal: Signal, by: Actor) -> list[Reason]:
    """A practitioner answers "is this an incident?", once (triage.is-it-an-incident)."""
    reasons = practitioner(by)
    if signal.state != SignalState.WAITING:
        who = signal.decided_by.name if signal.decided_by else "A rule"
        when = f" at {signal.decided_at:%H:%M:%S} UTC" if signal.decided_at else ""
        reasons.append(
            Reason(
                "decided", f"{who} {signal.get_state_display().lower()} this{when} already.", clause="triage.is-it-an-incident"
            )
        )
    return reasons


def why_not_attach(incident: Incident) -> list[Reason]:
    """A signal joins an incident that is still running."""
    return running(incident)


def why_not_ask(signal: Signal, by: Actor) -> list[Reason]:
    """What is suppressed can be asked about after all, by a practitioner; an integration's own news does so too."""
    reasons = [] if by.kind == "integration" else practitioner(by)
    if signal.state != SignalState.SUPPRESSED or not signal.is_open:
        sentence = f"This is not suppressed now: it is {signal.get_state_display().lower()}."
        reasons.append(Reason("not_suppressed", sentence, clause="triage.is-it-an-incident"))
    return reasons
