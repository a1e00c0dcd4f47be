"""The API of evidence packs: parse, gate, action, respond."""

from typing import Any

from django.http import HttpResponseBase
from django.urls import reverse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from compliance import packs_gate
from compliance.actions.packs import ask_for_engagement, ask_for_pack, ask_for_period
from compliance.models import EvidencePack, PackCause, PackKind
from compliance.packs_handing import handed_out
from compliance.packs_showing import api_row
from ledger.api import CursorPages, MusterView, StrictSerializer, page_of

KEY = OpenApiParameter(
    "Idempotency-Key", str, OpenApiParameter.HEADER, description="Repeating a request with its key does nothing twice."
)
STATES = ("asked", "making", "ready", "failed", "superseded")


class EvidencePackOut(serializers.Serializer[Any]):
    """An evidence pack: what of, how far it is, and what its file is."""

    id = serializers.IntegerField()
    name = serializers.CharField()
    kind = serializers.ChoiceField(PackKind.choices)
    incident = serializers.CharField(allow_null=True)
    engagement = serializers.IntegerField(allow_null=True, help_text="The audit engagement whose auditor it is for.")
    starts_on = serializers.DateField(allow_null=True)
    ends_before = serializers.DateField(allow_null=True)
    cause = serializers.ChoiceField(PackCause.choices)
    state = serializers.ChoiceField(STATES)
    percent = serializers.IntegerField()
    step = serializers.CharField()
    why = serializers.CharField()
    asked_by = serializers.CharField()
    asked_at = serializers.DateTimeField()
    made_at = serializers.DateTimeField(allow_null=True)
    size = serializers.IntegerField(allow_null=True, help_text="Bytes.")
    sha256 = serializers.CharField()
    checkpoint_size = serializers.IntegerField(allow_null=True, help_text="Leaves of the log that it is proven against.")


PAGE = page_of(EvidencePackOut)


class EvidencePeriodBody(StrictSerializer):
    """A period: from the beginning of one day to the beginning of another, in UTC."""

    starts_on = serializers.DateField()
    ends_before = serializers.DateField()


class EvidenceAskBody(StrictSerializer):
    """Nothing has to be said."""


def _listed(view: MusterView, request: Request, packs: Any) -> Response:
    pages = CursorPages()
    found: Any = pages.paginate_queryset(packs, request, view=view)
    return pages.get_paginated_response(EvidencePackOut([api_row(pack) for pack in found], many=True).data)


def _made(pack: EvidencePack) -> Response:
    where = reverse("api-evidence-pack", args=[pack.pk])
    return Response(EvidencePackOut(api_row(pack)).data, status=201, headers={"Location": where})


class EvidencePacks(MusterView):
    """Evidence packs, and asking for a period's."""

    @extend_schema(operation_id="evidence_packs_list", responses=PAGE)
    def get(self, request: Request) -> Response:
        """List the packs that you may see, newest first: of incidents, of periods that you asked for, of your engagements."""
        return _listed(self, request, packs_gate.packs(self.actor))

    @extend_schema(
        operation_id="evidence_pack_period", request=EvidencePeriodBody, responses={201: EvidencePackOut}, parameters=[KEY]
    )
    def post(self, request: Request) -> Response:
        """Ask for the pack of a period (clause evidence.export)."""
        return self.once(request, lambda: _made(ask_for_period(**self.body(EvidencePeriodBody, request), by=self.actor)))


class EvidencePacksOf(MusterView):
    """The evidence packs of an incident."""

    @extend_schema(operation_id="evidence_packs_of_incident", responses=PAGE)
    def get(self, request: Request, ref: str) -> Response:
        """List the packs of one incident, newest first."""
        return _listed(self, request, packs_gate.packs_of(packs_gate.incident_for(self.actor, ref), self.actor))

    @extend_schema(operation_id="evidence_pack_ask", request=EvidenceAskBody, responses={201: EvidencePackOut}, parameters=[KEY])
    def post(self, request: Request, ref: str) -> Response:
        """Ask for the pack of an incident, as it is now (clause evidence.export)."""
        return self.once(request, lambda: self._ask(request, ref))

    def _ask(self, request: Request, ref: str) -> Response:
        self.body(EvidenceAskBody, request)
        return _made(ask_for_pack(packs_gate.incident_for(self.actor, ref), by=self.actor))


class EvidencePacksOfEngagement(MusterView):
    """The evidence packs of an audit engagement."""

    @extend_schema(operation_id="evidence_packs_of_engagement", responses=PAGE)
    def get(self, request: Request, engagement_id: int) -> Response:
        """List the packs of an engagement and of the incidents of its period, newest first."""
        engagement = packs_gate.engagement_for(self.actor, engagement_id)
        return _listed(self, request, packs_gate.packs_of_engagement(engagement, self.actor))

    @extend_schema(
        operation_id="evidence_pack_engagement", request=EvidenceAskBody, responses={201: EvidencePackOut}, parameters=[KEY]
    )
    def post(self, request: Request, engagement_id: int) -> Response:
        """Ask for the pack of an engagement, which its auditor alone is handed (clauses evidence.export, people.auditor)."""
        return self.once(request, lambda: self._ask(request, engagement_id))

    def _ask(self, request: Request, engagement_id: int) -> Response:
        self.body(EvidenceAskBody, request)
        return _made(ask_for_engagement(packs_gate.engagement_for(self.actor, engagement_id), by=self.actor))


class OneEvidencePack(MusterView):
    """One evidence pack."""

    @extend_schema(operation_id="evidence_pack", responses=EvidencePackOut)
    def get(self, request: Request, pack_id: int) -> Response:
        """A pack, and how far it is."""
        return Response(EvidencePackOut(api_row(packs_gate.pack_for(self.actor, pack_id))).data)


class EvidencePackFile(MusterView):
    """The file of an evidence pack."""

    @extend_schema(operation_id="evidence_pack_file", responses={(200, "application/zip"): OpenApiTypes.BINARY})
    def get(self, request: Request, pack_id: int) -> HttpResponseBase:
        """Download a pack that is ready. It is on record before the first byte is sent."""
        return handed_out(packs_gate.pack_for(self.actor, pack_id), self.actor)
