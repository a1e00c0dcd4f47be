"""The pages of access reviews: the list, one review, its decisions, its signature, its CSV. Parse, gate, action, respond."""

import uuid
from typing import Any

from django import forms
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from compliance.access import export, people, reading
from compliance.access.gate import may_read, review_for
from compliance.access_csv import document
from compliance.access_forms import DecideForm, SignForm
from compliance.actions import access_reviews as actions
from compliance.models import AccessReview, Decision
from compliance.rules import access as rules
from ledger.exports import give
from ledger.form_pages import actor, blame
from ledger.idempotency import once_on_the_web
from tenants.refusals import Refused

PER_PAGE = 50
CHOSEN_MOST = 1_000
SHOWS = {
    "": "All",
    "undecided": "To judge",
    "privileged": "Privileged",
    **{decision.value: decision.label for decision in Decision},
}


@require_GET
def reviews(request: HttpRequest) -> HttpResponse:
    """Every access review that may be read, newest first, and what no source covers."""
    by = actor(request)
    wanted = request.GET.get("show", "")
    rows = reading.reviews(by)
    if rules.why_not_read_access(by, people.duties(by)) and not rows.exists():
        may_read(by)
    if wanted == "open":
        rows = rows.filter(signed_at=None)
    page: Any = Paginator(reading.with_counts(rows), PER_PAGE).get_page(request.GET.get("page"))
    for review in page.object_list:
        review.late = reading.is_late(review)
    systems = [row for row in reading.systems() if row["system"].retired_at is None]
    context = {
        "page": page,
        "views": [
            {"label": label, "url": f"?show={key}", "count": None, "current": key == wanted}
            for key, label in (("", "All"), ("open", "Open"))
        ],
        "systems": len(systems),
        "not_covered": [row["system"] for row in systems if not row["covered"]],
        "systems_url": reverse("access-systems"),
        "policy": people.policy(),
    }
    return render(request, "compliance/access_reviews.html", context)


@require_GET
def review(request: HttpRequest, access_review_id: int) -> HttpResponse:
    """One review: its window, what is covered, each access, what was decided."""
    return _review(request, review_for(actor(request), access_review_id))


def _review(
    request: HttpRequest,
    found: AccessReview,
    *,
    status: int = 200,
    decide: forms.Form | None = None,
    sign: forms.Form | None = None,
    ticked: tuple[int, ...] = (),
) -> HttpResponse:
    by = actor(request)
    held = people.duties(by)
    query = request.GET if request.method == "GET" else QueryDict(request.POST.get("back", "")[:500])
    show = query.get("show", "") if query.get("show", "") in SHOWS else ""
    words = query.get("q", "")[:100]
    every = export.accesses(found)
    counts = export.counts(every)
    why_not_judge = rules.why_not_judge(found, by, held)
    rows = reading.chosen(found, show, words)
    for row in rows:
        own = rules.is_own(row, by)
        row.own = own  # type: ignore[attr-defined]
        row.ticked = row.pk in ticked or (query.get("choose") == "all" and not own)  # type: ignore[attr-defined]
    context = {
        "review": found,
        "late": reading.is_late(found),
        "rows": rows,
        "counts": counts,
        "views": [
            {"label": label, "url": f"?show={key}", "count": _count(key, counts), "current": key == show}
            for key, label in SHOWS.items()
        ],
        "show": show,
        "words": words,
        "back": query.urlencode(),
        "all_url": f"?show={show}&q={words}&choose=all",
        "may_judge": not why_not_judge,
        "why_not_judge": why_not_judge,
        "why_not_sign": rules.why_not_sign(found, by, held, counts["undecided"]),
        "not_covered": actions.not_covered(found),
        "form": decide or DecideForm(auto_id="decide-%s"),
        "sign": sign or SignForm(auto_id="sign-%s"),
        "idempotency_key": uuid.uuid4().hex,
    }
    return render(request, "compliance/access_review.html", context, status=status)


def _count(key: str, counts: dict[str, int]) -> int:
    return counts["accesses"] if not key else counts[key]


@require_POST
def review_decide(request: HttpRequest, access_review_id: int) -> HttpResponse:
    """Judge the chosen accesses. A refusal shows the review again, with what was chosen and typed."""
    by = actor(request)
    found = review_for(by, access_review_id)
    form = DecideForm(request.POST, auto_id="decide-%s")
    ticked = tuple(int(one) for one in request.POST.getlist("access")[:CHOSEN_MOST] if one.isascii() and one.isdigit())
    if not form.is_valid():
        return _review(request, found, decide=form, ticked=ticked, status=422)
    back = QueryDict(request.POST.get("back", "")[:500]).copy()
    back.pop("choose", None)

    def perform() -> HttpResponse:
        typed = form.cleaned_data
        actions.decide(found, by=by, accesses=ticked, decision=Decision(typed["decision"]), note=typed["note"])
        return HttpResponseRedirect(f"{reverse('access-review', args=[found.pk])}?{back.urlencode()}#accesses")

    try:
        return once_on_the_web(request, by, perform)
    except Refused as refused:
        blame(form, refused)
        return _review(request, review_for(by, access_review_id), decide=form, ticked=ticked, status=refused.status)


@require_POST
def review_sign(request: HttpRequest, access_review_id: int) -> HttpResponse:
    """Sign a review."""
    by = actor(request)
    found = review_for(by, access_review_id)
    form = SignForm(request.POST, auto_id="sign-%s")
    if not form.is_valid():
        return _review(request, found, sign=form, status=422)

    def perform() -> HttpResponse:
        actions.sign(found, by=by, note=form.cleaned_data["note"])
        return HttpResponseRedirect(reverse("access-review", args=[found.pk]))

    try:
        return once_on_the_web(request, by, perform)
    except Refused as refused:
        blame(form, refused)
        return _review(request, review_for(by, access_review_id), sign=form, status=refused.status)


@require_GET
def review_csv(request: HttpRequest, access_review_id: int) -> HttpResponse:
    """A review as CSV that no spreadsheet takes for formulas."""
    found = review_for(actor(request), access_review_id)
    name = f"access-review-{found.incident.ref}-{found.number}.csv"
    content = give(document(found), name, by=actor(request), about=found, incident_id=found.incident_id)
    response = HttpResponse(content, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
