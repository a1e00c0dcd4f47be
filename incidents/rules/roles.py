"""Roles: the IC offers them, the one asked answers, and whoever holds one may give it up (roles.ic-assigns)."""

from dataclasses import dataclass

from incidents.facts import Facts
from incidents.items import Member, OfferItem
from incidents.models import Incident
from incidents.rules.common import CHAIN, command, fits, ic_is_ol, practitioner, running
from incidents.states import RoomRole
from tenants.actors import Actor
from tenants.refusals import Reason

ASSIGNS = "roles.ic-assigns"


@dataclass(frozen=True, slots=True)
class Assignment:
    """A role, and who is to hold it."""

    role: RoomRole
    person: Member


def why_not_assign(incident: Incident, facts: Facts, by: Actor, wanted: Assignment | None = None) -> list[Reason]:
    """Assignments are the IC's (roles.ic-assigns); command itself is claimed or handed over, never assigned.

    On SEV 1/2 the IC is not OL too, but with a written reason (roles.ic-head-up).
    """
    reasons = practitioner(by) or running(incident, facts)
    if not reasons and (refused := command(incident, facts, by, "assigning roles")):
        reasons = [Reason(r.code, r.sentence, clause=ASSIGNS, status=r.status) for r in refused]
    if reasons or wanted is None:
        return reasons
    role, person = wanted.role, wanted.person
    if role == RoomRole.IC:
        sentence = "Command is not assigned: it is claimed while nobody has it, and handed over by whoever has."
        return [Reason("command_is_handed_over", sentence, clause="handover.announce", field="role")]
    if unfit := fits(incident, facts, person, "person"):
        return unfit
    if facts.holder(role) == person.user_id:
        return [Reason("holds_it", f"{person.name} is {role.label} already.", field="person")]
    if any(offer.role == role and offer.user_id == person.user_id for offer in facts.offers):
        return [
            Reason("offered_already", f"{person.name} has been asked to be {role.label} and has not answered.", field="person")
        ]
    if role == RoomRole.OL and incident.mobilises and facts.holder(RoomRole.IC) == person.user_id:
        return [ic_is_ol(incident, f"{person.name} commands")]
    return []


def why_not_accept(incident: Incident, facts: Facts, by: Actor, wanted: OfferItem | RoomRole | None = None) -> list[Reason]:
    """Only the one who was asked accepts, once. `wanted`: the offer, or the role that is believed to be offered."""
    reasons = practitioner(by) or running(incident, facts) or _not_asked(facts, by, wanted)
    if reasons or wanted is None:
        return reasons
    role = wanted if isinstance(wanted, RoomRole) else wanted.role
    if role == RoomRole.OL and incident.mobilises and facts.holder(RoomRole.IC) == by.user_id:
        # Asked before they took command. With a reason they assign it to themselves.
        sentence = "You hold command by now: decline, or assign it to yourself with a reason."
        return [Reason("ic_is_ol", sentence, clause="roles.ic-head-up")]
    return []


def why_not_decline(incident: Incident, facts: Facts, by: Actor, wanted: OfferItem | RoomRole | None = None) -> list[Reason]:
    """Only the one who was asked declines, once."""
    return practitioner(by) or running(incident, facts) or _not_asked(facts, by, wanted)


def _not_asked(facts: Facts, by: Actor, wanted: OfferItem | RoomRole | None) -> list[Reason]:
    if wanted is None and any(waiting.user_id == by.user_id for waiting in facts.offers):
        return []
    if wanted is None:
        return [Reason("no_offer", "No role waits for your answer.", clause=ASSIGNS)]
    offer = wanted if isinstance(wanted, OfferItem) else next((o for o in facts.offers if o.role == wanted), None)
    if offer is None:
        asked = RoomRole(str(wanted))
        seat = facts.roles.get(asked)
        taken = f": {seat.name} is, since {seat.since:%H:%M:%S} UTC" if seat else ""
        return [Reason("no_offer", f"Nobody is asked to be {asked.label} now{taken}.", clause=ASSIGNS, field="role")]
    if offer.user_id != by.user_id:
        role = RoomRole(offer.role).label
        return [Reason("not_asked", f"{offer.name} was asked to be {role}, not you.", clause=ASSIGNS, status=403)]
    return []


def why_not_step_down(incident: Incident, facts: Facts, by: Actor, role: RoomRole | None = None) -> list[Reason]:
    """Whoever holds a role gives it up; but command of a running SEV 1/2 never lapses: it is handed over (handover.announce)."""
    reasons = practitioner(by) or running(incident, facts)
    if reasons:
        return reasons
    mine = [RoomRole(seat.role) for seat in facts.roles.values() if seat.user_id == by.user_id]
    if role is None:
        if not mine:
            return [Reason("not_the_holder", "You hold no role here.", clause=CHAIN)]
        role = next((held for held in mine if held != RoomRole.IC), mine[0])
    if role not in mine:
        seat = facts.roles.get(role)
        who = f"{seat.name} is {role.label}, not you" if seat else f"Nobody is {role.label}"
        return [Reason("not_the_holder", f"{who}.", clause=CHAIN, field="role", status=403 if seat else 409)]
    if role == RoomRole.IC and incident.mobilises:
        sentence = f"Command of a {incident.level} never lapses: hand it over instead."
        return [Reason("command_never_lapses", sentence, clause="handover.announce", field="role")]
    return []
