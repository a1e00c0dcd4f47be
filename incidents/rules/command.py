"""Command: who may take it, move the incident on, and change how bad it is."""

from incidents.facts import Facts
from incidents.models import Incident
from incidents.rules.common import CHAIN, command, ic_is_ol, in_room, practitioner, running, through_glass
from incidents.states import ADVANCES, RoomRole, Severity, State
from tenants.actors import Actor
from tenants.refusals import Reason


def why_not_join(incident: Incident, facts: Facts, by: Actor) -> list[Reason]:
    """Any practitioner joins a running incident's room, once."""
    reasons = practitioner(by) or running(incident, facts) or through_glass(facts, by)
    if not reasons and by.user_id in facts.room:
        reasons = [Reason("in_the_room", "You are in the room already.")]
    return reasons


def why_not_leave(incident: Incident, facts: Facts, by: Actor) -> list[Reason]:
    """Whoever is in the room leaves it, but not with a role or half a handover in their hands."""
    reasons = practitioner(by)
    if reasons:
        return reasons
    held = [seat.role for seat in facts.roles.values() if seat.user_id == by.user_id] if incident.is_open else []
    if held:
        names = " and ".join(RoomRole(role).label for role in held)
        return [Reason("holds_a_role", f"You are {names}: give that up first.", clause=CHAIN)]
    if facts.handover is not None and facts.handover.incoming_id == by.user_id:
        return [Reason("taking_over", "You are taking over command: call the handover off first.", clause="handover.announce")]
    if by.user_id not in facts.room:
        return [Reason("not_in_the_room", "You are not in the room.")]
    return []


def why_not_claim(incident: Incident, facts: Facts, by: Actor) -> list[Reason]:
    """Any practitioner takes command while nobody has it (roles.ic-assigns), or who had it has left; there is one IC at a time.

    On SEV 1/2 the Operations Lead does so only with a written reason (roles.ic-head-up).
    """
    reasons = practitioner(by) or running(incident, facts) or through_glass(facts, by)
    if reasons:
        return reasons
    seat = facts.roles.get(RoomRole.IC)
    if seat is not None and seat.stays:
        who = "You hold" if seat.user_id == by.user_id else f"{seat.name} holds"
        return [Reason("commanded", f"{who} command since {seat.since:%H:%M:%S} UTC.", clause=CHAIN)]
    if incident.mobilises and facts.holds(by, RoomRole.OL):
        return [ic_is_ol(incident, "you are Operations Lead")]
    return []


def why_not_advance(incident: Incident, facts: Facts, by: Actor, to: State | None = None) -> list[Reason]:
    """The IC advances, and only by the standard's moves (lifecycle.phases); some need a written reason."""
    reasons = practitioner(by) or running(incident, facts) or command(incident, facts, by, "advancing")
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
    if incident.state == State.MOBILIZATION and (missing := facts.open_roles):
        named = " and ".join(role.upper() for role in missing)
        sentence = f"{named} {'are' if len(missing) > 1 else 'is'} not filled: starting without needs a reason."
        return [Reason("roles_unfilled", sentence, clause="principle.mobilize-first", field="reason", overridable=True)]
    return []


def why_not_change_severity(incident: Incident, facts: Facts, by: Actor, to: Severity | None = None) -> list[Reason]:
    """Anybody in the room raises it; lowering it is the IC's decision (principle.chain-of-command).

    Never below what a flag holds it at (breach.sev1).
    """
    reasons = practitioner(by) or running(incident, facts)
    if reasons:
        return reasons
    raising = (
        []
        if in_room(facts, by)
        else [Reason("not_in_the_room", "Join the room to change its severity.", clause=CHAIN, status=403)]
    )
    lowering = command(incident, facts, by, "lowering the severity")
    if to is None:  # whether there is any level that they may choose
        may_raise, may_lower = incident.severity > min(Severity), incident.severity < max(Severity)
        lowering = lowering or _held(incident, facts, incident.severity + 1)
        if (may_raise and not raising) or (may_lower and not lowering):
            return []
        return raising if may_raise else lowering
    if to == incident.severity:
        return [Reason("same_severity", f"It is {incident.level} already.", field="severity")]
    return raising if to < incident.severity else lowering or _held(incident, facts, to)


def _held(incident: Incident, facts: Facts, to: int) -> list[Reason]:
    """A flag that stands holds the severity at the level that it raised it to."""
    for standing in facts.flags:
        flag = incident.law.flag(standing.key)
        if flag.raises_to is not None and to > flag.raises_to:
            sentence = f"“{flag.label}” stands: it stays SEV {flag.raises_to} until Legal lifts that."
            return [Reason("flag_stands", sentence, clause=flag.clauses[0], field="severity")]
    return []
