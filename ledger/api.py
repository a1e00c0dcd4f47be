"""What every API view is made of: who asks, bodies without surprises, and asking twice."""

import json
from collections.abc import Callable
from typing import Any

from drf_spectacular.utils import inline_serializer
from rest_framework import serializers
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from ledger import idempotency
from ledger.api_defaults import CursorPages, FormParser
from tenants.actors import Actor
from tenants.refusals import invalid

__all__ = ["CursorPages", "FormParser", "MusterView", "StrictSerializer", "page_of"]


CHOICES_TOLD = 24  # more of them, such as time zones, would hide the sentence


class StrictSerializer(serializers.Serializer[Any]):
    """A body whose unknown fields are errors that name them; so are choices that are none, where they are few."""

    def get_fields(self) -> dict[str, Any]:
        """The fields, each of which teaches what there is to choose from."""
        found: dict[str, Any] = super().get_fields()
        for field in found.values():
            for one in (field, getattr(field, "child", None)):
                if isinstance(one, serializers.ChoiceField) and 0 < len(one.choices) <= CHOICES_TOLD:
                    told = ", ".join(map(str, one.choices))
                    one.error_messages = {**one.error_messages, "invalid_choice": f"Choose one of {told}."}
        return found

    def to_internal_value(self, data: Any) -> Any:
        """Refuse what no field takes."""
        known = {name for name, field in self.fields.items() if not field.read_only}
        unknown = sorted(set(data) - known) if isinstance(data, dict) else []
        if unknown:
            wanted = ", ".join(sorted(known)) or "none"
            raise serializers.ValidationError(
                dict.fromkeys(unknown, f"There is no such field; the fields are: {wanted}."), code="unknown_field"
            )
        return super().to_internal_value(data)


def page_of(row: type[serializers.Serializer[Any]]) -> Any:
    """The shape of a list's answer: `{next, previous, results}`."""
    links = {name: serializers.URLField(allow_null=True) for name in ("next", "previous")}
    return inline_serializer(f"{row.__name__}Page", {**links, "results": row(many=True)})


class MusterView(APIView):
    """An API view inside a tenant's scope.

    HEAD is refused, as on the pages. The framework would answer it by `get`, so that a file of which nothing but the header was sent
    would be on record as given, and its SHA-256 be told.
    """

    http_method_names = [name for name in APIView.http_method_names if name != "head"]

    @property
    def actor(self) -> Actor:
        """Who asks."""
        actor: Actor = self.request._request.actor  # type: ignore[attr-defined]
        return actor

    def body(self, serializer: type[StrictSerializer], request: Request) -> dict[str, Any]:
        """The request's body, valid. Raises a 422 that names the fields."""
        bound = serializer(data=request.data if isinstance(request.data, dict) else {})
        bound.is_valid(raise_exception=True)
        data: dict[str, Any] = bound.validated_data
        return data

    def once(self, request: Request, perform: Callable[[], Response]) -> Response:
        """Perform a verb once an idempotency key, where the request carries one."""
        key = request.headers.get("Idempotency-Key")
        if key is None:
            return perform()
        if not key.strip():
            raise invalid("Idempotency-Key", "An idempotency key cannot be empty.")
        said: dict[str, Any] = {**dict(request.data), **idempotency.fingerprints(request.FILES)}
        fingerprint = idempotency.digest(request._request, json.dumps(said, sort_keys=True).encode())
        answer = idempotency.remembered(key, fingerprint, self.actor)
        if answer is not None:
            return Response(answer.body, status=answer.status, headers={"Idempotent-Replay": "true"})
        response = perform()
        rendered = json.loads(JSONRenderer().render(response.data))  # as it was sent, to the character
        idempotency.remember(key, self.actor, status=response.status_code, body=rendered)
        return response
