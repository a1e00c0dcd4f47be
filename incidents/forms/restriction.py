"""Forms of flags, need to know, and what is preserved."""

from django import forms

from incidents.forms.fields import MomentField, text_area
from incidents.states import FlagKey, FlagKind


class FlagForm(forms.Form):
    """Mark it as legally delicate."""

    flag = forms.ChoiceField(label="What happened?", choices=FlagKey.choices, widget=forms.RadioSelect)
    kinds = forms.MultipleChoiceField(
        label="Which data?", choices=FlagKind.choices, required=False, widget=forms.CheckboxSelectMultiple
    )
    reason = forms.CharField(
        label="What makes you think so?",
        widget=text_area(2),
        help_text="Exposed data: SEV 1, Privacy and Legal are paged, and only those on it still see it. Money: the CFO is told.",
    )


class UnflagForm(forms.Form):
    """Lift a flag."""

    flag = forms.ChoiceField(label="Which flag?", choices=FlagKey.choices)
    reason = forms.CharField(label="Why?", widget=text_area(2), help_text="The legal hold and the restriction stay.")


class AdmitForm(forms.Form):
    """Let somebody know."""

    person = forms.EmailField(label="Who (e-mail)?")
    reason = forms.CharField(label="Why do they need to know?", widget=text_area(2))
    expires_at = MomentField(label="Until when (UTC)?", required=False, help_text="Leave empty if there is no end yet.")


class RemoveForm(forms.Form):
    """Let somebody know no more."""

    person = forms.EmailField(label="Who (e-mail)?")
    reason = forms.CharField(label="Why?", widget=text_area(2))


class SnapshotForm(forms.Form):
    """Ask for a copy of a database."""

    what = forms.CharField(label="Which database, and as of when?", widget=text_area(2))


class FulfilForm(forms.Form):
    """Say that a copy was made."""

    snapshot = forms.IntegerField(label="Which copy (its number)?", min_value=1, max_value=2**63 - 1)
    location = forms.CharField(label="Where does the copy lie?", max_length=500)
    sha256 = forms.CharField(label="SHA-256 of the copy", required=False, max_length=64)
