"""The page of the blameless check: each finding beside its place, to be changed in the document, or kept with a reason."""

import uuid
from collections.abc import Callable
from typing import Any

from django.forms import Form
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from ledger.form_pages import actor, blame
from ledger.idempotency import once_on_the_web
from postmortems import wording
from postmortems.actions.wording import keep_wording, take_back_wording
from postmortems.gate import postmortem_for
from postmortems.models import PostMortem
from postmortems.review_forms import KeepForm, TakeBackForm
from tenants.actors import Actor
from tenants.refusals import Refused


@require_GET
def findings(request: HttpRequest, ref: str) -> HttpResponse:
    """Everything that the check finds, in the document's order."""
    return _page(request, postmortem_for(actor(request), ref))


def _page(request: HttpRequest, postmortem: PostMortem, form: Any = None, status: int = 200) -> HttpResponse:
    incident = postmortem.incident
    rows = wording.rows(postmortem, actor(request))
    typed = (form.data.get("place"), form.data.get("phrase")) if form is not None else None
    for row in rows:
        if form is not None and (row["place"], row["phrase"]) == typed:
            row["form"] = form
    context = {
        "postmortem": postmortem,
        "incident": incident,
        "findings": rows,
        "open_count": sum(row["kept"] is None for row in rows),
        "rule": incident.law.clause(wording.CLAUSE).says,
        "failed": form,
        "review_url": reverse("postmortem-review", args=[incident.ref]),
        "idempotency_key": uuid.uuid4().hex,
    }
    return render(request, "postmortems/wording.html", context, status=status)


@require_POST
def keep(request: HttpRequest, ref: str) -> HttpResponse:
    """Keep a wording, with a reason."""
    return _settle(request, ref, KeepForm(request.POST), lambda found, by, said: keep_wording(found, by=by, **said))


@require_POST
def take_back(request: HttpRequest, ref: str) -> HttpResponse:
    """Keep it no longer."""
    return _settle(request, ref, TakeBackForm(request.POST), lambda found, by, said: take_back_wording(found, by=by, **said))


def _settle(request: HttpRequest, ref: str, form: Form, act: Callable[[PostMortem, Actor, Any], object]) -> HttpResponse:
    by = actor(request)
    postmortem = postmortem_for(by, ref)
    if not form.is_valid():
        return _page(request, postmortem, form, 422)

    def perform() -> HttpResponse:
        act(postmortem, by, form.cleaned_data)
        return HttpResponseRedirect(reverse("postmortem-wording", args=[postmortem.incident.ref]))

    try:
        return once_on_the_web(request, by, perform)
    except Refused as refused:
        blame(form, refused)
        return _page(request, postmortem, form, refused.status)
