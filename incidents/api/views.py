"""The API of this room: parse, gate, action, respond."""

from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse
from django.urls import reverse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from incidents import actions, comms, gate, outside, queries, quieting, room
from incidents.api import serializers as s
from incidents.api.bodies import signals as b
from incidents.api.bodies.fields import EmptyBody
from incidents.api.filters import AlertFilter, IncidentFilter, SignalFilter
from incidents.api.parts import PARTS, role_rows
from incidents.doors import DOORS, Door
from incidents.facts import Facts, gather
from incidents.files import handed_out
from incidents.models import Alert, Incident, Signal
from incidents.rules.outside import own_page
from incidents.sniffing import KINDS
from incidents.states import DetectedBy, FlagKey, FlagKind
from ledger.api import CursorPages, FormParser, MusterView, page_of
from tenants.actors import Actor
from tenants.refusals import invalid

KEY = OpenApiParameter(
    "Idempotency-Key", str, OpenApiParameter.HEADER, description="Repeating a request with its key does nothing twice."
)


class ListView(MusterView):
    """A list, cut into pages by cursor and filtered by its FilterSet."""

    filterset: Any
    serializer: Any
    ordering = "-id"

    def rows(self) -> QuerySet[Any]:
        """All the rows."""
        raise NotImplementedError

    def listing(self, request: Request) -> Response:
        """One page of them."""
        filtered = self.filterset(request.query_params, queryset=self.rows())
        if not filtered.is_valid():
            field, errors = next(iter(filtered.errors.items()))
            raise invalid(str(field), str(errors[0]))
        pages = CursorPages()
        pages.ordering = self.ordering
        found: Any = pages.paginate_queryset(filtered.qs, request, view=self)
        return pages.get_paginated_response(self.shown(found))

    def shown(self, found: list[Any]) -> Any:
        """The rows of one page as JSON."""
        return self.serializer(found, many=True).data


def incident_out(incident: Incident, by: Actor) -> dict[str, Any]:
    """An incident as the API shows it to this actor: the room, or the summary of those outside it."""
    facts = gather(incident)
    own = own_page(by, incident)
    document: dict[str, Any] = dict(s.IncidentRow(incident).data)
    document["services"] = list(incident.affected.order_by("id").values_list("service__slug", flat=True))
    document["roles"] = [row for row in role_rows(incident, facts) if own is None or row["role"] in outside.SHOWN_ROLES]
    into = Incident.objects.filter(pk=incident.merged_into_id) if incident.merged_into_id else Incident.objects.none()
    document["merged_into"] = into.values_list("ref", flat=True).first()
    document["view"] = own.value if own else "room"
    document["latest"] = {
        audience: s.UpdateOut(update).data if update else None for audience, update in comms.latest(incident, facts, by).items()
    }
    document["waiting_updates"] = s.UpdateOut(comms.waiting(incident, facts, by), many=True).data
    document["components"] = s.ConditionOut(comms.conditions(facts), many=True).data
    document |= {"restricted": incident.restricted, **s.LawOut({"flags": facts.flags, "holds": facts.legal_holds}).data}
    if own is None:
        document |= _of_the_room(incident, facts)
    document["allowed_actions"] = room.allowed_actions(incident, facts, by)
    return document


def _of_the_room(incident: Incident, facts: Facts) -> dict[str, Any]:
    """What only those of the room read."""
    return {
        "offers": [
            {"role": o.role, "person": {"name": o.name, "email": o.email}, "offered_at": o.offered_at} for o in facts.offers
        ],
        "handover": s.HandoverOut(facts.handover).data if facts.handover else None,
        "clocks": s.ClockOut(facts.clocks, many=True).data,
        "participants": [{"name": person.name, "email": person.email} for person in facts.people],
    }


def _flags(body: dict[str, Any]) -> dict[str, Any]:
    """What is flagged from the start, for declaring."""
    return {
        "flags": [FlagKey(key) for key in body.get("flags", [])],
        "kinds": [FlagKind(kind) for kind in body.get("kinds", [])],
    }


class Incidents(ListView):
    """Incidents, and declaring one."""

    filterset = IncidentFilter
    serializer = s.IncidentRow
    ordering = "-number"

    def rows(self) -> QuerySet[Incident]:
        """All incidents."""
        return Incident.objects.all()

    @extend_schema(operation_id="incidents_list", responses=page_of(s.IncidentRow))
    def get(self, request: Request) -> Response:
        """List incidents, newest first."""
        return self.listing(request)

    @extend_schema(operation_id="declare", request=b.DeclareBody, responses={201: s.IncidentOut}, parameters=[KEY])
    def post(self, request: Request) -> Response:
        """Declare an incident (clauses triage.declare-immediately, triage.initial-severity)."""
        return self.once(request, lambda: self._declare(request))

    def _declare(self, request: Request) -> Response:
        body = self.body(b.DeclareBody, request)
        services = gate.services_for(self.actor, body.get("services", []))
        signals = [gate.signal_for(self.actor, signal_id) for signal_id in body.get("alerts", [])]
        common = {
            "by": self.actor,
            "title": body["title"],
            "severity": body["severity"],
            "services": services,
            "impact_start": body.get("impact_start"),
            "summary": body.get("summary", ""),
            **_flags(body),
            "exercise": body.get("exercise", False),
            "answers": body.get("answers", {}),
        }
        found = body.get("detected_by")
        if signals:
            incident = actions.declare_from(signals, detected_by=DetectedBy(found) if found else None, **common)
        else:
            incident = actions.declare(detected_by=DetectedBy(found or DetectedBy.USER), **common)
        return Response(
            incident_out(incident, self.actor), status=201, headers={"Location": reverse("api-incident", args=[incident.ref])}
        )


