"""Forms of access and break glass: shape and labels; what may be is the verbs' to say."""

from typing import Any

from django import forms

from compliance.models import Decision, Verdict
from compliance.rules.access_glass import MINUTES_MOST
from ledger.form_fields import PersonField, text_area

DECISIONS = [
    (Decision.APPROPRIATE.value, "Appropriate"),
    (Decision.REVOKE.value, "Revoke it"),
    (Decision.INVESTIGATE.value, "Investigate it"),
]
VERDICTS = [(Verdict.JUSTIFIED.value, "Justified"), (Verdict.NOT_JUSTIFIED.value, "Not justified")]


class DecideForm(forms.Form):
    """What is decided of the chosen accesses."""

    decision = forms.ChoiceField(label="The chosen ones are", choices=DECISIONS, widget=forms.RadioSelect)
    note = forms.CharField(label="Note", required=False, widget=text_area(2), help_text="Needed to revoke or to investigate.")


class SignForm(forms.Form):
    """Sign a review."""

    note = forms.CharField(
        label="Note", required=False, widget=text_area(3), help_text="Say what is known of the systems that are not covered."
    )


class SystemForm(forms.Form):
    """Register a production system."""

    name = forms.CharField(label="Name", max_length=80)
    note = forms.CharField(label="What is it?", required=False, widget=text_area(2))


class RetireForm(forms.Form):
    """Retire a system."""


class RecordForm(forms.Form):
    """Record one access by hand."""

    principal = forms.CharField(label="Who?", max_length=254, help_text="An e-mail address, or the account's name.")
    entitlement = forms.CharField(label="What may they do?", max_length=200, help_text="Such as: shell on the database hosts.")
    privileged = forms.BooleanField(label="Privileged", required=False)
    valid_from = forms.CharField(label="Since", max_length=40, required=False, help_text="2026-03-31; leave it empty if unknown.")
    valid_until = forms.CharField(label="Until", max_length=40, required=False, help_text="Leave it empty for no end.")


class ImportForm(forms.Form):
    """A list of accesses: pasted, or a file, which is put into the field."""

    source = forms.CharField(label="Source", max_length=60, help_text="Where the list is from, always by the same name: “okta”.")
    document = forms.CharField(
        label="List", required=False, widget=text_area(10), strip=False, help_text="CSV, its first line names the columns."
    )
    file = forms.FileField(label="Or a file", required=False)
    whole = forms.BooleanField(
        label="This is the whole list: what it does not name any more has ended", required=False, initial=True
    )

    def clean(self) -> dict[str, Any]:
        """The file's text, where there is one, in place of what was pasted."""
        typed: dict[str, Any] = super().clean() or {}
        file = typed.pop("file", None)
        if file is not None:
            try:
                typed["document"] = file.read().decode("utf-8")
            except UnicodeDecodeError:
                self.add_error("file", "This file is not UTF-8 text.")
        return typed


class NameForm(forms.Form):
    """Whose a principal is."""

    principal = forms.CharField(label="Principal", max_length=254, help_text="The account's name, as the source writes it.")
    person = PersonField(label="Whose is it?", required=False, help_text="A member's e-mail address; empty: it is no member's.")


class GlassForm(forms.Form):
    """Open a restricted incident."""

    number = forms.IntegerField(label="Its number", min_value=1, max_value=2**31 - 1, help_text="The number alone: 42 of INC-42.")
    reason = forms.CharField(label="Why must you see it now?", widget=text_area(3))
    minutes = forms.IntegerField(label="For how many minutes?", initial=30, help_text=f"At most {MINUTES_MOST}.")


class JudgeForm(forms.Form):
    """Whether breaking the glass was justified."""

    verdict = forms.ChoiceField(label="It was", choices=VERDICTS, widget=forms.RadioSelect)
    note = forms.CharField(label="Note", widget=text_area(2))
