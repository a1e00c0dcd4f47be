"""Why a verb is refused now, each with the clause it keeps.

The same `why_not_*` refuses the verb on every surface, greys out its button and fills `allowed_actions` in the API.
They look at an incident, its facts and who is acting; they read and write nothing.
"""

from datetime import timedelta

from incidents.facts import Facts
from incidents.models import Incident, Signal
from incidents.states import ADVANCES, RoomRole, Severity, SignalState, State
from tenants.actors import Actor, Role
from tenants.refusals import Reason
from tenants.time import now

CHAIN = "principle.chain-of-command"


def _reader(by: Actor) -> list[Reason]:
    """Auditors read; a token without the scope "write" reads too."""
    if by.has(Role.AUDITOR):
        return [Reason("read_only", "An auditor reads and changes nothing.", clause="people.auditor", status=403)]
    if "write" not in by.scopes:
        return [Reason("scope", 'This token may only read: it has not the scope "write".', status=403)]
    return []


def _practitioner(by: Actor) -> list[Reason]:
    """The room is for practitioners; Muster itself may act where a clause automates."""
    if refused := _reader(by):
        return refused
    if not by.is_system and not by.has(Role.PRACTITIONER):
        return [Reason("not_a_practitioner", "Only practitioners act in the room.", clause="people.practitioner", status=403)]
    return []


def _running(incident: Incident) -> list[Reason]:
    """Nothing is done to an incident that has ended."""
    if not incident.is_open:
        return [Reason("ended", f"{incident.ref} is {incident.get_state_display().lower()} already.", clause="lifecycle.phases")]
    return []


def _command(incident: Incident, facts: Facts, by: Actor, what: str) -> list[Reason]:
    """A command decision is the IC's; on SEV 3/4 there need be none, and any practitioner of the owner team decides."""
    holder = facts.holder(RoomRole.IC)
    if holder is not None:
        if holder == by.user_id:
            return []
        return [Reason("not_commander", f"{facts.commander} holds command: {what} is theirs.", clause=CHAIN, status=403)]
    if incident.mobilises:
        return [Reason("no_commander", f"Nobody holds command yet: claim {incident.ref} first.", clause=CHAIN)]
    if facts.owners and by.user_id not in facts.owners:
        return [
            Reason("not_owner", f"On a {incident.level} {what} is for the team that owns the service.", clause=CHAIN, status=403)
        ]
    return []


def why_not_declare(by: Actor) -> list[Reason]:
    """Any member declares (triage.declare-immediately)."""
    return _reader(by)


def why_not_triage(signal: Signal, by: Actor) -> list[Reason]:
    """A practitioner answers "is this an incident?", once (triage.is-it-an-incident)."""
    reasons = _practitioner(by)
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
    return _running(incident)


def why_not_join(incident: Incident, facts: Facts, by: Actor) -> list[Reason]:
    """Any practitioner joins a running incident's room, once."""
    reasons = _practitioner(by) or _running(incident)
    if not reasons and by.user_id in facts.room:
        reasons = [Reason("in_the_room", "You are in the room already.")]
    return reasons


def why_not_claim(incident: Incident, facts: Facts, by: Actor) -> list[Reason]:
    """Any practitioner takes command while nobody has it (roles.ic-assigns); there is one IC at a time."""
    reasons = _practitioner(by) or _running(incident)
    holding = facts.roles.get(RoomRole.IC)
    if not reasons and holding is not None:
        who = "You hold" if holding.user_id == by.user_id else f"{facts.commander} holds"
        reasons = [Reason("commanded", f"{who} command since {holding.since:%H:%M:%S} UTC.", clause=CHAIN)]
    return reasons


