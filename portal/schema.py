"""The OpenAPI document: every operation also says how it refuses."""

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema
from rest_framework import serializers

from portal.problems import CONTENT_TYPE


class ProblemReason(serializers.Serializer[Any]):
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
    fields: Any = serializers.DictField(child=serializers.CharField(), required=False, help_text="A sentence for each field.")
    reasons = ProblemReason(many=True)
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

    def _get_response_bodies(self, direction: Any = "response") -> Any:
        """The view's answers, whichever way it says them, and a problem for each status it may refuse with."""
        answers = super()._get_response_bodies(direction)
        refusals = ["401", "403", "404", "406", "422"]
        if self.method != "GET":
            refusals += ["409", "413", "415"]
        for status in refusals:
            answers[status] = self._get_response_for_code(Problem, status, [CONTENT_TYPE], direction)  # type: ignore[no-untyped-call]
        return answers

    def get_tags(self) -> list[str]:
        """Group by the first part of the path."""
        return [self.path.removeprefix("/api/v1/").split("/")[0] or "muster"]
