"""Command: who has it, and what only its holder decides."""

from incidents import fields
from incidents.actions.base import enter, lock, start_cadence, tell, tell_customers_again
from incidents.actions.calls import call_nobody
from incidents.actions.fixing import FIX_CLOCKS, start_fix
from incidents.actions.mobilising import (
    COMMAND_CLOCK,
    RHYTHM_CLOCK,
    ROLES_CLOCK,
    SHADOW_CLOCK,
    end_handover,
    keep_rhythm,
    name_channel,
    settle_roles,
    stand_down,
    start_command,
    vacate,
)
from incidents.actions.naming import let_know
from incidents.facts import Facts
from incidents.models import Incident, Participant, RoleHolding
from incidents.rules import command as rules
from incidents.states import CADENCES, RoomRole, Severity, State
from ledger.verbs import verb
from oncall.actions import ESCALATION
from standard.away import Away
from tenants.actors import Actor
from tenants.refusals import check, invalid
from tenants.time import now


@verb("join", kind="incident.joined", who="practitioner", clauses=("principle.mobilize-first",))
def join(incident: Incident, *, by: Actor) -> Incident:
    """Enter the room."""
    incident, facts = lock(incident)
    check(rules.why_not_join(incident, facts, by))
    Participant.objects.create(incident=incident, user_id=by.person_id)
    tell(incident, "incident.joined", by=by)
    return incident


@verb("leave", kind="incident.left", who="who is in the room and holds no role", clauses=("principle.mobilize-first",))
def leave(incident: Incident, *, by: Actor) -> Incident:
    """Leave the room. That one was in it stays in the record."""
    incident, facts = lock(incident)
    check(rules.why_not_leave(incident, facts, by))
    Participant.objects.get(incident=incident, user_id=by.person_id).delete()
    tell(incident, "incident.left", by=by)
    return incident


@verb(
    "claim",
    kind="incident.claimed",
    who="any practitioner, while nobody has command (or who had it has left)",
    starts=(COMMAND_CLOCK,),
    stops=(ROLES_CLOCK, COMMAND_CLOCK, SHADOW_CLOCK),
    clauses=("principle.chain-of-command", "roles.ic-assigns", "roles.ic-authority", "roles.ic-head-up"),
)
def claim(incident: Incident, *, by: Actor, reason: str = "") -> Incident:
    """Take command. Of two at once one wins, and the other is told who; the command clock starts.

    Who is Operations Lead of a SEV 1/2 does so only with a `reason`, which is recorded. From somebody who has left the organisation
    command passes at the same instant.
    """
    incident, facts = lock(incident)
    clean = fields.text("reason", reason, most=fields.REASON_MAX, required=False)
    reasons = rules.why_not_claim(incident, facts, by)
    overridden = check(reasons, {r.code: clean for r in reasons})
    gone = _replace_who_left(incident)
    holding = RoleHolding.objects.create(incident=incident, role=RoomRole.IC, user_id=by.person_id)
    let_know(incident, by.person_id, by=by, reason="Took command")
    enter(incident, facts, by)
    tell(
        incident,
        "incident.claimed",
        by=by,
        phrase=incident.law.scripts.taking_command,
        reason=clean,
        overridden=sorted(overridden),
        instead_of=gone,
    )
    start_command(incident, holding)
    settle_roles(incident, by=by)
    return incident


def _replace_who_left(incident: Incident) -> str:
    """End the command of somebody who has left the organisation, and a handover that outlived its command. Returns their name, or ""."""
    end_handover(incident)
    held = RoleHolding.objects.filter(incident=incident, role=RoomRole.IC, until=None).select_related("user").first()
    if held is None:
        return ""
    vacate(held)
    return held.user.name


