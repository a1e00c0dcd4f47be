"""Forms of communication."""

from django import forms

from incidents.forms.fields import MomentField, text_area


class UpdateForm(forms.Form):
    """Post a status update."""

    known = forms.CharField(label="What is known", widget=text_area(2))
    impact = forms.CharField(label="Impact", widget=text_area(2))
    doing = forms.CharField(label="What is being done", widget=text_area(2))
    next_update_at = MomentField(label="Next update at (UTC)", required=False)
