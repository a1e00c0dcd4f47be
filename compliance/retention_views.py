"""The pages of retention and erasure. Parse, gate, action, respond."""

from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from compliance import holds_forms as forms
from compliance import holds_gate as gate
from compliance import retention as kept
from compliance.actions import erasure as erasing
from compliance.actions import retention as retaining
from compliance.holds_showing import sentence
from compliance.models import ErasureRequest
from compliance.rules import erasure as erasure_rules
from compliance.rules import retention as rules
from ledger.form_pages import Words, actor, send
from tenants.refusals import NotFound, check

PER_PAGE = 50


@require_GET
def retention(request: HttpRequest) -> HttpResponse:
    """What is kept for how long, and what would go next."""
    by = actor(request)
    check(rules.why_not_read(by))
    rows = [
        {"row": row, "url": reverse("retention-set", args=[row.kind.key]), "may": not rules.why_not_set_period(row.kind, by)}
        for row in kept.standing()
    ]
    return render(request, "compliance/holds_retention.html", {"rows": rows, "most": kept.COUNTED_MOST})


@require_http_methods(["GET", "POST"])
def retention_set(request: HttpRequest, kept_class: str) -> HttpResponse:
    """Set a period."""
    by = actor(request)
    kind = next((one for one in kept.classes() if one.key == kept_class), None)
    if kind is None:
        raise NotFound("class of rows")
    check(rules.why_not_set_period(kind, by))
    initial = {"days": kept.days_of(kind, kept.periods())}
    form = forms.PeriodForm(request.POST) if request.method == "POST" else forms.PeriodForm(initial=initial)
    lead = f"{kind.what} At least {kind.floor_days} days: {kind.floor_why}"

    def act(typed: dict[str, Any]) -> None:
        retaining.set_period(kind.key, typed["days"], by=by)

    return send(request, form, act, Words(kind.label, "Set the period", reverse("retention"), lead))


@require_GET
def erasures(request: HttpRequest) -> HttpResponse:
    """What was asked to be erased, the newest first."""
    by = actor(request)
    check(erasure_rules.why_not_read(by))
    found = ErasureRequest.objects.select_related("person", "custodian", "asked_by", "decided_by").order_by("-id")
    page = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    rows = [
        {"wish": wish, "url": reverse("erasure-decide", args=[wish.pk]), "may": not erasure_rules.why_not_decide(wish, by)}
        for wish in page.object_list
    ]
    context = {"page": page, "rows": rows, "ask_url": reverse("erasure-ask"), "why_not": sentence(erasure_rules.why_not_ask(by))}
    return render(request, "compliance/holds_erasures.html", context)


@require_http_methods(["GET", "POST"])
def erasure_ask(request: HttpRequest) -> HttpResponse:
    """Ask that somebody's data be erased."""
    by = actor(request)
    check(erasure_rules.why_not_ask(by))

    def act(typed: dict[str, Any]) -> None:
        erasing.ask_erasure(gate.left_for(by, typed["person"]), by=by, ground=typed["ground"])

    lead = "Legal Counsel or the Privacy Officer decides. What a legal hold keeps is not erased."
    words = Words("Ask for an erasure", "Ask", reverse("erasure-list"), lead)
    return send(request, forms.AskErasureForm(request.POST or None), act, words)


@require_http_methods(["GET", "POST"])
def erasure_decide(request: HttpRequest, erasure_id: int) -> HttpResponse:
    """Decide about an erasure."""
    by = actor(request)
    wish = gate.erasure_for(by, erasure_id)
    check(erasure_rules.why_not_decide(wish, by))

    def act(typed: dict[str, Any]) -> None:
        erasing.decide_erasure(wish, by=by, erase=typed["erase"] == "yes", reason=typed["reason"])

    lead = (
        f"{wish.asked_by.name} asks for the data of {wish.whose}: {wish.ground} Erasing cannot be undone. "
        f"{erasing.STAYS if wish.person_id else erasing.STAYS_OUTSIDE}"
    )
    words = Words("Decide on an erasure", "Decide", reverse("erasure-list"), lead)
    return send(request, forms.DecideErasureForm(request.POST or None), act, words)
