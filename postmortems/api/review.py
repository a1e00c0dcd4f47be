"""The API of reviews, wordings, waivers, renderings and releases: parse, gate, action, respond."""

from collections.abc import Callable
from typing import Any

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from incidents.members import member_for
from ledger.api import MusterView
from oncall.api.views import KEY
from postmortems import meetings, wording
from postmortems.actions import meeting
from postmortems.actions.held_time import correct_review_time
from postmortems.actions.releasing import release, set_release_policy, withdraw
from postmortems.actions.waiving import lift_waiver, need_no_items, waive
from postmortems.actions.wording import keep_wording, take_back_wording
from postmortems.api import review_bodies as b
from postmortems.api import review_shapes as s
from postmortems.gate import postmortem_for, publication_for
from postmortems.models import PostMortem, release_policy
from postmortems.release_gate import paper_for, release_for
from postmortems.release_views import given_as_markdown, given_as_pdf, wanted
from postmortems.review_views import guests_for
from tenants.refusals import NotFound, invalid

VERSION = OpenApiParameter(
    "version", int, OpenApiParameter.QUERY, description="A published version; without it the document as it stands."
)


class ReviewView(MusterView):
    """The review of a post-mortem."""

    @extend_schema(operation_id="postmortem_review", responses=s.MeetingOut)
    def get(self, request: Request, ref: str) -> Response:
        """The review: the rule, its clock, who has to come, every meeting."""
        return Response(s.MeetingOut(meetings.shown(meetings.review_for(self.actor, ref), self.actor)).data)

    @extend_schema(operation_id="postmortem_review_call", request=b.CallBody, responses={201: s.ReviewOut}, parameters=[KEY])
    def post(self, request: Request, ref: str) -> Response:
        """Call the meeting; who has to come is invited by themselves, with an iCalendar."""
        return self.once(request, lambda: self._call(request, ref))

    def _call(self, request: Request, ref: str) -> Response:
        postmortem = meetings.review_for(self.actor, ref)
        body = self.body(b.CallBody, request)
        guests = guests_for(self.actor, body.pop("guests", []))
        made = meeting.call_review(postmortem, by=self.actor, guests=guests, **body)
        return Response(s.ReviewOut(meetings.row(made)).data, status=201)


class MoveReview(MusterView):
    """Moving a review."""

    @extend_schema(operation_id="postmortem_review_move", request=b.MoveBody, responses=s.ReviewOut, parameters=[KEY])
    def post(self, request: Request, ref: str) -> Response:
        """Move the meeting that is called, or ask more guests; everybody has a new invitation."""
        return self.once(request, lambda: self._move(request, ref))

    def _move(self, request: Request, ref: str) -> Response:
        postmortem = meetings.review_for(self.actor, ref)
        body = self.body(b.MoveBody, request)
        guests = guests_for(self.actor, body.pop("guests", []))
        return Response(s.ReviewOut(meetings.row(meeting.move_review(postmortem, by=self.actor, guests=guests, **body))).data)


class CancelReview(MusterView):
    """Cancelling a review."""

    @extend_schema(operation_id="postmortem_review_cancel", request=b.WhyBody, responses=s.ReviewOut, parameters=[KEY])
    def post(self, request: Request, ref: str) -> Response:
        """Cancel the meeting that is called; everybody's calendar lets it go."""
        return self.once(request, lambda: self._cancel(request, ref))

    def _cancel(self, request: Request, ref: str) -> Response:
        postmortem = meetings.review_for(self.actor, ref)
        body = self.body(b.WhyBody, request)
        return Response(s.ReviewOut(meetings.row(meeting.cancel_review(postmortem, by=self.actor, **body))).data)


