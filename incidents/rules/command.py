"""Command: who may take it, move the incident on, and change how bad it is."""

from incidents.facts import Facts
from incidents.models import Incident
from incidents.rules.common import CHAIN, command, in_room, practitioner, running
from incidents.states import ADVANCES, RoomRole, Severity, State
from tenants.actors import Actor
from tenants.refusals import Reason


def why_not_join(incident: Incident, facts: Facts, by: Actor) -> list[Reason]:
    """Any practitioner joins a running incident's room, once."""
    reasons = practitioner(by) or running(incident)
    if not reasons and by.user_id in facts.room:
        reasons = [Reason("in_the_room", "You are in the room already.")]
    return reasons


def why_not_claim(incident: Incident, facts: Facts, by: Actor) -> list[Reason]:
    """Any practitioner takes command while nobody has it (roles.ic-assigns); there is one IC at a time."""
    reasons = practitioner(by) or running(incident)
    holding = facts.roles.get(RoomRole.IC)
    if not reasons and holding is not None:
        who = "You hold" if holding.user_id == by.user_id else f"{facts.commander} holds"
        reasons = [Reason("commanded", f"{who} command since {holding.since:%H:%M:%S} UTC.", clause=CHAIN)]
    return reasons


def why_not_advance(incident: Incident, facts: Facts, by: Actor, to: State | None = None) -> list[Reason]:
    """The IC advances, and only by the standard's moves (lifecycle.phases); some need a written reason."""
    reasons = practitioner(by) or running(incident) or command(incident, facts, by, "advancing")
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


def _forced(incident: Incident, facts: Facts, to: Severity | None) -> list[Reason]:
    """A flag that stands holds the severity that it forces (breach.sev1)."""
    for flag in facts.flags:
        least = incident.law.flag(flag.key).raises_to
        if least is not None and (to or incident.severity + 1) > least:
            sentence = f"{incident.law.flag(flag.key).label}: while this flag stands it is {Severity(least).label}."
            return [Reason("flag_stands", sentence, clause="breach.sev1", field="severity")]
    return []


def why_not_change_severity(incident: Incident, facts: Facts, by: Actor, to: Severity | None = None) -> list[Reason]:
    """Anybody in the room raises it; lowering it is the IC's decision (principle.chain-of-command)."""
    reasons = practitioner(by) or running(incident)
    if reasons:
        return reasons
    raising = (
        []
        if in_room(facts, by)
        else [Reason("not_in_the_room", "Join the room to change its severity.", clause=CHAIN, status=403)]
    )
    lowering = command(incident, facts, by, "lowering the severity") or _forced(incident, facts, to)
    if to is None:  # whether there is any level that they may choose
        may_raise, may_lower = incident.severity > min(Severity), incident.severity < max(Severity)
        if (may_raise and not raising) or (may_lower and not lowering):
            return []
        return raising if may_raise else lowering
    if to == incident.severity:
        return [Reason("same_severity", f"It is {incident.level} already.", field="severity")]
    return raising if to < incident.severity else lowering
