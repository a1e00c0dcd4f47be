"""The same bodies for people: labels, hints and widgets. No rules."""

from collections.abc import Sequence
from typing import Any

from django import forms

from incidents.states import ADVANCES, DetectedBy, Severity, State
from oncall.models import Service


class MomentField(forms.DateTimeField):
    """A time of day or a date and time, in UTC, to the second."""

    def __init__(self, **options: Any) -> None:
        options.setdefault(
            "widget", forms.DateTimeInput(attrs={"type": "datetime-local", "step": "1"}, format="%Y-%m-%dT%H:%M:%S")
        )
        options.setdefault("input_formats", ["%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M"])
        super().__init__(**options)


def text_area(rows: int = 3) -> forms.Textarea:
    """A text area of some lines."""
    return forms.Textarea(attrs={"rows": rows})


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


class EmptyForm(forms.Form):
    """A verb that needs nothing."""


class AdvanceForm(forms.Form):
    """Move on, or back."""

    to = forms.ChoiceField(label="To", choices=[])
    reason = forms.CharField(
        label="Reason",
        required=False,
        widget=text_area(2),
        help_text="Needed where a step is skipped, roles are open, or it goes back.",
    )

    def __init__(self, *args: Any, state: str = "", **options: Any) -> None:
        super().__init__(*args, **options)
        moves = list(ADVANCES.get(State(state), {})) if state else list(ADVANCES)
        self.fields["to"].choices = [(move.value, move.label) for move in moves]  # type: ignore[attr-defined]


class SeverityForm(forms.Form):
    """Change the severity."""

    severity = forms.TypedChoiceField(label="Severity", coerce=lambda value: Severity(int(value)), choices=Severity.choices)
    reason = forms.CharField(label="Reason", widget=text_area(2))


class NoteForm(forms.Form):
    """Write in the timeline."""

    text = forms.CharField(label="Note", widget=text_area(2))
    occurred_at = MomentField(label="Happened at (UTC)", required=False, help_text="Only if it was earlier than now.")


class UpdateForm(forms.Form):
    """Post a status update."""

    known = forms.CharField(label="What is known", widget=text_area(2))
    impact = forms.CharField(label="Impact", widget=text_area(2))
    doing = forms.CharField(label="What is being done", widget=text_area(2))
    next_update_at = MomentField(label="Next update at (UTC)", required=False)


class ImpactForm(forms.Form):
    """Say when the harm began or ended."""

    start = MomentField(label="Impact started (UTC)", required=False)
    end = MomentField(label="Impact ended (UTC)", required=False)


class ResolveForm(forms.Form):
    """Declare it resolved."""

    summary = forms.CharField(label="What was it, and what ended it?", widget=text_area(3))
    alerts_firing = forms.CharField(
        label="Why resolve while alerts fire?",
        required=False,
        widget=text_area(2),
        help_text="Only if some still fire. Recorded as a deviation.",
    )
    monitoring_too_short = forms.CharField(
        label="Why resolve before monitoring has lasted?",
        required=False,
        widget=text_area(2),
        help_text="Recorded as a deviation.",
    )
