"""The commander's daily bread: the assessment, the bridge, the check-ins, and calling people."""

from collections.abc import Sequence

from incidents.facts import Facts
from incidents.items import Named
from incidents.models import Incident
from incidents.rules.common import CHAIN, command, in_room, may_know, practitioner, running
from incidents.states import RoomRole
from tenants.actors import Actor
from tenants.refusals import Reason


def why_not_assess(incident: Incident, facts: Facts, by: Actor) -> list[Reason]:
    """The IC judges severity and impact (roles.ic-assesses)."""
    return practitioner(by) or running(incident, facts) or command(incident, facts, by, "the assessment")


def why_not_bridge(incident: Incident, facts: Facts, by: Actor) -> list[Reason]:
    """Anybody in the room opens the bridge, and names another one if it fails (mobilize.war-room)."""
    reasons = practitioner(by) or running(incident, facts)
    if not reasons and not in_room(facts, by):
        reasons = [Reason("not_in_the_room", "Join the room to open its bridge.", status=403)]
    return reasons


def why_not_set_rhythm(incident: Incident, facts: Facts, by: Actor) -> list[Reason]:
    """The IC sets how often the room checks in (roles.ic-rhythm); only a war room has a battle rhythm."""
    reasons = practitioner(by) or running(incident, facts)
    if not reasons and not incident.mobilises:
        reasons = [Reason("no_war_room", f"A {incident.level} has no war room that would check in.", clause="warroom.mode")]
    return reasons or command(incident, facts, by, "the rhythm")


def why_not_check_in(incident: Incident, facts: Facts, by: Actor) -> list[Reason]:
    """The OL answers the check-in (roles.ic-rhythm)."""
    reasons = practitioner(by) or running(incident, facts)
    if reasons or facts.holds(by, RoomRole.OL):
        return reasons
    seat = facts.seated(RoomRole.OL)
    who = (
        f"{seat.name} is Operations Lead: checking in is theirs" if seat else "There is no Operations Lead yet who could check in"
    )
    return [Reason("not_operations_lead", f"{who}.", clause="roles.ic-rhythm", status=403)]


def why_not_page(incident: Incident, facts: Facts, by: Actor, called: Sequence[Named] | None = None) -> list[Reason]:
    """IC and OL call people in (roles.ol-leads); on a SEV 4 nobody is paged (severity.sev4-ticket)."""
    reasons = practitioner(by) or running(incident, facts)
    if reasons:
        return reasons
    if not incident.law.severity(incident.severity).pages_on_call:
        sentence = f"Nobody is paged for a {incident.level}: it is a ticket. If it is worse than that, raise it first."
        return [Reason("pages_nobody", sentence, clause="severity.sev4-ticket")]
    if not facts.holds(by, RoomRole.OL) and (refused := command(incident, facts, by, "paging")):
        return [
            Reason("not_commander", f"{r.sentence} The Operations Lead pages too.", clause=CHAIN, status=r.status)
            if r.code == "not_commander"
            else r
            for r in refused
        ]
    return [reason for person in called or () for reason in may_know(incident, facts, person, "")]
