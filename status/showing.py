"""Where the status page shows on other rooms' pages (portal/reactions.py names this)."""

from typing import Any

from django.db.models import F, Subquery

from incidents.facts import Facts
from incidents.models import Incident
from status import addresses
from status.models import PublicIncident, StatusPage
from tenants.actors import Actor


def panel(incident: Incident, facts: Facts, by: Actor) -> dict[str, Any]:
    """What the public sees of an incident, beside its room: where, or why nothing; empty where the page is not public. One query."""
    thread = PublicIncident.objects.filter(incident=incident).values("public_id")[:1]
    public = StatusPage.objects.filter(public=True)
    found = public.values(slug=F("organisation__slug"), thread=Subquery(thread)).first()
    told = {"template": "status/_beside.html", "url": "", "address": "", "why_not": ""}
    if found is None:
        return told
    told["url"] = addresses.absolute(addresses.home(found["slug"]))
    if incident.restricted:
        told["why_not"] = "It is restricted: nothing of it is there."
    elif incident.exercise:
        told["why_not"] = "It is an exercise: nothing of it is there."
    elif found["thread"]:
        told["address"] = addresses.absolute(addresses.incident(found["slug"], found["thread"]))
    return told


def public_address(incident: Incident) -> str:
    """Where the public reads the post-mortem of an incident that was released; "" where it does not."""
    thread = PublicIncident.objects.filter(incident=incident).values("public_id")[:1]
    found = StatusPage.objects.filter(public=True).values(slug=F("organisation__slug"), thread=Subquery(thread)).first()
    if found is None or not found["thread"]:
        return ""
    return addresses.absolute(addresses.postmortem(found["slug"], found["thread"]))
