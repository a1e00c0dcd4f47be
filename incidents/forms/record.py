"""Forms of the record."""

from django import forms

from incidents.forms.fields import LinesField, MomentField, number_field, text_area
from incidents.states import KeyTime, RoomRole


class NoteForm(forms.Form):
    """Write in the timeline."""

    text = forms.CharField(label="Note", widget=text_area(2))
    occurred_at = MomentField(label="Happened at (UTC)", required=False, help_text="Only if it was earlier than now.")
    thread = number_field("In answer to entry", required=False)


class CorrectForm(forms.Form):
    """Strike an entry, and say what is right."""

    entry = number_field("Entry", help_text="Its number on the timeline.")
    text = forms.CharField(label="What is right?", widget=text_area(2))


class CorrectTimeForm(forms.Form):
    """Say when something really happened."""

    which = forms.ChoiceField(label="Which time?", choices=KeyTime.choices)
    occurred_at = MomentField(label="When it really was (UTC)")
    reason = forms.CharField(label="How do you know?", widget=text_area(2), help_text="What was recorded stays beside it.")


class DecideForm(forms.Form):
    """Make a decision."""

    text = forms.CharField(label="What do you decide?", widget=text_area(2))
    options = LinesField(label="What was there to choose from?", required=False, help_text="One to a line.")
    reason = forms.CharField(label="Why?", widget=text_area(2))


class AttachFileForm(forms.Form):
    """File something with the record."""

    file = forms.FileField(label="File", allow_empty_file=True, help_text="At most 8 MiB. It stays in the record.")
    caption = forms.CharField(label="What does it show?", required=False, widget=text_area(2))


class TickForm(forms.Form):
    """Tick a step of a checklist."""

    role = forms.ChoiceField(
        label="Whose checklist?", choices=[(r.value, r.label) for r in (RoomRole.IC, RoomRole.OL, RoomRole.CL)]
    )
    key = forms.CharField(label="Step", max_length=40)


class ImpactForm(forms.Form):
    """Say when the harm began or ended."""

    start = MomentField(label="Impact started (UTC)", required=False)
    end = MomentField(label="Impact ended (UTC)", required=False)
