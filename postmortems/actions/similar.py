"""Learning by what an incident is recognised, so that the next one like it is shown this one and what is still to be done about it."""

from django.db import connection

from incidents.models import Incident
from ledger.models import Event
from postmortems.sql import FORGET_ONE, LEARN_ONE
from tenants.actors import Actor


def learn(event: Event, by: Actor) -> None:
    """An incident was resolved, or closed: its traits are written anew. Derived data, so it leaves no event (docs/unaudited.md)."""
    Incident.objects.select_for_update(of=("self",), no_key=True).get(pk=event.subject_id)  # two at once would write twice
    with connection.cursor() as cursor:
        cursor.execute(FORGET_ONE, {"incident": event.subject_id})
        cursor.execute(LEARN_ONE, {"incident": event.subject_id})
