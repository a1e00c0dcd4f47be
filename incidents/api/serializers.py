"""The shapes of the API's answers of this room."""

from typing import Any

from rest_framework import serializers

from incidents.api.bodies.fields import SeverityField
from incidents.states import DetectedBy, State


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


class FlagOut(serializers.Serializer[Any]):
    """A flag that stands."""

    flag = serializers.CharField(source="key")
    kinds = serializers.SerializerMethodField()
    reason = serializers.CharField()
    raised_by = serializers.CharField()
    raised_at = serializers.DateTimeField()

    def get_kinds(self, flag: Any) -> list[str]:
        """Which data, of exposed ones."""
        return [kind for kind in flag.kinds.split(",") if kind]


class HoldOut(serializers.Serializer[Any]):
    """A legal hold that was not released."""

    id = serializers.IntegerField()
    matter = serializers.CharField()
    reason = serializers.CharField()
    placed_by = serializers.CharField(allow_blank=True)
    placed_at = serializers.DateTimeField()


class LawOut(serializers.Serializer[Any]):
    """What the law asks of an incident."""

    flags = FlagOut(many=True)
    holds = HoldOut(many=True)


class AdmittedOut(serializers.Serializer[Any]):
    """A person who may see a restricted incident."""

    name = serializers.CharField()
    email = serializers.EmailField()
    reason = serializers.CharField()
    added_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField(allow_null=True)


class SnapshotOut(serializers.Serializer[Any]):
    """A request to preserve a database's state, and where the copy lies."""

    id = serializers.IntegerField()
    what = serializers.CharField()
    requested_by = serializers.CharField(allow_blank=True)
    requested_at = serializers.DateTimeField()
    fulfilled_by = serializers.CharField(allow_blank=True)
    fulfilled_at = serializers.DateTimeField(allow_null=True)
    location = serializers.CharField(allow_blank=True)
    sha256 = serializers.CharField(allow_blank=True)


class IncidentOut(IncidentRow):
    """An incident, with what the caller may do."""

    restricted = serializers.BooleanField()
    flags = FlagOut(many=True)
    holds = HoldOut(many=True)
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
