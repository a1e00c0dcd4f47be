"""The integrations' API, for administrators: adding one, another key, and a generic one's mapping.

A key is in the answer that makes it and nowhere else, so these answers are not remembered: asking twice makes two.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from incidents import gate
from incidents.api.bodies.fields import Text
from incidents.integrating import issue_key, make_integration, withdraw_keys
from incidents.models import Integration
from incidents.rules.configuring import why_not_configure, why_not_see
from integrations.generic.actions import set_mapping, try_mapping
from integrations.showing import shown
from ledger.api import MusterView, StrictSerializer
from tenants.refusals import Refused, check

KEY = OpenApiParameter(
    "Idempotency-Key", str, OpenApiParameter.HEADER, description="Repeating a request with its key does nothing twice."
)


class IntegrationBody(StrictSerializer):
    """A new integration."""

    kind = serializers.ChoiceField(choices=Integration.Kind.choices)
    name = Text(max_length=80)
    signed = serializers.BooleanField(required=False, help_text="Grafana: refuse what is not signed.")


class KeyBody(StrictSerializer):
    """Another key."""

    withdraw = serializers.BooleanField(required=False, help_text="Withdraw the keys that there are.")


class MappingBody(StrictSerializer):
    """Where in the JSON everything is (docs/guide-administrator.md)."""

    mapping = serializers.DictField(help_text="Places by what is there: {key, title, status, …}, with ended, levels and extra.")


class TryBody(MappingBody):
    """The same, with a sample."""

    sample = Text(max_length=100_000, help_text="One request's JSON. It is not kept.")


class IntegrationOut(serializers.Serializer[Any]):
    """An integration."""

    id = serializers.IntegerField()
    kind = serializers.CharField()
    name = serializers.CharField()
    is_active = serializers.BooleanField()
    signed = serializers.BooleanField()
    mapping = serializers.DictField()


class KeyOut(serializers.Serializer[Any]):
    """A new key, in this answer only."""

    integration = serializers.IntegerField()
    address = serializers.CharField(help_text="Where to post.")
    key = serializers.CharField()
    routing_key = serializers.CharField(allow_blank=True, help_text="Of PagerDuty's events: the key.")
    signing_secret = serializers.CharField(allow_blank=True, help_text="Grafana's.")


class TriedOut(serializers.Serializer[Any]):
    """What one alert of a sample would become."""

    says = serializers.CharField(help_text="fires, acknowledged or ends.")
    key = serializers.CharField()
    name = serializers.CharField()
    summary = serializers.CharField(allow_blank=True)
    labels = serializers.DictField(child=serializers.CharField())
    annotations = serializers.DictField(child=serializers.CharField())
    url = serializers.CharField(allow_blank=True)
    severity = serializers.IntegerField(allow_null=True, min_value=1, max_value=4)
    service = serializers.CharField(allow_blank=True)


class TriedListOut(serializers.Serializer[Any]):
    """What a sample would become."""

    results = TriedOut(many=True)


class IntegrationListOut(serializers.Serializer[Any]):
    """All integrations."""

    results = IntegrationOut(many=True)


def _out(integration: Integration) -> dict[str, Any]:
    return {
        "id": integration.pk,
        "kind": integration.kind,
        "name": integration.name,
        "is_active": integration.is_active,
        "signed": integration.signed,
        "mapping": integration.mapping,
    }


def _made(integration: Integration, key: str, status: int) -> Response:
    return Response(KeyOut({"integration": integration.pk, **asdict(shown(integration, key))}).data, status=status)


class Integrations(MusterView):
    """The ways in for monitoring."""

    @extend_schema(operation_id="integrations_list", responses=IntegrationListOut)
    def get(self, request: Request) -> Response:
        """List them (for administrators and auditors). When each was heard is on its page."""
        check(why_not_see(self.actor))
        rows = [_out(one) for one in Integration.objects.order_by("name")]
        return Response(IntegrationListOut({"results": rows}).data)

    @extend_schema(operation_id="integrate", request=IntegrationBody, responses={201: KeyOut})
    def post(self, request: Request) -> Response:
        """Add one. The answer has its key, and nothing else ever has (clause detection.automated)."""
        body = self.body(IntegrationBody, request)
        made = make_integration(Integration.Kind(body["kind"]), body["name"], by=self.actor, signed=body.get("signed", False))
        return _made(*made, status=201)


class Key(MusterView):
    """An integration's keys."""

    @extend_schema(operation_id="integration_key", request=KeyBody, responses={201: KeyOut})
    def post(self, request: Request, integration_id: int) -> Response:
        """Make another key; the answer has it, and nothing else ever has."""
        integration = gate.integration_for(self.actor, integration_id)
        check(why_not_configure(self.actor))
        body = self.body(KeyBody, request)
        key = issue_key(integration, by=self.actor)
        if body.get("withdraw"):
            withdraw_keys(integration, by=self.actor, but=key)
        return _made(integration, key, status=201)


class Mapping(MusterView):
    """A generic integration's mapping."""

    @extend_schema(operation_id="integration_mapping", request=MappingBody, responses=IntegrationOut, parameters=[KEY])
    def post(self, request: Request, integration_id: int) -> Response:
        """Say where in its JSON everything is."""
        return self.once(request, lambda: self._set(request, integration_id))

    def _set(self, request: Request, integration_id: int) -> Response:
        integration = gate.integration_for(self.actor, integration_id)
        check(why_not_configure(self.actor))
        body = self.body(MappingBody, request)
        with _of_the_mapping():
            integration = set_mapping(integration, body["mapping"], by=self.actor)
        return Response(IntegrationOut(_out(integration)).data)


@contextmanager
def _of_the_mapping() -> Iterator[None]:
    """What is wrong with a mapping is told by its place in the body: `mapping.title`; what is wrong with a sample, of that."""
    try:
        yield
    except Refused as refused:
        told = {"body": "sample", "mapping": "mapping"}
        raise Refused(
            *(replace(reason, field=told.get(reason.field, f"mapping.{reason.field}")) for reason in refused.reasons)
        ) from refused


class TryMapping(MusterView):
    """Trying a mapping."""

    @extend_schema(operation_id="integration_mapping_try", request=TryBody, responses=TriedListOut)
    def post(self, request: Request, integration_id: int) -> Response:
        """What a sample would become. Nothing is kept or changed."""
        gate.integration_for(self.actor, integration_id)
        check(why_not_configure(self.actor))
        body = self.body(TryBody, request)
        with _of_the_mapping():
            found = try_mapping(body["mapping"], body["sample"])
        return Response(TriedListOut({"results": [asdict(one) for one in found]}).data)
