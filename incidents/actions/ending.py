"""Endings. (False positive, merge and close come with the rest of the lifecycle.)"""

from incidents import fields
from incidents.actions.base import enter, lock, tell
from incidents.facts import gather
from incidents.models import Incident, Signal
from incidents.rules import ending as rules
from incidents.states import SignalState, State
from ledger.verbs import verb
from oncall.actions import end_all
from standard import clocks
from tenants.actors import Actor
from tenants.refusals import check
from tenants.time import now


@verb(
    "resolve",
    kind="incident.resolved",
    who="IC (SEV 3/4: a practitioner of the owner team)",
    stops=("every clock of the incident",),
    clauses=("resolve.ic-declares", "resolve.impact-ceased", "resolve.alerts-cleared", "resolve.stable"),
)
def resolve(incident: Incident, *, by: Actor, summary: str, overrides: dict[str, str] | None = None) -> Incident:
    """Declare it resolved: impact over, alerts cleared, stable. All clocks stop and nobody is called any more.

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
    _let_go(incident, signals, by)
    seconds = (incident.resolved_at - incident.detected_at).total_seconds()
    tell(
        incident,
        "incident.resolved",
        by=by,
        summary=clean,
        overrides=overridden,
        firing=list(facts.firing),
        detected_to_resolved_seconds=round(seconds, 3),
    )
    clocks.stop_for_incident(incident.pk)
    return incident


def _hold_signals(incident: Incident) -> list[Signal]:
    """Lock the incident's open signals, before anything is judged: an alert that is being taken in is waited for and seen."""
    joined = (SignalState.ATTACHED, SignalState.DECLARED)
    return list(
        Signal.objects.select_for_update(of=("self",)).filter(incident=incident, is_open=True, state__in=joined).order_by("pk")
    )


def _let_go(incident: Incident, signals: list[Signal], by: Actor) -> None:
    """Close the incident's signals, so that what fires from now on is asked about anew, and stop its pages."""
    for signal in signals:
        signal.is_open = False
        signal.save()
        end_all(signal, by=by)
    end_all(incident, by=by)
