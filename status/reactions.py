"""What follows from events here (portal/reactions.py says from which): the page says what the public was told."""

from incidents.states import Audience
from ledger.models import Event
from status import actions
from tenants.actors import Actor


def put_up(event: Event, by: Actor) -> None:
    """A public update went out, something was struck, or the incident ended or goes on: its public account is made true."""
    if event.incident_id is not None and event.data.get("audience", Audience.PUBLIC) == Audience.PUBLIC:
        actions.put_up(event.incident_id)