class HoldReview(MusterView):
    """Holding a review."""

    @extend_schema(operation_id="postmortem_review_hold", request=b.HoldBody, responses=s.ReviewOut, parameters=[KEY])
    def post(self, request: Request, ref: str) -> Response:
        """Write down who came and what was decided. When it took place judges its clock.

        Each who was invited is answered for; where nobody was, each who has to come.
        """
        return self.once(request, lambda: self._hold(request, ref))

    def _hold(self, request: Request, ref: str) -> Response:
        postmortem = meetings.review_for(self.actor, ref)
        body = self.body(b.HoldBody, request)
        came: dict[int, meeting.Came] = {}
        for said in body["attendance"]:
            person = member_for(self.actor, said["person"], field="attendance")
            if person.user_id in came:
                raise invalid("attendance", f"{person.name} is in it twice.", code="twice")
            came[person.user_id] = meeting.Came(said["came"], said.get("excuse", ""))
        guests = guests_for(self.actor, body.get("guests", []))
        said = {"decisions": body["decisions"], "held_at": body.get("held_at"), "reason": body.get("reason", "")}
        held = meeting.hold_review(postmortem, by=self.actor, attendance=came, guests=guests, **said)
        return Response(s.ReviewOut(meetings.row(held)).data)


class CorrectReviewTime(MusterView):
    """Correcting when a review took place."""

    @extend_schema(
        operation_id="postmortem_review_correct_time", request=b.CorrectHeldBody, responses=s.ReviewOut, parameters=[KEY]
    )
    def post(self, request: Request, ref: str) -> Response:
        """Say when a meeting that was held really took place, and why. What was written down stays; its clock is judged by this."""
        return self.once(request, lambda: self._correct(request, ref))

    def _correct(self, request: Request, ref: str) -> Response:
        postmortem = meetings.review_for(self.actor, ref)
        corrected = correct_review_time(postmortem, by=self.actor, **self.body(b.CorrectHeldBody, request))
        return Response(s.ReviewOut(meetings.row(corrected)).data)


class _Wording(MusterView):
    """Answers with everything that the check finds."""

    def _shown(self, postmortem: PostMortem) -> Any:
        return s.FindingsOut({"results": wording.rows(postmortem, self.actor)}).data


class Findings(_Wording):
    """What the blameless check finds."""

    @extend_schema(operation_id="postmortem_wording", responses=s.FindingsOut)
    def get(self, request: Request, ref: str) -> Response:
        """What blames, or names a person as a cause, with what to ask instead, in the document's order."""
        return Response(self._shown(postmortem_for(self.actor, ref)))


class KeepWording(_Wording):
    """Keeping a wording."""

    @extend_schema(operation_id="postmortem_wording_keep", request=b.KeepBody, responses=s.FindingsOut, parameters=[KEY])
    def post(self, request: Request, ref: str) -> Response:
        """Keep a wording that was found, in its place, with a reason."""
        return self.once(request, lambda: self._keep(request, ref))

    def _keep(self, request: Request, ref: str) -> Response:
        postmortem = postmortem_for(self.actor, ref)
        keep_wording(postmortem, by=self.actor, **self.body(b.KeepBody, request))
        return Response(self._shown(postmortem))


class TakeBackWording(_Wording):
    """Keeping it no longer."""

    @extend_schema(operation_id="postmortem_wording_take_back", request=b.WordingBody, responses=s.FindingsOut, parameters=[KEY])
    def post(self, request: Request, ref: str) -> Response:
        """Keep a wording no longer: it wants settling again."""
        return self.once(request, lambda: self._take_back(request, ref))

    def _take_back(self, request: Request, ref: str) -> Response:
        postmortem = postmortem_for(self.actor, ref)
        take_back_wording(postmortem, by=self.actor, **self.body(b.WordingBody, request))
        return Response(self._shown(postmortem))


class _Decide(MusterView):
    """A verb of the whole post-mortem that asks why."""

    def _decide(self, request: Request, ref: str, act: Callable[[PostMortem, str], PostMortem]) -> Response:
        postmortem = postmortem_for(self.actor, ref)
        return Response(s.WaiverOut(act(postmortem, self.body(b.WhyBody, request)["reason"])).data)


class Waive(_Decide):
    """Waiving a post-mortem."""

    @extend_schema(operation_id="postmortem_waive", request=b.WhyBody, responses=s.WaiverOut, parameters=[KEY])
    def post(self, request: Request, ref: str) -> Response:
        """Say, as the process owner, that this incident needs no post-mortem."""
        return self.once(request, lambda: self._decide(request, ref, lambda found, why: waive(found, by=self.actor, reason=why)))


