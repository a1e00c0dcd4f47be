"""Forms of action items: shape and labels; what may be is the verbs' to say."""

from collections.abc import Mapping
from typing import Any

from django import forms

from ledger.form_fields import PersonField, text_area
from postmortems.states import ItemKind

KINDS = [
    (ItemKind.PREVENTION.value, "Prevention: it cannot happen again"),
    (ItemKind.DETECTION.value, "Detection: it is noticed sooner"),
]

_WAS = "was_"  # before the name of a field: the hidden one with what the page showed in it


def _day(**options: Any) -> forms.DateField:
    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    return forms.DateField(required=False, widget=widget, input_formats=["%Y-%m-%d"], **options)


class FileForm(forms.Form):
    """File an action item."""

    title = forms.CharField(label="What is to be done?", max_length=200)
    kind = forms.ChoiceField(label="What is it good for?", choices=KINDS, widget=forms.RadioSelect)
    owner = PersonField(label="Who does it?")
    details = forms.CharField(label="Details", required=False, widget=text_area(3))
    ticket_url = forms.CharField(label="Ticket", max_length=500, required=False, help_text="Its address, https://…")
    due_on = _day(label="Due on", help_text="Leave it empty for the limit of the standard. An earlier day may be promised.")


class EmptyForm(forms.Form):
    """A verb that needs nothing."""


class FinishForm(forms.Form):
    """Say that it is done."""

    outcome = forms.CharField(label="What came of it?", required=False, widget=text_area(2))


class ReasonForm(forms.Form):
    """A verb that needs a reason."""

    reason = forms.CharField(label="Why?", widget=text_area(2))


class ChangeForm(forms.Form):
    """Say better what it is; only the process owner has the field for the day on which it is due.

    It carries what it showed in each field, so that what a person left alone is told from what they want to be so.
    """

    title = forms.CharField(label="What is to be done?", max_length=200)
    kind = forms.ChoiceField(label="What is it good for?", choices=KINDS, widget=forms.RadioSelect)
    owner = PersonField(label="Who does it?")
    details = forms.CharField(label="Details", required=False, widget=text_area(3))
    ticket_url = forms.CharField(label="Ticket", max_length=500, required=False, help_text="Its address, https://…")
    due_on = _day(label="Due on", help_text="Moving it needs a reason.")
    reason = forms.CharField(label="Reason", required=False, widget=text_area(2))

    def carried(self) -> list[tuple[str, str]]:
        """What the page showed in each field, as hidden fields: (name, value)."""
        if self.is_bound:
            return [(_WAS + name, self.data[_WAS + name]) for name in self.fields if _WAS + name in self.data]
        return [(_WAS + name, _text(self.initial[name])) for name in self.fields if name in self.initial]

    def clean(self) -> dict[str, Any]:
        """What was typed, and as `shown` what the page showed, as far as it was sent along."""
        super().clean()
        shown = {}
        for name, field in self.fields.items():
            try:
                if _WAS + name in self.data:
                    shown[name] = _even(field.to_python(self.data[_WAS + name]))
            except forms.ValidationError:  # no page showed that
                continue
        return {name: _even(value) for name, value in self.cleaned_data.items()} | {"shown": shown}

    def take_over(self, stands: Mapping[str, Any]) -> None:
        """Go on from what the item is by now: in the fields that were left alone; beside what was typed, as what the page showed."""
        data, shown = dict(self.data.items()), self.cleaned_data["shown"]
        for name in stands.keys() & shown.keys() & self.fields.keys():
            data[_WAS + name] = _text(stands[name])
            if self.cleaned_data.get(name) == shown[name]:
                data[name] = _text(stands[name])
        self.data = data


def _text(value: Any) -> str:
    """A value as a field of a page has it."""
    return "" if value is None else str(value)


def _even(value: Any) -> Any:
    """A value whose lines end as the database has them, not as a browser sends them."""
    return value.replace("\r\n", "\n") if isinstance(value, str) else value
