"""Command: who has it, and what only its holder decides."""

from datetime import timedelta

from incidents import fields
from incidents.actions.base import enter, lock, start_cadence, tell
from incidents.actions.fixing import FIX_CLOCKS, start_fix
from incidents.models import Incident, Participant, RoleHolding
from incidents.rules import command as rules
from incidents.states import RoomRole, Severity, State
from ledger.verbs import verb
from standard import clocks
from tenants.actors import Actor
from tenants.refusals import check, invalid
from tenants.time import now

COMMAND_CLOCK = "handover.after-4h"


@verb("join", kind="incident.joined", who="practitioner", clauses=("principle.mobilize-first",))
def join(incident: Incident, *, by: Actor) -> Incident:
    """Enter the room."""
    incident, facts = lock(incident)
    check(rules.why_not_join(incident, facts, by))
    Participant.objects.create(incident=incident, user_id=by.person_id)
    tell(incident, "incident.joined", by=by)
    return incident


@verb(
    "claim",
    kind="incident.claimed",
    who="any practitioner, while nobody has command",
    starts=(COMMAND_CLOCK,),
    clauses=("principle.chain-of-command", "roles.ic-assigns", "roles.ic-authority"),
)
def claim(incident: Incident, *, by: Actor) -> Incident:
    """Take command. Of two at once one wins, and the other is told who; the command clock starts."""
    incident, facts = lock(incident)
    check(rules.why_not_claim(incident, facts, by))
    holding = RoleHolding.objects.create(incident=incident, role=RoomRole.IC, user_id=by.person_id)
    enter(incident, facts, by)
    tell(incident, "incident.claimed", by=by, phrase=incident.law.scripts.taking_command)
    rule = incident.law.clock("command")
    prompt, due = rule.prompt, rule.due
    clocks.start(
        COMMAND_CLOCK,
        holding,
        prompt=timedelta(minutes=prompt) if prompt else None,
        due=timedelta(minutes=due),
        owner_role="ic",
        incident_id=incident.pk,
    )
    return incident


@verb(
    "advance",
    kind="incident.advanced",
    who="IC",
    clauses=("lifecycle.phases", "principle.mitigate-first", "principle.mobilize-first"),
)
def advance(incident: Incident, *, by: Actor, to: State, reason: str = "") -> Incident:
    """Move on: investigation, mitigation, monitoring; or back, which is a relapse and stays visible.

    A move that skips or goes back, or starting with roles unfilled, needs `reason`; it is recorded with the move.
    """
    incident, facts = lock(incident)
    clean = fields.text("reason", reason, most=fields.REASON_MAX, required=False)
    reasons = rules.why_not_advance(incident, facts, by, to)
    overridden = check(reasons, {r.code: clean for r in reasons})
    before, incident.state = incident.state, to
    incident.monitoring_since = now() if to == State.MONITORING else None
    incident.save()
    enter(incident, facts, by)
    relapse = before == State.MONITORING
    tell(
        incident,
        "incident.advanced",
        by=by,
        before=before,
        after=to,
        reason=clean,
        overridden=sorted(overridden),
        relapse=relapse,
    )
    return incident


@verb(
    "severity",
    kind="incident.severity_changed",
    who="raise: anyone in the room; lower: IC",
    starts=("severity.sev1-cadence", "severity.sev2-cadence", *FIX_CLOCKS),
    stops=("severity.sev1-cadence", "severity.sev2-cadence", *FIX_CLOCKS),
    clauses=("principle.chain-of-command", "severity.sev1-page", "severity.sev2-page", *FIX_CLOCKS),
)
def change_severity(incident: Incident, *, by: Actor, severity: Severity, reason: str) -> Incident:
    """Raise or lower the severity, with a reason. Raising SEV 3/4 to 1/2 mobilises then and there; its cadence restarts."""
    incident, facts = lock(incident)
    check(rules.why_not_change_severity(incident, facts, by, severity))
    clean = fields.text("reason", reason, most=fields.REASON_MAX)
    law = incident.law
    before, mobilised = incident.severity, incident.mobilises
    mobilises = law.severity(severity).mobilises
    incident.severity = severity
    if mobilises and not mobilised:
        incident.state = State.MOBILIZATION
    elif mobilised and not mobilises:
        incident.state = State.BACKLOG
        incident.monitoring_since = None
    incident.save()
    enter(incident, facts, by)
    raised = severity < before
    tell(
        incident,
        "incident.severity_changed",
        by=by,
        before=before,
        severity=int(severity),
        state=incident.state,
        reason=clean,
        mobilise=mobilises and raised,
    )
    start_cadence(incident)
    start_fix(incident)
    return incident


def parse_state(value: str) -> State:
    """A state that `advance` can be asked for, or a refusal that names them."""
    allowed = [State.INVESTIGATION, State.MITIGATION, State.MONITORING]
    if value not in allowed:
        raise invalid("to", f"Choose one of {', '.join(allowed)}.")
    return State(value)