class LiftWaiver(_Decide):
    """Lifting a waiver."""

    @extend_schema(operation_id="postmortem_lift_waiver", request=b.WhyBody, responses=s.WaiverOut, parameters=[KEY])
    def post(self, request: Request, ref: str) -> Response:
        """Take a waiver back; what is still owed is due as from now."""
        return self.once(
            request, lambda: self._decide(request, ref, lambda found, why: lift_waiver(found, by=self.actor, reason=why))
        )


class NeedNoItems(_Decide):
    """Needing no action items."""

    @extend_schema(operation_id="postmortem_need_no_items", request=b.WhyBody, responses=s.WaiverOut, parameters=[KEY])
    def post(self, request: Request, ref: str) -> Response:
        """Say why nothing is to be done after this incident."""
        return self.once(
            request, lambda: self._decide(request, ref, lambda found, why: need_no_items(found, by=self.actor, reason=why))
        )


class AsMarkdown(MusterView):
    """The whole document."""

    @extend_schema(operation_id="postmortem_markdown", responses={(200, "text/markdown"): OpenApiTypes.STR}, parameters=[VERSION])
    def get(self, request: Request, ref: str) -> HttpResponse:
        """The whole document as Markdown: the newest published version, or the draft, marked as such."""
        return given_as_markdown(self.actor, paper_for(self.actor, ref, wanted(request.query_params.get("version"))))


class AsPdf(MusterView):
    """The whole document."""

    @extend_schema(operation_id="postmortem_pdf", responses={(200, "application/pdf"): OpenApiTypes.BINARY}, parameters=[VERSION])
    def get(self, request: Request, ref: str) -> HttpResponse:
        """The same as a PDF. 409 where this installation makes none."""
        return given_as_pdf(self.actor, paper_for(self.actor, ref, wanted(request.query_params.get("version"))))


class PublicRendering(MusterView):
    """The public rendering."""

    @extend_schema(operation_id="postmortem_public", responses=s.ReleaseOut)
    def get(self, request: Request, ref: str) -> Response:
        """What the public is told of it. Any member who sees the incident reads it."""
        return Response(s.ReleaseOut(release_for(self.actor, ref)).data)


class ReleaseRendering(MusterView):
    """Releasing it."""

    @extend_schema(operation_id="postmortem_release", request=b.ReleaseBody, responses={201: s.ReleaseOut}, parameters=[KEY])
    def post(self, request: Request, ref: str) -> Response:
        """Let a public rendering out; the one that is out is replaced. Names and internals are refused, naming each.

        `overrides` with `gives_away` says why what was found stays, `covers` quotes each; both are recorded with the release.
        """
        return self.once(request, lambda: self._release(request, ref))

    def _release(self, request: Request, ref: str) -> Response:
        publication = publication_for(self.actor, ref)
        return Response(s.ReleaseOut(release(publication, by=self.actor, **self.body(b.ReleaseBody, request))).data, status=201)


class ReleasePolicyView(MusterView):
    """What may go out."""

    @extend_schema(operation_id="postmortem_release_policy", responses=s.ReleasePolicyOut)
    def get(self, request: Request) -> Response:
        """Whether a written reason lets out what is found in a public rendering."""
        return Response(s.ReleasePolicyOut(release_policy()).data)

    @extend_schema(
        operation_id="postmortem_release_policy_set", request=b.ReleasePolicyBody, responses=s.ReleasePolicyOut, parameters=[KEY]
    )
    def post(self, request: Request) -> Response:
        """Say so, as the process owner, with a reason. It holds from the next release on."""
        return self.once(request, lambda: self._set(request))

    def _set(self, request: Request) -> Response:
        return Response(s.ReleasePolicyOut(set_release_policy(by=self.actor, **self.body(b.ReleasePolicyBody, request))).data)


class WithdrawRendering(MusterView):
    """Withdrawing it."""

    @extend_schema(operation_id="postmortem_withdraw", request=b.WhyBody, responses=s.ReleaseOut, parameters=[KEY])
    def post(self, request: Request, ref: str) -> Response:
        """Take the public rendering back."""
        return self.once(request, lambda: self._withdraw(request, ref))

    def _withdraw(self, request: Request, ref: str) -> Response:
        publication = publication_for(self.actor, ref)
        withdrawn = withdraw(publication, by=self.actor, **self.body(b.WhyBody, request))
        if withdrawn is None:
            raise NotFound("public post-mortem")
        return Response(s.ReleaseOut(withdrawn).data)
