"""Which incident a line means, and what came of it."""

from dataclasses import dataclass

from incidents import gate, timeline
from incidents.models import Incident
from incidents.states import OPEN
from integrations.chat.line import not_understood
from ledger.models import Event
from tenants.actors import Actor


@dataclass(frozen=True, slots=True)
class Said:
    """What came of a line: a sentence, the verb, and the incident it was about ("" for none)."""

    text: str
    verb: str
    incident: str = ""


def meant(by: Actor, ref: str) -> Incident:
    """The incident with this reference; without one, the running one whose room the actor is in.

    Raises NotFound for what they may not see. Refuses (422 `not_understood`) where they are in no room, or in more than one.
    """
    if ref:
        return gate.incident_for(by, ref)
    refs = rooms_of(by)
    if not refs:
        not_understood("Say which incident: begin with its reference, such as “/incident INC-42 claim”.")
    if len(refs) > 1:
        not_understood(f"You are in several rooms, {', '.join(refs)}: begin with the one you mean, “/incident {refs[0]} …”.")
    return gate.incident_for(by, refs[0])


def rooms_of(by: Actor) -> list[str]:
    """The references of the running incidents in whose room the actor is, the newest first; at most 5."""
    rooms = Incident.objects.filter(state__in=OPEN, participants__user_id=by.person_id)
    return list(rooms.order_by("-number").values_list("ref", flat=True)[:5])


def told(incident: Incident, by: Actor) -> str:
    """What the record says of it now: the last entry that the actor left."""
    event = Event.objects.filter(incident_id=incident.pk, actor_id=by.user_id).order_by("-seq").first()
    if event is None:
        return f"{incident.ref}: done."
    entry = timeline.entry(event)
    return f"{incident.ref} · {entry.label}: {entry.text}"
