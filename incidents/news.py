"""News of a room to those whom it concerns: who is asked to do what, and where the incident went. The message is the record's own line."""

from collections.abc import Iterable

from incidents.announcements import may_hear, message
from incidents.models import Incident, Participant, RoleHolding
from incidents.sentences import KINDS
from incidents.states import RoomRole
from ledger.models import Event
from notifications.actions import notify
from notifications.models import Delivery
from notifications.transports import Message
from tenants.actors import Actor


def tell_room(event: Event, by: Actor) -> None:
    """Everybody in the room hears of it, but whoever did it."""
    _tell(event, Participant.objects.filter(incident__pk=event.subject_id).values_list("user_id", flat=True))


def tell_asked(event: Event, by: Actor) -> None:
    """The one who is asked hears of it."""
    _tell(event, [event.data["user_id"]])


def tell_commander(event: Event, by: Actor) -> None:
    """The commander hears of it."""
    seats = RoleHolding.objects.filter(incident__pk=event.subject_id, role=RoomRole.IC, until=None)
    _tell(event, seats.values_list("user_id", flat=True))


def _tell(event: Event, people: Iterable[int]) -> None:
    if wanted := may_hear(event.subject_id, set(people) - {event.actor_id}):
        notify(event, wanted, template="news", subject_id=event.subject_id)


def render(delivery: Delivery) -> Message:
    """The event as the timeline tells it, with what is beside it. Of a restricted incident only that there is something to read."""
    incident, event = Incident.objects.get(pk=delivery.subject_id), delivery.event
    kind = KINDS[event.kind]
    if incident.restricted:
        return message(delivery, incident, f"{incident.ref}: {kind.label}", "There is news. Sign in to read it.")
    facts = [f"{name}: {value}" for name, value in kind.facts(event.data)]
    text = "\n".join([f"{event.actor_name}: {kind.sentence(event.data)}", *facts])
    return message(delivery, incident, f"{kind.label}: {incident.level} {incident.ref}: {incident.title}", text)