class OneIncident(MusterView):
    """One incident."""

    @extend_schema(operation_id="incident", responses=s.IncidentOut)
    def get(self, request: Request, ref: str) -> Response:
        """An incident, with its roles, clocks and what you may do (`allowed_actions`)."""
        return Response(incident_out(gate.incident_for(self.actor, ref), self.actor))


class Timeline(MusterView):
    """The record of one incident."""

    @extend_schema(
        operation_id="timeline",
        responses=page_of(s.EntryOut),
        parameters=[
            OpenApiParameter("after", int, description="Only entries after this seq."),
            OpenApiParameter("limit", int, description="At most this many, 1 to 500."),
        ],
    )
    def get(self, request: Request, ref: str) -> Response:
        """The timeline, in its order; `seq` numbers it without a gap."""
        incident = gate.room_for(self.actor, ref)
        after, limit = _number(request, "after", 0, least=0, most=2**31 - 1), _number(request, "limit", 500, least=1, most=500)
        found = queries.entries(incident, after, most=limit + 1)
        more = len(found) > limit
        rows = found[:limit]
        link = f"{request.build_absolute_uri(request.path)}?after={rows[-1].seq}&limit={limit}" if more else None
        return Response({"next": link, "previous": None, "results": s.EntryOut(rows, many=True).data})


def _number(request: Request, name: str, default: int, *, least: int, most: int) -> int:
    value = request.query_params.get(name)
    if value is None:
        return default
    if not (value.isascii() and value.isdigit() and len(value) <= 10) or not least <= int(value) <= most:
        raise invalid(name, f"This is a whole number from {least} to {most}.")
    return int(value)


class VerbView(MusterView):
    """One verb of an incident. `verb_view()` makes one for each row of the table of doors."""

    door: Door

    def perform(self, request: Request, ref: str) -> Response:
        """Parse, gate, action, respond."""
        other = request.data.get(self.door.beside) if self.door.beside and isinstance(request.data, dict) else None
        incident = gate.incident_for(self.actor, ref, beside=other)
        body = self.body(self.door.body, request)
        self.door.act(incident, self.actor, body)
        return Response(incident_out(gate.incident_for(self.actor, ref), self.actor))


def verb_view(door: Door) -> Any:
    """The API view of one verb, documented by its body and its action."""

    operation = f"{door.name}-{door.part}".strip("-").replace("-", "_")

    @extend_schema(
        operation_id=operation, request=door.body, responses=s.IncidentOut, parameters=[KEY], description=door.body.__doc__
    )
    def post(self: VerbView, request: Request, ref: str) -> Response:
        return self.once(request, lambda: self.perform(request, ref))

    parts: dict[str, Any] = {"door": door, "post": post, "__doc__": door.body.__doc__}
    if door.takes_a_file:
        parts["parser_classes"] = [FormParser]
    made: Any = type(f"{door.name.title()}View", (VerbView,), parts)
    return made.as_view()


class Parts(MusterView):
    """A part of an incident, by itself."""

    @extend_schema(responses={200: s.PartOut})
    def get(self, request: Request, ref: str, part: str) -> Response:
        """One part of an incident.

        Roles, clocks, pages, notices, updates, orders, changes, hypotheses, times, files, checklists, need to know, snapshots.
        """
        through = gate.incident_for if part == "updates" else gate.room_for
        incident = through(self.actor, ref)
        return Response({"next": None, "previous": None, "results": PARTS[part](incident, self.actor)})


class IncidentFile(MusterView):
    """What is filed with the record."""

    @extend_schema(
        operation_id="incident_file",
        responses={(200, kind): OpenApiTypes.BINARY for kind in KINDS},
        description="A file of the incident, served as a download. Its type, size and SHA-256 are in `files/`.",
    )
    def get(self, request: Request, ref: str, number: int) -> HttpResponse:
        """The bytes."""
        return handed_out(self.actor, ref, number)