@verb(
    "advance",
    kind="incident.advanced",
    who="IC",
    starts=(RHYTHM_CLOCK, *CADENCES),
    stops=(RHYTHM_CLOCK,),
    clauses=("lifecycle.phases", "principle.mitigate-first", "principle.mobilize-first", "resolve.impact-ceased"),
)
def advance(incident: Incident, *, by: Actor, to: State, reason: str = "") -> Incident:
    """Move on: investigation, mitigation, monitoring; or back. From monitoring that is a relapse: it stays visible and is counted.

    A move that skips or goes back, or starting with roles unfilled, needs `reason`; it is recorded with the move. After a relapse
    the impact goes on: its end is asked for again, and customers who were told that it is resolved are owed another word.
    """
    incident, facts = lock(incident)
    clean = fields.text("reason", reason, most=fields.REASON_MAX, required=False)
    reasons = rules.why_not_advance(incident, facts, by, to)
    overridden = check(reasons, {r.code: clean for r in reasons})
    before, incident.state = incident.state, to
    incident.monitoring_since = now() if to == State.MONITORING else None
    relapse = before == State.MONITORING
    ended = incident.impact_end
    if relapse:
        incident.relapses += 1
        incident.impact_end = None
    incident.save()
    enter(incident, facts, by)
    tell(
        incident,
        "incident.advanced",
        by=by,
        before=before,
        after=to,
        reason=clean,
        overridden=sorted(overridden),
        relapse=relapse,
        relapses=incident.relapses,
        impact_ended=ended.isoformat() if relapse and ended else None,
    )
    if relapse:
        tell_customers_again(incident)
    if relapse or to == State.MONITORING:
        keep_rhythm(incident, instead=Away.MOVED_ON)
    return incident


@verb(
    "severity",
    kind="incident.severity_changed",
    who="raise: anyone in the room; lower: IC",
    starts=(*CADENCES, ROLES_CLOCK, RHYTHM_CLOCK, *FIX_CLOCKS),
    stops=(*CADENCES, ROLES_CLOCK, RHYTHM_CLOCK, COMMAND_CLOCK, SHADOW_CLOCK, *FIX_CLOCKS, ESCALATION),
    clauses=(
        "principle.chain-of-command",
        "severity.sev1-page",
        "severity.sev2-page",
        *FIX_CLOCKS,
        "mobilize.war-room",
        "mobilize.roles-assigned",
        "breach.sev1",
    ),
)
def change_severity(incident: Incident, *, by: Actor, severity: Severity, reason: str) -> Incident:
    """Raise or lower the severity, with a reason; its cadence restarts.

    Raising SEV 3/4 to 1/2 mobilises then and there: state, channel, roles clock, and paging by the reaction. Lowering SEV 1/2 to 3/4
    stands the war room down: into the backlog, roles end, what was offered is withdrawn, their clocks stop.
    """
    incident, facts = lock(incident)
    check(rules.why_not_change_severity(incident, facts, by, severity))
    clean = fields.text("reason", reason, most=fields.REASON_MAX)
    before, mobilised = incident.severity, incident.mobilises
    set_severity(incident, severity)
    enter(incident, facts, by)
    tell(
        incident,
        "incident.severity_changed",
        by=by,
        before=before,
        severity=int(severity),
        state=incident.state,
        reason=clean,
        mobilise=incident.mobilises and severity < before,
        channel=incident.channel,
        stood_down=mobilised and not incident.mobilises,
        ic_is_ol=incident.mobilises and not mobilised and _both(facts),
    )
    settle_severity(incident, by=by)
    return incident


def set_severity(incident: Incident, severity: Severity) -> None:
    """Give a locked incident another severity, with the state that belongs to it. Its event is the caller's to record.

    Whatever forces a severity (a flag) calls this, records, and then `settle_severity`.
    """
    mobilised = incident.mobilises
    incident.severity = severity
    if incident.mobilises and not mobilised:
        incident.state, incident.monitoring_since = State.MOBILIZATION, None
        name_channel(incident)
    elif mobilised and not incident.mobilises:
        incident.state = State.BACKLOG  # when it was mitigated stays: lowering is what follows from that
    incident.save()


def settle_severity(incident: Incident, *, by: Actor) -> None:
    """Start and stop what runs at the incident's severity: cadence, rhythm, the clock of the roles; a backlog has no seats.

    What ran at the severity before is owed no more, and was not done by this.

    Where the severity pages nobody, its open calls end.
    """
    if not incident.mobilises:
        stand_down(incident, seats=True)
    call_nobody(incident, by=by)
    start_cadence(incident, instead=Away.SEVERITY)
    start_fix(incident, instead=Away.SEVERITY)
    keep_rhythm(incident, instead=Away.SEVERITY)
    settle_roles(incident, by=by)


def _both(facts: Facts) -> bool:
    """Whether one person commands and leads operations: nobody is kept from raising by it, but the record says it."""
    return facts.holder(RoomRole.IC) is not None and facts.holder(RoomRole.IC) == facts.holder(RoomRole.OL)


def parse_state(value: str) -> State:
    """A state that `advance` can be asked for, or a refusal that names them."""
    allowed = [State.INVESTIGATION, State.MITIGATION, State.MONITORING]
    if value not in allowed:
        raise invalid("to", f"Choose one of {', '.join(allowed)}.")
    return State(value)
