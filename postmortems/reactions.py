"""What follows for post-mortems from events (portal/reactions.py says from which). Each runs once an event, inside the scope."""

from incidents.models import Incident
from ledger.models import Event
from postmortems.actions import opening
from postmortems.models import PostMortem
from tenants.actors import Actor


def open_draft(event: Event, by: Actor) -> None:
    """What was a SEV 1/2, if only for a while, was resolved: its post-mortem is begun, due 24 h from then."""
    opening.open_draft(Incident.objects.get(pk=event.subject_id), by=by, at=event.occurred_at)


def open_for_flag(event: Event, by: Actor) -> None:
    """A flag raised what was resolved already to a SEV 1: it has a post-mortem from then on, due 24 h after the flag."""
    if not PostMortem.objects.filter(incident__pk=event.subject_id).exists():
        opening.open_draft(Incident.objects.get(pk=event.subject_id), by=by, at=event.occurred_at)


def set_aside(event: Event, by: Actor) -> None:
    """An incident was reopened: the clocks of its post-mortem stop until it is resolved again."""
    opening.set_aside(Incident.objects.get(pk=event.subject_id))
