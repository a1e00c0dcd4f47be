"""Forms of endings."""

from django import forms

from incidents.forms.fields import text_area


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
