"""Bodies of the work and of orders."""

from rest_framework import serializers

from incidents.api.bodies.fields import Eta, Nth, Text
from incidents.states import Verdict
from ledger.api import StrictSerializer


class HypothesisBody(StrictSerializer):
    """Say what may be the cause."""

    text = Text()


class VerifyBody(StrictSerializer):
    """Confirm or refute a hypothesis, with what was seen."""

    hypothesis = Nth()
    verdict = serializers.ChoiceField(choices=[Verdict.CONFIRMED.value, Verdict.REFUTED.value])
    seen = Text()


class ProposeBody(StrictSerializer):
    """Propose a change to the IC."""

    text = Text()
    eta_minutes = Eta()
    hypothesis = Nth(required=False, help_text="The hypothesis that it follows from, where it follows from one.")


class ChangeBody(StrictSerializer):
    """Approve a proposed change."""

    change = Nth()


class RejectBody(StrictSerializer):
    """Reject a proposed change."""

    change = Nth()
    reason = Text()


class ExecuteBody(StrictSerializer):
    """Say that an approved change has been carried out."""

    change = Nth()
    outcome = Text(required=False, allow_blank=True)
    reason = Text(required=False, allow_blank=True, help_text="Why the commander does it, where they do (roles.ic-head-up).")


class VerifyFixBody(StrictSerializer):
    """Say whether an executed change worked, and what was seen."""

    change = Nth()
    worked = serializers.BooleanField()
    seen = Text()


class DeviationBody(StrictSerializer):
    """Report a change that was made already, without approval."""

    text = Text()
    reason = Text()
    occurred_at = serializers.DateTimeField(required=False, help_text="When it was done, if that was earlier than now.")


class OrderBody(StrictSerializer):
    """Order one person to do something."""

    to = Text(max_length=254, help_text="Their e-mail address.")
    text = Text()
    eta_minutes = Eta()


class AcknowledgeBody(StrictSerializer):
    """Acknowledge an order."""

    order = Nth()


class DoneBody(StrictSerializer):
    """Say that an order is done."""

    order = Nth()
    outcome = Text(required=False, allow_blank=True)


class WithdrawBody(StrictSerializer):
    """Take back an order."""

    order = Nth()
    reason = Text(required=False, allow_blank=True)
