"""The API of routing rules and maintenance, for administrators (auditors read)."""

from collections.abc import Mapping
from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from incidents import gate, ruling
from incidents.api.bodies.fields import EmptyBody, SeverityField, Text
from incidents.models import MaintenanceWindow, RoutingRule
from incidents.rules.configuring import why_not_configure, why_not_see
from incidents.states import Severity
from ledger.api import MusterView, StrictSerializer
from tenants.actors import Actor
from tenants.refusals import check

KEY = OpenApiParameter(
    "Idempotency-Key", str, OpenApiParameter.HEADER, description="Repeating a request with its key does nothing twice."
)
INTEGER = 2**31 - 1


@extend_schema_field(OpenApiTypes.OBJECT)
class Conditions(serializers.JSONField):
    """A condition by label: a value, a list of values, or `{"matches": "expression"}`."""


class Suggested(SeverityField):
    """A severity, or "" for none."""

    def to_internal_value(self, data: Any) -> Any:
        """The severity of a code."""
        return None if data == "" else super().to_internal_value(data)


class RuleBody(StrictSerializer):
    """A routing rule; what is left out stays as it is, or as a new rule has it."""

    name = Text(required=False, max_length=80)
    labels = Conditions(required=False, help_text='{"team": "payments", "env": ["prod", "stage"], "host": {"matches": "db-.*"}}')
    integration = serializers.IntegerField(required=False, allow_null=True, min_value=1, max_value=2**63 - 1)
    service = Text(required=False, allow_blank=True, max_length=40, help_text="A service's slug; empty for the label's own.")
    suggested_severity = Suggested(required=False, allow_blank=True)
    outcome = serializers.ChoiceField(choices=RoutingRule.Outcome.choices, required=False)
    title = Text(required=False, allow_blank=True, max_length=200)
    attach = serializers.ChoiceField(choices=RoutingRule.Attach.choices, required=False, allow_blank=True)
    attach_label = Text(required=False, allow_blank=True, max_length=200)
    attach_minutes = serializers.IntegerField(required=False, min_value=1, max_value=60 * 24 * 30)
    position = serializers.IntegerField(required=False, min_value=1, max_value=INTEGER)
    is_active = serializers.BooleanField(required=False)


class RuleOut(serializers.Serializer[Any]):
    """A routing rule."""

    id = serializers.IntegerField()
    position = serializers.IntegerField()
    name = serializers.CharField()
    is_active = serializers.BooleanField()
    labels = Conditions()
    integration = serializers.IntegerField(source="integration_id", allow_null=True)
    service = serializers.CharField(source="service.slug", allow_null=True, default=None)
    suggested_severity = serializers.SerializerMethodField()
    outcome = serializers.CharField()
    title = serializers.CharField(allow_blank=True)
    attach = serializers.CharField(allow_blank=True)
    attach_label = serializers.CharField(allow_blank=True)
    attach_minutes = serializers.IntegerField()

    def get_suggested_severity(self, rule: RoutingRule) -> str | None:
        """Such as "SEV2"."""
        return Severity(rule.suggested_severity).code if rule.suggested_severity else None


class RuleListOut(serializers.Serializer[Any]):
    """All rules, in their order."""

    results = RuleOut(many=True)


class RuleTriedOut(serializers.Serializer[Any]):
    """What would have become of one past alert."""

    alert = serializers.IntegerField(source="alert.pk")
    name = serializers.CharField(source="alert.name")
    matched = serializers.BooleanField()
    service = serializers.CharField(allow_blank=True)
    severity = serializers.IntegerField(allow_null=True)
    outcome = serializers.CharField(allow_blank=True)
    other = serializers.CharField(allow_blank=True, help_text="The rule that decides before this one.")


class RuleTriedListOut(serializers.Serializer[Any]):
    """What would have become of the last alerts, newest first."""

    results = RuleTriedOut(many=True)


class MaintenanceBody(StrictSerializer):
    """Work on services."""

    name = Text(max_length=80)
    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()
    services = serializers.ListField(child=Text(max_length=40), max_length=50)


class MaintenanceOut(serializers.Serializer[Any]):
    """A maintenance window."""

    id = serializers.IntegerField()
    name = serializers.CharField()
    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()
    services = serializers.SerializerMethodField()

    def get_services(self, window: MaintenanceWindow) -> list[str]:
        """Their slugs."""
        return [one.service.slug for one in window.services.select_related("service").order_by("id")]


class MaintenanceListOut(serializers.Serializer[Any]):
    """The windows, the last to end first."""

    results = MaintenanceOut(many=True)


