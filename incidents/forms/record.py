"""Forms of the record."""

from django import forms

from incidents.forms.fields import MomentField, text_area


class NoteForm(forms.Form):
    """Write in the timeline."""

    text = forms.CharField(label="Note", widget=text_area(2))
    occurred_at = MomentField(label="Happened at (UTC)", required=False, help_text="Only if it was earlier than now.")


class ImpactForm(forms.Form):
    """Say when the harm began or ended."""

    start = MomentField(label="Impact started (UTC)", required=False)
    end = MomentField(label="Impact ended (UTC)", required=False)
