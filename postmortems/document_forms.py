"""The forms of the document's verbs: shapes and labels; what may be in them is the actions' to judge."""

from typing import Any

from django import forms

from incidents.forms.fields import MomentField, PersonField, number_field, text_area
from postmortems.currencies import CURRENCIES
from postmortems.states import Verdict


class OverField(forms.CharField):
    """What a text was written over, as the page had it. None where a request does not say."""

    def __init__(self) -> None:
        super().__init__(required=False, widget=forms.HiddenInput)

    def to_python(self, value: Any) -> Any:
        """An empty text is one, too."""
        return None if value is None else str(value)


class SectionForm(forms.Form):
    """A section's text, and the version that it was written over."""

    text = forms.CharField(label="Text", required=False, strip=False, widget=text_area(8))
    version = forms.IntegerField(min_value=0, max_value=2**31 - 1, widget=forms.HiddenInput)


class FactsForm(forms.Form):
    """What it did to others."""

    revision = forms.IntegerField(min_value=0, max_value=2**31 - 1, widget=forms.HiddenInput, required=False)
    users_affected = forms.IntegerField(
        label="Users affected", required=False, widget=forms.TextInput(attrs={"inputmode": "numeric"}), help_text="0 if none."
    )
    users_note = forms.CharField(
        label="How do you know?", required=False, help_text="Such as: sessions with an error, by the logs of the till."
    )
    cost_amount = forms.CharField(
        label="Cost", required=False, widget=forms.TextInput(attrs={"inputmode": "decimal"}), help_text="0 if nothing."
    )
    cost_currency = forms.CharField(
        label="Currency",
        required=False,
        widget=forms.TextInput(attrs={"list": "currencies", "autocapitalize": "characters", "size": 5}),
        help_text="Three letters, such as EUR.",
    )


CURRENCY_CHOICES = sorted(CURRENCIES.items())


class PickForm(forms.Form):
    """Choose an entry of the record."""

    seq = number_field("Entry", help_text="Its number on the incident's timeline.")


class AddEntryForm(forms.Form):
    """Add what the record lacks."""

    occurred_at = MomentField(label="Happened at (UTC)", help_text="To the second.")
    text = forms.CharField(label="What happened?", widget=text_area(2))
    reason = forms.CharField(
        label="Why only now?",
        required=False,
        widget=text_area(2),
        help_text="Needed for what is recorded more than a minute after it happened. Say how the time is known, too.",
    )
    led_up = forms.BooleanField(label="It led up to the incident: it is from before the impact began", required=False)


class EntryForm(forms.Form):
    """An entry of the timeline."""

    entry = forms.IntegerField(min_value=1, widget=forms.HiddenInput)


class AnnotateForm(EntryForm):
    """Say something beside an entry."""

    over = OverField()
    text = forms.CharField(
        label="Annotation", required=False, widget=text_area(2), help_text="The entry itself stays as it is. Empty takes it back."
    )


class WhyForm(forms.Form):
    """Answer why."""

    below = number_field("Why was that so? The number of that why", required=False)
    text = forms.CharField(label="Why?", widget=text_area(2))


class ChangeWhyForm(forms.Form):
    """Say an answer better."""

    over = OverField()
    why = forms.IntegerField(min_value=1, widget=forms.HiddenInput)
    text = forms.CharField(label="Why?", widget=text_area(2))


class MoveWhyForm(forms.Form):
    """Put an answer below another one."""

    why = forms.IntegerField(min_value=1, widget=forms.HiddenInput)
    below = forms.IntegerField(label="Below which why?", required=False, widget=forms.Select)

    def __init__(self, *args: Any, others: list[tuple[str, str]] | None = None, **options: Any) -> None:
        super().__init__(*args, **options)
        choices = [("", "At the top: why the incident happened"), *(others or [])]
        self.fields["below"].widget = forms.Select(choices=choices)


class RemoveWhyForm(forms.Form):
    """Take an answer back."""

    why = forms.IntegerField(min_value=1, widget=forms.HiddenInput)


class FewWhysForm(forms.Form):
    """Why fewer than five whys are enough."""

    over = OverField()
    reason = forms.CharField(
        label="Fewer than five? Why is that enough?", required=False, widget=text_area(2), help_text="Empty takes it back."
    )


class CommentForm(forms.Form):
    """Remark on a section."""

    section = forms.CharField(max_length=40, widget=forms.HiddenInput)
    text = forms.CharField(label="Comment", widget=text_area(2))


class SettleForm(forms.Form):
    """Settle a comment."""

    comment = forms.IntegerField(min_value=1, widget=forms.HiddenInput)


class PersonForm(forms.Form):
    """Somebody of the organisation."""

    person = PersonField(label="Who?")


class AnswerForm(forms.Form):
    """What one thinks of the draft."""

    verdict = forms.ChoiceField(label="What do you say?", choices=Verdict.choices, widget=forms.RadioSelect)
    text = forms.CharField(label="What should change?", required=False, widget=text_area(3))


class TakeUpForm(forms.Form):
    """Take it up again."""

    reason = forms.CharField(label="Why does it need another version?", widget=text_area(2))
