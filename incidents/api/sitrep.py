"""The situation report by the API: text, where everything else is JSON."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from incidents import gate
from incidents.sitrep import draft_for
from ledger.api import MusterView


class _Text(BaseRenderer):
    """Text as it is; a refusal stays JSON (portal/problems.py)."""

    charset = "utf-8"

    def render(self, data: Any, accepted_media_type: str | None = None, renderer_context: Any = None) -> Any:
        """The text."""
        return data if isinstance(data, str) else JSONRenderer().render(data)


class _Markdown(_Text):
    media_type, format = "text/markdown", "md"


class _Plain(_Text):
    media_type, format = "text/plain", "txt"


class _Sitrep(MusterView):
    """The situation report that the record yields (clause handover.sitrep): a draft, to be corrected and posted."""

    renderer: type[_Text]

    def perform_content_negotiation(self, request: Request, force: bool = False) -> Any:
        """The address says which kind it is, whatever the client prefers."""
        return self.renderer(), self.renderer.media_type


class SitrepMarkdown(_Sitrep):
    """The situation report as Markdown."""

    renderer = _Markdown

    @extend_schema(operation_id="sitrep_markdown", responses={(200, "text/markdown"): str})
    def get(self, request: Request, ref: str) -> Response:
        """The draft of a situation report as of now, as Markdown (clause handover.sitrep)."""
        return Response(draft_for(gate.room_for(self.actor, ref)))


class SitrepText(_Sitrep):
    """The same as plain text."""

    renderer = _Plain

    @extend_schema(operation_id="sitrep_text", responses={(200, "text/plain"): str})
    def get(self, request: Request, ref: str) -> Response:
        """The draft of a situation report as of now, as plain text (clause handover.sitrep)."""
        return Response(draft_for(gate.room_for(self.actor, ref)))
