"""The API of audits. Parse, gate, act, respond."""

from typing import Any

from django.core.paginator import Paginator
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from compliance import audit_evidence, audit_exceptions, audit_gate
from compliance.actions import engagements as actions
from compliance.api import audit_shapes as s
from compliance.audit_controls import CONTROLS
from compliance.audit_population import population, sample
from compliance.models import AuditEngagement
from compliance.rules import engagements as rules
from ledger.api import CursorPages, MusterView, page_of
from standard.api.versions import KEY
from tenants.refusals import check
from tenants.time import now

PER_PAGE = 100


class Engagements(MusterView):
    """Audit engagements."""

    @extend_schema(operation_id="audit_engagements", responses=s.EngagementsOut)
    def get(self, request: Request) -> Response:
        """An auditor's own, or all for administrators, the newest first."""
        return Response({"results": [_told(one) for one in audit_gate.known(self.actor)]})

    @extend_schema(operation_id="audit_make", request=s.EngagementBody, responses={201: s.EngagementOut}, parameters=[KEY])
    def post(self, request: Request) -> Response:
        """Let an auditor see a period (administrators; clause people.auditor)."""
        return self.once(request, lambda: self._make(request))

    def _make(self, request: Request) -> Response:
        check(rules.why_not_arrange(self.actor))
        body = self.body(s.EngagementBody, request)
        return Response(_told(actions.make_engagement(by=self.actor, **body)), status=201)


def _told(one: AuditEngagement) -> dict[str, Any]:
    return s.engagement_row(one, one.is_open(now()))


class EndEngagement(MusterView):
    """Ending an engagement."""

    @extend_schema(operation_id="audit_end", request=s.EndEngagementBody, responses=s.EngagementOut, parameters=[KEY])
    def post(self, request: Request, engagement_id: int) -> Response:
        """End it before its day (administrators): its auditor sees nothing any more."""
        return self.once(request, lambda: self._end(request, engagement_id))

    def _end(self, request: Request, engagement_id: int) -> Response:
        found = audit_gate.engagement_for(self.actor, engagement_id)
        body = self.body(s.EndEngagementBody, request)
        return Response(_told(actions.end_engagement(found, by=self.actor, reason=body["reason"])))


class ThePopulation(MusterView):
    """The population."""

    @extend_schema(operation_id="audit_population", responses=s.PopulationOut)
    def get(self, request: Request, engagement_id: int) -> Response:
        """Every incident of the engagement's period, with stubs of what is restricted, and whether a number is missing."""
        found = population(audit_gate.audit_for(self.actor, engagement_id))
        told = {"counted": len(found.counted), "sha256": found.digest}
        told |= {name: getattr(found, name) for name in ("restricted", "missing", "outside")}
        return Response(s.PopulationOut({**told, "incidents": [s.incident_row(row) for row in found.counted]}).data)


class TheSample(MusterView):
    """A sample."""

    @extend_schema(
        operation_id="audit_sample",
        responses=s.SampleOut,
        parameters=[
            OpenApiParameter("seed", str, description="Any words; the same draw the same incidents. `muster` without it."),
            OpenApiParameter("size", int, description="How many; 25 without it."),
        ],
    )
    def get(self, request: Request, engagement_id: int) -> Response:
        """Some of the population, drawn by a seed so that anybody draws the same ones again."""
        engagement = audit_gate.audit_for(self.actor, engagement_id)
        seed, size = audit_gate.drawn(request.query_params.get("seed", "muster"), request.query_params.get("size", "25"))
        found = population(engagement)
        told = {"seed": seed, "size": size, "of": len(found.counted), "population_sha256": found.digest}
        return Response(s.SampleOut({**told, "incidents": [s.incident_row(row) for row in sample(found, seed, size)]}).data)


class Controls(MusterView):
    """The controls."""

    @extend_schema(operation_id="audit_controls", responses=s.ControlsOut)
    def get(self, request: Request, engagement_id: int) -> Response:
        """The controls of SOC 2, ISO 27001 and NIST, each with how often its clauses' clocks broke."""
        engagement = audit_gate.audit_for(self.actor, engagement_id)
        broken = audit_exceptions.counts(engagement)
        rows = [s.control_row(control, broken[control.key]) for control in CONTROLS]
        return Response(s.ControlsOut({"results": rows}).data)


class OneControl(MusterView):
    """One control."""

    @extend_schema(
        operation_id="audit_control",
        responses=s.ControlEvidenceOut,
        parameters=[
            OpenApiParameter("page", int, description=f"Of the evidence, {PER_PAGE} entries each, the newest first."),
            OpenApiParameter(
                "exceptions_page",
                int,
                description=f"Of the exceptions, {PER_PAGE} each: clocks that broke, the longest ago first, then what was recorded late.",
            ),
        ],
    )
    def get(self, request: Request, engagement_id: int, control: str) -> Response:
        """Its exceptions, and the entries of the record that are its evidence."""
        engagement = audit_gate.audit_for(self.actor, engagement_id)
        asked = audit_gate.control_for(control)
        page: Any = Paginator(audit_evidence.events(engagement, asked), PER_PAGE).get_page(request.query_params.get("page"))
        found = audit_exceptions.Exceptions(engagement, asked)
        some = Paginator(found, PER_PAGE).get_page(request.query_params.get("exceptions_page"))
        told = {
            "control": s.control_row(asked, found.broken),
            "exceptions": list(some),
            "exceptions_page": some.number,
            "exceptions_pages": some.paginator.num_pages,
            "evidence": audit_evidence.shown(list(page.object_list)),
            "page": page.number,
            "pages": page.paginator.num_pages,
        }
        return Response(s.ControlEvidenceOut(told).data)


class AuditLog(MusterView):
    """What one read."""

    @extend_schema(operation_id="audit_log", responses=page_of(s.ReadOut))
    def get(self, request: Request) -> Response:
        """What the auditor who asks has read, the newest first."""
        check(rules.why_not_log(self.actor))
        pages = CursorPages()
        found = pages.paginate_queryset(audit_evidence.read_log(self.actor.person_id), request, view=self) or []
        return pages.get_paginated_response([s.ReadOut(row).data for row in found])
