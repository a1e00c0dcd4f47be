"""What follows from an incident's end for evidence packs (portal/reactions.py says from which events)."""

from compliance.actions.packs import ask_for_pack
from compliance.models import PackCause
from incidents.models import Incident
from ledger.models import Event
from tenants.actors import Actor


def make_pack(event: Event, by: Actor) -> None:
    """A pack is made by itself when an incident ends, whatever its severity and however it ends, and again when it is closed."""
    cause = PackCause.CLOSED if event.kind == "incident.closed" else PackCause.ENDED
    incident_id: int = event.incident_id  # type: ignore[assignment]  # an incident's end tells of one
    ask_for_pack(Incident.objects.get(pk=incident_id), by=by, cause=cause)
