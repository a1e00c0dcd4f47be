"""What an action item is while somebody changes it, field by field as its form has them, and who changed a field last."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ledger.models import Event
from postmortems.models import ActionItem
from postmortems.sla import last_day
from standard.queries import calendar


@dataclass(frozen=True, slots=True)
class Meanwhile:
    """A field that is another than a page showed it: what it is now, and by whom."""

    field: str
    now: Any
    by: str


def as_it_is(item: ActionItem) -> dict[str, Any]:
    """An item as its form begins."""
    return {
        "title": item.title,
        "kind": item.kind,
        "owner": item.owner.email,
        "details": item.details,
        "ticket_url": item.ticket_url,
        "due_on": last_day(item.due_at, calendar()) if item.due_at else None,
    }


def meanwhile(item: ActionItem, shown: Mapping[str, Any]) -> list[Meanwhile]:
    """Which fields are others by now than a page showed them (`shown`), and who made them so."""
    if not shown:
        return []
    stands = as_it_is(item)
    others = [name for name, value in shown.items() if name in stands and stands[name] != value]
    changed_by = _changed_by(item) if others else {}
    return [Meanwhile(name, stands[name], changed_by.get(name, "Somebody")) for name in others]


def _changed_by(item: ActionItem) -> dict[str, str]:
    """Who changed each field last, by its name."""
    found: dict[str, str] = {}
    told = Event.objects.filter(subject_type=item._meta.label_lower, subject_id=item.pk, kind="action.changed")
    for name, changes in told.order_by("id").values_list("actor_name", "data__changes"):
        found |= {"due_on" if field == "due_at" else field: name for field in changes}
    return found
