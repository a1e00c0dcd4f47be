"""Bodies of communication."""

from rest_framework import serializers

from incidents.api.bodies.fields import Text
from incidents.states import Audience
from ledger.api import StrictSerializer


class UpdateBody(StrictSerializer):
    """Post a structured status update."""

    audience = serializers.ChoiceField(choices=Audience.choices, required=False)
    known = Text()
    impact = Text()
    doing = Text()
    next_update_at = serializers.DateTimeField(required=False)
