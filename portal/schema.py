"""The OpenAPI document: every operation also says how it refuses."""

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema
from rest_framework import serializers


class ReasonOut(serializers.Serializer[Any]):
    """One reason."""

    code = serializers.CharField(help_text="Stable.")
    sentence = serializers.CharField()
    clause = serializers.CharField(required=False)
    field = serializers.CharField(required=False)
    overridable = serializers.BooleanField(required=False)


class Problem(serializers.Serializer[Any]):
    """RFC 9457 problem details."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    code = serializers.CharField(help_text="Stable; `detail` is for people.")
    detail = serializers.CharField()
    clause = serializers.CharField(required=False, help_text="The clause of the standard that says so.")
    reasons = ReasonOut(many=True)
    request_id = serializers.CharField(required=False)


class BearerScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """How a machine signs in."""

    target_class = "ledger.api_defaults.ScopeAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        """A bearer token."""
        return {"type": "http", "scheme": "bearer"}


class MusterSchema(AutoSchema):
    """Adds the refusals to what a view documents."""

    def get_response_serializers(self) -> Any:
        """The view's answers, and a problem for each status it may refuse with."""
        documented = super().get_response_serializers()
        answers = documented if isinstance(documented, dict) else {200: documented}
        refusals = ["401", "403", "404", "413", "415", "422"] if self.method != "GET" else ["401", "403", "404", "406", "422"]
        if self.method != "GET":
            refusals += ["406", "409"]
        return {**answers, **{(status, "application/problem+json"): Problem for status in refusals}}

    def get_tags(self) -> list[str]:
        """Group by the first part of the path."""
        return [self.path.removeprefix("/api/v1/").split("/")[0] or "muster"]
