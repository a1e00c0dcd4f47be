"""The pages of this room: one's inbox, and the page behind the link of an e-mail."""

import uuid
from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from ledger.idempotency import once_on_the_web
from oncall import actions, gate, links, queries, subjects
from oncall.coming import coming, foreseen
from oncall.models import Page
from oncall.rules.paging import declined_since_called, may_acknowledge, may_decline, why_not_by_link
from oncall.subjects import address, told
from tenants import addresses, credentials
from tenants.actors import Actor, Role, Via
from tenants.models import Membership
from tenants.refusals import Reason, Refused
from tenants.scope import scope

SHOWN_MOST = 50


def _actor(request: HttpRequest) -> Actor:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    return actor


@require_GET
def inbox(request: HttpRequest) -> HttpResponse:
    """Every page that called me, the open ones first."""
    return _inbox(request)


def _inbox(request: HttpRequest, *, status: int = 200, refusals: Any = ()) -> HttpResponse:
    by = _actor(request)
    pages = queries.inbox(by.person_id, SHOWN_MOST)
    about = subjects.described((page.subject_type, page.subject_id) for page in pages)
    context = {
        "waiting": subjects.waiting(by),
        "in_hand": subjects.in_hand(by),
        "pages": [_called(page, about[page.subject_type, page.subject_id], by) for page in pages],
        "refusals": refusals,
        "idempotency_key": uuid.uuid4().hex,
    }
    return render(request, "oncall/inbox.html", context, status=status)


def _called(page: Page, about: subjects.Described, by: Actor) -> dict[str, Any]:
    mine = next((decline for decline in page.declines.all() if decline.user_id == by.user_id), None)
    declined_at = declined_since_called(page, by.user_id)
    return {
        "id": page.pk,
        "summary": about.line,
        "reason": page.reason,
        "at": page.started_at,
        "calls": declined_at is None and may_acknowledge(page, by),
        "ended": page.state == Page.State.ENDED,
        "incident_url": about.address,
        "acknowledge_url": reverse("page-acknowledge", args=[page.pk]) if may_acknowledge(page, by) else "",
        "decline_url": reverse("page-decline", args=[page.pk]) if may_decline(page, by) else "",
        "acknowledged_by": page.acknowledged_by.name if page.acknowledged_by else "",
        "declined_at": declined_at,
        "decline_reason": mine.reason if mine and declined_at else "",
    }


@require_POST
def page_acknowledge(request: HttpRequest, page_id: int) -> HttpResponse:
    """Acknowledge a page from the portal."""
    return _answer(request, page_id, lambda page, by: actions.acknowledge(page, by=by))


@require_POST
def page_decline(request: HttpRequest, page_id: int) -> HttpResponse:
    """Decline a page from the portal: the next ones are called at once."""
    return _answer(request, page_id, lambda page, by: actions.decline(page, by=by))


def _answer(request: HttpRequest, page_id: int, verb: Callable[[Page, Actor], Page]) -> HttpResponse:
    page = gate.page_for(_actor(request), page_id)

    def perform() -> HttpResponse:
        verb(page, _actor(request))
        return HttpResponseRedirect(reverse("inbox"))

    try:
        return once_on_the_web(request, _actor(request), perform)
    except Refused as refused:
        return _inbox(request, status=refused.status, refusals=refused.reasons)


@csrf_exempt  # the link itself is the proof, and a notification's button has no form (static/js/push-worker.js)
@require_http_methods(["GET", "POST"])
def acknowledge_by_link(request: HttpRequest, token: str) -> HttpResponse:
    """The page behind an e-mail's link. Opening it changes nothing (mail scanners open links); its button acknowledges."""
    claim = links.read(token)
    organisation_id = credentials.organisation_by_public_id(claim.organisation) if claim else None
    if claim is None or organisation_id is None:
        sentence = "This link is broken or older than a day. Sign in and open your inbox to acknowledge."
        raise Refused(Reason("link_expired", sentence, status=404))
    with scope(organisation_id, surface=Via.EMAIL, user_id=claim.user_id) as opened:
        response = _linked(request, claim, organisation_id)
        if response.status_code >= 400:
            opened.abandon()
        return response


def _linked(request: HttpRequest, claim: links.Claim, organisation_id: int) -> HttpResponse:
    membership = (
        Membership.objects.select_related("user").filter(user_id=claim.user_id, is_active=True, user__is_active=True).first()
    )
    if membership is None:
        raise Refused(Reason("link_expired", "This link is for somebody who has left.", status=404))
    by = Actor(
        organisation_id=organisation_id,
        name=membership.user.name,
        via=Via.EMAIL,
        user_id=membership.user_id,
        email=membership.user.email,
        roles=frozenset(Role(role) for role in membership.roles),
        request_id=getattr(request, "request_id", ""),
    )
    page = gate.page_for(by, claim.page_id)
    status = 200
    refusals: tuple[Reason, ...] = ()
    if request.method == "POST":
        try:
            if request.POST.get("answer") == "decline":
                actions.decline(page, by=by, link=claim.forgotten)
            else:
                actions.acknowledge(page, by=by, link=claim.forgotten)
        except Refused as refused:
            status, refusals = refused.status, tuple(refused.reasons)
        page = gate.page_for(by, claim.page_id)
    outdated = why_not_by_link(page, claim.forgotten)
    about = told(page.subject_type, page.subject_id)  # whoever holds the link may not have signed in
    context = {
        "page": {
            "summary": about.aloud,
            "service": page.service.name if page.service and not about.restricted else "",
            "since": page.started_at,
            "reason": "" if about.restricted else page.reason,
            "acknowledged_by": page.acknowledged_by.name if page.acknowledged_by else "",
            "acknowledged_at": page.acknowledged_at,
            "incident_url": addresses.page(organisation_id, address(page.subject_type, page.subject_id)),
        },
        "person": membership.user.name,
        "may_decline": may_decline(page, by) and not outdated,
        "declined_at": declined_since_called(page, claim.user_id),
        "goes_on": bool(coming(foreseen(Page.objects.filter(pk=page.pk)))),
        "state": outdated[0].sentence if outdated else _state(page),
        "refusals": refusals,
    }
    return render(request, "oncall/acknowledge.html", context, status=status)


def _state(page: Page) -> str:
    return "This page is no longer needed: what it was about has ended." if page.state == Page.State.ENDED else page.state
