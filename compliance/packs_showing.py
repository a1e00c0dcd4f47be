"""How evidence packs are shown, on pages and by the API."""

from typing import Any

from django.urls import reverse

from compliance.models import EvidencePack, PackKind, PackState
from compliance.packs_rules import is_for, why_not_list
from incidents.facts import Facts
from incidents.models import Incident
from tenants.actors import Actor, Duty

type Row = dict[str, Any]


def row(pack: EvidencePack, by: Actor) -> Row:
    """A pack as a page lists it: what of, how far it is, where whoever looks downloads it."""
    theirs = is_for(pack, by)
    file_url = reverse("evidence-pack-file", args=[pack.pk]) if theirs and pack.state == PackState.READY else ""
    return _told(pack) | {
        "url": reverse("evidence-pack", args=[pack.pk]),
        "file_url": file_url,
        "for": "" if theirs or pack.engagement is None else pack.engagement.auditor.name,
    }


def _told(pack: EvidencePack) -> Row:
    work = next(iter(pack.work.all()), None) if pack.state == PackState.ASKED else None
    begun = work is not None and work.began_at is not None
    return {
        "id": pack.pk,
        "name": pack.name,
        "of": of(pack),
        "restricted": bool(pack.incident and pack.incident.restricted),
        "cause": pack.get_cause_display(),
        "state": "making" if begun else str(pack.state),
        "state_label": "Being made" if begun else pack.get_state_display(),
        "percent": work.percent if work else 100 if pack.state == PackState.READY else 0,
        "step": ((work and work.step) or "Waits for its turn") if pack.state == PackState.ASKED else "",
        "why": pack.why,
        "asked_by": pack.asked_by.name if pack.asked_by else "Muster",
        "asked_at": pack.asked_at,
        "made_at": pack.made_at,
        "size": pack.size,
        "sha256": pack.sha256,
        "checkpoint_size": pack.checkpoint_size,
    }


def of(pack: EvidencePack) -> str:
    """What it is of, in words."""
    if pack.kind == PackKind.INCIDENT and pack.incident is not None:
        return str(pack.incident.ref)
    if pack.engagement is not None:
        return f"the engagement of {pack.engagement.firm}, {pack.engagement.first} to {pack.engagement.last}"
    return f"{pack.starts_on} to the end of the day before {pack.ends_before}"


def api_row(pack: EvidencePack) -> Row:
    """The same for the API."""
    told = _told(pack)
    keys = (
        "id",
        "name",
        "cause",
        "state",
        "percent",
        "step",
        "why",
        "asked_by",
        "asked_at",
        "made_at",
        "size",
        "sha256",
        "checkpoint_size",
    )
    return {
        **{key: told[key] for key in keys},
        "cause": str(pack.cause),
        "kind": str(pack.kind),
        "incident": pack.incident.ref if pack.incident else None,
        "engagement": pack.engagement_id,
        "starts_on": pack.starts_on,
        "ends_before": pack.ends_before,
    }


def beside(incident: Incident, facts: Facts, by: Actor) -> Row:
    """Beside an incident's room: where its evidence packs are, for those who may have them."""
    return {
        "template": "compliance/packs_beside.html",
        "may": not why_not_list(by, facts.serves(by.user_id, Duty.LEGAL_COUNSEL)),
        "url": reverse("evidence-packs-of", args=[incident.ref]),
    }
