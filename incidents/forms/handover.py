"""Forms of the handover."""

from django import forms

from incidents.forms.fields import PersonField, ReasonField, text_area


class HandoverForm(forms.Form):
    """Offer command."""

    to = PersonField(label="Who takes over?")


class SitrepForm(forms.Form):
    """Write where things stand."""

    text = forms.CharField(label="Situation report", widget=text_area(12), help_text="Drafted from the record. Correct it.")


class TakeCommandForm(forms.Form):
    """Take command."""

    reason = ReasonField(help_text="Only if the shadowing has not lasted, or you are Operations Lead.")


class CallOffForm(forms.Form):
    """Call the handover off."""

    reason = ReasonField()
