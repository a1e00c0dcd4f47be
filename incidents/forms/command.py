"""Forms of command."""

from typing import Any

from django import forms

from incidents.forms.fields import text_area
from incidents.states import ADVANCES, Severity, State


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
