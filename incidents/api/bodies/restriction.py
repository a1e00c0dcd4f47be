"""Bodies of flags, need to know, and what is preserved."""

from rest_framework import serializers

from incidents.api.bodies.fields import Text
from incidents.states import FlagKey, FlagKind
from ledger.api import StrictSerializer


class FlagBody(StrictSerializer):
    """Mark it as legally delicate; what the standard says of the flag follows at once."""

    flag = serializers.ChoiceField(choices=FlagKey.choices)
    kinds = serializers.ListField(
        child=serializers.ChoiceField(choices=FlagKind.choices),
        required=False,
        max_length=len(FlagKind),
        help_text="Of exposed data: personal (pii), health (phi).",
    )
    reason = Text()


class UnflagBody(StrictSerializer):
    """Lift a flag."""

    flag = serializers.ChoiceField(choices=FlagKey.choices)
    reason = Text()


class AdmitBody(StrictSerializer):
    """Let somebody know of a restricted incident."""

    person = Text(max_length=254, help_text="Their e-mail address.")
    reason = Text()
    expires_at = serializers.DateTimeField(required=False)


class RemoveBody(StrictSerializer):
    """Let somebody know no more."""

    person = Text(max_length=254, help_text="Their e-mail address.")
    reason = Text()


class SnapshotBody(StrictSerializer):
    """Ask that the state of a database be preserved."""

    what = Text()


class FulfilBody(StrictSerializer):
    """Say that a copy was made, and where it lies."""

    snapshot = serializers.IntegerField(min_value=1, max_value=2**63 - 1)
    location = Text(max_length=500)
    sha256 = Text(required=False, allow_blank=True, max_length=64)
