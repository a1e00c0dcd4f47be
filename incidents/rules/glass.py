"""Break glass is for reading: whoever sees an incident so leaves nothing in its record but that they read it (breach.need-to-know)."""

from incidents.models import NeedToKnow
from incidents.models.restriction import VIA_GLASS
from tenants.actors import Actor
from tenants.refusals import Reason

READING = frozenset({"incident.opened", "incident.glass_broken", "pack.handed_out", "export.given"})
"""What is recorded of their reading itself."""
CALLING = frozenset({"page.started", "page.person_paged", "page.withheld", "page.exhausted"})
"""The call of Privacy, which belongs to breaking the glass, and is made in their name."""

SENTENCE = "You see this through break glass, which is for reading. Whoever was named on it can admit you to take part."
THROUGH_GLASS = Reason("through_glass", SENTENCE, clause="breach.need-to-know", status=403)


def why_not_record(kind: str, incident_id: int, by: Actor) -> list[Reason]:
    """Every verb leaves its event, so that asking here refuses every one of them, in whichever room (MUSTER_WHY_NOT_RECORD names this)."""
    if by.user_id is None or kind in READING or kind in CALLING:
        return []
    mine = NeedToKnow.objects.filter(incident_id=incident_id, user_id=by.user_id, removed_at=None, via=VIA_GLASS)
    return [THROUGH_GLASS] if mine.exists() else []
