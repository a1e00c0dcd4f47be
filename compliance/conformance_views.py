"""The pages of conformance: parse, gate, ask, show. They hold no rules and write nothing."""

from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET

from compliance import conformance_pages as pages
from incidents.facts import Facts
from incidents.gate import room_for
from incidents.models import Incident
from ledger.form_pages import actor
from tenants.actors import Actor
from tenants.refusals import Refused

PER_PAGE = 25


@require_GET
def conformance(request: HttpRequest, ref: str) -> HttpResponse:
    """What of the standard was kept in one incident, clause by clause. For those who read the room."""
    incident = room_for(actor(request), ref)
    context = {
        "ref": incident.ref,
        "title": incident.title,
        "severity": incident.severity,
        "level": incident.level,
        "incident_url": reverse("incident", args=[incident.ref]),
        "quarter_url": reverse("conformance-quarter"),
        "json_url": reverse("api-conformance", args=[incident.ref]),
    }
    return render(request, "compliance/conformance_incident.html", context | pages.incident_page(incident))


def panel(incident: Incident, facts: Facts, by: Actor) -> dict[str, Any]:
    """The way from the room to its report (portal/reactions.py, BESIDE_THE_ROOM)."""
    return {"template": "compliance/conformance_panel.html", "url": reverse("conformance", args=[incident.ref])}


def _refused(request: HttpRequest, refused: Refused) -> HttpResponse:
    """What cannot be asked, said on the page of the running quarter's choices, with what was asked."""
    context = {
        "choices": pages.choices(pages.quarter_for("")),
        "refusal": " ".join(reason.sentence for reason in refused.reasons),
        "asked": str(request.GET.get("quarter", ""))[:40],
    }
    return render(request, "compliance/conformance_quarter.html", context, status=refused.status)


@require_GET
def conformance_quarter(request: HttpRequest) -> HttpResponse:
    """How well each section and clause was kept in a quarter, with the quarters before."""
    try:
        quarter = pages.quarter_for(str(request.GET.get("quarter", "")))
    except Refused as refused:
        return _refused(request, refused)
    return render(request, "compliance/conformance_quarter.html", pages.quarter_page(quarter))


@require_GET
def conformance_incidents(request: HttpRequest) -> HttpResponse:
    """The incidents behind a figure: what became of the clause in each, when, and by whom."""
    asked = {name: str(request.GET.get(name, "")) for name in ("quarter", "clause", "verdict")}
    if not asked["clause"]:  # the quarter's page has the figures that lead here
        return HttpResponseRedirect(reverse("conformance-quarter"))
    try:
        quarter = pages.quarter_for(asked["quarter"])
        clause, verdict, found = pages.behind(quarter, asked["clause"], asked["verdict"] or "broken")
    except Refused as refused:
        return _refused(request, refused)
    page: Any = Paginator(sorted(found, reverse=True), PER_PAGE).get_page(request.GET.get("page"))
    page.object_list = pages.behind_rows(clause.id, list(page.object_list))
    key = pages.key_of(quarter)
    context = {
        "page": page,
        "clause": clause,
        "verdict": verdict.value,
        "label": verdict.label,
        "quarter": key,
        "back_url": f"{reverse('conformance-quarter')}?quarter={key}",
    }
    return render(request, "compliance/conformance_incidents.html", context)
