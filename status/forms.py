"""Forms of this room."""

from django import forms

from incidents.fields import REASON_MAX
from incidents.forms.fields import text_area


class StatusPageForm(forms.Form):
    """Whether there is a page for everybody."""

    public = forms.TypedChoiceField(
        label="The status page",
        choices=[("yes", "is there for everybody"), ("no", "is not there")],
        coerce=lambda said: said == "yes",
        widget=forms.RadioSelect,
    )
    reason = forms.CharField(label="Why?", widget=text_area(2), max_length=REASON_MAX)
