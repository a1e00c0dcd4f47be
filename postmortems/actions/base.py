"""What the verbs of this room share: the rows locked in one order, the text that somebody wrote over, and the event recorded."""

import unicodedata
from typing import Any

from django.db import models

from incidents.models import Incident
from ledger.actions import record
from ledger.models import Event
from postmortems.models import PostMortem
from tenants.actors import Actor
from tenants.refusals import Reason, Refused

DRAFT_CLOCK = "postmortem.draft-24h"
REVIEW_CLOCK = "postmortem.review-5-days"


def lock(postmortem: PostMortem) -> PostMortem:
    """Lock the incident's row, then the post-mortem's, so that two people at once act one after the other. Returns it as it is now."""
    incident = Incident.objects.select_for_update(of=("self",), no_key=True).get(pk=postmortem.incident_id)
    locked = PostMortem.objects.select_for_update(of=("self",)).select_related("author").get(pk=postmortem.pk)
    locked.incident = incident
    return locked


def written_over(present: str, mine: str, over: str | None, what: str) -> None:
    """Refuse (409 `stale`, with `theirs`: {text}) a text that was written over another one than the present.

    `over` is what the author had before them; None where they do not say. The same text twice is no conflict. `what` names it.
    """
    if over is None or mine == present or unicodedata.normalize("NFC", over.replace("\r\n", "\n")).strip() == present:
        return
    now_says = f"It says now: “{present}”." if present else "It was taken back."
    sentence = f"Somebody has changed {what} since you began. {now_says} Save yours again if it is right in place of that."
    raise Refused(Reason("stale", sentence, field="text"), more={"theirs": {"text": present}})


def tell(subject: models.Model, kind: str, *, incident: Incident, by: Actor, **data: Any) -> Event:
    """Record an event about a row of this room on its incident's timeline."""
    return record(kind, subject, by=by, incident_id=incident.pk, **data)