def _changes(body: Mapping[str, Any], by: Actor) -> dict[str, Any]:
    """A body's fields as a rule keeps them."""
    changes = dict(body)
    if (slug := changes.get("service")) is not None:
        changes["service"] = gate.services_for(by, [slug], field="service")[0] if slug else None
    if (pk := changes.get("integration")) is not None:
        changes["integration"] = gate.integration_for(by, pk)
    if changes.get("suggested_severity") is not None:
        changes["suggested_severity"] = int(changes["suggested_severity"])
    return changes


class Rules(MusterView):
    """The routing rules."""

    @extend_schema(operation_id="routing_rules_list", responses=RuleListOut)
    def get(self, request: Request) -> Response:
        """List the rules in their order."""
        check(why_not_see(self.actor))
        return Response(RuleListOut({"results": RoutingRule.objects.select_related("service").order_by("position")}).data)

    @extend_schema(operation_id="set_rule", request=RuleBody, responses={201: RuleOut}, parameters=[KEY])
    def post(self, request: Request) -> Response:
        """Make a rule (clause detection.automated). Without a position it goes last."""
        return self.once(request, lambda: self._make(request))

    def _make(self, request: Request) -> Response:
        check(why_not_configure(self.actor))
        rule = ruling.set_rule(RoutingRule(), _changes(self.body(RuleBody, request), self.actor), by=self.actor)
        return Response(RuleOut(rule).data, status=201)


class OneRule(MusterView):
    """One routing rule."""

    @extend_schema(operation_id="change_rule", request=RuleBody, responses=RuleOut, parameters=[KEY])
    def post(self, request: Request, rule_id: int) -> Response:
        """Change a rule: what the body names."""
        return self.once(request, lambda: self._change(request, rule_id))

    def _change(self, request: Request, rule_id: int) -> Response:
        rule = gate.rule_for(self.actor, rule_id)
        check(why_not_configure(self.actor))
        return Response(RuleOut(ruling.set_rule(rule, _changes(self.body(RuleBody, request), self.actor), by=self.actor)).data)


class RemoveRule(MusterView):
    """Removing a rule."""

    @extend_schema(operation_id="remove_rule", request=EmptyBody, responses=RuleOut, parameters=[KEY])
    def post(self, request: Request, rule_id: int) -> Response:
        """Remove a rule; the answer is what it was."""
        return self.once(request, lambda: self._remove(request, rule_id))

    def _remove(self, request: Request, rule_id: int) -> Response:
        self.body(EmptyBody, request)
        rule = gate.rule_for(self.actor, rule_id)
        was = RuleOut(rule).data
        ruling.remove_rule(rule, by=self.actor)
        return Response(was)


class TryRule(MusterView):
    """Trying a rule."""

    @extend_schema(operation_id="try_rule", request=RuleBody, responses=RuleTriedListOut)
    def post(self, request: Request) -> Response:
        """What would have become of the last alerts with this rule. Nothing is kept or changed."""
        check(why_not_configure(self.actor))
        rule = RoutingRule(**_changes(self.body(RuleBody, request), self.actor))
        return Response(RuleTriedListOut({"results": ruling.try_rule(rule)}).data)


class Maintenance(MusterView):
    """Maintenance windows."""

    @extend_schema(operation_id="maintenance_list", responses=MaintenanceListOut)
    def get(self, request: Request) -> Response:
        """List the last 200, the last to end first."""
        check(why_not_see(self.actor))
        return Response(MaintenanceListOut({"results": MaintenanceWindow.objects.order_by("-ends_at", "-id")[:200]}).data)

    @extend_schema(operation_id="plan_maintenance", request=MaintenanceBody, responses={201: MaintenanceOut}, parameters=[KEY])
    def post(self, request: Request) -> Response:
        """Plan work on services: what fires on them meanwhile is kept and shown, and pages nobody."""
        return self.once(request, lambda: self._plan(request))

    def _plan(self, request: Request) -> Response:
        check(why_not_configure(self.actor))
        body = self.body(MaintenanceBody, request)
        services = gate.services_for(self.actor, body["services"])
        window = ruling.plan_maintenance(body["name"], body["starts_at"], body["ends_at"], services, by=self.actor)
        return Response(MaintenanceOut(window).data, status=201)


class EndMaintenance(MusterView):
    """Ending maintenance."""

    @extend_schema(operation_id="end_maintenance", request=EmptyBody, responses=MaintenanceOut, parameters=[KEY])
    def post(self, request: Request, window_id: int) -> Response:
        """End it now, or call it off. What still fires is asked about."""
        return self.once(request, lambda: self._end(request, window_id))

    def _end(self, request: Request, window_id: int) -> Response:
        self.body(EmptyBody, request)
        window = gate.window_for(self.actor, window_id)
        return Response(MaintenanceOut(ruling.end_maintenance(window, by=self.actor)).data)
