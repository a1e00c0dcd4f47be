"""The API of access to production and of break glass: parse, gate, action, respond."""

from collections.abc import Sequence
from typing import Any

from django.urls import reverse
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from compliance.access import export, people, reading
from compliance.access.gate import glass_for, may_read, review_for, system_for
from compliance.access.lines import read_rows
from compliance.actions import access_glass, access_reviews, access_systems
from compliance.api import access_bodies as b
from compliance.models import AccessReview, Decision, Verdict, Way
from compliance.rules import access as rules
from incidents.members import member_for
from ledger.api import CursorPages, MusterView, page_of
from tenants.actors import Actor
from tenants.refusals import Reason

KEY = OpenApiParameter(
    "Idempotency-Key", str, OpenApiParameter.HEADER, description="Repeating a request with its key does nothing twice."
)


def _plain(reasons: Sequence[Reason]) -> dict[str, Any]:
    told = [{"code": r.code, "sentence": r.sentence} | ({"clause": r.clause} if r.clause else {}) for r in reasons]
    return {"allowed": not reasons, "why_not": told}


def review_out(review: AccessReview, by: Actor) -> dict[str, Any]:
    """An access review as the API shows it to this actor, with what they may do."""
    held = people.duties(by)
    undecided = export.counts(export.accesses(review))["undecided"]
    review.allowed_actions = {  # type: ignore[attr-defined]
        "decide": _plain(rules.why_not_judge(review, by, held)),
        "sign": _plain(rules.why_not_sign(review, by, held, undecided)),
    }
    found: dict[str, Any] = b.AccessReviewOut(review).data
    return found


class AccessSystems(MusterView):
    """Production systems, and registering one."""

    @extend_schema(operation_id="access_systems", responses=b.CoveredSystemsOut)
    def get(self, request: Request) -> Response:
        """Every production system, with what its sources last named. One without a source is not covered."""
        may_read(self.actor)
        return Response(b.CoveredSystemsOut({"results": reading.systems()}).data)

    @extend_schema(
        operation_id="access_system_register", request=b.AccessSystemBody, responses={201: b.AccessSystemOut}, parameters=[KEY]
    )
    def post(self, request: Request) -> Response:
        """Register a production system (clause evidence.access-review)."""
        return self.once(request, lambda: self._register(request))

    def _register(self, request: Request) -> Response:
        body = self.body(b.AccessSystemBody, request)
        made = access_systems.register_system(by=self.actor, name=body["name"], note=body.get("note", ""))
        where = reverse("api-access-facts", args=[made.slug])
        return Response(b.AccessSystemOut(made).data, status=201, headers={"Location": where})


class AccessFacts(MusterView):
    """Who has access to one system, and taking in a list of it."""

    @extend_schema(
        operation_id="access_facts",
        responses=page_of(b.AccessFactOut),
        parameters=[OpenApiParameter("q", str, description="Words of the principal, the access or the source.")],
    )
    def get(self, request: Request, access_system: str) -> Response:
        """Who has access now, as the sources name them."""
        found = system_for(self.actor, access_system)
        pages = CursorPages()
        rows: Any = pages.paginate_queryset(reading.facts(found, request.query_params.get("q", "")[:100]), request, view=self)
        return pages.get_paginated_response(b.AccessFactOut(rows, many=True).data)

    @extend_schema(operation_id="access_take_in", request=b.AccessTakeBody, responses={201: b.AccessRunOut}, parameters=[KEY])
    def post(self, request: Request, access_system: str) -> Response:
        """Take in who has access, as one source names them. The same list again changes nothing."""
        return self.once(request, lambda: self._take(request, access_system))

    def _take(self, request: Request, access_system: str) -> Response:
        body = self.body(b.AccessTakeBody, request)
        found = system_for(self.actor, access_system)
        named = read_rows(body["facts"])
        run = access_systems.take_in(found, by=self.actor, source=body["source"], way=Way.API, lines=named, whole=body["whole"])
        return Response(b.AccessRunOut(run).data, status=201)


class AccessNames(MusterView):
    """Whose a principal is."""

    @extend_schema(operation_id="access_name", request=b.AccessNameBody, responses=b.AccessNameOut, parameters=[KEY])
    def post(self, request: Request) -> Response:
        """Say whose a principal is that is no member's e-mail address, so that nobody judges their own access."""
        return self.once(request, lambda: self._name(request))

    def _name(self, request: Request) -> Response:
        body = self.body(b.AccessNameBody, request)
        person = member_for(self.actor, body["person"]) if body.get("person") else None
        return Response(b.AccessNameOut(access_systems.name_principal(body["principal"], person, by=self.actor)).data)


