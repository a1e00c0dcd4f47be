"""What follows here from events (portal/reactions.py says from which): an incident's verdicts are kept."""

from compliance.actions.conformance import judge_incidents
from ledger.models import Event
from tenants.actors import Actor


def judge_incident(event: Event, by: Actor) -> None:
    """Judge the incident that an event is about: it has ended, or what comes after it went on."""
    if event.incident_id is not None:
        judge_incidents(event.incident_id)
