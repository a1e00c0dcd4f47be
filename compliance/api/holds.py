"""The API of legal holds, custodians, retention and erasure. Parse, gate, action, respond."""

from typing import Any

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from compliance import holds_gate as gate
from compliance import holds_showing as showing
from compliance import retention as kept
from compliance.actions import erasure as erasing
from compliance.actions import holds as actions
from compliance.actions import retention as retaining
from compliance.api import holds_shapes as s
from compliance.custody_links import sent
from compliance.models import ErasureRequest
from compliance.rules import erasure as erasure_rules
from compliance.rules import holds as rules
from compliance.rules import retention as retention_rules
from incidents.files import download
from incidents.members import active_for, member_for
from incidents.models import LegalHold
from incidents.sniffing import KINDS
from ledger.api import CursorPages, FormParser, MusterView, page_of
from standard.api.versions import KEY
from tenants.refusals import check, invalid

STANDING = OpenApiParameter(
    "standing", bool, OpenApiParameter.QUERY, description="Only holds that stand (true), or that were released (false)."
)


_ANSWERED = ("acknowledged_by", "proven_by", "withdrawn_by")


def _whole(hold: LegalHold) -> dict[str, Any]:
    tasks = list(hold.custodians.select_related(*_ANSWERED).order_by("id"))
    return {**showing.hold_row(hold), "custodians": showing.task_rows(tasks)}


class Holds(MusterView):
    """Legal holds."""

    @extend_schema(operation_id="holds_list", responses=page_of(s.LegalHoldOut), parameters=[STANDING])
    def get(self, request: Request) -> Response:
        """Legal holds, the newest first (Legal, Privacy, the CFO, administrators, auditors)."""
        check(rules.why_not_read(self.actor))
        wanted = request.query_params.get("standing", "")
        if wanted not in ("", "true", "false"):
            raise invalid("standing", "This is true or false.")
        people = ("incident", "person", "placed_by", "released_by", "second_person")
        rows = LegalHold.objects.select_related(*people).order_by("-id")
        rows = rows.filter(released_at__isnull=wanted == "true") if wanted else rows
        pages = CursorPages()
        found = pages.paginate_queryset(rows, request, view=self) or []
        return pages.get_paginated_response([showing.hold_row(row) for row in found])

    @extend_schema(operation_id="holds_place", request=s.HoldPlaceBody, responses={201: s.WholeLegalHoldOut}, parameters=[KEY])
    def post(self, request: Request) -> Response:
        """Place a legal hold (Legal Counsel): nothing of what it keeps is deleted or expires (clause breach.preserve-logs)."""
        return self.once(request, lambda: self._place(request))

    def _place(self, request: Request) -> Response:
        body = self.body(s.HoldPlaceBody, request)
        check(rules.why_not_place(self.actor))
        hold = actions.place_hold(
            by=self.actor,
            matter=body["matter"],
            reason=body["reason"],
            incident=gate.incident_of(self.actor, body["incident"]) if "incident" in body else None,
            person=member_for(self.actor, body["person"]) if "person" in body else None,
            starts_at=body.get("starts_at"),
            ends_at=body.get("ends_at"),
        )
        return Response(_whole(gate.hold_for(self.actor, hold.pk)), status=201)


class OneHold(MusterView):
    """One legal hold."""

    @extend_schema(operation_id="holds_one", responses=s.WholeLegalHoldOut)
    def get(self, request: Request, hold_id: int) -> Response:
        """A legal hold with its custodians."""
        return Response(_whole(gate.hold_for(self.actor, hold_id)))


class AskRelease(MusterView):
    """Asking for a release."""

    @extend_schema(operation_id="holds_ask_release", request=s.HoldReasonBody, responses=s.WholeLegalHoldOut, parameters=[KEY])
    def post(self, request: Request, hold_id: int) -> Response:
        """Ask that a hold end (Legal Counsel). It stands until a second person has agreed."""

        def perform() -> Response:
            body = self.body(s.HoldReasonBody, request)
            actions.ask_release(gate.hold_for(self.actor, hold_id), by=self.actor, reason=body["reason"])
            return Response(_whole(gate.hold_for(self.actor, hold_id)))

        return self.once(request, perform)


class Release(MusterView):
    """Agreeing to a release."""

    @extend_schema(operation_id="holds_release", request=s.HoldNoBody, responses=s.WholeLegalHoldOut, parameters=[KEY])
    def post(self, request: Request, hold_id: int) -> Response:
        """Agree that a hold ends, as the second person: Legal, Privacy, the CFO or an administrator, not whoever asked."""

        def perform() -> Response:
            self.body(s.HoldNoBody, request)
            actions.release(gate.hold_for(self.actor, hold_id), by=self.actor)
            return Response(_whole(gate.hold_for(self.actor, hold_id)))

        return self.once(request, perform)


