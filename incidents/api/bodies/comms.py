"""Bodies of communication."""

from rest_framework import serializers

from incidents.api.bodies.fields import Text
from incidents.states import Audience, PublicStatus
from ledger.api import StrictSerializer


class UpdateBody(StrictSerializer):
    """Post a structured status update to one audience. It goes out at once, or waits for whoever has to approve it."""

    audience = serializers.ChoiceField(choices=Audience.choices, required=False)
    status = serializers.ChoiceField(
        choices=PublicStatus.choices, required=False, help_text="A public update's, and needed there."
    )
    known = Text(help_text="What is known; in a support script what to say.")
    impact = Text(required=False, help_text="Needed but in a support script.")
    doing = Text(required=False, help_text="Needed but in a support script.")
    next_update_at = serializers.DateTimeField(required=False)
    states_cause = serializers.BooleanField(
        required=False,
        help_text="Whether a public update gives a cause; needed where its words sound like one, and with `identified` while no "
        "hypothesis is confirmed. An unconfirmed cause waits for the IC's approval.",
    )
    components = serializers.DictField(
        child=serializers.CharField(max_length=40),
        required=False,
        help_text="A public update's: {slug: operational | degraded_performance | partial_outage | major_outage | under_maintenance}.",
    )


class ApproveUpdateBody(StrictSerializer):
    """Approve an update that waits, so that it goes out."""

    update = serializers.IntegerField(min_value=1, max_value=2**63 - 1, help_text="Its id.")  # type: ignore[assignment]  # a field, not the method


class RejectUpdateBody(StrictSerializer):
    """Send an update that waits back to its author, with the reason."""

    update = serializers.IntegerField(min_value=1, max_value=2**63 - 1, help_text="Its id.")  # type: ignore[assignment]  # a field, not the method
    reason = Text()


class AskBody(StrictSerializer):
    """Ask the Communications Lead."""

    text = Text()
