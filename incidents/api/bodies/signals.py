"""Bodies of declaring, reporting and triage."""

from rest_framework import serializers

from incidents.api.bodies.fields import SeverityField, Text
from incidents.states import DetectedBy, FlagKey, FlagKind
from ledger.api import StrictSerializer


class _Declared(StrictSerializer):
    """What is said of an incident when it is declared, from signals or not."""

    severity = SeverityField()
    services = serializers.ListField(child=Text(max_length=40), required=False, max_length=50)
    impact_start = serializers.DateTimeField(required=False)
    summary = Text(required=False, allow_blank=True)
    flags = serializers.ListField(child=serializers.ChoiceField(choices=FlagKey.choices), required=False, max_length=len(FlagKey))
    kinds = serializers.ListField(
        child=serializers.ChoiceField(choices=FlagKind.choices),
        required=False,
        max_length=len(FlagKind),
        help_text="Of exposed data: personal (pii), health (phi).",
    )
    exercise = serializers.BooleanField(required=False, help_text="A drill: people are called as ever, and no metric counts it.")
    answers = serializers.DictField(
        child=Text(),
        required=False,
        help_text="Answers to the impact questions (`standard/suggestion/`), by question. They are kept, and bind nobody.",
    )


class DeclareBody(_Declared):
    """Declare an incident."""

    title = Text(max_length=200)
    detected_by = serializers.ChoiceField(choices=DetectedBy.choices, required=False)
    alerts = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=2**63 - 1),
        required=False,
        max_length=50,
        help_text="Ids of waiting signals (`triage/`) that are this incident.",
    )


class TriageDeclareBody(_Declared):
    """Declare an incident from one signal; without a title it has the signal's."""

    title = Text(required=False, max_length=200)


class AttachBody(StrictSerializer):
    """Attach a signal to a running incident."""

    incident = Text(max_length=24, help_text="Its reference, such as INC-42.")


class DismissBody(StrictSerializer):
    """Dismiss a signal."""

    reason = Text()


class ReportBody(StrictSerializer):
    """Report what looks wrong."""

    title = Text(max_length=200)
    text = Text(required=False, allow_blank=True)
    service = Text(required=False, max_length=40)
    ticket = Text(required=False, max_length=80, allow_blank=True)
