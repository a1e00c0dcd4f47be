"""`POST /api/v1/commands/`: a line of the chat grammar, as chat and the command bar speak it."""

from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from incidents.api.bodies.fields import Text
from integrations.chat.dispatch import perform
from ledger.api import MusterView, StrictSerializer

KEY = OpenApiParameter(
    "Idempotency-Key", str, OpenApiParameter.HEADER, description="Repeating a request with its key does nothing twice."
)


class CommandBody(StrictSerializer):
    """A line such as "/incident order @ana restart db-2 eta 5m"."""

    text = Text(allow_blank=True)
    incident = Text(required=False, max_length=24, help_text="Which incident is meant, where the line names none.")


class CommandOut(serializers.Serializer[Any]):
    """What came of it: a sentence, the verb, and the incident it was about ("" for none)."""

    text = serializers.CharField()
    verb = serializers.CharField()
    incident = serializers.CharField(allow_blank=True)


class Commands(MusterView):
    """The chat grammar."""

    @extend_schema(operation_id="command", request=CommandBody, responses=CommandOut, parameters=[KEY])
    def post(self, request: Request) -> Response:
        """Do what a line says (clause triage.slack-declare), by the same rules and with the same refusals as every other door."""
        return self.once(request, lambda: self._perform(request))

    def _perform(self, request: Request) -> Response:
        body = self.body(CommandBody, request)
        said = perform(body["text"], by=self.actor, ref=body.get("incident", ""))
        return Response(CommandOut(said).data)
