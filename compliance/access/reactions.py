"""What follows for access from other rooms' events (portal/reactions.py says from which)."""

from compliance.actions.access_reviews import open_review, set_aside
from incidents.models import Incident
from ledger.models import Event
from tenants.actors import Actor


def review_access(event: Event, by: Actor) -> None:
    """An incident was resolved, or flagged after it was: who had access in its window is reviewed (evidence.access-review)."""
    open_review(Incident.objects.get(pk=event.subject_id), by=by)


def set_review_aside(event: Event, by: Actor) -> None:
    """An incident was reopened: its review is due after it is resolved again."""
    set_aside(Incident.objects.get(pk=event.subject_id))
