"""What the verbs of this room share: the rows locked in one order, and the event recorded."""

from typing import Any

from django.db import models

from incidents.models import Incident
from ledger.actions import record
from ledger.models import Event
from postmortems.models import PostMortem
from tenants.actors import Actor

DRAFT_CLOCK = "postmortem.draft-24h"
REVIEW_CLOCK = "postmortem.review-5-days"


def lock(postmortem: PostMortem) -> PostMortem:
    """Lock the incident's row, then the post-mortem's, so that two people at once act one after the other. Returns it as it is now."""
    incident = Incident.objects.select_for_update(of=("self",), no_key=True).get(pk=postmortem.incident_id)
    locked = PostMortem.objects.select_for_update(of=("self",)).select_related("author").get(pk=postmortem.pk)
    locked.incident = incident
    return locked


def tell(subject: models.Model, kind: str, *, incident: Incident, by: Actor, **data: Any) -> Event:
    """Record an event about a row of this room on its incident's timeline."""
    return record(kind, subject, by=by, incident_id=incident.pk, **data)
