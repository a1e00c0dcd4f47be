"""The API of this room: parse, gate, action, respond."""

from collections.abc import Sequence
from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from ledger.api import CursorPages, MusterView, StrictSerializer, page_of
from oncall import actions, gate, queries
from oncall.coming import Coming, coming, foreseen
from oncall.models import Page, Service, Team
from oncall.models.policies import KINDS
from standard.faults import all_faults

KEY = OpenApiParameter(
    "Idempotency-Key", str, OpenApiParameter.HEADER, description="Repeating a request with its key does nothing twice."
)


class NoBody(StrictSerializer):
    """A verb that needs nothing."""


class DeclinePageBody(StrictSerializer):
    """Decline a page."""

    reason = serializers.CharField(required=False, allow_blank=True, max_length=200)


class NextOut(serializers.Serializer[Any]):
    """The step of a page that comes next, as it looks now."""

    at = serializers.DateTimeField()
    people = serializers.ListField(
        child=serializers.CharField(), help_text="Names. Empty: then it is on record that nobody is left to call."
    )


class PageOut(serializers.Serializer[Any]):
    """A page."""

    id = serializers.IntegerField()
    state = serializers.ChoiceField(choices=Page.State.choices)
    urgency = serializers.ChoiceField(choices=Page.Urgency.choices)
    reason = serializers.CharField(allow_blank=True)
    clause = serializers.CharField()
    started_at = serializers.DateTimeField()
    acknowledged_at = serializers.DateTimeField(allow_null=True)
    acknowledged_by = serializers.SerializerMethodField()
    next = serializers.SerializerMethodField()

    @extend_schema_field(NextOut(allow_null=True))
    def get_next(self, page: Page) -> dict[str, Any] | None:
        """Who is called next, and when; null where nobody is waited for."""
        ahead: Coming | None = self.context["coming"].get(page.pk)
        return dict(NextOut(ahead).data) if ahead else None

    def get_acknowledged_by(self, page: Page) -> str | None:
        """The name of who acknowledged."""
        return page.acknowledged_by.name if page.acknowledged_by else None


def told(pages: Sequence[Page]) -> list[dict[str, Any]]:
    """Pages as the API shows them."""
    return list(PageOut(pages, many=True, context={"coming": coming(pages)}).data)


class ServiceOut(serializers.Serializer[Any]):
    """A service, the team that answers for it, and how much depends on it."""

    slug = serializers.CharField()
    name = serializers.CharField()
    team = serializers.CharField(source="team.slug")
    tier = serializers.IntegerField(allow_null=True, help_text="1 (most depends on it) to 4; null where nobody has said.")
    components = serializers.SerializerMethodField(help_text="The components by which customers notice that it is not well.")

    def get_components(self, service: Service) -> list[str]:
        """Their short names. (The links are a room above: read through the service, by name.)"""
        links = sorted(service.component_links.all(), key=lambda link: (link.component.position, link.component_id))
        return [link.component.slug for link in links]


class TeamOut(serializers.Serializer[Any]):
    """A team, with whom it calls, in order."""

    slug = serializers.CharField()
    name = serializers.CharField()
    members = serializers.SerializerMethodField()

    def get_members(self, team: Team) -> list[str]:
        """E-mail addresses: primary, secondary, and so on."""
        return [member.user.email for member in team.members.all()]


class Pages(MusterView):
    """The pages that called me."""

    @extend_schema(operation_id="pages_list", responses=page_of(PageOut))
    def get(self, request: Request) -> Response:
        """My pages, newest first."""
        pages = CursorPages()
        found = pages.paginate_queryset(foreseen(queries.called(self.actor.person_id)), request, view=self)
        return pages.get_paginated_response(told(found or []))


class Acknowledge(MusterView):
    """Acknowledging."""

    @extend_schema(operation_id="acknowledge", request=NoBody, responses=PageOut, parameters=[KEY])
    def post(self, request: Request, page_id: int) -> Response:
        """Acknowledge a page: the escalation stops (clause oncall.escalate-15-30)."""
        return self.once(request, lambda: self._acknowledge(request, page_id))

    def _acknowledge(self, request: Request, page_id: int) -> Response:
        self.body(NoBody, request)
        actions.acknowledge(gate.page_for(self.actor, page_id), by=self.actor)
        return Response(told([gate.page_for(self.actor, page_id)])[0])


class Decline(MusterView):
    """Declining."""

    @extend_schema(operation_id="decline_page", request=DeclinePageBody, responses=PageOut, parameters=[KEY])
    def post(self, request: Request, page_id: int) -> Response:
        """Decline a page: the next ones are called at once (clause oncall.escalate-15-30)."""
        return self.once(request, lambda: self._decline(request, page_id))

    def _decline(self, request: Request, page_id: int) -> Response:
        body = self.body(DeclinePageBody, request)
        actions.decline(gate.page_for(self.actor, page_id), by=self.actor, reason=body.get("reason", ""))
        return Response(told([gate.page_for(self.actor, page_id)])[0])


class TargetOut(serializers.Serializer[Any]):
    """Whom a policy calls, and how long after the page began."""

    after_minutes = serializers.IntegerField()
    kind = serializers.ChoiceField(choices=KINDS)
    person = serializers.EmailField(source="user.email", default=None, allow_null=True)
    schedule = serializers.CharField(source="schedule.slug", default=None, allow_null=True)
    duty = serializers.CharField(allow_blank=True)


class PolicyOut(serializers.Serializer[Any]):
    """An escalation policy."""

    slug = serializers.CharField()
    name = serializers.CharField()
    is_default = serializers.BooleanField()
    repeat = serializers.IntegerField()
    patience_minutes = serializers.IntegerField()
    forgotten_minutes = serializers.IntegerField()
    targets = TargetOut(many=True)


class FaultOut(serializers.Serializer[Any]):
    """One thing that would go wrong in the next incident."""

    code = serializers.CharField()
    about = serializers.CharField()
    sentence = serializers.CharField()
    clause = serializers.CharField(allow_blank=True)


class Readiness(MusterView):
    """What would go wrong."""

    @extend_schema(operation_id="readiness_list", responses=page_of(FaultOut))
    def get(self, request: Request) -> Response:
        """Everything to be mended before the next incident; an empty list where there is nothing (oncall.primary-secondary)."""
        return Response({"next": None, "previous": None, "results": FaultOut(all_faults(), many=True).data})


class Policies(MusterView):
    """Escalation policies."""

    @extend_schema(operation_id="escalation_policies_list", responses=page_of(PolicyOut))
    def get(self, request: Request) -> Response:
        """Every escalation policy, by name. They are edited in the admin."""
        rows = queries.policies()
        return Response({"next": None, "previous": None, "results": PolicyOut(rows, many=True).data})


class Services(MusterView):
    """Services."""

    @extend_schema(operation_id="services_list", responses=page_of(ServiceOut))
    def get(self, request: Request) -> Response:
        """Every service, by name."""
        rows = Service.objects.select_related("team").prefetch_related("component_links__component").order_by("slug")
        return Response({"next": None, "previous": None, "results": ServiceOut(rows, many=True).data})


class Teams(MusterView):
    """Teams."""

    @extend_schema(operation_id="teams_list", responses=page_of(TeamOut))
    def get(self, request: Request) -> Response:
        """Every team, by name."""
        rows = Team.objects.prefetch_related("members__user").order_by("slug")
        return Response({"next": None, "previous": None, "results": TeamOut(rows, many=True).data})