class Alerts(ListView):
    """What monitoring said."""

    filterset = AlertFilter
    serializer = s.AlertOut

    def rows(self) -> QuerySet[Alert]:
        """All alerts."""
        return Alert.objects.all()

    @extend_schema(operation_id="alerts_list", responses=page_of(s.AlertOut))
    def get(self, request: Request) -> Response:
        """List alerts, newest first."""
        return self.listing(request)


class Triage(ListView):
    """Signals: what waits for an answer, and what was answered."""

    filterset = SignalFilter
    serializer = s.SignalOut

    def rows(self) -> QuerySet[Signal]:
        """All signals."""
        return Signal.objects.select_related("service", "incident")

    @extend_schema(operation_id="triage_list", responses=page_of(s.SignalOut))
    def get(self, request: Request) -> Response:
        """List signals, newest first."""
        return self.listing(request)


class Reports(MusterView):
    """Reports by people."""

    @extend_schema(operation_id="report", request=b.ReportBody, responses={201: s.SignalOut}, parameters=[KEY])
    def post(self, request: Request) -> Response:
        """Report what looks wrong (clause detection.manual)."""
        return self.once(request, lambda: self._report(request))

    def _report(self, request: Request) -> Response:
        body = self.body(b.ReportBody, request)
        service = gate.services_for(self.actor, [body["service"]], field="service")[0] if body.get("service") else None
        signal = actions.report(
            by=self.actor, title=body["title"], text=body.get("text", ""), service=service, ticket=body.get("ticket", "")
        )
        return Response(s.SignalOut(signal).data, status=201)


class OneSignal(MusterView):
    """One signal."""

    @extend_schema(operation_id="signal", responses=s.SignalOut)
    def get(self, request: Request, signal_id: int) -> Response:
        """A signal."""
        return Response(s.SignalOut(gate.signal_for(self.actor, signal_id)).data)


class TriageDeclare(MusterView):
    """Answer "yes"."""

    @extend_schema(operation_id="triage_declare", request=b.TriageDeclareBody, responses={201: s.IncidentOut}, parameters=[KEY])
    def post(self, request: Request, signal_id: int) -> Response:
        """Declare an incident from this signal."""
        return self.once(request, lambda: self._declare(request, signal_id))

    def _declare(self, request: Request, signal_id: int) -> Response:
        body = self.body(b.TriageDeclareBody, request)
        signal = gate.signal_for(self.actor, signal_id)
        incident = actions.declare_from(
            [signal],
            by=self.actor,
            title=body.get("title") or signal.title,
            severity=body["severity"],
            services=gate.services_for(self.actor, body.get("services", [])),
            impact_start=body.get("impact_start"),
            summary=body.get("summary", ""),
            **_flags(body),
            exercise=body.get("exercise", False),
            answers=body.get("answers", {}),
        )
        return Response(incident_out(incident, self.actor), status=201)


class TriageAttach(MusterView):
    """Answer "yes, that one"."""

    @extend_schema(operation_id="triage_attach", request=b.AttachBody, responses=s.SignalOut, parameters=[KEY])
    def post(self, request: Request, signal_id: int) -> Response:
        """Attach this signal to a running incident."""
        return self.once(request, lambda: self._attach(request, signal_id))

    def _attach(self, request: Request, signal_id: int) -> Response:
        body = self.body(b.AttachBody, request)
        signal = actions.attach(
            gate.signal_for(self.actor, signal_id), gate.incident_for(self.actor, body["incident"]), by=self.actor
        )
        return Response(s.SignalOut(gate.signal_for(self.actor, signal.pk)).data)


class TriageDismiss(MusterView):
    """Answer "no"."""

    @extend_schema(operation_id="triage_dismiss", request=b.DismissBody, responses=s.SignalOut, parameters=[KEY])
    def post(self, request: Request, signal_id: int) -> Response:
        """Dismiss this signal, with the reason."""
        return self.once(request, lambda: self._dismiss(request, signal_id))

    def _dismiss(self, request: Request, signal_id: int) -> Response:
        body = self.body(b.DismissBody, request)
        signal = actions.dismiss(gate.signal_for(self.actor, signal_id), by=self.actor, reason=body["reason"])
        return Response(s.SignalOut(gate.signal_for(self.actor, signal.pk)).data)


class TriageAsk(MusterView):
    """Asking after all."""

    @extend_schema(operation_id="triage_ask", request=EmptyBody, responses=s.SignalOut, parameters=[KEY])
    def post(self, request: Request, signal_id: int) -> Response:
        """Ask about a suppressed signal after all: it waits in triage, and pages."""
        return self.once(request, lambda: self._ask(request, signal_id))

    def _ask(self, request: Request, signal_id: int) -> Response:
        self.body(EmptyBody, request)
        signal = quieting.ask(gate.signal_for(self.actor, signal_id), by=self.actor)
        return Response(s.SignalOut(gate.signal_for(self.actor, signal.pk)).data)


VERB_VIEWS = {name: verb_view(door) for name, door in DOORS.items()}
