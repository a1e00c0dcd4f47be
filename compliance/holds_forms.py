"""Forms of holds, custodians, retention and erasure: shape and labels."""

from django import forms

from incidents.forms.fields import MomentField
from ledger.form_fields import PersonField, text_area


class PlaceForm(forms.Form):
    """Place a legal hold."""

    matter = forms.CharField(label="Matter", max_length=200, help_text="By what Legal calls it, such as a case's name.")
    reason = forms.CharField(label="Why must it be kept?", widget=text_area(3))
    incident = forms.CharField(
        label="An incident",
        required=False,
        max_length=24,
        help_text="Its reference. Fill in one of the three: incident, person, period.",
    )
    person = PersonField(label="A person", required=False)
    starts_at = MomentField(label="A period, from (UTC)", required=False, help_text="What went on in it, whenever it began.")
    ends_at = MomentField(label="Until (UTC)", required=False, help_text="Leave empty if there is no end yet.")


class ReasonForm(forms.Form):
    """A reason."""

    reason = forms.CharField(label="Why?", widget=text_area(3))


class NothingForm(forms.Form):
    """Nothing is needed."""


class CustodianForm(forms.Form):
    """Ask a custodian."""

    what = forms.CharField(
        label="What shall they keep?",
        widget=text_area(4),
        help_text="They read this and nothing of the incident: name the logs and the times, not what happened.",
    )
    person = PersonField(label="A member", required=False, help_text="Their e-mail address; or fill in the two below.")
    name = forms.CharField(label="Somebody outside: name", required=False, max_length=120)
    email = forms.CharField(
        label="Their e-mail address",
        required=False,
        max_length=254,
        help_text="They are sent a link to a page of their own, which says what to keep and nothing else.",
    )


class ProofForm(forms.Form):
    """Say where the copy lies, or attach what shows it."""

    location = forms.CharField(label="Where does it lie?", max_length=500, required=False)
    sha256 = forms.CharField(label="SHA-256 of its bytes", required=False, max_length=64)
    said = forms.CharField(label="What else is to be said?", required=False, widget=text_area(3))

    file = forms.FileField(label="Or attach a file", required=False, allow_empty_file=True, help_text="At most 8 MiB.")
    field_order = ("location", "sha256", "file", "said")


class CustodyForm(ProofForm):
    """The same of somebody outside, by their link."""

    file = forms.FileField(
        label="Or attach a file",
        required=False,
        allow_empty_file=True,
        help_text="A picture, PDF, archive, JSON or text: at most 8 MiB.",
    )


class PeriodForm(forms.Form):
    """Set a period."""

    days = forms.IntegerField(label="Kept for (days)", min_value=1, max_value=2**31 - 1)


class AskErasureForm(forms.Form):
    """Ask for an erasure."""

    person = PersonField(label="Whose data?", help_text="The e-mail address of somebody who has left, or of a custodian outside.")
    ground = forms.CharField(
        label="On which legal ground?", widget=text_area(3), help_text="Such as their request under GDPR art. 17."
    )


class DecideErasureForm(forms.Form):
    """Decide about an erasure."""

    erase = forms.ChoiceField(label="Decision", choices=[("yes", "Erase, for good"), ("no", "Refuse")], widget=forms.RadioSelect)
    reason = forms.CharField(label="Why?", widget=text_area(3))
