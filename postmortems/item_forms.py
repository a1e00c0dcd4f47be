"""Forms of action items: shape and labels; what may be is the verbs' to say."""

from typing import Any

from django import forms

from ledger.form_fields import PersonField, text_area
from postmortems.models import ActionItem
from postmortems.sla import last_day
from postmortems.states import ItemKind
from standard.queries import calendar

KINDS = [
    (ItemKind.PREVENTION.value, "Prevention: it cannot happen again"),
    (ItemKind.DETECTION.value, "Detection: it is noticed sooner"),
]


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
    """Say better what it is; only the process owner has the field for the day on which it is due."""

    title = forms.CharField(label="What is to be done?", max_length=200)
    kind = forms.ChoiceField(label="What is it good for?", choices=KINDS, widget=forms.RadioSelect)
    owner = PersonField(label="Who does it?")
    details = forms.CharField(label="Details", required=False, widget=text_area(3))
    ticket_url = forms.CharField(label="Ticket", max_length=500, required=False, help_text="Its address, https://…")
    due_on = _day(label="Due on", help_text="Moving it needs a reason.")
    reason = forms.CharField(label="Reason", required=False, widget=text_area(2))


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
