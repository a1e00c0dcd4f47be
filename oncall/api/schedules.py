"""The API of schedules: parse, gate, action, respond."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from ledger.api import MusterView, page_of
from oncall import asking, boards, gate
from oncall.actions import schedules as actions
from oncall.api import bodies, shapes
from oncall.api.views import KEY, NoBody
from oncall.models import Schedule
from oncall.moments import settle
from oncall.rota import OnCallDuty, spans
from oncall.rotas import people, rota, zone
from tenants.refusals import invalid
from tenants.time import now

LONGEST = timedelta(days=92)
START, END, AT = (
    OpenApiParameter(name, OpenApiTypes.DATETIME, description=what)
    for name, what in (
        ("start", "From when; now, if left out."),
        ("end", "Until when, at most 92 days later; 14 days, if left out."),
        ("at", "When; now, if left out."),
    )
)


def listed(rows: Any) -> Response:
    """A list that is never cut into pages."""
    return Response({"next": None, "previous": None, "results": rows})


def shown(schedules: Sequence[Schedule]) -> list[dict[str, Any]]:
    """Schedules with their layers."""
    laid = boards.layers(schedules, now().date())
    for schedule in schedules:
        schedule.laid = laid[schedule.pk]  # type: ignore[attr-defined]
    return [dict(shapes.ScheduleOut(schedule).data) for schedule in schedules]


def moment(request: Request, name: str, schedule: Schedule | None, default: datetime) -> datetime:
    """An instant of the query. Raises a 422 that names it."""
    given = request.query_params.get(name)
    if given is None:
        return default
    field = bodies.Moment()
    try:
        value = field.run_validation(given)
    except serializers.ValidationError as error:
        raise invalid(name, "This is no time: write it like 2026-03-29T02:30:00Z.") from error
    return settle(zone(schedule.time_zone if schedule else "UTC"), name, value)


class OnCall(MusterView):
    """Who is on call."""

    @extend_schema(operation_id="oncall", responses=page_of(shapes.OnCallOut), parameters=[AT])
    def get(self, request: Request) -> Response:
        """Primary, secondary and shadows of every running schedule now, or at an instant; and of each team without one, by its order."""
        found = boards.everywhere(moment(request, "at", None, now()))
        rows = sorted(found.held, key=lambda one: one.schedule.slug if one.schedule else "")
        rows.sort(key=lambda one: one.schedule is None)
        return listed(shapes.OnCallOut(rows, many=True, context={"everywhere": found}).data)


class Schedules(MusterView):
    """Schedules."""

    @extend_schema(operation_id="schedules_list", responses=page_of(shapes.ScheduleOut))
    def get(self, request: Request) -> Response:
        """Every schedule with its layers, by short name."""
        return listed(shown(list(Schedule.objects.select_related("team__manager").order_by("slug"))))

    @extend_schema(
        operation_id="schedule_make", request=bodies.ScheduleBody, responses={201: shapes.ScheduleOut}, parameters=[KEY]
    )
    def post(self, request: Request) -> Response:
        """Make a schedule of a team; administrators and the team's lead may."""
        return self.once(request, lambda: self._make(request))

    def _make(self, request: Request) -> Response:
        body = self.body(bodies.ScheduleBody, request)
        schedule = actions.make_schedule(
            by=self.actor,
            name=body["name"],
            slug=body["slug"],
            team=gate.team_for(self.actor, body.get("team", "")),
            time_zone=body["time_zone"],
        )
        return Response(shown([schedule])[0], status=201)


class OneSchedule(MusterView):
    """A schedule."""

    @extend_schema(operation_id="schedule", responses=shapes.ScheduleOut)
    def get(self, request: Request, schedule: str) -> Response:
        """A schedule with its layers."""
        return Response(shown([gate.schedule_for(self.actor, schedule)])[0])


class ChangeSchedule(MusterView):
    """Changing a schedule."""

    @extend_schema(
        operation_id="schedule_change", request=bodies.ChangeScheduleBody, responses=shapes.ScheduleOut, parameters=[KEY]
    )
    def post(self, request: Request, schedule: str) -> Response:
        """Change its name or zone, or switch it off and on."""
        return self.once(request, lambda: self._change(request, schedule))

    def _change(self, request: Request, slug: str) -> Response:
        schedule = gate.schedule_for(self.actor, slug)
        body = self.body(bodies.ChangeScheduleBody, request)
        return Response(shown([actions.change_schedule(schedule, by=self.actor, **body)])[0])


