"""Forms of declaring, reporting and triage."""

from collections.abc import Sequence
from typing import Any

from django import forms

from incidents.forms.fields import MomentField, text_area
from incidents.states import DetectedBy, FlagKey, FlagKind, Severity
from oncall.models import Service


class DeclareForm(forms.Form):
    """Declare: one short form."""

    title = forms.CharField(
        label="What is wrong?",
        max_length=200,
        help_text="A line that says what people notice.",
        widget=forms.TextInput(attrs={"autofocus": True}),
    )
    severity = forms.TypedChoiceField(
        label="How bad is it?",
        help_text="SEV 1 and 2 mobilise at once: who is on call is paged.",
        coerce=lambda value: Severity(int(value)),
        choices=Severity.choices,
        widget=forms.RadioSelect,
    )
    services = forms.ModelMultipleChoiceField(
        label="Which services?", queryset=Service.objects.none(), required=False, widget=forms.CheckboxSelectMultiple
    )
    flags = forms.MultipleChoiceField(
        label="Are data or money involved?",
        choices=FlagKey.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="Exposed data: SEV 1, Privacy and Legal are paged, and only those on it see it. Money: the CFO is told.",
    )
    kinds = forms.MultipleChoiceField(
        label="Which data?", choices=FlagKind.choices, required=False, widget=forms.CheckboxSelectMultiple
    )
    detected_by = forms.ChoiceField(label="Who noticed?", choices=DetectedBy.choices, initial=DetectedBy.USER)
    impact_start = MomentField(label="Since when (UTC)?", required=False, help_text="Leave empty if you do not know.")
    summary = forms.CharField(label="Anything else?", required=False, widget=text_area())
    exercise = forms.BooleanField(
        label="This is an exercise", required=False, help_text="A drill: people are called as ever, and no metric counts it."
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["services"].queryset = Service.objects.order_by("name")  # type: ignore[attr-defined]


class ReportForm(forms.Form):
    """Report what looks wrong."""

    title = forms.CharField(label="What do you notice?", max_length=200)
    text = forms.CharField(label="What happens exactly?", required=False, widget=text_area(4))
    service = forms.ModelChoiceField(label="Which service?", queryset=Service.objects.none(), required=False)
    ticket = forms.CharField(label="Ticket", required=False, max_length=80, help_text="Its reference, if a customer wrote.")

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["service"].queryset = Service.objects.order_by("name")  # type: ignore[attr-defined]


class AttachForm(forms.Form):
    """Attach a signal to a running incident."""

    incident = forms.CharField(label="Incident", max_length=24)

    def __init__(self, *args: Any, running: Sequence[tuple[str, str]] = (), **options: Any) -> None:
        super().__init__(*args, **options)
        if running:
            self.fields["incident"].widget = forms.Select(choices=running)


class DismissForm(forms.Form):
    """Dismiss a signal."""

    reason = forms.CharField(label="Why is this no incident?", max_length=2000, widget=text_area(2))