class Keep(MusterView):
    """Not releasing."""

    @extend_schema(operation_id="holds_keep", request=s.HoldReasonBody, responses=s.WholeLegalHoldOut, parameters=[KEY])
    def post(self, request: Request, hold_id: int) -> Response:
        """Say that a hold stays although its release was asked for."""

        def perform() -> Response:
            body = self.body(s.HoldReasonBody, request)
            actions.keep(gate.hold_for(self.actor, hold_id), by=self.actor, reason=body["reason"])
            return Response(_whole(gate.hold_for(self.actor, hold_id)))

        return self.once(request, perform)


class Custodians(MusterView):
    """Asking custodians."""

    @extend_schema(
        operation_id="holds_ask_custodian", request=s.CustodianAskBody, responses={201: s.CustodianTaskOut}, parameters=[KEY]
    )
    def post(self, request: Request, hold_id: int) -> Response:
        """Ask somebody to keep what is theirs to keep (Legal, Privacy); they are reminded every day until they have answered."""

        def perform() -> Response:
            body = self.body(s.CustodianAskBody, request)
            hold = gate.hold_for(self.actor, hold_id)
            person = active_for(self.actor, body["person"]) if "person" in body else None
            told = {name: body.get(name, "") for name in ("name", "email")}
            task = actions.ask_custodian(hold, by=self.actor, what=body["what"], person=person, **told)
            return Response(showing.task_row(task), status=201)

        return self.once(request, perform)


class OneCustodian(MusterView):
    """A custodian's task."""

    @extend_schema(operation_id="custodian_task", responses=s.CustodianTaskOut)
    def get(self, request: Request, task_id: int) -> Response:
        """What a custodian is asked to keep: their own, or one of a hold that one may read."""
        return Response(showing.task_row(gate.task_for(self.actor, task_id)))


class Acknowledge(MusterView):
    """A custodian's word."""

    @extend_schema(operation_id="custodian_acknowledge", request=s.HoldNoBody, responses=s.CustodianTaskOut, parameters=[KEY])
    def post(self, request: Request, task_id: int) -> Response:
        """Say that it is being kept."""

        def perform() -> Response:
            self.body(s.HoldNoBody, request)
            task = gate.task_for(self.actor, task_id)
            return Response(showing.task_row(actions.acknowledge(task, by=self.actor)))

        return self.once(request, perform)


class Prove(MusterView):
    """A custodian's proof."""

    @extend_schema(operation_id="custodian_prove", request=s.CustodianProofBody, responses=s.CustodianTaskOut, parameters=[KEY])
    def post(self, request: Request, task_id: int) -> Response:
        """Say where what is kept lies, with the SHA-256 of its bytes where that is known. With a file: `attach/`."""

        def perform() -> Response:
            body = self.body(s.CustodianProofBody, request)
            task = gate.task_for(self.actor, task_id)
            return Response(showing.task_row(actions.prove(task, by=self.actor, **body)))

        return self.once(request, perform)


class ProveByFile(MusterView):
    """A custodian's proof that is a file."""

    parser_classes = (FormParser,)

    @extend_schema(
        operation_id="custodian_prove_by_file", request=s.CustodianFileBody, responses=s.CustodianTaskOut, parameters=[KEY]
    )
    def post(self, request: Request, task_id: int) -> Response:
        """Attach what shows that it is kept; it says where the copy lies too, where that is elsewhere."""

        def perform() -> Response:
            task = gate.task_for(self.actor, task_id)
            body = self.body(s.CustodianFileBody, request)
            said = {name: body.get(name, "") for name in ("location", "sha256", "said")}
            return Response(showing.task_row(actions.prove(task, by=self.actor, **said, file=sent(body["file"]))))

        return self.once(request, perform)


class SendLink(MusterView):
    """A new link."""

    @extend_schema(operation_id="custodian_send_link", request=s.HoldNoBody, responses=s.CustodianTaskOut, parameters=[KEY])
    def post(self, request: Request, task_id: int) -> Response:
        """Send a custodian outside a new link (Legal, Privacy); those that were sent before open nothing any more."""

        def perform() -> Response:
            self.body(s.HoldNoBody, request)
            task = gate.task_for(self.actor, task_id)
            return Response(showing.task_row(actions.send_link(task, by=self.actor)))

        return self.once(request, perform)


