"""Forms of evidence packs: shape and labels; what may be is the verbs' to say."""

from typing import Any

from django import forms


def _day(**options: Any) -> forms.DateField:
    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    return forms.DateField(widget=widget, input_formats=["%Y-%m-%d"], **options)


class AskForm(forms.Form):
    """Ask for the pack of an incident: nothing has to be said."""


class PeriodForm(forms.Form):
    """Ask for the pack of a period."""

    starts_on = _day(label="From the beginning of", help_text="A day, in UTC.")
    ends_before = _day(label="To the beginning of", help_text="The day after the last one. For the third quarter: 1 October.")
