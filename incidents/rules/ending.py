"""Endings: when an incident is over, and who says so."""

from datetime import timedelta

from incidents.facts import Facts
from incidents.models import Incident
from incidents.rules.common import command, practitioner, running
from incidents.states import State
from tenants.actors import Actor
from tenants.refusals import Reason
from tenants.time import now


def why_not_resolve(incident: Incident, facts: Facts, by: Actor) -> list[Reason]:
    """Only the IC, after monitoring, impact over, alerts cleared, stable (clauses resolve.*).

    Firing alerts and too short a monitoring may be overridden by the IC with a written reason; the rest may not.
    """
    reasons = practitioner(by) or running(incident)
    if reasons:
        return reasons
    if refused := command(incident, facts, by, "resolving"):
        return [Reason(r.code, r.sentence, clause="resolve.ic-declares", status=r.status) for r in refused]
    if incident.state not in (State.MONITORING, State.BACKLOG):
        sentence = f"It is in {incident.get_state_display().lower()}: advance it to monitoring first."
        reasons.append(Reason("not_monitoring", sentence, clause="lifecycle.phases"))
    if incident.impact_end is None:
        reasons.append(Reason("impact_not_ended", "Say first when the impact ended.", clause="resolve.impact-ceased"))
    if facts.firing:
        named = ", ".join(facts.firing[:3]) + (f" and {len(facts.firing) - 3} more" if len(facts.firing) > 3 else "")
        reasons.append(Reason("alerts_firing", f"Still firing: {named}.", clause="resolve.alerts-cleared", overridable=True))
    if incident.state == State.MONITORING and (left := _left_of_monitoring(incident)):
        sentence = f"Monitoring lasts at least {_minutes(incident)} minutes: {left} to go."
        reasons.append(Reason("monitoring_too_short", sentence, clause="resolve.stable", overridable=True))
    return reasons


def _minutes(incident: Incident) -> int:
    return int(incident.law.minutes("monitoring_minimum"))


def _left_of_monitoring(incident: Incident) -> str:
    """How long monitoring still has to last ("3 min 20 s"), or "" once it has lasted."""
    if incident.monitoring_since is None:
        return ""
    left = incident.monitoring_since + timedelta(minutes=_minutes(incident)) - now()
    seconds = int(left.total_seconds())
    return f"{seconds // 60} min {seconds % 60} s" if left > timedelta() else ""