class AccessReviews(MusterView):
    """Access reviews."""

    @extend_schema(operation_id="access_reviews", responses=page_of(b.AccessReviewRow))
    def get(self, request: Request) -> Response:
        """The access reviews that you may read, newest first."""
        rows = reading.reviews(self.actor)
        if rules.why_not_read_access(self.actor, people.duties(self.actor)) and not rows.exists():
            may_read(self.actor)
        pages = CursorPages()
        found: Any = pages.paginate_queryset(rows, request, view=self)
        return pages.get_paginated_response(b.AccessReviewRow(found, many=True).data)


class OneAccessReview(MusterView):
    """One access review."""

    @extend_schema(operation_id="access_review", responses=b.AccessReviewOut)
    def get(self, request: Request, access_review_id: int) -> Response:
        """An access review, with its accesses and what you may do (`allowed_actions`)."""
        return Response(review_out(review_for(self.actor, access_review_id), self.actor))


class DecideAccess(MusterView):
    """Judging accesses."""

    @extend_schema(operation_id="access_decide", request=b.AccessDecideBody, responses=b.AccessReviewOut, parameters=[KEY])
    def post(self, request: Request, access_review_id: int) -> Response:
        """Judge some accesses of a review; nobody judges their own."""
        return self.once(request, lambda: self._decide(request, access_review_id))

    def _decide(self, request: Request, access_review_id: int) -> Response:
        body = self.body(b.AccessDecideBody, request)
        found = review_for(self.actor, access_review_id)
        access_reviews.decide(
            found,
            by=self.actor,
            accesses=body["accesses"],
            decision=Decision(body["decision"]),
            note=body.get("note", ""),
        )
        return Response(review_out(review_for(self.actor, access_review_id), self.actor))


class SignAccess(MusterView):
    """Signing a review."""

    @extend_schema(operation_id="access_sign", request=b.AccessSignBody, responses=b.AccessReviewOut, parameters=[KEY])
    def post(self, request: Request, access_review_id: int) -> Response:
        """Sign a review in which each privileged access is judged."""
        return self.once(request, lambda: self._sign(request, access_review_id))

    def _sign(self, request: Request, access_review_id: int) -> Response:
        body = self.body(b.AccessSignBody, request)
        access_reviews.sign(review_for(self.actor, access_review_id), by=self.actor, note=body.get("note", ""))
        return Response(review_out(review_for(self.actor, access_review_id), self.actor))


class Glass(MusterView):
    """Broken glass, and breaking it."""

    @extend_schema(operation_id="glass_list", responses=page_of(b.GlassOut))
    def get(self, request: Request) -> Response:
        """The glass that was broken on incidents that you see, newest first."""
        pages = CursorPages()
        found: Any = pages.paginate_queryset(reading.broken_glass(), request, view=self)
        return pages.get_paginated_response(b.GlassOut(found, many=True).data)

    @extend_schema(operation_id="glass_break", request=b.GlassBody, responses={201: b.GlassOut}, parameters=[KEY])
    def post(self, request: Request) -> Response:
        """Open a restricted incident that you are not named on (clause breach.need-to-know).

        The Privacy Officer is called first. A number that no incident has, and one that is not restricted, are answered alike (404).
        """
        return self.once(request, lambda: self._break(request))

    def _break(self, request: Request) -> Response:
        body = self.body(b.GlassBody, request)
        glass = access_glass.break_glass(body["number"], by=self.actor, reason=body["reason"], minutes=body["minutes"])
        where = reverse("api-glass-one", args=[glass.pk])
        return Response(b.glass_out(glass_for(self.actor, glass.pk)), status=201, headers={"Location": where})


class OneGlass(MusterView):
    """One broken glass."""

    @extend_schema(operation_id="glass_one", responses=b.GlassOut)
    def get(self, request: Request, glass_id: int) -> Response:
        """Who broke it, why, until when, and what was said of it."""
        return Response(b.glass_out(glass_for(self.actor, glass_id)))


class JudgeGlass(MusterView):
    """Judging broken glass."""

    @extend_schema(operation_id="glass_judge", request=b.GlassJudgeBody, responses=b.GlassOut, parameters=[KEY])
    def post(self, request: Request, glass_id: int) -> Response:
        """Say, as the Privacy Officer or Legal Counsel, whether it was justified."""
        return self.once(request, lambda: self._judge(request, glass_id))

    def _judge(self, request: Request, glass_id: int) -> Response:
        body = self.body(b.GlassJudgeBody, request)
        found = glass_for(self.actor, glass_id)
        access_glass.judge_glass(found, by=self.actor, verdict=Verdict(body["verdict"]), note=body["note"])
        return Response(b.glass_out(glass_for(self.actor, glass_id)))
