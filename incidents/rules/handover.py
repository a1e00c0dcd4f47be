"""Handing command over, in five steps and in this order: offered, shadowed, reported, announced, taken (clauses handover.*)."""

from datetime import timedelta

from incidents.facts import Facts
from incidents.items import HandoverItem, Member
from incidents.models import Incident
from incidents.rules.common import CHAIN, fits, ic_is_ol, practitioner, running
from incidents.states import RoomRole
from tenants.actors import Actor
from tenants.refusals import Reason
from tenants.time import now

ANNOUNCE, SITREP, SHADOW = "handover.announce", "handover.sitrep", "handover.shadow-15"


def why_not_hand_over(incident: Incident, facts: Facts, by: Actor, to: Member | None = None) -> list[Reason]:
    """The IC offers command to another practitioner; one handover runs at a time."""
    reasons = practitioner(by) or running(incident, facts)
    if reasons:
        return reasons
    if not facts.holds(by, RoomRole.IC):
        who = f"{facts.commander} holds command" if facts.commander else "Nobody holds command yet"
        return [Reason("not_commander", f"{who}: only the commander hands it over.", clause=CHAIN, status=403)]
    if facts.handover is not None:
        whose = "You are" if facts.handover.outgoing_id == by.user_id else f"{facts.handover.outgoing} is"
        sentence = f"{whose} handing over to {facts.handover.incoming} already: call that off first."
        return [Reason("handing_over", sentence, clause=ANNOUNCE)]
    if to is None:
        return []
    if to.user_id == by.user_id:
        return [Reason("handover_to_oneself", "You hold command already: hand it to somebody else.", field="to", status=422)]
    return fits(incident, facts, to, "to")


def why_not_shadow(incident: Incident, facts: Facts, by: Actor) -> list[Reason]:
    """The incoming commander begins to shadow, once (handover.shadow-15)."""
    reasons = practitioner(by) or running(incident, facts) or _no_handover(facts) or _not_incoming(facts, by)
    if reasons or facts.handover is None:
        return reasons
    if facts.handover.shadowing_since is not None:
        return [Reason("shadowing", f"You shadow since {facts.handover.shadowing_since:%H:%M:%S} UTC.", clause=SHADOW)]
    return []


def why_not_sitrep(incident: Incident, facts: Facts, by: Actor) -> list[Reason]:
    """The outgoing commander writes where things stand, once the next one shadows, and until they have announced (handover.sitrep)."""
    reasons = practitioner(by) or running(incident, facts) or _no_handover(facts) or _not_outgoing(facts, by)
    if reasons or facts.handover is None:
        return reasons
    if facts.handover.shadowing_since is None:
        sentence = f"{facts.handover.incoming} does not shadow yet: the situation report comes after that."
        return [Reason("not_shadowed", sentence, clause=SHADOW)]
    if facts.handover.announced_at is not None:
        return [_announced(facts.handover)]
    return []


def why_not_announce(incident: Incident, facts: Facts, by: Actor) -> list[Reason]:
    """The outgoing commander announces by name, after the situation report, once (handover.announce)."""
    reasons = practitioner(by) or running(incident, facts) or _no_handover(facts) or _not_outgoing(facts, by)
    if reasons or facts.handover is None:
        return reasons
    if facts.handover.reported_at is None:
        return [Reason("no_sitrep", "Post the situation report first: no handover without one.", clause=SITREP)]
    if facts.handover.announced_at is not None:
        return [_announced(facts.handover)]
    return []


def why_not_take_command(incident: Incident, facts: Facts, by: Actor) -> list[Reason]:
    """The incoming commander takes it once it was announced. Before the shadowing has lasted, or as OL, only with a written reason."""
    reasons = practitioner(by) or running(incident, facts) or _no_handover(facts) or _not_incoming(facts, by)
    if reasons or facts.handover is None:
        return reasons
    outgoing = facts.handover.outgoing
    if facts.handover.reported_at is None:
        return [Reason("no_sitrep", f"{outgoing} has not posted the situation report yet.", clause=SITREP)]
    if facts.handover.announced_at is None:
        return [Reason("not_announced", f"{outgoing} has not announced the handover yet.", clause=ANNOUNCE)]
    if left := _left_of_shadowing(incident, facts.handover):
        minutes = incident.law.minutes("shadow")
        sentence = f"Shadowing lasts at least {minutes} minutes: {left} to go. Taking command earlier needs a reason."
        reasons.append(Reason("shadow_too_short", sentence, clause=SHADOW, field="reason", overridable=True))
    if incident.mobilises and facts.holds(by, RoomRole.OL):
        reasons.append(ic_is_ol(incident, "you are Operations Lead"))
    return reasons


def why_not_call_off(incident: Incident, facts: Facts, by: Actor) -> list[Reason]:
    """Either of the two calls a handover off; command stays where it is. So does whoever holds it, where the outgoing does not."""
    reasons = practitioner(by) or running(incident, facts) or _none(facts)
    if reasons or facts.handover is None:
        return reasons
    if by.user_id in (facts.handover.outgoing_id, facts.handover.incoming_id) or facts.holds(by, RoomRole.IC):
        return []
    sentence = f"{facts.handover.outgoing} hands over to {facts.handover.incoming}: calling it off is theirs."
    return [Reason("not_handing_over", sentence, clause=CHAIN, status=403)]


def _no_handover(facts: Facts) -> list[Reason]:
    """No handover runs, or one of a command that the outgoing does not hold any more: nobody hands over what is not theirs."""
    if facts.handover is not None and facts.holder(RoomRole.IC) != facts.handover.outgoing_id:
        who = f"{facts.commander} holds command" if facts.commander else "Nobody holds command"
        sentence = f"{who}, and {facts.handover.outgoing} no longer: this handover leads nowhere. Call it off."
        return [Reason("handover_lapsed", sentence, clause=CHAIN)]
    return _none(facts)


def _none(facts: Facts) -> list[Reason]:
    if facts.handover is None:
        seat = facts.roles.get(RoomRole.IC)
        since = f"{seat.name} holds command since {seat.since:%H:%M:%S} UTC and" if seat else "The commander"
        return [Reason("no_handover", f"No handover is under way. {since} offers one first.", clause=ANNOUNCE)]
    return []


def _not_incoming(facts: Facts, by: Actor) -> list[Reason]:
    if facts.handover is not None and facts.handover.incoming_id != by.user_id:
        sentence = f"{facts.handover.outgoing} hands over to {facts.handover.incoming}, not to you."
        return [Reason("not_incoming", sentence, clause=CHAIN, status=403)]
    return []


def _not_outgoing(facts: Facts, by: Actor) -> list[Reason]:
    if facts.handover is not None and facts.handover.outgoing_id != by.user_id:
        sentence = f"{facts.handover.outgoing} hands over command: this step is theirs."
        return [Reason("not_outgoing", sentence, clause=CHAIN, status=403)]
    return []


def _announced(handover: HandoverItem) -> Reason:
    sentence = f"You announced it at {handover.announced_at:%H:%M:%S} UTC: {handover.incoming} has to take command now."
    return Reason("announced", sentence, clause=ANNOUNCE)


def _left_of_shadowing(incident: Incident, handover: HandoverItem) -> str:
    """How long the shadowing still has to last ("3 min 20 s"), or "" once it has lasted."""
    began = handover.shadowing_since or now()
    left = began + timedelta(minutes=incident.law.minutes("shadow")) - now()
    seconds = int(left.total_seconds())
    return f"{seconds // 60} min {seconds % 60} s" if left > timedelta() else ""
