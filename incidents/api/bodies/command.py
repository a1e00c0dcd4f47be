"""Bodies of command."""

from rest_framework import serializers

from incidents.api.bodies.fields import Email, Reason, SeverityField, Text
from incidents.duties import DUTIES, label
from incidents.states import RoomRole, State
from ledger.api import StrictSerializer


class ClaimBody(StrictSerializer):
    """Take command."""

    reason = Reason("Needed where you are Operations Lead of a SEV 1/2.")


class AdvanceBody(StrictSerializer):
    """Move the incident on, or back with a reason."""

    to = serializers.ChoiceField(choices=[State.INVESTIGATION.value, State.MITIGATION.value, State.MONITORING.value])
    reason = Text(required=False, allow_blank=True)


class SeverityBody(StrictSerializer):
    """Change the severity."""

    severity = SeverityField()
    reason = Text()


class AssignBody(StrictSerializer):
    """Ask somebody to take a role."""

    role = serializers.ChoiceField(choices=RoomRole.choices)
    person = Email()
    reason = Reason("Needed where the commander of a SEV 1/2 is to lead operations too.")


class AcceptBody(StrictSerializer):
    """Take the role that you were offered."""

    role = serializers.ChoiceField(choices=RoomRole.choices)


class DeclineBody(StrictSerializer):
    """Say no to the role that you were offered."""

    role = serializers.ChoiceField(choices=RoomRole.choices)
    reason = Reason()


class StepDownBody(StrictSerializer):
    """Give a role up."""

    role = serializers.ChoiceField(choices=RoomRole.choices)
    reason = Reason()


class AssessBody(StrictSerializer):
    """Judge severity and impact."""

    text = Text()


class BridgeBody(StrictSerializer):
    """Say where the room meets on video."""

    url = Text(max_length=500, help_text="An https address.")


class RhythmBody(StrictSerializer):
    """Set how often the Operations Lead checks in."""

    minutes = serializers.IntegerField(min_value=1, max_value=120)


class CheckInBody(StrictSerializer):
    """Say how things stand."""

    text = Text()


class PageBody(StrictSerializer):
    """Call somebody to the incident: exactly one of a person, a service or a duty."""

    person = Email(required=False)
    service = Text(required=False, max_length=40)
    duty = serializers.ChoiceField(choices=[(duty, label(duty)) for duty in DUTIES], required=False)
    reason = Text(max_length=120)
