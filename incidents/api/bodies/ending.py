"""Bodies of endings."""

from rest_framework import serializers

from incidents.api.bodies.fields import Text
from ledger.api import StrictSerializer


class ResolveBody(StrictSerializer):
    """Declare it resolved."""

    summary = Text()
    overrides = serializers.DictField(
        child=Text(),
        required=False,
        help_text="A written reason for each code that may be overridden: alerts_firing, monitoring_too_short.",
    )
