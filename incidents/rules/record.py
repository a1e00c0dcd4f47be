"""The record: who writes in it, and who says when the harm began and ended."""

from incidents.facts import Facts
from incidents.models import Incident
from incidents.rules.common import command, practitioner, running
from incidents.states import RoomRole
from tenants.actors import Actor
from tenants.refusals import Reason


def why_not_note(incident: Incident, facts: Facts, by: Actor) -> list[Reason]:
    """Practitioners write in the record, after the end too; the first entry brings its author into the room."""
    return practitioner(by)


def why_not_set_impact(incident: Incident, facts: Facts, by: Actor) -> list[Reason]:
    """The IC or the Scribe says when the harm began and ended (resolve.impact-ceased)."""
    reasons = practitioner(by) or running(incident)
    if reasons or facts.holds(by, RoomRole.SCRIBE):
        return reasons
    return command(incident, facts, by, "setting the impact")
