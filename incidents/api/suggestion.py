"""Which severity answers to the impact questions suggest, by API."""

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from incidents.api.bodies.fields import SeverityField
from incidents.suggesting import assess
from ledger.api import MusterView
from standard.queries import in_force, law
from tenants.refusals import invalid


class AnswerOut(serializers.Serializer[Any]):
    """An answer that a question offers."""

    key = serializers.CharField()
    label: Any = serializers.CharField()


class QuestionOut(serializers.Serializer[Any]):
    """A question about the impact. It may be left open."""

    key = serializers.CharField()
    asks = serializers.CharField()
    answers = AnswerOut(many=True)


class SuggestionOut(serializers.Serializer[Any]):
    """The severity that follows, and why; null and "" where the answers say too little. It binds nobody."""

    level = serializers.IntegerField(allow_null=True)
    severity = SeverityField(allow_null=True)
    because = serializers.CharField(allow_blank=True)
    questions = QuestionOut(many=True)


class SuggestionView(MusterView):
    """Suggest a severity."""

    @extend_schema(
        operation_id="suggestion",
        responses=SuggestionOut,
        parameters=[
            OpenApiParameter(
                "answers",
                OpenApiTypes.OBJECT,
                style="form",
                explode=True,
                description="One parameter a question, such as `users=all`. The questions are in the answer.",
            )
        ],
    )
    def get(self, request: Request) -> Response:
        """The severity that answers to the impact questions suggest by the standard in force, and the questions themselves."""
        given = {name: values for name, values in request.query_params.lists() if name != "format"}
        for name, values in given.items():
            if len(values) > 1:
                raise invalid("answers", f"{name[:40]!r} is answered more than once.")
        standard = law(in_force().pk)
        found = assess(standard, {name: values[0] for name, values in given.items()})
        document = {
            "level": found.level,
            "severity": found.level,
            "because": found.because,
            "questions": standard.impact_questions,
        }
        return Response(SuggestionOut(document).data)
