"""The API of this room: parse, gate, action, respond."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from incidents.api.bodies.fields import Text
from ledger.api import MusterView, StrictSerializer
from oncall.api.views import KEY
from status import addresses
from status.actions import set_status_page
from status.models import StatusPage, status_page
from tenants.models import Organisation


class StatusPageBody(StrictSerializer):
    """Say whether there is a status page for everybody."""

    public = serializers.BooleanField()
    reason = Text()


class StatusPageOut(serializers.Serializer[Any]):
    """Whether the organisation has a status page for everybody."""

    public = serializers.BooleanField()
    reason = serializers.CharField(allow_blank=True, help_text="Why it is as it is.")
    url = serializers.URLField(allow_null=True, help_text="Where it is; null while it is not public.")


class StatusPageView(MusterView):
    """The status page."""

    @extend_schema(operation_id="status_page", responses=StatusPageOut)
    def get(self, request: Request) -> Response:
        """Whether there is one for everybody, and where."""
        return Response(self._told(status_page()))

    @extend_schema(operation_id="status_page_set", request=StatusPageBody, responses=StatusPageOut, parameters=[KEY])
    def post(self, request: Request) -> Response:
        """Say so, as an administrator, with a reason. With it comes what the public was told before."""
        return self.once(
            request, lambda: Response(self._told(set_status_page(by=self.actor, **self.body(StatusPageBody, request))))
        )

    def _told(self, page: StatusPage) -> dict[str, Any]:
        slug = Organisation.objects.get(pk=self.actor.organisation_id).slug
        url = addresses.absolute(addresses.home(slug)) if page.public else None
        return dict(StatusPageOut({"public": page.public, "reason": page.reason, "url": url}).data)
