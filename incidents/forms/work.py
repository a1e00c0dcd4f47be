"""Forms of the work and of orders."""

from django import forms

from incidents.forms.fields import MomentField, number_field, text_area
from incidents.states import Verdict


def _eta() -> forms.IntegerField:
    return number_field("How long will it take (minutes)?", required=False, most=24 * 60)


class HypothesisForm(forms.Form):
    """Say what may be the cause."""

    text = forms.CharField(label="What may be the cause?", widget=text_area(2))


class VerifyForm(forms.Form):
    """Confirm or refute a hypothesis."""

    hypothesis = number_field("Hypothesis")
    verdict = forms.ChoiceField(
        label="Verdict", choices=[(v.value, v.label) for v in (Verdict.CONFIRMED, Verdict.REFUTED)], widget=forms.RadioSelect
    )
    seen = forms.CharField(label="What did you see?", widget=text_area(2))


class ProposeForm(forms.Form):
    """Propose a change."""

    text = forms.CharField(label="What should be done?", widget=text_area(2))
    eta_minutes = _eta()
    hypothesis = number_field("Because of hypothesis", required=False, help_text="Only if it follows from one. None is needed.")


class ApproveForm(forms.Form):
    """Approve a change."""

    change = number_field("Change")


class RejectForm(forms.Form):
    """Reject a change."""

    change = number_field("Change")
    reason = forms.CharField(label="Why not?", widget=text_area(2))


class ExecuteForm(forms.Form):
    """Say that a change is carried out."""

    change = number_field("Change")
    outcome = forms.CharField(label="What came of it?", required=False, widget=text_area(2))
    reason = forms.CharField(
        label="Why do you do it yourself?",
        required=False,
        widget=text_area(2),
        help_text="Only if you hold command. Recorded as a deviation.",
    )


class VerifyFixForm(forms.Form):
    """Say whether a change worked."""

    change = number_field("Change")
    worked = forms.TypedChoiceField(
        label="Did it work?",
        coerce=lambda value: value == "yes",
        choices=[("yes", "It worked"), ("no", "It did not")],
        widget=forms.RadioSelect,
    )
    seen = forms.CharField(label="What did you see?", widget=text_area(2))


class DeviationForm(forms.Form):
    """Report what was done without approval."""

    text = forms.CharField(label="What was done?", widget=text_area(2))
    reason = forms.CharField(label="Why without approval?", widget=text_area(2))
    occurred_at = MomentField(label="Done at (UTC)", required=False, help_text="Only if it was earlier than now.")


class OrderForm(forms.Form):
    """Order somebody to do something."""

    to = forms.CharField(label="To", max_length=254, help_text="Their e-mail address.")
    text = forms.CharField(label="What should they do?", widget=text_area(2))
    eta_minutes = _eta()


class AcknowledgeForm(forms.Form):
    """Acknowledge an order."""

    order = number_field("Order")


class DoneForm(forms.Form):
    """Say that an order is done."""

    order = number_field("Order")
    outcome = forms.CharField(label="What came of it?", required=False, widget=text_area(2))


class WithdrawForm(forms.Form):
    """Take an order back."""

    order = number_field("Order")
    reason = forms.CharField(label="Why?", required=False, widget=text_area(2))
