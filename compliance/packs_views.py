"""The pages of evidence packs: all that one may see, those of an incident, one with its progress, and its file."""

import uuid
from collections.abc import Callable
from typing import Any

from django.core.paginator import Paginator
from django.forms import Form
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from compliance import audit_places, packs_gate, packs_rules
from compliance.actions.packs import ask_for_engagement, ask_for_pack, ask_for_period
from compliance.models import AuditEngagement, EvidencePack
from compliance.packs_forms import AskForm, PeriodForm
from compliance.packs_handing import handed_out
from compliance.packs_showing import row
from incidents import room
from incidents.facts import gather
from incidents.models import Incident
from ledger.idempotency import once_on_the_web
from tenants.actors import Actor, Role
from tenants.refusals import Refused
from tenants.time import now

PER_PAGE = 50


def _actor(request: HttpRequest) -> Actor:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    return actor


def _page(request: HttpRequest, packs: Any) -> Any:
    page: Any = Paginator(packs, PER_PAGE).get_page(request.GET.get("page"))
    page.object_list = [row(pack, _actor(request)) for pack in page.object_list]
    return page


@require_http_methods(["GET", "POST"])
def packs(request: HttpRequest) -> HttpResponse:
    """All packs that one may see, and the form to ask for a period's."""
    if request.method == "GET":
        return _packs(request, PeriodForm())
    form = PeriodForm(request.POST)
    if not form.is_valid():
        return _packs(request, form, status=422)
    by, days = _actor(request), form.cleaned_data
    return _ask(
        request,
        form,
        lambda: ask_for_period(days["starts_on"], days["ends_before"], by=by),
        lambda **how: _packs(request, form, **how),
    )


def _packs(request: HttpRequest, form: Form, *, status: int = 200) -> HttpResponse:
    by = _actor(request)
    context = {
        "page": _page(request, packs_gate.packs(by)),
        "form": form,
        "why_not": packs_rules.why_not_ask_of_a_period(by, packs_gate.is_legal(by)),
        "engagements": [
            {"url": reverse("evidence-packs-of-engagement", args=[one.pk]), "label": str(one), "auditor": one.auditor.name}
            for one in packs_gate.open_engagements(by)
        ],
        "idempotency_key": uuid.uuid4().hex,
    }
    return render(request, "compliance/packs_list.html", context, status=status)


@require_http_methods(["GET", "POST"])
def packs_of(request: HttpRequest, ref: str) -> HttpResponse:
    """The packs of one incident, and the button to ask for another."""
    by = _actor(request)
    incident = packs_gate.incident_for(by, ref)
    if request.method == "GET":
        return _packs_of(request, incident, AskForm())
    form = AskForm(request.POST)
    return _ask(request, form, lambda: ask_for_pack(incident, by=by), lambda **how: _packs_of(request, incident, form, **how))


def _packs_of(request: HttpRequest, incident: Incident, form: Form, *, status: int = 200) -> HttpResponse:
    by = _actor(request)
    context = {
        "incident": room.head(incident, gather(incident)),
        "page": _page(request, packs_gate.packs_of(incident, by)),
        "form": form,
        "why_not": packs_rules.why_not_ask(incident, by, packs_gate.is_legal(by)),
        "idempotency_key": uuid.uuid4().hex,
    }
    return render(request, "compliance/packs_of.html", context, status=status)


@require_http_methods(["GET", "POST"])
def packs_of_engagement(request: HttpRequest, engagement_id: int) -> HttpResponse:
    """The packs of an audit engagement and of its incidents: for its auditor to download, for others to ask for one."""
    by = _actor(request)
    engagement = packs_gate.engagement_for(by, engagement_id)
    if request.method == "GET":
        return _packs_of_engagement(request, engagement, AskForm())
    form = AskForm(request.POST)
    return _ask(
        request,
        form,
        lambda: ask_for_engagement(engagement, by=by),
        lambda **how: _packs_of_engagement(request, engagement, form, **how),
    )


def _packs_of_engagement(request: HttpRequest, engagement: AuditEngagement, form: Form, *, status: int = 200) -> HttpResponse:
    by = _actor(request)
    audits = by.has(Role.AUDITOR)
    context = (
        audit_places.around(engagement, "evidence-packs-of-engagement")
        if audits
        else {"engagement": engagement, "back_url": reverse("evidence-packs"), "back_label": "All evidence packs"}
    )
    context |= {
        "page": _page(request, packs_gate.packs_of_engagement(engagement, by)),
        "form": form,
        "audits": audits,
        "why_not": packs_rules.why_not_ask_of_an_engagement(engagement, by, packs_gate.is_legal(by), now=now()),
        "log_url": reverse("evidence-log"),
        "idempotency_key": uuid.uuid4().hex,
    }
    return render(request, "compliance/packs_of_engagement.html", context, status=status)


def _ask(request: HttpRequest, form: Form, ask: Callable[[], EvidencePack], again: Callable[..., HttpResponse]) -> HttpResponse:
    def perform() -> HttpResponse:
        return HttpResponseRedirect(reverse("evidence-pack", args=[ask().pk]))

    try:
        return once_on_the_web(request, _actor(request), perform)
    except Refused as refused:
        for reason in refused.reasons:
            form.add_error(reason.field if reason.field in form.fields else None, reason.sentence)
        return again(status=refused.status)


@require_GET
def pack(request: HttpRequest, pack_id: int) -> HttpResponse:
    """One pack: what of, how far it is, how it is checked."""
    found = packs_gate.pack_for(_actor(request), pack_id)
    return render(request, "compliance/packs_one.html", {"pack": row(found, _actor(request))})


@require_GET
def pack_file(request: HttpRequest, pack_id: int) -> HttpResponseBase:
    """Its file. That it was downloaded is on record before the first byte is sent."""
    by = _actor(request)
    return handed_out(packs_gate.pack_for(by, pack_id), by)
