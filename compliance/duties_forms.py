"""Forms of duties of law: shape and labels; what may be is the verbs' to say."""

from typing import Any

from django import forms

from compliance.duties_law import FILED, STARTS
from compliance.models import DutyCase, RegulatorRule
from incidents.forms.fields import MomentField
from ledger.form_fields import text_area


class LoadForm(forms.Form):
    """Load rules from a file, or the shipped ones."""

    file = forms.FileField(
        label="A file of rules (YAML)", required=False, help_text="Leave it empty to load those that are shipped."
    )


class ApproveForm(forms.Form):
    """Approving needs nothing."""


class ReasonForm(forms.Form):
    """A verb that needs a reason."""

    reason = forms.CharField(label="Why?", widget=text_area(2))


class ProposeForm(forms.Form):
    """Put a rule to an incident by hand."""

    rule = forms.ChoiceField(label="Which rule?")

    def __init__(self, *args: Any, rules: list[RegulatorRule], **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["rule"].choices = [(row.pk, f"{row.regime}: {row.stage}") for row in rules]  # type: ignore[attr-defined]


class DecideForm(forms.Form):
    """Does it apply?"""

    applies = forms.ChoiceField(
        label="Does it apply?", choices=[("yes", "Yes, it has to be filed"), ("no", "No")], widget=forms.RadioSelect
    )
    reason = forms.CharField(label="Why?", widget=text_area(2))


class StartForm(forms.Form):
    """When did what starts the clock happen?"""

    start = forms.ChoiceField(label="What happened?")
    at = MomentField(label="When? (UTC)")
    reason = forms.CharField(label="Why is that so?", widget=text_area(2))


class FileForm(forms.Form):
    """It was filed, and this proves it."""

    at = MomentField(label="When was it filed? (UTC)")
    reference = forms.CharField(label="Reference", max_length=200, help_text="Of the regulator, or of the message.")
    file = forms.FileField(label="Proof", allow_empty_file=True, help_text="What was sent, or the receipt: at most 8 MiB.")
    note = forms.CharField(label="Note", required=False, widget=text_area(2))


def for_case(kind: type[forms.Form], case: DutyCase, data: Any = None, files: Any = None) -> forms.Form:
    """A verb's form for a duty, with what its rule lets one choose."""
    form = kind(data, files, auto_id=f"{kind.__name__.lower()}-{case.pk}-%s")
    if "start" in form.fields:
        named = [one["start"] for one in case.rule.limits if not one["start"].startswith(FILED)]
        form.fields["start"].choices = [(start, STARTS[start]) for start in named]  # type: ignore[attr-defined]
    return form
