"""The API of feedback and of the quarterly reviews. Parse, gate, action, respond."""

from typing import Any

from django.urls import get_script_prefix
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from ledger.api import CursorPages, MusterView, page_of
from standard import actions, gate, reviewed
from standard.api import shapes
from standard.api.versions import KEY
from standard.figures import Figures
from standard.models import Feedback, ProcessReview
from tenants import addresses
from tenants.refusals import invalid
from tenants.walled import tenant_of

OPEN = OpenApiParameter(
    "open", bool, OpenApiParameter.QUERY, description="Only what is not answered yet (true), or what is (false)."
)


class FeedbackList(MusterView):
    """Feedback."""

    @extend_schema(operation_id="feedback_list", responses=page_of(shapes.FeedbackOut), parameters=[OPEN])
    def get(self, request: Request) -> Response:
        """All feedback on the process, the newest first."""
        wanted = request.query_params.get("open", "")
        if wanted not in ("", "true", "false"):
            raise invalid("open", "This is true or false.")
        rows = Feedback.objects.select_related("author", "settled_by").order_by("-id")
        rows = rows.filter(settled_at__isnull=wanted == "true") if wanted else rows
        pages = CursorPages()
        found = pages.paginate_queryset(rows, request, view=self) or []
        return pages.get_paginated_response([shapes.feedback_row(row) for row in found])

    @extend_schema(
        operation_id="feedback_give", request=shapes.FeedbackBody, responses={201: shapes.FeedbackOut}, parameters=[KEY]
    )
    def post(self, request: Request) -> Response:
        """Say what you think of the process; the next review answers it (clause improve.feedback)."""
        return self.once(request, lambda: self._give(request))

    def _give(self, request: Request) -> Response:
        body = self.body(shapes.FeedbackBody, request)
        about = body.get("about", Feedback.About.OTHER)
        given = actions.give_feedback(by=self.actor, text_=body["text"], about=about, clause=body.get("clause", ""))
        return Response(shapes.feedback_row(given), status=201)


class SettleFeedback(MusterView):
    """Answering feedback."""

    @extend_schema(
        operation_id="feedback_settle", request=shapes.SettleFeedbackBody, responses=shapes.FeedbackOut, parameters=[KEY]
    )
    def post(self, request: Request, feedback_id: int) -> Response:
        """Answer feedback with a sentence (process owner); its author is told."""
        return self.once(request, lambda: self._settle(request, feedback_id))

    def _settle(self, request: Request, feedback_id: int) -> Response:
        found = gate.feedback_for(self.actor, feedback_id)
        body = self.body(shapes.SettleFeedbackBody, request)
        actions.settle_feedback(found, by=self.actor, answer=body["answer"])
        return Response(shapes.feedback_row(gate.feedback_for(self.actor, feedback_id)))


class Reviews(MusterView):
    """Reviews of the process."""

    @extend_schema(operation_id="process_reviews", responses=page_of(shapes.ProcessReviewOut))
    def get(self, request: Request) -> Response:
        """Every quarter's review, the newest first."""
        pages = CursorPages()
        found = (
            pages.paginate_queryset(ProcessReview.objects.select_related("signed_by").order_by("-id"), request, view=self) or []
        )
        return pages.get_paginated_response([shapes.review_row(row) for row in found])


def _table(one: Figures) -> dict[str, Any]:
    return {"title": one.title, "columns": one.columns, "rows": one.rows, "note": one.note}


def _led(one: Figures, portal: str) -> dict[str, Any]:
    """A table of today's, with the address of the page that each figure leads to. `portal` is the organisation's."""
    here = len(get_script_prefix())  # none but "/" where a token asks
    links = [[f"{portal}{link[here:]}" if link else None for _, _, link in row] for row in one.labelled]
    return {**_table(one), "links": links}


def whole(review: ProcessReview) -> dict[str, Any]:
    """A review with what it lays out."""
    laid = reviewed.laid_out(review)
    clock, portal = laid["clock"], addresses.page(tenant_of(review), "")
    names = ("revision", "notes", "decisions", "unsettled_reason")
    return {
        **shapes.review_row(review),
        **{name: getattr(review, name) for name in names},
        "broken": clock is not None and clock.broken_at is not None,
        "covers_from": laid["covers_from"],
        "covers_until": laid["covers_until"],
        "figures": [_led(one, portal) for one in laid["figures"]],
        "signed_figures": None if laid["signed"] is None else [_table(one) for one in laid["signed"]],
        "feedback": [shapes.feedback_row(row) for row in laid["feedback"]],
        "versions": [version.number for version in laid["versions"]],
    }


class OneReview(MusterView):
    """One quarter's review."""

    @extend_schema(operation_id="process_review", responses=shapes.WholeProcessReviewOut)
    def get(self, request: Request, review_id: int) -> Response:
        """The quarter's figures, its feedback, the versions published, notes and decisions."""
        return Response(whole(gate.review_for(self.actor, review_id)))


class WriteReview(MusterView):
    """Writing in a review."""

    @extend_schema(
        operation_id="process_review_write",
        request=shapes.ProcessReviewBody,
        responses=shapes.WholeProcessReviewOut,
        parameters=[KEY],
    )
    def post(self, request: Request, review_id: int) -> Response:
        """Keep notes and decisions (process owner). 409 with `current` where somebody wrote since `revision`."""
        return self.once(request, lambda: self._write(request, review_id))

    def _write(self, request: Request, review_id: int) -> Response:
        found = gate.review_for(self.actor, review_id)
        body = self.body(shapes.ProcessReviewBody, request)
        words = {name: body.get(name, getattr(found, name)) for name in ("notes", "decisions")}
        actions.write_review(found, by=self.actor, revision=body["revision"], **words)
        return Response(whole(gate.review_for(self.actor, review_id)))


class SignReview(MusterView):
    """Signing a review off."""

    @extend_schema(
        operation_id="process_review_sign",
        request=shapes.SignReviewBody,
        responses=shapes.WholeProcessReviewOut,
        parameters=[KEY],
    )
    def post(self, request: Request, review_id: int) -> Response:
        """Sign a quarter's review off (process owner): its clock stops, the next quarter's opens (clause improve.quarterly-review)."""
        return self.once(request, lambda: self._sign(request, review_id))

    def _sign(self, request: Request, review_id: int) -> Response:
        found = gate.review_for(self.actor, review_id)
        body = self.body(shapes.SignReviewBody, request)
        actions.sign_review(found, by=self.actor, overrides=body.get("overrides"))
        return Response(whole(gate.review_for(self.actor, review_id)))
