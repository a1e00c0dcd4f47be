"""Forms of audit engagements and samples: shape and labels."""

from typing import Any

from django import forms

from ledger.form_fields import PersonField, text_area


def _day(label: str, help_text: str = "") -> forms.DateField:
    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    wrong = {"invalid": "Write it like 2026-06-01."}
    return forms.DateField(label=label, widget=widget, input_formats=["%Y-%m-%d"], help_text=help_text, error_messages=wrong)


class EngagementForm(forms.Form):
    """A new engagement."""

    firm = forms.CharField(label="Firm", max_length=120)
    auditor = PersonField(label="Auditor", help_text="The e-mail address of a member whose role is auditor.")
    first = _day("From", "Incidents that were declared on this day or later.")
    last = _day("To, included")
    expires = _day("The auditor reads until, included")
    restricted = forms.BooleanField(
        label="Restricted incidents too",
        required=False,
        help_text="Only the Privacy Officer opens these; without it they are stubs with their numbers.",
    )


class EndForm(forms.Form):
    """Ending one."""

    reason = forms.CharField(label="Why?", widget=text_area(2))


class SampleForm(forms.Form):
    """Drawing a sample."""

    size = forms.CharField(label="How many", max_length=9, widget=forms.TextInput(attrs={"inputmode": "numeric"}))
    seed = forms.CharField(
        label="Seed",
        max_length=64,
        help_text="Any words: the same seed draws the same incidents. Choose your own, so that nobody could foresee it.",
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.label_suffix = ""
