"""The shapes of the API's bodies and answers of this room. No rules: those are in rules.py and actions/."""

from typing import Any

from rest_framework import serializers

from incidents.states import Audience, DetectedBy, Severity, State
from ledger.api import StrictSerializer

SEVERITIES = [severity.code for severity in Severity]


class SeverityField(serializers.ChoiceField):
    """ "SEV1" to "SEV4" outside, Severity inside."""

    def __init__(self, **options: Any) -> None:
        options.setdefault("choices", SEVERITIES)
        super().__init__(**options)

    def to_internal_value(self, data: Any) -> Any:
        """The severity of a code."""
        code: str = super().to_internal_value(data)
        return Severity(int(code[-1]))

    def to_representation(self, value: Any) -> str:
        """The code of a severity."""
        return Severity(value).code


class Text(serializers.CharField):
    """Text as it was typed; its length and characters are judged by the action. A number or a truth is no text."""

    def __init__(self, **options: Any) -> None:
        super().__init__(trim_whitespace=False, **options)

    def to_internal_value(self, data: Any) -> str:
        """The text."""
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


class DeclareBody(StrictSerializer):
    """Declare an incident."""

    title = Text(max_length=200)
    severity = SeverityField()
    services = serializers.ListField(child=Text(max_length=40), required=False, max_length=50)
    detected_by = serializers.ChoiceField(choices=DetectedBy.choices, required=False)
    impact_start = serializers.DateTimeField(required=False)
    summary = Text(required=False, allow_blank=True)
    exercise = serializers.BooleanField(required=False, help_text="A drill: people are called as ever, and no metric counts it.")
    answers = serializers.DictField(
        child=Text(),
        required=False,
        help_text="Answers to the impact questions (`standard/suggestion/`), by question. They are kept, and bind nobody.",
    )
    alerts = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=2**63 - 1),
        required=False,
        max_length=50,
        help_text="Ids of waiting signals (`triage/`) that are this incident.",
    )


class TriageDeclareBody(StrictSerializer):
    """Declare an incident from one signal."""

    title = Text(required=False, max_length=200)
    severity = SeverityField()
    services = serializers.ListField(child=Text(max_length=40), required=False, max_length=50)
    impact_start = serializers.DateTimeField(required=False)
    summary = Text(required=False, allow_blank=True)
    exercise = serializers.BooleanField(required=False, help_text="A drill: people are called as ever, and no metric counts it.")
    answers = serializers.DictField(
        child=Text(),
        required=False,
        help_text="Answers to the impact questions (`standard/suggestion/`), by question. They are kept, and bind nobody.",
    )


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


class EmptyBody(StrictSerializer):
    """A verb that needs nothing."""


class AdvanceBody(StrictSerializer):
    """Move the incident on, or back with a reason."""

    to = serializers.ChoiceField(choices=[State.INVESTIGATION.value, State.MITIGATION.value, State.MONITORING.value])
    reason = Text(required=False, allow_blank=True)


class SeverityBody(StrictSerializer):
    """Change the severity."""

    severity = SeverityField()
    reason = Text()


class NoteBody(StrictSerializer):
    """Write in the timeline."""

    text = Text()
    occurred_at = serializers.DateTimeField(required=False, help_text="When it happened, if that was earlier than now.")


class UpdateBody(StrictSerializer):
    """Post a structured status update."""

    audience = serializers.ChoiceField(choices=Audience.choices, required=False)
    known = Text()
    impact = Text()
    doing = Text()
    next_update_at = serializers.DateTimeField(required=False)


class ImpactBody(StrictSerializer):
    """Say when the harm began or ended."""

    start = serializers.DateTimeField(required=False)
    end = serializers.DateTimeField(required=False)


class ResolveBody(StrictSerializer):
    """Declare it resolved."""

    summary = Text()
    overrides = serializers.DictField(
        child=Text(),
        required=False,
        help_text="A written reason for each code that may be overridden: alerts_firing, monitoring_too_short.",
    )


