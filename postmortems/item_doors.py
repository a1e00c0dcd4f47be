"""The verbs of an action item as the doors offer them: one table for pages, API and `allowed_actions`."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.urls import reverse

from incidents.members import member_for
from ledger.api import StrictSerializer
from postmortems import item_forms as f
from postmortems.actions import items, reminding
from postmortems.api import item_bodies as b
from postmortems.item_meanwhile import as_it_is
from postmortems.models import ActionItem
from postmortems.rules import items as rules
from tenants.actors import Actor
from tenants.refusals import Reason

type Body = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ItemDoor:
    """One verb of an item at the doors. `rule` is the name of its rule in postmortems.rules.items, looked up each time."""

    name: str
    label: str
    rule: str
    body: type[StrictSerializer]
    form: type[forms.Form]
    act: Callable[[ActionItem, Actor, Body], object]
    primary: bool = False

    def why_not(self, item: ActionItem, by: Actor, leads: Collection[int]) -> list[Reason]:
        """Why the actor cannot do it now; [] if they can."""
        rule: Callable[..., list[Reason]] = getattr(rules, self.rule)
        return rule(item, by, leads)


def _change(item: ActionItem, by: Actor, body: Body) -> object:
    """A page sends every field, with what it showed in each: what a person left as it was is no change of theirs."""
    shown: Body = body.get("shown", {})
    changes = {
        name: value
        for name, value in body.items()
        if name not in ("reason", "shown") and not (name in shown and shown[name] == value)
    }
    if changes.get("owner"):
        changes["owner"] = member_for(by, changes["owner"], field="owner")
    return items.change_item(item, by=by, changes=changes, reason=body.get("reason", ""), shown=shown)


DOORS: dict[str, ItemDoor] = {
    door.name: door
    for door in (
        ItemDoor(
            "start",
            "Start",
            "why_not_start",
            b.ItemEmptyBody,
            f.EmptyForm,
            lambda item, by, body: items.start_item(item, by=by),
            primary=True,
        ),
        ItemDoor(
            "finish",
            "Done",
            "why_not_finish",
            b.ItemFinishBody,
            f.FinishForm,
            lambda item, by, body: items.finish_item(item, by=by, outcome=body.get("outcome", "")),
            primary=True,
        ),
        ItemDoor("change", "Change", "why_not_change", b.ItemChangeBody, f.ChangeForm, _change),
        ItemDoor(
            "drop",
            "Drop",
            "why_not_drop",
            b.ItemReasonBody,
            f.ReasonForm,
            lambda item, by, body: items.drop_item(item, by=by, reason=body["reason"]),
        ),
        ItemDoor(
            "take-up",
            "Take up again",
            "why_not_take_up",
            b.ItemReasonBody,
            f.ReasonForm,
            lambda item, by, body: items.take_up_item(item, by=by, reason=body["reason"]),
            primary=True,
        ),
        ItemDoor(
            "remind",
            "Remind the owner",
            "why_not_remind",
            b.ItemEmptyBody,
            f.EmptyForm,
            lambda item, by, body: reminding.remind(item, by=by),
        ),
    )
}


def allowed_actions(item: ActionItem, by: Actor, leads: Collection[int]) -> dict[str, dict[str, Any]]:
    """Each verb with whether the actor may, and if not, why not: the same rules that refuse."""
    out = {}
    for door in DOORS.values():
        reasons = door.why_not(item, by, leads)
        out[door.name] = {"allowed": not reasons, "why_not": [_plain(reason) for reason in reasons]}
    return out


def _plain(reason: Reason) -> dict[str, Any]:
    found: dict[str, Any] = {"code": reason.code, "sentence": reason.sentence}
    return found | ({"clause": reason.clause} if reason.clause else {})


def form_of(door: ItemDoor, item: ActionItem, by: Actor, data: Any = None) -> forms.Form:
    """A verb's form for this item: as it is now, or with what was typed."""
    initial = as_it_is(item) if door.name == "change" else None
    form = door.form(data, auto_id=f"{door.name}-%s", initial=initial)
    if "due_on" in form.fields and rules.why_not_move(item, by):
        del form.fields["due_on"]
    return form


def offered(
    item: ActionItem, by: Actor, leads: Collection[int], failed: ItemDoor | None = None, form: forms.Form | None = None
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """(what can be done, what cannot), as templates/components/verb.html and verb_off.html show a verb.

    `failed` with its `form` was just refused: it stands open, with everything that was typed.
    """
    can: list[dict[str, Any]] = []
    cannot: list[dict[str, Any]] = []
    for door in DOORS.values():
        reasons = door.why_not(item, by, leads)
        mine = door is failed
        shown = form if mine and form is not None else form_of(door, item, by)
        row: dict[str, Any] = {
            "id": door.name,
            "name": door.name,
            "label": door.label,
            "url": reverse("action-item-verb", args=[item.ref, door.name]),
            "allowed": not reasons,
            "reasons": reasons,
            "form": shown,
            "hidden": shown.carried() if isinstance(shown, f.ChangeForm) else [],
            "open": mine,
            "primary": door.primary,
            "needs_form": bool(shown.fields),
            "asks": door.name == "change" or any(field.required for field in shown.fields.values()),
            "more": next((str(field.label) for field in shown.fields.values()), ""),
            "overridable": False,
            "multipart": False,
        }
        (can if not reasons or mine else cannot).append(row)
    return can, cannot
