"""Bodies of command."""

from rest_framework import serializers

from incidents.api.bodies.fields import SeverityField, Text
from incidents.states import State
from ledger.api import StrictSerializer


class AdvanceBody(StrictSerializer):
    """Move the incident on, or back with a reason."""

    to = serializers.ChoiceField(choices=[State.INVESTIGATION.value, State.MITIGATION.value, State.MONITORING.value])
    reason = Text(required=False, allow_blank=True)


class SeverityBody(StrictSerializer):
    """Change the severity."""

    severity = SeverityField()
    reason = Text()
