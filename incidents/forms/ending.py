"""Forms of endings."""

from django import forms

from incidents.forms.fields import ReasonField, text_area


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


class FalsePositiveForm(forms.Form):
    """Say that it was none."""

    reason = forms.CharField(label="Why was it none?", widget=text_area(2))


class MergeForm(forms.Form):
    """Merge it into another."""

    into = forms.CharField(label="Into which incident?", max_length=24, help_text="Its reference, such as INC-42.")
    reason = ReasonField()


class ReopenForm(forms.Form):
    """Take the resolution back."""

    reason = forms.CharField(label="What came back?", widget=text_area(2))


class CloseForm(forms.Form):
    """Close the book on it."""

    reason = ReasonField()
