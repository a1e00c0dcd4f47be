"""Forms of the page of contact methods."""

from typing import Any

from django import forms

from notifications import kinds
from notifications.codes import DIGITS
from notifications.models import ContactMethod

_PLAIN = {"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}


class AddForm(forms.Form):
    """A new way to be reached."""

    kind = forms.ChoiceField(label="By what?")
    address = forms.CharField(
        label="Where?",
        max_length=kinds.LONGEST,
        widget=forms.TextInput(attrs=_PLAIN),
        help_text="An e-mail address, a number with its country (+49 …), or a messenger's URL. It is kept encrypted and never shown again.",
    )
    label = forms.CharField(label="What do you call it?", max_length=60, required=False)
    quiet = forms.ChoiceField(
        label="What can wait comes",
        choices=ContactMethod.Quiet.choices,
        initial=ContactMethod.Quiet.NEVER,
        help_text="Pages of high urgency come at any time.",
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        named = [(kind, ContactMethod.Kind(kind).label) for kind in kinds.offered() if kind != ContactMethod.Kind.WEBPUSH]
        self.fields["kind"].choices = named  # type: ignore[attr-defined]


class PushForm(forms.Form):
    """This browser, as static/js/contact-methods.js subscribed it."""

    address = forms.CharField(max_length=kinds.LONGEST, widget=forms.HiddenInput)
    label = forms.CharField(label="What do you call this browser?", max_length=60, required=False)


class CodeForm(forms.Form):
    """The code that came through a method."""

    code = forms.CharField(
        label=f"The code of {DIGITS} digits",
        max_length=20,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "one-time-code"}),
    )


class QuietForm(forms.Form):
    """When a method brings what can wait."""

    quiet = forms.ChoiceField(label="What can wait comes", choices=ContactMethod.Quiet.choices)