def why_not_advance(incident: Incident, facts: Facts, by: Actor, to: State | None = None) -> list[Reason]:
    """The IC advances, and only by the standard's moves (lifecycle.phases); some need a written reason."""
    reasons = _practitioner(by) or _running(incident) or _command(incident, facts, by, "advancing")
    if reasons:
        return reasons
    moves = ADVANCES.get(State(incident.state), {})
    if not moves:
        return [
            Reason("no_move", f"From {incident.get_state_display().lower()} there is no such move.", clause="lifecycle.phases")
        ]
    if to is None:
        return []
    if to not in moves:
        allowed = " or ".join(state.label.lower() for state in moves)
        sentence = f"From {incident.get_state_display().lower()} it goes to {allowed}, not to {to.label.lower()}."
        return [Reason("no_move", sentence, clause="lifecycle.phases", field="to")]
    if moves[to]:
        sentence = f"Going from {incident.get_state_display().lower()} to {to.label.lower()} needs a reason."
        return [Reason("move_needs_reason", sentence, clause="lifecycle.phases", field="reason", overridable=True)]
    if incident.state == State.MOBILIZATION and (missing := _missing_roles(facts)):
        sentence = f"{missing} not filled: starting without needs a reason."
        return [Reason("roles_unfilled", sentence, clause="principle.mobilize-first", field="reason", overridable=True)]
    return []


def _missing_roles(facts: Facts) -> str:
    missing = [role.upper() for role in (RoomRole.IC, RoomRole.OL, RoomRole.CL) if facts.holder(role) is None]
    return f"{' and '.join(missing)} {'are' if len(missing) > 1 else 'is'}" if missing else ""


def why_not_change_severity(incident: Incident, facts: Facts, by: Actor, to: Severity | None = None) -> list[Reason]:
    """Anybody in the room raises it; lowering it is the IC's decision (principle.chain-of-command)."""
    reasons = _practitioner(by) or _running(incident)
    if reasons:
        return reasons
    raising = (
        []
        if _in_room(facts, by)
        else [Reason("not_in_the_room", "Join the room to change its severity.", clause=CHAIN, status=403)]
    )
    lowering = _command(incident, facts, by, "lowering the severity")
    if to is None:  # whether there is any level that they may choose
        may_raise, may_lower = incident.severity > min(Severity), incident.severity < max(Severity)
        if (may_raise and not raising) or (may_lower and not lowering):
            return []
        return raising if may_raise else lowering
    if to == incident.severity:
        return [Reason("same_severity", f"It is {incident.level} already.", field="severity")]
    return raising if to < incident.severity else lowering


def _in_room(facts: Facts, by: Actor) -> bool:
    return by.user_id in facts.room or facts.holds(by, RoomRole.IC)


def why_not_note(incident: Incident, facts: Facts, by: Actor) -> list[Reason]:
    """Practitioners write in the record, after the end too; the first entry brings its author into the room."""
    return _practitioner(by)


def why_not_update(incident: Incident, facts: Facts, by: Actor) -> list[Reason]:
    """The Communications Lead updates; the IC until there is one (principle.communicate)."""
    reasons = _practitioner(by) or _running(incident)
    if reasons or facts.holds(by, RoomRole.CL):
        return reasons
    if facts.holder(RoomRole.CL) is not None:
        name = facts.roles[RoomRole.CL].user.name
        return [
            Reason("not_communications_lead", f"{name} is Communications Lead: updates are theirs.", clause=CHAIN, status=403)
        ]
    return _command(incident, facts, by, "updating")


def why_not_set_impact(incident: Incident, facts: Facts, by: Actor) -> list[Reason]:
    """The IC or the Scribe says when the harm began and ended (resolve.impact-ceased)."""
    reasons = _practitioner(by) or _running(incident)
    if reasons or facts.holds(by, RoomRole.SCRIBE):
        return reasons
    return _command(incident, facts, by, "setting the impact")


def why_not_resolve(incident: Incident, facts: Facts, by: Actor) -> list[Reason]:
    """Only the IC, after monitoring, impact over, alerts cleared, stable (clauses resolve.*).

    Firing alerts and too short a monitoring may be overridden by the IC with a written reason; the rest may not.
    """
    reasons = _practitioner(by) or _running(incident)
    if reasons:
        return reasons
    if refused := _command(incident, facts, by, "resolving"):
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
