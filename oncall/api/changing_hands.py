"""The API of overrides, swaps and calendars: parse, gate, action, respond."""

from django.conf import settings
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from ledger.api import CursorPages, FormParser, MusterView, page_of
from oncall import asking, gate
from oncall.actions import calendars, overrides, swaps
from oncall.addresses import feed
from oncall.api import bodies, shapes
from oncall.api.views import KEY, NoBody
from oncall.models import CalendarLink, Override, Schedule, Swap
from oncall.rota import OnCallDuty


class Overrides(MusterView):
    """Overrides of a schedule."""

    @extend_schema(operation_id="overrides_list", responses=page_of(shapes.OverrideOut))
    def get(self, request: Request, schedule: str) -> Response:
        """Every override of a schedule, the newest first, cancelled ones too."""
        found = gate.schedule_for(self.actor, schedule)
        pages = CursorPages()
        rows = Override.objects.filter(schedule=found).select_related("schedule", "user", "replaced").order_by("-id")
        return pages.get_paginated_response(shapes.OverrideOut(pages.paginate_queryset(rows, request, view=self), many=True).data)

    @extend_schema(
        operation_id="override_give", request=bodies.OverrideBody, responses={201: shapes.OverrideOut}, parameters=[KEY]
    )
    def post(self, request: Request, schedule: str) -> Response:
        """Take a duty for a while, or give yours; leads and administrators for anybody."""
        return self.once(request, lambda: self._give(request, schedule))

    def _give(self, request: Request, slug: str) -> Response:
        schedule = gate.schedule_for(self.actor, slug)
        body = self.body(bodies.OverrideBody, request)
        asked = asking.stretch(schedule, body, self.actor)
        made = overrides.give_override(schedule, asked, by=self.actor, reason=body.get("reason", ""))
        return Response(shapes.OverrideOut(made).data, status=201)


class CancelOverride(MusterView):
    """Cancelling an override."""

    @extend_schema(operation_id="override_cancel", request=NoBody, responses=shapes.OverrideOut, parameters=[KEY])
    def post(self, request: Request, override_id: int) -> Response:
        """Cancel an override; of a swap, both sides."""
        return self.once(request, lambda: self._cancel(request, override_id))

    def _cancel(self, request: Request, override_id: int) -> Response:
        override = gate.override_for(self.actor, override_id)
        self.body(NoBody, request)
        return Response(shapes.OverrideOut(overrides.cancel_override(override, by=self.actor)).data)


class Swaps(MusterView):
    """Swaps of a schedule."""

    @extend_schema(operation_id="swaps_list", responses=page_of(shapes.SwapOut))
    def get(self, request: Request, schedule: str) -> Response:
        """Every swap of a schedule, the newest first."""
        found = gate.schedule_for(self.actor, schedule)
        pages = CursorPages()
        rows = Swap.objects.filter(schedule=found).select_related("schedule", "offered_by", "offered_to").order_by("-id")
        return pages.get_paginated_response(shapes.SwapOut(pages.paginate_queryset(rows, request, view=self), many=True).data)

    @extend_schema(operation_id="swap_offer", request=bodies.SwapBody, responses={201: shapes.SwapOut}, parameters=[KEY])
    def post(self, request: Request, schedule: str) -> Response:
        """Offer a stretch of your duty to somebody, or to everybody of the schedule."""
        return self.once(request, lambda: self._offer(request, schedule))

    def _offer(self, request: Request, slug: str) -> Response:
        schedule = gate.schedule_for(self.actor, slug)
        body = self.body(bodies.SwapBody, request)
        made = swaps.offer_swap(schedule, asking.offer(schedule, body, self.actor), by=self.actor)
        return Response(shapes.SwapOut(made).data, status=201)


