"""What follows for evidence packs from an incident's end, an erasure, and the release of a hold (portal/reactions.py says from which events)."""

from compliance.actions.packs import ask_for_pack, remove, supersede
from compliance.models import ErasureRequest, EvidencePack, PackCause, PackPart, PackState
from compliance.packs.erased import hold_on, packs_that_tell
from incidents.models import Incident
from ledger.models import Event
from tenants.actors import Actor


def make_pack(event: Event, by: Actor) -> None:
    """A pack is made by itself when an incident ends, whatever its severity and however it ends, and again when it is closed."""
    cause = PackCause.CLOSED if event.kind == "incident.closed" else PackCause.ENDED
    incident_id: int = event.incident_id  # type: ignore[assignment]  # an incident's end tells of one
    ask_for_pack(Incident.objects.get(pk=incident_id), by=by, cause=cause)


def supersede_packs(event: Event, by: Actor) -> None:
    """Packs from before an erasure are not handed out any more, where they tell what it took out of the record."""
    wish = ErasureRequest.objects.get(pk=event.subject_id)
    if wish.state != ErasureRequest.State.DONE:
        return
    for pack in packs_that_tell(wish):
        supersede(pack, by=by, erasure=wish.pk, hold=hold_on(pack))


def remove_superseded(event: Event, by: Actor) -> None:
    """A hold was released: superseded packs that no other one keeps lose their files."""
    kept = PackPart.objects.filter(pack__state=PackState.SUPERSEDED).values("pack_id")
    for pack in EvidencePack.objects.filter(pk__in=kept).order_by("id"):
        if hold_on(pack) is None:
            remove(pack, by=by)
