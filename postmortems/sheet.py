"""The verbs of a draft as its page offers them to one person: each a form, with what was typed where it was just refused."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.forms import Form
from django.urls import reverse

from postmortems.door import Door
from postmortems.doors import DOORS
from tenants.refusals import Reason

type Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Failure:
    """A verb that was just refused: its form with what was typed."""

    door: Door
    form: Any

    def was(self, door: Door, preset: Mapping[str, str]) -> bool:
        """Whether it was this verb, done to this part."""
        return self.door is door and all(str(self.form.data.get(name, "")) == value for name, value in preset.items())


class Sheet:
    """The forms of a page. `row` gives a verb that is done to a part (its `preset` fields are filled in), as components/verb.html draws it."""

    def __init__(self, ref: str, why_not: Mapping[str, Sequence[Reason]], failure: Failure | None = None) -> None:
        self.ref, self.why_not, self.failure = ref, why_not, failure
        self.failed: Row | None = None  # the refused one, where it stands

    def may(self, name: str) -> bool:
        """Whether the verb is open to them."""
        return not self.why_not[name]

    def row(
        self, name: str, *, label: str = "", initial: Mapping[str, Any] | None = None, others: Any = None, **preset: str
    ) -> Row:
        """A verb; `initial` fills its fields in, `others` are what there is to choose from."""
        door = DOORS[name]
        mine = self.failed is None and self.failure is not None and self.failure.was(door, preset)
        row_id = "-".join([name, *filter(None, preset.values())])
        form: Any = self.failure.form if mine and self.failure else blank(door, key=row_id, initial=initial, others=others)
        _fill(form, preset)
        asks = any(field.required for field in form.fields.values()) or name in _ASKING
        row: Row = {
            "id": row_id,
            "name": name,
            "label": label or door.label,
            "url": reverse("postmortem-verb", args=[self.ref, name]),
            "allowed": self.may(name),
            "reasons": list(self.why_not[name]),
            "form": form,
            "hidden": list(preset.items()),
            "needs_form": bool(form.fields),
            "asks": asks,
            "more": next((str(field.label) for field in form.fields.values()), ""),
            "overridable": False,
            "multipart": False,
        }
        if mine:
            self.failed = row
        return row


# No field of theirs is required by itself, and without any they say nothing.
_ASKING = frozenset({"facts", "annotate", "explain-whys", "move-why"})


def blank(door: Door, data: Any = None, *, key: str = "", initial: Mapping[str, Any] | None = None, others: Any = None) -> Any:
    """A verb's form. `key` keeps its ids apart from those of the same form beside another part."""
    options: dict[str, Any] = {"auto_id": f"{key or door.name}-%s", "initial": dict(initial or {})}
    if others is not None and door.name == "move-why":
        options["others"] = others
    return door.form(data, **options)


def _fill(form: Form, preset: Mapping[str, str]) -> None:
    """Take the fields that are filled in out of the form; what was wrong with them is said above it."""
    for name in preset.keys() & form.fields.keys():
        if form.is_bound:
            for error in form.errors.get(name, []):
                form.add_error(None, error)
        del form.fields[name]
