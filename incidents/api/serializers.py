"""The shapes of the API's answers of this room."""

from typing import Any

from rest_framework import serializers

from incidents import queries
from incidents.api.bodies.fields import SeverityField
from incidents.states import Approver, Audience, Condition, DetectedBy, PublicStatus, State, UpdateState


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
    state = serializers.CharField(help_text="running, prompted, broken, kept, or fell_away: owed no more before its time.")
    fell_away = serializers.CharField(allow_blank=True, help_text="What it fell away with, without the act that it asks for.")
    owner_role = serializers.CharField(allow_blank=True)
    started_at = serializers.DateTimeField()
    prompt_at = serializers.DateTimeField(allow_null=True)
    due_at = serializers.DateTimeField()
    stopped_at = serializers.DateTimeField(allow_null=True)
    broken_at = serializers.DateTimeField(allow_null=True)
    audience = serializers.SerializerMethodField(help_text="Whose updates a cadence clock counts to: internal or public.")
    late_seconds = serializers.SerializerMethodField(help_text="By how much its time was, or is by now, passed; null in time.")

    def get_audience(self, clock: Any) -> str:
        """ "internal", "public", or "" where it is no cadence."""
        return queries.clock_audience(clock)

    def get_late_seconds(self, clock: Any) -> float | None:
        """To the millisecond."""
        return queries.late_seconds(clock)


class UpdateOut(serializers.Serializer[Any]):
    """A status update."""

    id = serializers.IntegerField()
    audience = serializers.ChoiceField(choices=Audience.choices)
    status = serializers.ChoiceField(choices=PublicStatus.choices, allow_blank=True)
    state = serializers.ChoiceField(choices=UpdateState.choices)
    awaits = serializers.ListField(child=serializers.ChoiceField(choices=Approver.choices))
    known = serializers.CharField()
    impact = serializers.CharField(allow_blank=True)
    doing = serializers.CharField(allow_blank=True)
    next_update_at = serializers.DateTimeField(allow_null=True)
    states_cause = serializers.BooleanField()
    components = serializers.DictField(child=serializers.CharField())
    author = serializers.CharField()
    posted_at = serializers.DateTimeField()
    published_at = serializers.DateTimeField(allow_null=True)


class ConditionOut(serializers.Serializer[Any]):
    """A component that is not well because of the incident."""

    slug = serializers.CharField()
    name = serializers.CharField()
    condition = serializers.ChoiceField(choices=Condition.choices)
    since = serializers.DateTimeField()


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
    channel = serializers.CharField(allow_blank=True)
    bridge_url = serializers.CharField(allow_blank=True)
    check_in_minutes = serializers.IntegerField(allow_null=True)
    relapses = serializers.IntegerField()
    reopened = serializers.IntegerField()
    closed_at = serializers.DateTimeField(allow_null=True)


class OfferOut(serializers.Serializer[Any]):
    """A role that waits for an answer."""

    role = serializers.CharField()
    person: Any = PersonOut()
    offered_at = serializers.DateTimeField()


class HandoverOut(serializers.Serializer[Any]):
    """A handover of command that is under way, with the time of each step that was taken."""

    outgoing = serializers.CharField()
    incoming = serializers.CharField()
    offered_at = serializers.DateTimeField()
    shadowing_since = serializers.DateTimeField(allow_null=True)
    reported_at = serializers.DateTimeField(allow_null=True)
    announced_at = serializers.DateTimeField(allow_null=True)
    sitrep = serializers.CharField(allow_blank=True)


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
    via = serializers.CharField(help_text='"break_glass" where nobody named them.')


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
    """An incident, with what the caller may do.

    `view` says whose: the room's; or an executive's or Support's, who read a summary: the IC and the CL, what was said to them and
    to customers, no offers, no handover, no clocks and no participants.
    """

    view = serializers.ChoiceField(choices=["room", Audience.EXECUTIVE.value, Audience.SUPPORT.value])
    merged_into = serializers.CharField(allow_null=True)
    restricted = serializers.BooleanField()
    flags = FlagOut(many=True)
    holds = HoldOut(many=True)
    offers = OfferOut(many=True, required=False)
    handover = HandoverOut(allow_null=True, required=False)
    services = serializers.ListField(child=serializers.CharField())
    roles = RoleOut(many=True)
    clocks = ClockOut(many=True, required=False)
    participants = PersonOut(many=True, required=False)
    latest = serializers.DictField(child=UpdateOut(allow_null=True), help_text="The last update that went out, by audience.")
    waiting_updates = UpdateOut(many=True, help_text="Updates that wait for approval; outside the room, for the caller's.")
    components = ConditionOut(many=True)
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
    thread = serializers.IntegerField(allow_null=True, help_text="The seq of the entry that it stands below.")
    corrects = serializers.IntegerField(allow_null=True, help_text="The seq of the entry that it strikes.")
    corrected_by = serializers.IntegerField(allow_null=True, help_text="The seq of the correction that strikes it.")
    restated = serializers.CharField(allow_blank=True, help_text="What the correction says instead.")


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
    acknowledged_at = serializers.DateTimeField(
        allow_null=True, help_text="When its source said that somebody there has seen it. That stops no page."
    )
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
