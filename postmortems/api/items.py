"""The API of action items and of similar incidents: parse, gate, action, respond."""

from typing import Any

from django.urls import reverse
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from incidents import gate
from incidents.members import member_for
from incidents.states import Severity
from ledger.api import CursorPages, MusterView, page_of
from postmortems import item_people, item_queries
from postmortems.actions.items import file_item
from postmortems.actions.reminding import remind_owners
from postmortems.api import item_bodies as b
from postmortems.item_doors import DOORS, ItemDoor, allowed_actions
from postmortems.item_filters import ItemFilter
from postmortems.item_gate import item_for, items_for
from postmortems.models import ActionItem
from postmortems.similar import similar_to
from postmortems.states import ItemKind, ItemState
from tenants.actors import Actor
from tenants.refusals import invalid

KEY = OpenApiParameter(
    "Idempotency-Key", str, OpenApiParameter.HEADER, description="Repeating a request with its key does nothing twice."
)
_LEVELS = [severity.value for severity in Severity]
FILTERS = [
    OpenApiParameter("q", str, description="Words of its title, details or incident."),
    OpenApiParameter("mine", bool, description="true: only yours."),
    OpenApiParameter("late", bool, description="true: only those past their time that are still to be done."),
    OpenApiParameter("state", str, enum=[state.value for state in ItemState], many=True),
    OpenApiParameter("kind", str, enum=[kind.value for kind in ItemKind]),
    OpenApiParameter("severity", int, enum=_LEVELS, many=True),
    OpenApiParameter("team", str, description="The short name of a team whose services the incident affects."),
    OpenApiParameter("service", str, description="The short name of a service that the incident affects."),
    OpenApiParameter("owner", str, description="An e-mail address."),
    OpenApiParameter("incident", str, description="A reference."),
]


def item_out(item: ActionItem, by: Actor) -> dict[str, Any]:
    """An item as the API shows it to this actor, with what they may do."""
    allowed = allowed_actions(item, by, item_people.of(item.incident))
    return {**b.ItemRow(item).data, "allowed_actions": allowed}


class ActionItems(MusterView):
    """Action items, and filing one."""

    @extend_schema(operation_id="action_items_list", responses=page_of(b.ItemRow), parameters=FILTERS)
    def get(self, request: Request) -> Response:
        """List action items of every incident whose room you may see, newest first."""
        filtered = ItemFilter(request.query_params, queryset=item_queries.items(self.actor), by=self.actor)
        if not filtered.is_valid():
            field, errors = next(iter(filtered.errors.items()))
            raise invalid(str(field), str(errors[0]))
        pages = CursorPages()
        found: Any = pages.paginate_queryset(filtered.qs, request, view=self)
        return pages.get_paginated_response(b.ItemRow(found, many=True).data)

    @extend_schema(operation_id="action_item_file", request=b.ItemFileBody, responses={201: b.ItemOut}, parameters=[KEY])
    def post(self, request: Request) -> Response:
        """File what follows from an incident (clauses postmortem.action-items, actions.tags, actions.sla)."""
        return self.once(request, lambda: self._file(request))

    def _file(self, request: Request) -> Response:
        body = self.body(b.ItemFileBody, request)
        incident = gate.incident_for(self.actor, body.pop("incident"))
        body["owner"] = member_for(self.actor, body["owner"], field="owner")
        item = item_for(self.actor, file_item(incident, by=self.actor, **body).ref)
        return Response(item_out(item, self.actor), status=201, headers={"Location": reverse("api-action-item", args=[item.ref])})


class OneActionItem(MusterView):
    """One action item."""

    @extend_schema(operation_id="action_item", responses=b.ItemOut)
    def get(self, request: Request, item: str) -> Response:
        """An action item, by its reference (INC-42-3) or id, with what you may do (`allowed_actions`)."""
        return Response(item_out(item_for(self.actor, item), self.actor))


class ItemVerbView(MusterView):
    """One verb of an item. `verb_view()` makes one for each row of the table of doors."""

    door: ItemDoor

    def perform(self, request: Request, item: str) -> Response:
        """Parse, gate, action, respond."""
        found = item_for(self.actor, item)
        self.door.act(found, self.actor, self.body(self.door.body, request))
        return Response(item_out(item_for(self.actor, found.ref), self.actor))


def verb_view(door: ItemDoor) -> Any:
    """The API view of one verb."""

    @extend_schema(
        operation_id=f"action_item_{door.name.replace('-', '_')}",
        request=door.body,
        responses=b.ItemOut,
        parameters=[KEY],
        description=f"{door.label}: {door.body.__doc__}",
    )
    def post(self: ItemVerbView, request: Request, item: str) -> Response:
        return self.once(request, lambda: self.perform(request, item))

    made: Any = type(f"Item{door.name.title()}View", (ItemVerbView,), {"door": door, "post": post, "__doc__": door.label})
    return made.as_view()


class RemindOwners(MusterView):
    """Reminding owners."""

    @extend_schema(operation_id="action_items_remind", request=b.ItemRemindBody, responses=b.RemindedOut, parameters=[KEY])
    def post(self, request: Request) -> Response:
        """Remind the owners of some action items, each in one message and once a day at most."""
        return self.once(request, lambda: self._remind(request))

    def _remind(self, request: Request) -> Response:
        chosen = items_for(self.actor, self.body(b.ItemRemindBody, request)["items"])
        told, left = remind_owners(chosen, by=self.actor)
        return Response(b.RemindedOut({"reminded": told, "left_out": left}).data)


class SimilarIncidents(MusterView):
    """Past incidents like one."""

    @extend_schema(operation_id="similar_incidents", responses=b.SimilarListOut)
    def get(self, request: Request, ref: str) -> Response:
        """Past incidents like this one, most alike first, with what both share and what is still to be done about them."""
        incident = gate.room_for(self.actor, ref)
        return Response(b.SimilarListOut({"results": similar_to(incident)}).data)


VERB_VIEWS = {name: verb_view(door) for name, door in DOORS.items()}
