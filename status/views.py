"""The status page for everybody; and in the portal, for members, whether there is one."""

from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from incidents.states import Condition
from ledger.form_pages import Words, actor, send
from status import addresses, feeds, gate, months, rules, statuspage
from status.actions import set_status_page
from status.door import for_all, shown
from status.forms import StatusPageForm
from status.models import StatusPage, status_page
from status.reading import Board, Told, board, components, listed, told
from status.writing import written
from tenants.models import Organisation
from tenants.refusals import NotFound, check

WELL, LOOKED_INTO = "All systems operational", "An incident is being looked into"


@for_all
def home(page: StatusPage, request: HttpRequest) -> HttpResponse:
    """How it is at a glance: the components, what goes on, and the last months."""
    since = months.recent()
    board_ = board(page, gate.going_on_or_since(since.first))
    first = getattr(page, "first_at", None)
    context = {
        **_at_a_glance(board_),
        "parts": board_.parts,
        "going_on": [_row(page, one) for one in board_.going_on],
        "months": _by_month(page, board_.over),
        "earlier_url": _month(page, since.plus(-1)) if first and first < since.first else "",
        "feed_url": f"{addresses.home(page.organisation.slug)}history",
    }
    return shown(page, "status/home.html", context)


@for_all
def month(page: StatusPage, request: HttpRequest, month: str) -> HttpResponse:
    """The incidents that began in a month."""
    here = months.named(month)
    first = getattr(page, "first_at", None)
    found = board(page, here.within)
    context = {
        "month": here.first,
        "months": _by_month(page, found.told),
        "earlier_url": _month(page, here.plus(-1)) if first and first < here.first else "",
        "later_url": _month(page, here.plus(1)) if here < months.recent().plus(months.ON_THE_PAGE - 1) else "",
    }
    return shown(page, "status/month.html", context)


@for_all
def incident(page: StatusPage, request: HttpRequest, public_id: str) -> HttpResponse:
    """What was said of one incident."""
    found = told([gate.incident_for_all(public_id)], components())
    if not found:
        raise NotFound("incident")
    return shown(page, "status/incident.html", {"told": _row(page, found[0])})


@for_all
def document(page: StatusPage, request: HttpRequest, what: str) -> HttpResponse:
    """The page as Statuspage's clients read it."""
    return JsonResponse(statuspage.DOCUMENTS[what](page))


@for_all
def feed(page: StatusPage, request: HttpRequest, kind: str) -> HttpResponse:
    """The page as a feed."""
    body, media = feeds.feed(page, kind)
    return HttpResponse(body, content_type=media)


def _at_a_glance(of: Board) -> dict[str, Any]:
    """The banner: what is worst, in words, with the components that are so."""
    worst = of.condition
    if worst == Condition.OPERATIONAL:
        return {"tone": "looked-into" if of.going_on else worst.value, "glance": LOOKED_INTO if of.going_on else WELL}
    so = [part.name for part in of.parts if part.condition == worst]
    return {"tone": worst.value, "glance": f"{worst.label}: {listed(so)}"}


def _row(page: StatusPage, one: Told) -> dict[str, Any]:
    """An incident for a template."""
    slug = page.organisation.slug
    return {
        "name": one.name,
        "tone": one.condition.value,
        "url": addresses.incident(slug, one.public_id),
        "began_at": one.began_at,
        "ended_at": one.ended_at,
        "ended_unsaid": one.ended_unsaid,
        "next_update_at": one.next_update_at,
        "said": [written(said) for said in one.said],
        "postmortem": one.postmortem.title if one.postmortem else "",
        "postmortem_url": addresses.postmortem(slug, one.public_id) if one.postmortem else "",
    }


def _by_month(page: StatusPage, found: Any) -> list[dict[str, Any]]:
    """Incidents below the month in which they began, the newest first."""
    rows: dict[months.Month, list[dict[str, Any]]] = {}
    for one in found:
        rows.setdefault(months.of(one.began_at), []).append(_row(page, one))
    return [{"month": month.first, "incidents": below} for month, below in rows.items()]


def _month(page: StatusPage, month: months.Month) -> str:
    return addresses.month(page.organisation.slug, str(month))


# --- In the portal -----------------------------------------------------------------------------------------------------------


@require_GET
def inside(request: HttpRequest) -> HttpResponse:
    """Whether there is a page for everybody, where it is, and who says so."""
    present, by = status_page(), actor(request)
    slug = Organisation.objects.get(pk=by.organisation_id).slug
    context = {
        "page": present,
        "address": addresses.absolute(addresses.home(slug)),
        "summary_address": addresses.absolute(f"{addresses.home(slug)}api/v2/summary.json"),
        "set_url": "" if rules.why_not_set(present.public, by) else reverse("status-page-set"),
    }
    return render(request, "status/inside.html", context)


@require_http_methods(["GET", "POST"])
def set_page(request: HttpRequest) -> HttpResponse:
    """Say whether there is a page for everybody."""
    by, present = actor(request), status_page()
    check(rules.why_not_set(present.public, by))
    lead = (
        "Everybody can read it then, without signing in: the components, every public update that went out, and the public post-mortems that "
        "were released. What was said before is there with it. Nothing of a restricted incident, or of a drill, ever is."
    )
    words = Words("The public status page", "Set it", reverse("status-page"), lead)
    form = StatusPageForm(request.POST or None, initial={"public": "yes" if present.public else "no"})

    def act(data: dict[str, Any]) -> None:
        set_status_page(by=by, **data)

    return send(request, form, act, words)
