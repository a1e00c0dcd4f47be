"""Fetch or refuse, for action items: the one way an edge obtains one. A stranger's and a missing one answer alike."""

import re
from collections.abc import Sequence

from django.db.models import QuerySet

from incidents import gate
from incidents.models import Incident
from postmortems.models import ActionItem
from tenants.actors import Actor
from tenants.refusals import NotFound

_REF = re.compile(r"(INC-[A-Z0-9]{1,20})-([1-9][0-9]{0,8})", re.IGNORECASE)
_ID = re.compile(r"[1-9][0-9]{0,17}")


def item_for(by: Actor, ref: str) -> ActionItem:
    """The action item of this reference ("INC-42-3") or id, if the actor may see its incident's room.

    Raises NotFound otherwise; executives and Support are refused (403). Reading one of a restricted incident is on record.
    """
    incident: Incident | None = None
    found: ActionItem | None = None
    if (named := _REF.fullmatch(ref)) is not None:
        incident = _room(by, named[1])
        found = _items().filter(incident=incident, number=int(named[2])).first()
    elif ref.isascii() and _ID.fullmatch(ref):
        found = _items().filter(organisation_id=by.organisation_id, pk=int(ref)).first()
        incident = _room(by, found.incident.ref) if found is not None else None
    if found is None or incident is None:
        raise NotFound("action item")
    found.incident = incident
    return found


def _room(by: Actor, ref: str) -> Incident:
    try:
        return gate.room_for(by, ref)
    except NotFound as error:
        raise NotFound("action item") from error


def items_for(by: Actor, refs: Sequence[str]) -> list[ActionItem]:
    """The action items of these references, in their order. Raises NotFound where one is not there."""
    return [item_for(by, ref) for ref in dict.fromkeys(refs)]


def _items() -> QuerySet[ActionItem]:
    return ActionItem.objects.select_related("incident", "owner", "filed_by", "ended_by")
