"""Bodies of the handover."""

from incidents.api.bodies.fields import Email, Reason, Text
from ledger.api import StrictSerializer


class HandoverBody(StrictSerializer):
    """Offer command to another practitioner."""

    to = Email()


class SitrepBody(StrictSerializer):
    """Write where things stand."""

    text = Text(help_text="The record offers a draft: GET sitrep.md.")


class TakeCommandBody(StrictSerializer):
    """Take the command that was announced."""

    reason = Reason("Needed where the shadowing has not lasted, or you are Operations Lead of a SEV 1/2.")


class CallOffBody(StrictSerializer):
    """End the handover without passing command."""

    reason = Reason()
