"""Forms of communication."""

from collections.abc import Sequence
from typing import Any

from django import forms

from incidents.forms.fields import MomentField, text_area
from incidents.states import Audience, Condition, PublicStatus

COMPONENT = "component-"  # what the names of the components' fields begin with, before their slug


class UpdateForm(forms.Form):
    """Post a status update. Which fields an audience needs is the action's to say, with a sentence beside each."""

    audience = forms.ChoiceField(label="For", choices=Audience.choices, initial=Audience.INTERNAL, required=False)
    known = forms.CharField(label="What is known", widget=text_area(2), help_text="In a support script: what to say.")
    impact = forms.CharField(label="Impact", widget=text_area(2), required=False)
    doing = forms.CharField(label="What is being done", widget=text_area(2), required=False)
    next_update_at = MomentField(label="Next update at (UTC)", required=False)
    status = forms.ChoiceField(
        label="Status for customers", choices=[("", "Not a public update"), *PublicStatus.choices], required=False
    )
    states_cause = forms.TypedChoiceField(
        label="Does a public update give a cause?",
        choices=[("", "Not said"), ("no", "No"), ("yes", "Yes")],
        coerce=lambda value: value == "yes",
        empty_value=None,
        required=False,
        help_text="Say so with “identified”. A cause that no hypothesis has confirmed waits for the IC's approval.",
    )

    def __init__(self, *args: Any, components: Sequence[tuple[str, str, str]] = (), **options: Any) -> None:
        """`components` as (slug, name, names of the affected services that suggest it or "")."""
        super().__init__(*args, **options)
        for slug, name, suggested in components:
            self.fields[f"{COMPONENT}{slug}"] = forms.ChoiceField(
                label=f"{name}, for customers",
                choices=[("", "Leave as it is"), *Condition.choices],
                required=False,
                help_text=f"Suggested: {suggested} is affected." if suggested else "",
            )


class ApproveUpdateForm(forms.Form):
    """Approve an update that waits."""

    update = forms.IntegerField(label="Number of the update", min_value=1, max_value=2**63 - 1)


class RejectUpdateForm(forms.Form):
    """Send an update that waits back to its author."""

    update = forms.IntegerField(label="Number of the update", min_value=1, max_value=2**63 - 1)
    reason = forms.CharField(label="Reason", widget=text_area(2))


class AskForm(forms.Form):
    """Ask the Communications Lead."""

    text = forms.CharField(label="Your question", widget=text_area(3))
