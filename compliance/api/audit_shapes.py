"""What goes in and comes out of audits."""

from typing import Any

from rest_framework import serializers

from compliance.audit_controls import Control
from compliance.audit_population import RESTRICTED, Row
from compliance.models import AuditEngagement
from ledger.api import StrictSerializer
from ledger.api_fields import Email, Text


class EngagementBody(StrictSerializer):
    """A new engagement."""

    firm = Text()
    auditor = Email(help_text="The e-mail address of a member whose role is auditor.")
    first = serializers.DateField(help_text="The period's first day, on the organisation's calendar.")
    last = serializers.DateField(help_text="Its last day, included.")
    expires = serializers.DateField(help_text="The last day on which the auditor reads.")
    restricted = serializers.BooleanField(
        required=False, help_text="Whether restricted incidents are seen too: the Privacy Officer's to say."
    )


class EndEngagementBody(StrictSerializer):
    """Ending one."""

    reason = Text()


class AuditPersonOut(serializers.Serializer[Any]):
    """A person."""

    name = serializers.CharField()
    email = serializers.EmailField()


class EngagementOut(serializers.Serializer[Any]):
    """An audit engagement."""

    id = serializers.IntegerField()
    firm = serializers.CharField()
    auditor = AuditPersonOut()
    first = serializers.DateField()
    last = serializers.DateField()
    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField(help_text="The first instant after the period.")
    restricted = serializers.BooleanField()
    expires_at = serializers.DateTimeField()
    made_at = serializers.DateTimeField()
    made_by = serializers.CharField(allow_null=True)
    ended_at = serializers.DateTimeField(allow_null=True)
    ended_by = serializers.CharField(allow_null=True)
    end_reason = serializers.CharField()
    open = serializers.BooleanField()


class EngagementsOut(serializers.Serializer[Any]):
    """The engagements that one may know of."""

    results = EngagementOut(many=True)


class AuditedIncidentOut(serializers.Serializer[Any]):
    """One number of the population; of a restricted one the number alone."""

    number = serializers.IntegerField()
    restricted = serializers.BooleanField()
    ref = serializers.CharField(allow_null=True)
    title = serializers.CharField(allow_null=True)
    severity = serializers.CharField(allow_null=True)
    state = serializers.CharField(allow_null=True)
    declared_at = serializers.DateTimeField(allow_null=True)
    resolved_at = serializers.DateTimeField(allow_null=True)


class PopulationOut(serializers.Serializer[Any]):
    """The population."""

    counted = serializers.IntegerField(help_text="How many incidents were declared in the period, stubs included.")
    restricted = serializers.IntegerField()
    missing = serializers.ListField(child=serializers.IntegerField(), help_text="Numbers that no incident has: there are none.")
    outside = serializers.ListField(child=serializers.IntegerField(), help_text="Numbers in between of another period.")
    sha256 = serializers.CharField(
        help_text="Over one line each, `<number>,<ref>,<declared_at>,<SEVn>,<state>` or `<number>,restricted`, with a newline."
    )
    incidents = AuditedIncidentOut(many=True)


class SampleOut(serializers.Serializer[Any]):
    """A sample: those of the population whose SHA-256 of `<seed>:<number>` comes first."""

    seed = serializers.CharField()
    size = serializers.IntegerField()
    of = serializers.IntegerField()
    population_sha256 = serializers.CharField()
    incidents = AuditedIncidentOut(many=True)


class ControlOut(serializers.Serializer[Any]):
    """A control."""

    key = serializers.CharField()
    framework = serializers.CharField(source="framework_name")
    code = serializers.CharField()
    title = serializers.CharField()
    asks = serializers.CharField()
    clauses = serializers.ListField(child=serializers.CharField())
    broken = serializers.IntegerField(help_text="How many clocks of its clauses broke.")


class ControlsOut(serializers.Serializer[Any]):
    """The controls."""

    results = ControlOut(many=True)


class DeviationOut(serializers.Serializer[Any]):
    """What was not as the standard wants it."""

    at = serializers.DateTimeField()
    clause = serializers.CharField()
    what = serializers.CharField()
    ref = serializers.CharField(help_text="The incident, where it is of one.")
    source = serializers.CharField(  # type: ignore[assignment]
        help_text="What was measured, where the clock names no incident: `page 7 of signal 12`, `custodian's task 3`, `quarterly review 5`."
    )
    about = serializers.CharField(help_text="What people call that, such as the signal's title.")


class EvidenceOut(serializers.Serializer[Any]):
    """One entry of the record."""

    at = serializers.DateTimeField()
    recorded_at = serializers.DateTimeField()
    late = serializers.BooleanField()
    actor = serializers.CharField()
    via = serializers.CharField()
    kind = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    text = serializers.CharField()
    ref = serializers.CharField()
    source = serializers.CharField()  # type: ignore[assignment]
    sha256 = serializers.CharField()


class ControlEvidenceOut(serializers.Serializer[Any]):
    """The evidence of a control: exceptions first."""

    control: Any = ControlOut()
    exceptions = DeviationOut(many=True)
    exceptions_page = serializers.IntegerField()
    exceptions_pages = serializers.IntegerField()
    evidence = EvidenceOut(many=True)
    page = serializers.IntegerField()
    pages = serializers.IntegerField()


class ReadOut(serializers.Serializer[Any]):
    """Something that the auditor read."""

    at = serializers.DateTimeField(source="occurred_at")
    path = serializers.CharField(source="data.path")
    via = serializers.CharField()
    request_id = serializers.CharField()


def engagement_row(one: AuditEngagement, is_open: bool) -> dict[str, Any]:
    """An engagement as the API tells of it."""
    names = (
        *("id", "firm", "auditor", "first", "last", "starts_at", "ends_at", "restricted", "expires_at"),
        *("made_at", "ended_at", "end_reason"),
    )
    row = {name: getattr(one, name) for name in names}
    row |= {name: person.name if (person := getattr(one, name)) else None for name in ("made_by", "ended_by")}
    return dict(EngagementOut({**row, "open": is_open}).data)


def incident_row(row: Row) -> dict[str, Any]:
    """A number of the population."""
    found = row.incident
    told: dict[str, Any] = dict.fromkeys(("ref", "title", "severity", "state", "declared_at", "resolved_at"))
    if found is not None:
        told = {name: getattr(found, name) for name in ("ref", "title", "state", "declared_at", "resolved_at")}
        told["severity"] = f"SEV{found.severity}"
    return {"number": row.number, "restricted": row.kind == RESTRICTED, **told}


def control_row(control: Control, broken: int) -> dict[str, Any]:
    """A control, with how often its clauses' clocks broke."""
    names = ("key", "code", "title", "asks", "clauses")
    return {**{name: getattr(control, name) for name in names}, "framework_name": control.framework_name, "broken": broken}
