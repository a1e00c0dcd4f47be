"""The verbs of a room as they are offered to one person: each judged by its own rule, by itself or beside the part it is done to."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.forms import Form
from django.urls import reverse

from incidents.doors import DOORS, Door
from incidents.facts import Facts
from incidents.models import Incident
from incidents.room.choices import Choices
from incidents.sitrep import sitrep_draft
from tenants.actors import Actor
from tenants.refusals import Reason
from tenants.time import now

type Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Failure:
    """A verb that was just refused: its form with what was typed, and why. Nothing typed is lost."""

    door: Door
    form: Any = None
    reasons: Sequence[Reason] = ()

    def was(self, door: Door, preset: Mapping[str, str]) -> bool:
        """Whether it was this verb, done to this part."""
        typed = getattr(self.form, "data", {}) or {}
        return self.door is door and all(str(typed.get(name, "")) == value for name, value in preset.items())

    def part(self, *names: str) -> str:
        """What it was done to: the first of these fields that was sent, or ""."""
        typed = getattr(self.form, "data", {}) or {}
        return next((str(typed[name]) for name in names if typed.get(name)), "")


# What a part is called in the body of a verb that is done to it, and what names it there.
_NAMED_BY: Mapping[str, tuple[str, str]] = {
    "order": ("order", "number"),
    "change": ("change", "number"),
    "hypothesis": ("hypothesis", "number"),
    "update": ("update", "id"),
    "offer": ("role", "role"),
    "seat": ("role", "role"),
    "flag": ("flag", "key"),
    "admitted": ("person", "email"),
    "snapshot": ("snapshot", "id"),
}

_ASKING = frozenset({"impact"})  # no field of theirs is required by itself, and without any they say nothing


class Offered:
    """The verbs of one incident for one person.

    `of` is a verb by itself; `beside` the verbs that can be done to one part; `preset` a verb with some of its body filled in.
    A row: {id, name, label, url, allowed, reasons, form, hidden [(name, value)], open, primary, needs_form, asks, more,
    overridable, possible, multipart}. `asks`: something must be filled in (`more` names the first field); `possible`: it is worth
    showing as something to press.
    """

    def __init__(
        self,
        incident: Incident,
        facts: Facts,
        by: Actor,
        choices: Choices,
        failure: Failure | None = None,
        initial: Mapping[str, Mapping[str, str]] | None = None,
    ) -> None:
        self.initial, self.choices = initial or {}, choices
        self.incident, self.facts, self.by, self.failure = incident, facts, by, failure
        self._why = {door.name: door.why_not(incident, facts, by) for door in DOORS.values()}
        self.failed: Row | None = None  # the refused one, where it stands

    def of(self, name: str) -> Row | None:
        """A verb by itself, or None where there is no such door."""
        door = DOORS.get(name)
        return self._row(door, self._why[name], {}) if door else None

    def all(self) -> list[Row]:
        """Every verb that is not done to a part. One whose part is gone since it was asked for stands here, with what was typed."""
        return [
            self._row(door, self._why[door.name], {})
            for door in DOORS.values()
            if not door.part or (self.failure and self.failure.door is door and self.failed is None)
        ]

    def beside(self, part: str, item: Any) -> list[Row]:
        """The verbs that can be done to one part now, or were just refused for it."""
        name, key = _NAMED_BY[part]
        rows = []
        for door in DOORS.values():
            if door.part == part:
                preset = {name: str(getattr(item, key))}
                failed = self.failure is not None and self.failure.was(door, preset)
                if failed or not [reason for reason in self._why[door.name] if not reason.overridable]:
                    rows.append(self._row(door, door.why_not(self.incident, self.facts, self.by, item), preset))
        return [row for row in rows if row["possible"]]

    def preset(self, name: str, *item: Any, **values: str) -> Row | None:
        """A verb with some of its body filled in (done to `item`), or None where there is no door that takes it."""
        door = DOORS.get(name)
        if door is None or not values.keys() <= door.form.base_fields.keys():
            return None
        return self._row(door, door.why_not(self.incident, self.facts, self.by, *item) if item else self._why[name], values)

    def _row(self, door: Door, reasons: list[Reason], preset: Mapping[str, str]) -> Row:
        mine = self.failed is None and self.failure is not None and self.failure.was(door, preset)
        row_id = "-".join([door.name, *(value.replace("@", "-at-").replace(".", "-") for value in preset.values())])
        overridable = bool(reasons) and all(reason.overridable for reason in reasons)
        possible = not reasons or overridable or mine
        form = self._form(door, preset, row_id, mine) if possible else Form()
        row: Row = {
            "id": row_id,
            "name": door.name,
            "label": door.label,
            "url": reverse("incident-verb", args=[self.incident.ref, door.name]),
            "allowed": not reasons,
            "reasons": reasons,
            "refusals": self.failure.reasons if mine and self.failure else [],
            "form": form,
            "hidden": list(preset.items()),
            "open": mine,
            "primary": door.primary,
            "needs_form": bool(form.fields),
            "asks": door.name in _ASKING or any(field.required for field in form.fields.values()),
            "more": next((str(field.label) for field in form.fields.values()), ""),
            "overridable": overridable,
            "possible": possible,
            "multipart": form.is_multipart(),
        }
        if mine:
            self.failed = row
        return row

    def _form(self, door: Door, preset: Mapping[str, str], row_id: str, mine: bool) -> Form:
        bound = self.failure.form if mine and self.failure else None
        form: Form = (
            bound
            if bound is not None
            else blank(door, self.incident, self.facts, key=row_id, initial=self.initial.get(door.name))
        )
        for name in preset.keys() & form.fields.keys():
            if form.is_bound:
                for error in form.errors.get(name, []):
                    form.add_error(None, error)
            del form.fields[name]
        if name := self._answered_elsewhere(door, form):
            del form.fields[name]
        self.choices.furnish(form, door.name)
        return form

    @staticmethod
    def _answered_elsewhere(door: Door, form: Form) -> str:
        """A note answers an entry from beside that entry: its own form does not ask for the number, unless one was sent."""
        return "thread" if door.name == "note" and "thread" in form.fields and not form.data.get("thread") else ""


def possible(rows: Iterable[Row | None]) -> list[Row]:
    """Those that are worth showing as something to press."""
    return [row for row in rows if row is not None and row["possible"]]


def blank(
    door: Door, incident: Incident, facts: Facts, data: Any = None, *, key: str = "", initial: Mapping[str, str] | None = None
) -> Any:
    """A verb's form, for this incident. A situation report that is due is drafted from the record.

    `key` keeps its ids apart from those of the same form beside another part.
    """
    options: dict[str, Any] = {"prefix": None, "auto_id": f"{key or door.name}-%s", "initial": dict(initial or {})}
    if door.name == "advance":
        options["state"] = incident.state
    if door.name == "update":
        first = sorted(facts.components, key=lambda component: not component.suggested)  # those of the affected services
        options["components"] = [(component.slug, component.name, component.suggested) for component in first]
    if door.name == "severity" and data is None:
        options["initial"]["severity"] = incident.severity
    if door.name == "sitrep" and data is None and facts.handover is not None:
        options["initial"]["text"] = facts.handover.sitrep or sitrep_draft(incident, facts, now())
    return door.form(data, **options)


def allowed_actions(incident: Incident, facts: Facts, by: Actor) -> dict[str, dict[str, Any]]:
    """Each verb with whether the actor may, and if not, why not: the same rules that refuse."""
    out = {}
    for door in DOORS.values():
        reasons = door.why_not(incident, facts, by)
        out[door.name] = {
            "allowed": not reasons,
            "why_not": [_reason(reason) for reason in reasons],
        }
    return out


def _reason(reason: Reason) -> dict[str, Any]:
    found: dict[str, Any] = {"code": reason.code, "sentence": reason.sentence}
    for name in ("clause", "field", "overridable"):
        if value := getattr(reason, name):
            found[name] = value
    return found
