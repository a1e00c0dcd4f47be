"""What the rules of a room have in common: who may act in it at all, and whose a decision is."""

from incidents.facts import Facts
from incidents.models import Incident
from incidents.states import RoomRole
from tenants.actors import Actor, Role
from tenants.refusals import Reason

CHAIN = "principle.chain-of-command"


def reader(by: Actor) -> list[Reason]:
    """Auditors read; a token without the scope "write" reads too."""
    if by.has(Role.AUDITOR):
        return [Reason("read_only", "An auditor reads and changes nothing.", clause="people.auditor", status=403)]
    if "write" not in by.scopes:
        return [Reason("scope", 'This token may only read: it has not the scope "write".', status=403)]
    return []


def practitioner(by: Actor) -> list[Reason]:
    """The room is for practitioners; Muster itself may act where a clause automates."""
    if refused := reader(by):
        return refused
    if not by.is_system and not by.has(Role.PRACTITIONER):
        return [Reason("not_a_practitioner", "Only practitioners act in the room.", clause="people.practitioner", status=403)]
    return []


def running(incident: Incident) -> list[Reason]:
    """Nothing is done to an incident that has ended."""
    if not incident.is_open:
        return [Reason("ended", f"{incident.ref} is {incident.get_state_display().lower()} already.", clause="lifecycle.phases")]
    return []


def command(incident: Incident, facts: Facts, by: Actor, what: str) -> list[Reason]:
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


def in_room(facts: Facts, by: Actor) -> bool:
    """Whether the actor is in the room, or commands it."""
    return by.user_id in facts.room or facts.holds(by, RoomRole.IC)
