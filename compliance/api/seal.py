"""The API of the sealed log."""

from typing import Any

from django.urls import path
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from compliance.seal_rules import why_not_see_log
from ledger.api import MusterView
from ledger.sealing import notes, queries
from tenants.refusals import check

MOST = 100


class CheckpointOut(serializers.Serializer[Any]):
    """One signed statement of the log."""

    size = serializers.IntegerField(help_text="How many entries it covers.")
    note = serializers.CharField(help_text="The signed note, byte for byte (docs/evidence-format.md, section 3).")
    at = serializers.DateTimeField(help_text="When it was signed.")


class SealedLogOut(serializers.Serializer[Any]):
    """The log of this organisation, and how sealing goes."""

    origin = serializers.CharField(allow_null=True, help_text="The log's name; null while nothing is sealed.")
    key_line = serializers.CharField(allow_null=True, help_text="The verifier's key, as Go's sumdb/note reads it.")
    lag_seconds = serializers.FloatField(
        allow_null=True, help_text="How long the oldest entry that is not sealed has waited; null for none."
    )
    halted_at = serializers.DateTimeField(allow_null=True, help_text="Since when sealing stands still; null while it goes on.")
    why_halted = serializers.CharField(allow_blank=True)
    checkpoints = CheckpointOut(many=True, help_text=f"The newest {MOST}, newest first.")


class SealedLog(MusterView):
    """The sealed log."""

    @extend_schema(operation_id="evidence_log", responses=SealedLogOut)
    def get(self, request: Request) -> Response:
        """The newest checkpoints of the organisation's log, its key, and how far behind sealing is."""
        check(why_not_see_log(self.actor))
        points = list(queries.checkpoints(self.actor.organisation_id)[:MOST])
        sealing = queries.sealing(self.actor.organisation_id)
        told = {
            "origin": notes.origin_of(points[0].note) if points else None,
            "key_line": queries.key_line(points[0]) if points else None,
            "lag_seconds": sealing.lag_seconds,
            "halted_at": sealing.halted_at,
            "why_halted": sealing.why,
            "checkpoints": points,
        }
        return Response(SealedLogOut(told).data)


urlpatterns = [path("evidence/log/", SealedLog.as_view(), name="api-evidence-log")]
