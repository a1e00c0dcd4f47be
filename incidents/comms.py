"""Communication as pages and the API show it: what was said to whom last, what waits for whose word, how components do."""

from typing import Any

from django.urls import reverse

from incidents.facts import Facts, gather
from incidents.items import UpdateItem
from incidents.models import Incident, StatusUpdate
from incidents.rules import comms as rules
from incidents.rules.outside import own_page, told_of
from incidents.states import Approver, Audience, Condition, PublicStatus, UpdateState
from tenants.actors import Actor

TO_DECIDE_MOST = 50


def latest(incident: Incident, facts: Facts, by: Actor) -> dict[str, UpdateItem | None]:
    """The last update that went out to each audience whose updates the actor reads."""
    return {audience.value: facts.latest(audience) for audience in told_of(by, incident)}


def waiting(incident: Incident, facts: Facts, by: Actor) -> list[UpdateItem]:
    """The updates that wait: all of them in the room, outside it those that the actor decides."""
    inside = own_page(by, incident) is None
    return [update for update in facts.waiting_updates if inside or not rules.why_not_reject_update(incident, facts, by, update)]


def panel(incident: Incident, facts: Facts, by: Actor, failed: str = "", form: Any = None) -> dict[str, Any]:
    """The latest to each audience, what waits for whom, how the components do.

    `failed` is the name of a verb that was just refused, with its `form`: nothing typed is lost.
    """
    return {
        "latest": [
            {"audience": name, "label": Audience(name).label, "update": update, "status": _status(update)}
            for name, update in latest(incident, facts, by).items()
        ],
        "waiting": [_deciding(incident, facts, by, update, failed, form) for update in waiting(incident, facts, by)],
        "conditions": conditions(facts),
    }


def _deciding(incident: Incident, facts: Facts, by: Actor, update: UpdateItem, failed: str, form: Any) -> dict[str, Any]:
    """An update that waits, with whom it waits for and, where it is the actor's to decide, where to say so."""
    why_not = rules.why_not_approve_update(incident, facts, by, update)
    may_reject = not rules.why_not_reject_update(incident, facts, by, update)
    mine = failed in ("approve-update", "reject-update") and form is not None and form.data.get("update") == str(update.id)
    said = [error for errors in form.errors.values() for error in errors] if mine else []
    return {
        "update": update,
        "audience": Audience(update.audience).label,
        "status": _status(update),
        "awaits": [Approver(who).label for who in update.awaits],
        "components": [
            {"name": component.name, "condition": Condition(update.components[component.slug]).label}
            for component in facts.components
            if component.slug in update.components
        ],
        "approve_url": "" if why_not else reverse("incident-verb", args=[incident.ref, "approve-update"]),
        "reject_url": reverse("incident-verb", args=[incident.ref, "reject-update"]) if may_reject else "",
        "why_not": why_not,
        "said": said,
        "reason": form.data.get("reason", "") if mine else "",
    }


def conditions(facts: Facts) -> list[dict[str, Any]]:
    """The components that are not well because of this incident."""
    return [
        {
            "slug": component.slug,
            "name": component.name,
            "condition": component.condition,
            "label": Condition(component.condition).label,
            "since": component.since,
        }
        for component in facts.components
        if component.condition
    ]


def to_decide(by: Actor) -> list[dict[str, Any]]:
    """The updates that the actor may let out, of all incidents, for their inbox; the longest waiting first, at most TO_DECIDE_MOST."""
    found = StatusUpdate.objects.filter(organisation_id=by.organisation_id, state=UpdateState.WAITING)
    incidents = {row.incident_id: row.incident for row in found.select_related("incident").order_by("id")[:TO_DECIDE_MOST]}
    rows = []
    for incident in incidents.values():
        facts = gather(incident)
        rows += [
            {
                "title": f"Update to {Audience(update.audience).label.lower()} on {incident.level} {incident.ref}",
                "text": update.known,
                "at": update.posted_at,
                "url": f"{reverse('incident', args=[incident.ref])}#update-{update.id}",
            }
            for update in facts.waiting_updates
            if not rules.why_not_approve_update(incident, facts, by, update)
        ]
    return rows


def _status(update: UpdateItem | None) -> str:
    return PublicStatus(update.status).label if update and update.status else ""
