"""What the rules of a room have in common: who may act in it at all, and whose a decision is."""

from collections.abc import Callable, Iterable

from incidents.facts import Facts
from incidents.items import Member, Named
from incidents.models import Incident
from incidents.rules.glass import THROUGH_GLASS
from incidents.states import RoomRole, State
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


def stands(incident: Incident) -> str:
    """Where it stands, as a sentence says it: "in mobilisation", "in the backlog", "resolved", "a false positive"."""
    label = incident.get_state_display().lower()
    if incident.state == State.BACKLOG:
        return f"in the {label}"
    return f"in {label}" if incident.is_open else f"a {label}" if incident.state == State.FALSE_POSITIVE else label


def running(incident: Incident, facts: Facts | None = None) -> list[Reason]:
    """Nothing is done to an incident that has ended. With the facts it says who ended it."""
    if incident.is_open:
        return []
    end = facts.ended if facts else None
    who = f": {end.actor_name} did that at {end.occurred_at:%H:%M:%S} UTC" if end else ""
    sentence = f"{incident.ref} is {stands(incident)} already{who}."
    return [Reason("ended", sentence, clause="lifecycle.phases")]


def command(incident: Incident, facts: Facts, by: Actor, what: str) -> list[Reason]:
    """A command decision is the IC's; on SEV 3/4 there need be none, and any practitioner of the owner team decides."""
    seat = facts.roles.get(RoomRole.IC)
    if seat is not None and seat.stays:
        if seat.user_id == by.user_id:
            return []
        return [Reason("not_commander", f"{seat.name} holds command: {what} is theirs.", clause=CHAIN, status=403)]
    if incident.mobilises:
        why = f"{seat.name}, who held command, has left" if seat else "Nobody holds command yet"
        return [Reason("no_commander", f"{why}: claim {incident.ref} first.", clause=CHAIN)]
    if facts.owners and by.user_id not in facts.owners:
        return [
            Reason("not_owner", f"On a {incident.level} {what} is for the team that owns the service.", clause=CHAIN, status=403)
        ]
    return []


def fits(incident: Incident, facts: Facts, member: Member, field: str) -> list[Reason]:
    """Whom a role, command or a handover may be given to: a practitioner who is still here, and may know of it."""
    if not member.is_active:
        return [Reason("has_left", f"{member.name} has left the organisation.", field=field, status=422)]
    if not member.is_practitioner:
        sentence = f"{member.name} is no practitioner: only practitioners act in the room."
        return [Reason("no_practitioner", sentence, clause="people.practitioner", field=field, status=422)]
    return may_know(incident, facts, member, field)


def may_know(incident: Incident, facts: Facts, member: Named, field: str) -> list[Reason]:
    """On a restricted incident only those named on it are asked anything (breach.need-to-know)."""
    if incident.restricted and not facts.knows(member.user_id):
        sentence = f"{member.name} is not named on this restricted incident: admit them first."
        return [Reason("not_admitted", sentence, clause="breach.need-to-know", field=field, status=422)]
    return []


def through_glass(facts: Facts, by: Actor) -> list[Reason]:
    """Break glass is for reading, until its time is over: whoever came so takes no part, and lets nobody in (breach.need-to-know)."""
    if not facts.looks_in(by.user_id):
        return []
    return [THROUGH_GLASS]


def ic_is_ol(incident: Incident, who: str) -> Reason:
    """On SEV 1/2 the commander keeps their head up (roles.ic-head-up); where only two are awake, a written reason lets it be."""
    sentence = f"On a {incident.level} the commander does not lead operations too: {who}. Two people awake? Then give a reason."
    return Reason("ic_is_ol", sentence, clause="roles.ic-head-up", field="reason", overridable=True)


def in_room(facts: Facts, by: Actor) -> bool:
    """Whether the actor is in the room, or holds one of its roles."""
    return by.user_id in facts.room or facts.holds(by, *RoomRole)


def at_work(incident: Incident, facts: Facts, by: Actor, what: str, clause: str) -> list[Reason]:
    """The work in a room is for whoever is in it, while the incident runs."""
    reasons = practitioner(by) or running(incident)
    if not reasons and not in_room(facts, by):
        reasons = [Reason("not_in_the_room", f"Join the room to {what}.", clause=clause, status=403)]
    return reasons


def of_any[I](items: Iterable[I], judge: Callable[[I], list[Reason]], none: Reason) -> list[Reason]:
    """Whether there is any of the items that the verb can be done to: why it cannot be done to the last; `none` without one.

    One that only asks for a written reason can be done.
    """
    judged = [judge(item) for item in items]
    if [] in judged:
        return []
    softest = [reasons for reasons in judged if all(reason.overridable for reason in reasons)]
    return (softest or judged or [[none]])[-1]
