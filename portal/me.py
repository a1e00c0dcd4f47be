"""`GET /api/v1/me/`: who am I, what may I?"""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from ledger.api import MusterView
from tenants.models import DutyHolder, Organisation


class MeOut(serializers.Serializer[Any]):
    """The person behind a token or session."""

    organisation = serializers.CharField()
    name = serializers.CharField()
    email = serializers.EmailField()
    roles = serializers.ListField(child=serializers.CharField())
    duties = serializers.ListField(child=serializers.CharField())
    scopes = serializers.ListField(child=serializers.CharField())


class Me(MusterView):
    """Who am I?"""

    @extend_schema(operation_id="me", responses=MeOut)
    def get(self, request: Request) -> Response:
        """The caller, with roles, duties and scopes."""
        by = self.actor
        duties = DutyHolder.objects.filter(user_id=by.person_id).order_by("duty").values_list("duty", flat=True)
        return Response(
            {
                "organisation": Organisation.objects.values_list("slug", flat=True).get(pk=by.organisation_id),
                "name": by.name,
                "email": by.email,
                "roles": sorted(by.roles),
                "duties": list(duties),
                "scopes": sorted(by.scopes),
            }
        )
