"""Forms of command."""

from typing import Any

from django import forms

from incidents.duties import DUTIES, label
from incidents.forms.fields import PersonField, ReasonField, text_area
from incidents.states import ADVANCES, RoomRole, Severity, State

ASSIGNED = [(role.value, role.label) for role in RoomRole if role != RoomRole.IC]


class ClaimForm(forms.Form):
    """Take command."""

    reason = ReasonField(help_text="Only if you are Operations Lead too.")


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

    severity = forms.TypedChoiceField(
        label="How bad is it now?",
        coerce=lambda value: Severity(int(value)),
        choices=Severity.choices,
        widget=forms.RadioSelect,
        help_text="SEV 1 and 2 mobilise at once: who is on call is paged.",
    )
    reason = forms.CharField(label="Reason", widget=text_area(2))


class AssignForm(forms.Form):
    """Ask somebody to take a role."""

    role = forms.ChoiceField(label="Role", choices=ASSIGNED)
    person = PersonField(label="Who")
    reason = ReasonField(help_text="Only if the commander is to lead operations too.")


class RoleForm(forms.Form):
    """Take or give up a role."""

    role = forms.ChoiceField(label="Role", choices=ASSIGNED)


class RoleReasonForm(forms.Form):
    """Say no to a role, or give it up."""

    role = forms.ChoiceField(label="Role", choices=RoomRole.choices, initial=RoomRole.OL)
    reason = ReasonField()


class AssessForm(forms.Form):
    """Judge severity and impact."""

    text = forms.CharField(label="How bad is it, and for whom?", widget=text_area(2))


class BridgeForm(forms.Form):
    """Open the bridge."""

    url = forms.CharField(label="Address of the video bridge", help_text="It begins with https://", max_length=500)


class RhythmForm(forms.Form):
    """Set how often the room checks in."""

    minutes = forms.IntegerField(label="Every … minutes", min_value=1, max_value=120, initial=10)


class CheckInForm(forms.Form):
    """Check in."""

    text = forms.CharField(label="How do things stand?", widget=text_area(2))


class PageForm(forms.Form):
    """Call somebody: one of the three."""

    person = PersonField(label="A person", required=False)
    service = forms.CharField(label="Or a service's on-call", required=False, max_length=40, help_text="Its short name.")
    duty = forms.ChoiceField(label="Or a duty", required=False, choices=[("", "—"), *((duty, label(duty)) for duty in DUTIES)])
    reason = forms.CharField(label="What for?", max_length=120)
