"""What follows from events here (portal/reactions.py says from which): an incident's figures are made again."""

from ledger.models import Event
from metrics import actions
from oncall.models import Page
from tenants.actors import Actor


def measure_incident(event: Event, by: Actor) -> None:
    """Measure the incident that an event is about: its times, who was called, or its clocks have changed.

    A page may have been there before its incident; what belongs to none yet is measured once it does.
    """
    incident_id = event.incident_id
    if incident_id is None and event.subject_type == Page._meta.label_lower:
        incident_id = Page.objects.filter(pk=event.subject_id).values_list("incident_id", flat=True).first()
    if incident_id is not None:
        actions.measure(incident_id)
