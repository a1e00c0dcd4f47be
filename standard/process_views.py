"""The pages on which the process looks at itself: feedback, and the review of each quarter. Parse, gate, action, respond."""

import uuid
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from ledger.form_pages import actor, blame
from ledger.idempotency import once_on_the_web
from standard import actions, forms, gate, reviewed, rules
from standard.models import Feedback, ProcessReview
from tenants.refusals import Conflict, Refused

PER_PAGE = 50
THANKS = "Thank you: the next review of the process answers it."


@require_http_methods(["GET", "POST"])
def feedback(request: HttpRequest) -> HttpResponse:
    """All feedback, the newest first, and the form to give some. Every page of the process sends its own here."""
    by = actor(request)
    why_not = rules.why_not_write(by)
    form = forms.FeedbackForm(request.POST or None, initial=forms.initial_feedback(request.GET))
    if request.method != "POST":
        return _feedback(request, form, may=not why_not)
    if not form.is_valid():
        return _feedback(request, form, may=not why_not, status=422)
    typed = form.cleaned_data

    def perform() -> HttpResponse:
        actions.give_feedback(by=by, text_=typed["text"], about=typed["about"], clause=typed["clause"])
        messages.success(request, THANKS)
        return HttpResponseRedirect(_onwards(request, typed["next"]))

    try:
        return once_on_the_web(request, by, perform)
    except Refused as refused:
        blame(form, refused)
        return _feedback(request, form, may=not why_not, status=refused.status)


def _onwards(request: HttpRequest, wanted: str) -> str:
    """Where somebody came from, if that is a page of the portal."""
    safe = url_has_allowed_host_and_scheme(wanted, allowed_hosts=None, require_https=request.is_secure())
    return wanted if wanted.startswith("/") and safe else reverse("feedback")


def _feedback(request: HttpRequest, form: Any, *, may: bool, status: int = 200) -> HttpResponse:
    wanted = str(request.GET.get("show", ""))
    rows = Feedback.objects.select_related("author", "settled_by", "review").order_by("-id")
    if wanted == "open":
        rows = rows.filter(settled_at__isnull=True)
    elif wanted == "mine":
        rows = rows.filter(author_id=actor(request).person_id)
    context = {
        "form": form,
        "may_write": may,
        "page": Paginator(rows, PER_PAGE).get_page(request.GET.get("page")),
        "views": [
            {"label": label, "url": f"?show={key}", "current": key == wanted}
            for key, label in (("", "All"), ("open", "Open"), ("mine", "Mine"))
        ],
        "settle": _settling(request),
        "idempotency_key": uuid.uuid4().hex,
        "feedback_url": reverse("feedback"),
        "reviews_url": reverse("process-reviews"),
    }
    return render(request, "standard/feedback.html", context, status=status)


def _settling(request: HttpRequest) -> bool:
    """Whether the one who asks answers feedback."""
    return not rules.why_not_own(actor(request))


@require_http_methods(["GET", "POST"])
def settle(request: HttpRequest, feedback_id: int) -> HttpResponse:
    """One piece of feedback, and its answer."""
    by = actor(request)
    found = gate.feedback_for(by, feedback_id)
    form = forms.SettleForm(request.POST or None)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                return once_on_the_web(request, by, lambda: _settle(request, found, form.cleaned_data["answer"]))
            except Refused as refused:
                blame(form, refused)
                status = refused.status
    context = {
        "row": found,
        "form": form,
        "settle": _settling(request) and found.settled_at is None,
        "back": reverse("feedback"),
        "idempotency_key": uuid.uuid4().hex,
    }
    return render(request, "standard/one_feedback.html", context, status=status)


def _settle(request: HttpRequest, found: Feedback, answer: str) -> HttpResponse:
    settled = actions.settle_feedback(found, by=actor(request), answer=answer)
    return HttpResponseRedirect(reverse("process-review", args=[settled.review_id]) + "#feedback")


@require_GET
def reviews(request: HttpRequest) -> HttpResponse:
    """Every quarter's review, the newest first."""
    return render(request, "standard/reviews.html", {"rows": reviewed.listed(), "feedback_url": reverse("feedback")})


@require_GET
def review(request: HttpRequest, review_id: int) -> HttpResponse:
    """One quarter: its figures, the feedback, the versions published, what was noted and decided."""
    return _review(request, gate.review_for(actor(request), review_id))


@require_POST
def review_write(request: HttpRequest, review_id: int) -> HttpResponse:
    """Keep what was noted and decided."""
    by = actor(request)
    found = gate.review_for(by, review_id)
    form = forms.ReviewForm(request.POST)
    if not form.is_valid():
        return _review(request, found, form=form, status=422)
    typed = form.cleaned_data

    def keep() -> HttpResponse:
        actions.write_review(found, by=by, notes=typed["notes"], decisions=typed["decisions"], revision=typed["revision"])
        return HttpResponseRedirect(reverse("process-review", args=[found.pk]) + "#words")

    try:
        return once_on_the_web(request, by, keep)
    except Conflict as conflict:
        data = request.POST.copy()
        data["revision"] = str(conflict.current["revision"])
        again = forms.ReviewForm(data)
        blame(again, conflict)
        return _review(request, found, form=again, status=409, theirs=conflict.current)
    except Refused as refused:
        blame(form, refused)
        return _review(request, found, form=form, status=refused.status)


@require_POST
def review_sign(request: HttpRequest, review_id: int) -> HttpResponse:
    """Sign a review off."""
    by = actor(request)
    found = gate.review_for(by, review_id)
    form = forms.SignForm(request.POST)
    if not form.is_valid():
        return _review(request, found, sign=form, status=422)

    def sign() -> HttpResponse:
        actions.sign_review(found, by=by, overrides={"feedback_unsettled": form.cleaned_data["feedback_unsettled"]})
        return HttpResponseRedirect(reverse("process-review", args=[found.pk]))

    try:
        return once_on_the_web(request, by, sign)
    except Refused as refused:
        for reason in refused.reasons:
            form.add_error("feedback_unsettled" if reason.code == "feedback_unsettled" else None, reason.sentence)
        return _review(request, found, sign=form, status=refused.status)


def _review(
    request: HttpRequest, found: ProcessReview, *, form: Any = None, sign: Any = None, status: int = 200, theirs: Any = None
) -> HttpResponse:
    by = actor(request)
    why_not = rules.why_not_write_review(found, by)
    initial = {"revision": found.revision, "notes": found.notes, "decisions": found.decisions}
    context = {
        "form": form or forms.ReviewForm(initial=initial),
        "sign": sign or forms.SignForm(),
        "theirs": theirs,
        "may_write": not why_not,
        "may_feed_back": not rules.why_not_write(by),
        "why_not": rules.sentences(why_not) if found.signed_at is None else "",
        "idempotency_key": uuid.uuid4().hex,
        "write_url": reverse("process-review-write", args=[found.pk]),
        "sign_url": reverse("process-review-sign", args=[found.pk]),
        "reviews_url": reverse("process-reviews"),
        **reviewed.laid_out(found),
    }
    return render(request, "standard/review.html", context, status=status)
