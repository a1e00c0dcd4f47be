"""Bodies and shapes of duties of law: shape only; rules are the actions'."""

from typing import Any

from rest_framework import serializers

from compliance.duties_law import STARTS, From, Roll, Trigger, Unit
from incidents.api.serializers import AllowedOut
from ledger.api import StrictSerializer
from ledger.api_fields import Text

_STATES = ["to decide", "does not apply", "not started", "running", "overdue", "filed"]

UNITS = [unit.value for unit in Unit]


class DutyRuleLoadBody(StrictSerializer):
    """Load rules of law from a file; each is off until counsel approves it."""

    content = Text(
        required=False,
        allow_blank=True,
        help_text="The file, as YAML (docs/guide-legal.md). Without it, the rules that are shipped.",
    )


class DutyRuleApproveBody(StrictSerializer):
    """Approving needs nothing."""


class DutyRuleWithdrawBody(StrictSerializer):
    """Withdraw a rule, with the reason."""

    reason = Text()


class DutyProposeBody(StrictSerializer):
    """Put a rule that is in force to an incident by hand."""

    rule = serializers.IntegerField(min_value=1, help_text="The id of a version.")


class DutyDecideBody(StrictSerializer):
    """Decide whether a duty applies."""

    applies = serializers.BooleanField()
    reason = Text()


class DutyStartBody(StrictSerializer):
    """Record when what starts a duty's clock happened; said again, it is a correction."""

    start = serializers.ChoiceField(choices=list(STARTS))
    at = serializers.DateTimeField()
    reason = Text()


class DutyFileBody(StrictSerializer):
    """Say that it was filed, with proof: `multipart/form-data`, at most 8 MiB."""

    at = serializers.DateTimeField()
    reference = Text()
    file = serializers.FileField(allow_empty_file=True, max_length=None)
    note = Text(required=False, allow_blank=True)


class DutyLimitOut(serializers.Serializer[object]):
    """So many units after a start, or with `from` after the end of the calendar year in which that fell."""

    start = serializers.CharField()
    amount = serializers.IntegerField()
    unit = serializers.ChoiceField(choices=UNITS)

    def get_fields(self) -> Any:
        """`from` is a word of Python's."""
        return {**super().get_fields(), "from": serializers.ChoiceField(choices=[From.YEAR_END.value], required=False)}


class DutyRuleOut(serializers.Serializer[object]):
    """A version of a rule of law."""

    id = serializers.IntegerField()
    key = serializers.CharField()
    version = serializers.IntegerField()
    regime = serializers.CharField()
    stage = serializers.CharField()
    trigger = serializers.ChoiceField(choices=[trigger.value for trigger in Trigger])
    limits = DutyLimitOut(many=True)
    calendar = serializers.CharField()
    roll = serializers.ChoiceField(choices=[roll.value for roll in Roll])
    roll_until = serializers.CharField(allow_blank=True)
    recipient = serializers.CharField()
    citation = serializers.CharField()
    note = serializers.CharField(allow_blank=True)
    valid_from = serializers.DateField(allow_null=True)
    valid_to = serializers.DateField(allow_null=True)
    state = serializers.ChoiceField(choices=["off", "in force", "withdrawn"])
    loaded_at = serializers.DateTimeField()
    loaded_by = serializers.CharField(allow_blank=True)
    approved_at = serializers.DateTimeField(allow_null=True)
    approved_by = serializers.CharField(allow_blank=True)
    withdrawn_at = serializers.DateTimeField(allow_null=True)
    withdrawn_by = serializers.CharField(allow_blank=True)
    withdrawn_why = serializers.CharField(allow_blank=True)
    allowed_actions = serializers.DictField(child=AllowedOut())


class DutyRuleListOut(serializers.Serializer[object]):
    """Rules of law."""

    results = DutyRuleOut(many=True)


class DutyStartOut(serializers.Serializer[object]):
    """When what starts a clock happened, and who says so."""

    start = serializers.CharField()
    at = serializers.DateTimeField()
    reason = serializers.CharField()
    by = serializers.CharField()
    recorded_at = serializers.DateTimeField()


class DutyFilingOut(serializers.Serializer[object]):
    """What was filed; `file` is the number of its proof among the incident's files."""

    at = serializers.DateTimeField()
    reference = serializers.CharField()
    file = serializers.IntegerField()
    sha256 = serializers.CharField()
    note = serializers.CharField(allow_blank=True)
    by = serializers.CharField()


class DutyOut(serializers.Serializer[object]):
    """A duty of law of an incident."""

    id = serializers.IntegerField()
    rule = serializers.CharField()
    version = serializers.IntegerField()
    regime = serializers.CharField()
    stage = serializers.CharField()
    recipient = serializers.CharField()
    citation = serializers.CharField()
    note = serializers.CharField(allow_blank=True)
    applies = serializers.BooleanField(allow_null=True)
    state = serializers.ChoiceField(choices=_STATES)
    reason = serializers.CharField(allow_blank=True)
    decided_by = serializers.CharField(allow_blank=True)
    decided_at = serializers.DateTimeField(allow_null=True)
    began_at = serializers.DateTimeField(allow_null=True)
    due_at = serializers.DateTimeField(allow_null=True)
    filed_at = serializers.DateTimeField(allow_null=True)
    late = serializers.BooleanField()
    starts = DutyStartOut(many=True)
    filings = DutyFilingOut(many=True)
    allowed_actions = serializers.DictField(child=AllowedOut())


class DutyListOut(serializers.Serializer[object]):
    """Duties of law, earliest due first."""

    results = DutyOut(many=True)


class BreachOut(serializers.Serializer[object]):
    """A breach as the register has it."""

    incident = serializers.CharField()
    title = serializers.CharField()
    flags = serializers.CharField()
    began_at = serializers.DateTimeField()
    flagged_at = serializers.DateTimeField()
    facts = serializers.CharField(allow_blank=True)
    effects = serializers.CharField(allow_blank=True)
    remedy = serializers.CharField(allow_blank=True)
    decisions = serializers.CharField(allow_blank=True)
    filings = serializers.CharField(allow_blank=True)


class BreachListOut(serializers.Serializer[object]):
    """The register of breaches."""

    results = BreachOut(many=True)