class AcceptSwap(MusterView):
    """Accepting a swap."""

    @extend_schema(operation_id="swap_accept", request=NoBody, responses=shapes.SwapOut, parameters=[KEY])
    def post(self, request: Request, swap_id: int) -> Response:
        """Accept a swap: both sides become overrides, together."""
        return self.once(request, lambda: self._accept(request, swap_id))

    def _accept(self, request: Request, swap_id: int) -> Response:
        swap = gate.swap_for(self.actor, swap_id)
        self.body(NoBody, request)
        return Response(shapes.SwapOut(swaps.accept_swap(swap, by=self.actor)).data)


class EndSwap(MusterView):
    """Withdrawing or declining a swap."""

    @extend_schema(operation_id="swap_end", request=NoBody, responses=shapes.SwapOut, parameters=[KEY])
    def post(self, request: Request, swap_id: int) -> Response:
        """Withdraw what you offered, or decline what was offered to you."""
        return self.once(request, lambda: self._end(request, swap_id))

    def _end(self, request: Request, swap_id: int) -> Response:
        swap = gate.swap_for(self.actor, swap_id)
        self.body(NoBody, request)
        return Response(shapes.SwapOut(swaps.end_swap(swap, by=self.actor)).data)


class ImportCalendar(MusterView):
    """Importing a calendar."""

    parser_classes = [FormParser]

    @extend_schema(
        operation_id="schedule_import",
        request={"multipart/form-data": bodies.ImportBody},
        responses=shapes.ImportedOut,
        parameters=[KEY],
    )
    def post(self, request: Request, schedule: str) -> Response:
        """Take a duty's shifts from an iCalendar file, as overrides, a year ahead."""
        found = gate.schedule_for(self.actor, schedule)
        return self.once(request, lambda: self._import(request, found))

    def _import(self, request: Request, schedule: Schedule) -> Response:
        body = self.body(bodies.ImportBody, request)
        duty = OnCallDuty(body.get("duty") or OnCallDuty.PRIMARY)
        result = calendars.import_calendar(schedule, body["file"].read(), by=self.actor, duty=duty)
        return Response(shapes.ImportedOut(result).data)


class CalendarLinks(MusterView):
    """My calendar links."""

    @extend_schema(operation_id="calendar_links_list", responses=page_of(shapes.LinkOut))
    def get(self, request: Request) -> Response:
        """My calendar links, the newest first, revoked ones too. Their addresses are nowhere."""
        pages = CursorPages()
        rows = CalendarLink.objects.filter(user_id=self.actor.person_id).select_related("schedule").order_by("-id")
        return pages.get_paginated_response(shapes.LinkOut(pages.paginate_queryset(rows, request, view=self), many=True).data)

    @extend_schema(operation_id="calendar_share", request=bodies.LinkBody, responses={201: shapes.LinkOut}, parameters=[KEY])
    def post(self, request: Request) -> Response:
        """Make a secret address of a schedule's calendar, or of my shifts. It is shown this once."""
        made: list[str] = []
        response = self.once(request, lambda: self._share(request, made))
        if made:  # added here: an answer that is remembered for its key holds no secret
            response.data = {**response.data, "url": f"{settings.BASE_URL}{made[0]}"}
        return response

    def _share(self, request: Request, made: list[str]) -> Response:
        body = self.body(bodies.LinkBody, request)
        schedule = gate.schedule_for(self.actor, body["schedule"]) if body.get("schedule") else None
        link, credential = calendars.share_calendar(by=self.actor, schedule=schedule)
        made.append(feed(link, credential))
        return Response(shapes.LinkOut(link).data, status=201)


class RevokeCalendar(MusterView):
    """Revoking a calendar link."""

    @extend_schema(operation_id="calendar_revoke", request=NoBody, responses=shapes.LinkOut, parameters=[KEY])
    def post(self, request: Request, link_id: int) -> Response:
        """Make a calendar's address show nothing any more."""
        return self.once(request, lambda: self._revoke(request, link_id))

    def _revoke(self, request: Request, link_id: int) -> Response:
        link = gate.link_for(self.actor, link_id)
        self.body(NoBody, request)
        return Response(shapes.LinkOut(calendars.revoke_calendar(link, by=self.actor)).data)