class ReasonOut(serializers.Serializer[Any]):
    """Why not."""

    code = serializers.CharField()
    sentence = serializers.CharField()
    clause = serializers.CharField(required=False)
    field = serializers.CharField(required=False)
    overridable = serializers.BooleanField(required=False)


class AllowedOut(serializers.Serializer[Any]):
    """Whether a verb is open to the caller now."""

    allowed = serializers.BooleanField()
    why_not = ReasonOut(many=True)


class PersonOut(serializers.Serializer[Any]):
    """A person."""

    name = serializers.CharField()
    email = serializers.EmailField()


class RoleOut(serializers.Serializer[Any]):
    """A role in the room."""

    role = serializers.CharField()
    person = PersonOut(allow_null=True)
    since = serializers.DateTimeField(allow_null=True)


class ClockOut(serializers.Serializer[Any]):
    """A clock."""

    clause = serializers.CharField()
    state = serializers.CharField()
    owner_role = serializers.CharField(allow_blank=True)
    started_at = serializers.DateTimeField()
    prompt_at = serializers.DateTimeField(allow_null=True)
    due_at = serializers.DateTimeField()
    stopped_at = serializers.DateTimeField(allow_null=True)
    broken_at = serializers.DateTimeField(allow_null=True)


class IncidentRow(serializers.Serializer[Any]):
    """An incident in a list."""

    ref = serializers.CharField()
    title = serializers.CharField()
    severity = SeverityField()
    state = serializers.ChoiceField(choices=State.choices)
    exercise = serializers.BooleanField()
    detected_by = serializers.ChoiceField(choices=DetectedBy.choices)
    detected_at = serializers.DateTimeField()
    declared_at = serializers.DateTimeField()
    impact_start = serializers.DateTimeField(allow_null=True)
    impact_end = serializers.DateTimeField(allow_null=True)
    resolved_at = serializers.DateTimeField(allow_null=True)
    summary = serializers.CharField(allow_blank=True)


class IncidentOut(IncidentRow):
    """An incident, with what the caller may do."""

    services = serializers.ListField(child=serializers.CharField())
    roles = RoleOut(many=True)
    clocks = ClockOut(many=True)
    participants = PersonOut(many=True)
    allowed_actions = serializers.DictField(child=AllowedOut())


class EntryOut(serializers.Serializer[Any]):
    """A timeline entry."""

    seq = serializers.IntegerField()
    kind = serializers.CharField()
    at = serializers.DateTimeField()
    recorded_at = serializers.DateTimeField()
    actor = serializers.CharField()
    via = serializers.CharField()
    text = serializers.CharField()
    data: Any = serializers.DictField()


class AlertOut(serializers.Serializer[Any]):
    """An alert."""

    id = serializers.IntegerField()
    name = serializers.CharField()
    summary = serializers.CharField(allow_blank=True)
    state = serializers.CharField()
    labels = serializers.DictField(child=serializers.CharField())
    annotations = serializers.DictField(child=serializers.CharField())
    started_at = serializers.DateTimeField()
    ended_at = serializers.DateTimeField(allow_null=True)
    received_at = serializers.DateTimeField()
    last_seen_at = serializers.DateTimeField()
    seen = serializers.IntegerField()
    signal_id = serializers.IntegerField()


class SignalOut(serializers.Serializer[Any]):
    """A signal in triage."""

    id = serializers.IntegerField()
    kind = serializers.CharField()
    state = serializers.CharField()
    title = serializers.CharField()
    text = serializers.CharField(allow_blank=True)
    ticket = serializers.CharField(allow_blank=True)
    service = serializers.SerializerMethodField()
    incident = serializers.SerializerMethodField()
    opened_at = serializers.DateTimeField()
    decided_at = serializers.DateTimeField(allow_null=True)
    decision_reason = serializers.CharField(allow_blank=True)

    def get_service(self, signal: Any) -> str | None:
        """The service's slug."""
        return signal.service.slug if signal.service else None

    def get_incident(self, signal: Any) -> str | None:
        """The incident's reference."""
        return signal.incident.ref if signal.incident else None


class PartOut(serializers.Serializer[Any]):
    """The rows of one part of an incident."""

    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)
    results = serializers.ListField(child=serializers.DictField())
