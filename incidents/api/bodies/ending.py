"""Bodies of endings."""

from rest_framework import serializers

from incidents.api.bodies.fields import Reason, Text
from ledger.api import StrictSerializer


class ResolveBody(StrictSerializer):
    """Declare it resolved."""

    summary = Text()
    overrides = serializers.DictField(
        child=Text(),
        required=False,
        help_text="A written reason for each code that may be overridden: alerts_firing, monitoring_too_short.",
    )


class FalsePositiveBody(StrictSerializer):
    """Say that it was none."""

    reason = Text()


class MergeBody(StrictSerializer):
    """Make it part of another running incident."""

    into = Text(max_length=24, help_text="Its reference, such as INC-42.")
    reason = Reason()


class ReopenBody(StrictSerializer):
    """Take the resolution back."""

    reason = Text()


class CloseBody(StrictSerializer):
    """Close the book on it."""

    reason = Reason()
