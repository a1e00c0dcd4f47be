"""What is said to whom, and by whom."""

from incidents.facts import Facts
from incidents.models import Incident
from incidents.rules.common import CHAIN, command, practitioner, running
from incidents.states import RoomRole
from tenants.actors import Actor
from tenants.refusals import Reason


def why_not_update(incident: Incident, facts: Facts, by: Actor) -> list[Reason]:
    """The Communications Lead updates; the IC until there is one (principle.communicate)."""
    reasons = practitioner(by) or running(incident)
    if reasons or facts.holds(by, RoomRole.CL):
        return reasons
    if facts.holder(RoomRole.CL) is not None:
        name = facts.roles[RoomRole.CL].name
        return [
            Reason("not_communications_lead", f"{name} is Communications Lead: updates are theirs.", clause=CHAIN, status=403)
        ]
    return command(incident, facts, by, "updating")
