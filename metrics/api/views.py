"""The API of this room: figures and availability, as JSON or CSV."""

from dataclasses import dataclass
from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from ledger.api import MusterView
from ledger.exports import give
from metrics import definitions, report
from metrics.ageing import ages
from metrics.api import serializers as s
from metrics.calls import called
from metrics.clocks import kept, updates
from metrics.components import availability
from metrics.figures import figures
from metrics.filters import BY, Filters, Places, places, read
from metrics.tables import Table
from tenants.refusals import NotFound

_DAY = "A day such as 2026-11-25, on the organisation's calendar, or an instant such as 2026-11-25T10:43:07Z."
_PERIOD = [
    OpenApiParameter("from", str, description=f"{_DAY} Without it: 90 days before `to`."),
    OpenApiParameter("to", str, description=f"{_DAY} A day is included, an instant is not. Without it: today."),
]
_FILTERS = [
    *_PERIOD,
    OpenApiParameter("severity", str, many=True, description="1 to 4, or SEV1 to SEV4; may be repeated."),
    OpenApiParameter("service", str, description="A service's slug; - for incidents that name none."),
    OpenApiParameter("team", str, description="A team's slug; - for incidents of no team."),
    OpenApiParameter("by", str, enum=list(BY), description="What the groups are; months without it."),
]


class CsvRenderer(BaseRenderer):
    """CSV as it is; a refusal stays a problem document."""

    media_type = "text/csv"
    format = "csv"
    charset = "utf-8"

    def render(self, data: Any, accepted_media_type: str | None = None, renderer_context: Any = None) -> Any:
        """The table's own CSV, as it was put on record."""
        return data if isinstance(data, str) else JSONRenderer().render(data)


@dataclass(frozen=True, slots=True)
class _Asked:
    filters: Filters
    known: Places


class _FiguresView(MusterView):
    renderer_classes = (JSONRenderer, CsvRenderer)

    def asked(self, request: Request) -> _Asked:
        """What the address asks for. Refuses (422) naming the parameter."""
        known = places()
        given = {name: [str(value) for value in values] for name, values in request.query_params.lists()}
        return _Asked(read(given, known), known)

    def wants_csv(self, request: Request) -> bool:
        """Whether a file is asked for, by Accept or by `?format=csv`."""
        return bool(request.accepted_renderer.format == CsvRenderer.format)

    def as_csv(self, request: Request, found: Table | None) -> Response:
        """A table as a file."""
        if found is None:
            raise NotFound("table")
        return Response(give(found.csv(), f"{found.key}.csv", by=self.actor, asked=request.query_params.lists()))


class Metrics(_FiguresView):
    """How well we do."""

    @extend_schema(operation_id="metrics", responses=s.MetricsOut, parameters=_FILTERS)
    def get(self, request: Request) -> Response:
        """Times to detect, acknowledge, mitigate and resolve; clocks kept; pages by person. As CSV: the times, by group."""
        asked = self.asked(request)
        filters = asked.filters
        if self.wants_csv(request):
            return self.as_csv(request, report.table("times", filters, asked.known))
        found, clocks = figures(filters, asked.known), kept(filters)
        return Response(
            s.MetricsOut(
                {
                    "period": filters,
                    "by": filters.by,
                    "incidents": found.whole.incidents,
                    "figures": found.whole.stats,
                    "groups": found.groups,
                    "updates": updates(filters),
                    "clauses": clocks,
                    "pages": called(filters),
                    "action_items": ages(filters),
                    "definitions": _definitions(),
                }
            ).data
        )


def _definitions() -> dict[str, str]:
    words = {one.key: f"{one.label}. {one.says} Missing where {one.missing}." for one in definitions.TIMES}
    return words | {
        "counted": definitions.COUNTED,
        "null": definitions.NULL,
        "statistics": definitions.STATISTICS,
        "clocks": definitions.CLOCKS,
        "updates": definitions.UPDATES,
        "pages": definitions.PAGES,
        "action_items": definitions.AGEING,
    }


class Available(_FiguresView):
    """How available the components were."""

    @extend_schema(operation_id="metrics_availability", responses=s.AvailabilityOut, parameters=_PERIOD)
    def get(self, request: Request) -> Response:
        """Each component's SLI in the period, against its SLO and SLA, with what is left of the error budget."""
        filters = self.asked(request).filters
        if self.wants_csv(request):
            return self.as_csv(request, report.table("availability", filters, places()))
        found = availability(filters.start, filters.end)
        return Response(
            s.AvailabilityOut(
                {"period": filters, "components": found, "definition": definitions.AVAILABILITY, "null": definitions.NO_SLI}
            ).data
        )