class Layers(MusterView):
    """Layers."""

    @extend_schema(operation_id="layer_add", request=bodies.LayerBody, responses={201: shapes.ScheduleOut}, parameters=[KEY])
    def post(self, request: Request, schedule: str) -> Response:
        """Add people who take turns. The answer says when their handover is skipped or comes twice (`edges`)."""
        return self.once(request, lambda: self._add(request, schedule))

    def _add(self, request: Request, slug: str) -> Response:
        schedule = gate.schedule_for(self.actor, slug)
        body = self.body(bodies.LayerBody, request)
        actions.add_layer(schedule, asking.plan(schedule, body, self.actor), by=self.actor)
        return Response(shown([schedule])[0], status=201)


class ChangeLayer(MusterView):
    """Changing a layer."""

    @extend_schema(operation_id="layer_change", request=bodies.ChangeLayerBody, responses=shapes.ScheduleOut, parameters=[KEY])
    def post(self, request: Request, schedule: str, layer: int) -> Response:
        """Change a layer from now on: who was on call stays what it was. 409 with `current` where another `row` holds by now."""
        return self.once(request, lambda: self._change(request, schedule, layer))

    def _change(self, request: Request, slug: str, number: int) -> Response:
        layer = gate.layer_for(self.actor, slug, number)
        body = self.body(bodies.ChangeLayerBody, request)
        actions.change_layer(layer, asking.plan(layer.schedule, body, self.actor), by=self.actor, row=body.get("row"))
        return Response(shown([layer.schedule])[0])


class EndLayer(MusterView):
    """Ending a layer."""

    @extend_schema(operation_id="layer_end", request=NoBody, responses=shapes.ScheduleOut, parameters=[KEY])
    def post(self, request: Request, schedule: str, layer: int) -> Response:
        """End a layer: nobody takes turns in it from now on."""
        return self.once(request, lambda: self._end(request, schedule, layer))

    def _end(self, request: Request, slug: str, number: int) -> Response:
        layer = gate.layer_for(self.actor, slug, number)
        self.body(NoBody, request)
        actions.end_layer(layer, by=self.actor)
        return Response(shown([layer.schedule])[0])


class Spans(MusterView):
    """Who is on call between two instants."""

    @extend_schema(operation_id="schedule_spans", responses=page_of(shapes.SpanOut), parameters=[START, END])
    def get(self, request: Request, schedule: str) -> Response:
        """Who holds each duty, gaps included: each span of a duty begins where the one before ends."""
        found = gate.schedule_for(self.actor, schedule)
        start = moment(request, "start", found, now())
        end = moment(request, "end", found, start + boards.GAPS)
        if not start < end <= start + LONGEST:
            raise invalid("end", f"This is not after the start, or more than {LONGEST.days} days after it.")
        plain = rota(found, start, end)
        told = [span for duty in OnCallDuty for span in spans(plain, start, end, duty) if duty != OnCallDuty.SHADOW or span.held]
        known = people(span.person for span in told if span.person is not None)
        rows = []
        for span in told:
            who = known.get(span.person) if span.person is not None else None
            held = {"layer": span.held.layer if span.held else None, "override": span.held.override if span.held else None}
            named = {"person": who.email if who else None, "name": who.name if who else None}
            rows.append({"duty": span.duty, "start": span.start, "end": span.end, **named, **held})
        return listed(shapes.SpanOut(rows, many=True).data)


class Gaps(MusterView):
    """Where nobody is on call."""

    @extend_schema(operation_id="schedule_gaps", responses=page_of(shapes.GapOut))
    def get(self, request: Request, schedule: str) -> Response:
        """Where nobody is primary, or secondary, in the next 14 days."""
        found = gate.schedule_for(self.actor, schedule)
        return listed(shapes.GapOut(boards.gaps_ahead([found], now()), many=True).data)


class LoadBehind(MusterView):
    """Who carried how much."""

    @extend_schema(operation_id="schedule_load", responses=page_of(shapes.LoadOut))
    def get(self, request: Request, schedule: str) -> Response:
        """Hours by duty and nights of the last 30 days, the heaviest load first."""
        found = gate.schedule_for(self.actor, schedule)
        rows = [
            {
                "person": person.email,
                "name": person.name,
                "nights": carried.nights,
                **{f"{duty}_hours": carried.held.get(duty, timedelta()) / timedelta(hours=1) for duty in OnCallDuty},
            }
            for person, carried in boards.load_behind(found, now())
        ]
        return listed(shapes.LoadOut(rows, many=True).data)
