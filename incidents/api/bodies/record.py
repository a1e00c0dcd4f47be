"""Bodies of the record."""

from rest_framework import serializers

from incidents.api.bodies.fields import Text
from ledger.api import StrictSerializer


class NoteBody(StrictSerializer):
    """Write in the timeline."""

    text = Text()
    occurred_at = serializers.DateTimeField(required=False, help_text="When it happened, if that was earlier than now.")


class ImpactBody(StrictSerializer):
    """Say when the harm began or ended."""

    start = serializers.DateTimeField(required=False)
    end = serializers.DateTimeField(required=False)