class Withdraw(MusterView):
    """Taking back."""

    @extend_schema(operation_id="custodian_withdraw", request=s.HoldReasonBody, responses=s.CustodianTaskOut, parameters=[KEY])
    def post(self, request: Request, task_id: int) -> Response:
        """Take back what was asked of a custodian outside (Legal, Privacy): their link ends, and they are chased no more."""

        def perform() -> Response:
            body = self.body(s.HoldReasonBody, request)
            task = gate.task_for(self.actor, task_id)
            return Response(showing.task_row(actions.withdraw_task(task, by=self.actor, reason=body["reason"])))

        return self.once(request, perform)


class KeptFile(MusterView):
    """What was attached."""

    @extend_schema(
        operation_id="custodian_file",
        responses={(200, kind): OpenApiTypes.BINARY for kind in KINDS},
        description="What was attached as a custodian's proof, served as a download. Its type, size and SHA-256 are in the task's `file`.",
    )
    def get(self, request: Request, kept_file_id: int) -> HttpResponse:
        """The bytes."""
        return download(gate.kept_file_given(self.actor, kept_file_id))


def _class_row(row: kept.Standing) -> dict[str, Any]:
    kind = row.kind
    figures = {"days": row.days, "floor_days": kind.floor_days, "over_age": row.gone_next, "held": row.held}
    shown = figures if kind.removable else dict.fromkeys(figures)
    return {"key": kind.key, "label": kind.label, "removable": kind.removable, **shown, "why": kind.why}


class Retention(MusterView):
    """Retention."""

    @extend_schema(operation_id="retention_list", responses=s.RetentionOut)
    def get(self, request: Request) -> Response:
        """What is kept for how long, and what would go next (administrators, auditors)."""
        check(retention_rules.why_not_read(self.actor))
        return Response({"results": [_class_row(row) for row in kept.standing()]})

    @extend_schema(operation_id="retention_set", request=s.RetentionPeriodBody, responses=s.RetentionOut, parameters=[KEY])
    def post(self, request: Request) -> Response:
        """Set for how many days a class is kept (administrators); a period below the floor is refused, with the reason."""

        def perform() -> Response:
            body = self.body(s.RetentionPeriodBody, request)
            retaining.set_period(body["key"], body["days"], by=self.actor)
            return Response({"results": [_class_row(row) for row in kept.standing()]})

        return self.once(request, perform)


def _erasure_row(wish: ErasureRequest) -> dict[str, Any]:
    return {
        "id": wish.pk,
        "person": wish.whose,
        "ground": wish.ground,
        "state": wish.state,
        "asked_by": wish.asked_by.name,
        "asked_at": wish.asked_at,
        "decided_by": wish.decided_by.name if wish.decided_by else None,
        "decided_at": wish.decided_at,
        "reason": wish.decision_reason,
        "outcome": wish.outcome,
    }


class Erasures(MusterView):
    """Erasures."""

    @extend_schema(operation_id="erasures_list", responses=page_of(s.ErasureOut))
    def get(self, request: Request) -> Response:
        """What was asked to be erased, the newest first (Legal, Privacy, administrators, auditors)."""
        check(erasure_rules.why_not_read(self.actor))
        rows = ErasureRequest.objects.select_related("person", "custodian", "asked_by", "decided_by").order_by("-id")
        pages = CursorPages()
        found = pages.paginate_queryset(rows, request, view=self) or []
        return pages.get_paginated_response([_erasure_row(row) for row in found])

    @extend_schema(operation_id="erasures_ask", request=s.ErasureAskBody, responses={201: s.ErasureOut}, parameters=[KEY])
    def post(self, request: Request) -> Response:
        """Ask that the personal data of somebody who has left, or of a custodian outside, be erased (administrators), with the legal ground."""

        def perform() -> Response:
            body = self.body(s.ErasureAskBody, request)
            check(erasure_rules.why_not_ask(self.actor))
            wish = erasing.ask_erasure(gate.left_for(self.actor, body["person"]), by=self.actor, ground=body["ground"])
            return Response(_erasure_row(gate.erasure_for(self.actor, wish.pk)), status=201)

        return self.once(request, perform)


class DecideErasure(MusterView):
    """Deciding about an erasure."""

    @extend_schema(operation_id="erasures_decide", request=s.ErasureDecisionBody, responses=s.ErasureOut, parameters=[KEY])
    def post(self, request: Request, erasure_id: int) -> Response:
        """Erase, or refuse to (Legal, Privacy; not whoever asked). Refused while a legal hold keeps the person."""

        def perform() -> Response:
            body = self.body(s.ErasureDecisionBody, request)
            erasing.decide_erasure(gate.erasure_for(self.actor, erasure_id), by=self.actor, **body)
            return Response(_erasure_row(gate.erasure_for(self.actor, erasure_id)))

        return self.once(request, perform)
