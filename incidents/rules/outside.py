"""Those outside the room: who reads which page of an incident, who may ask, and whose look is announced."""

from incidents.facts import Facts
from incidents.models import Incident
from incidents.rules.common import reader, running
from incidents.states import Audience
from tenants.actors import Actor, Role
from tenants.refusals import Reason

SWOOP = "warroom.exec-swoop"


def outside(by: Actor) -> bool:
    """Whether somebody reads summaries, not rooms: executives and Support, unless they are practitioners too."""
    return by.has(Role.EXECUTIVE, Role.SUPPORT) and not by.has(Role.PRACTITIONER)


def own_page(by: Actor, incident: Incident) -> Audience | None:
    """Whose page of an incident somebody reads: the executives', Support's, or None, the room.

    Practitioners work in the room whatever else they are; auditors, administrators and process owners read it. Who sees a
    restricted incident at all is named on it, such as Legal Counsel, and needs to know what the room knows.
    """
    if incident.restricted or not outside(by):
        return None
    return Audience.EXECUTIVE if by.has(Role.EXECUTIVE) else Audience.SUPPORT


def told_of(by: Actor, incident: Incident) -> tuple[Audience, ...]:
    """The audiences whose updates somebody reads: all in the room; else their own, and what customers are told."""
    own = own_page(by, incident)
    return tuple(Audience) if own is None else (own, Audience.PUBLIC)


def why_not_enter(incident: Incident, by: Actor) -> list[Reason]:
    """Executives and Support read a summary, by every door, and not the record of the room (warroom.exec-swoop)."""
    own = own_page(by, incident)
    if own is None:
        return []
    who = "Executives read" if own == Audience.EXECUTIVE else "Support reads"
    sentence = f"{who} the summary, not the room's record. Ask the Communications Lead there."
    return [Reason("outside_the_room", sentence, clause=SWOOP, status=403)]


def why_not_ask(incident: Incident, facts: Facts, by: Actor) -> list[Reason]:
    """Any member asks the Communications Lead, in or out of the room (roles.ic-protects-ops)."""
    return reader(by) or running(incident)


def why_not_look(incident: Incident, by: Actor) -> list[Reason]:
    """The room hears of an executive who looks at it while it runs as a war room."""
    if own_page(by, incident) != Audience.EXECUTIVE:
        return [Reason("no_executive", "Only an executive's look is announced.", clause=SWOOP)]
    reasons = reader(by) or running(incident)
    if not reasons and not incident.mobilises:
        reasons = [Reason("no_war_room", f"A {incident.level} has no war room.", clause="warroom.mode")]
    return reasons
