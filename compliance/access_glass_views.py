"""The door of break glass, and what was broken: opened by number, seen by whoever is named, judged by Privacy or Legal."""

import uuid
from typing import Any

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from compliance.access import people, reading
from compliance.access.gate import glass_for
from compliance.access_forms import GlassForm, JudgeForm
from compliance.actions import access_glass as actions
from compliance.models import BreakGlass, Verdict
from compliance.rules import access_glass as rules
from ledger.form_pages import actor, blame
from ledger.idempotency import once_on_the_web
from tenants.refusals import Refused

PER_PAGE = 50


@require_http_methods(["GET", "POST"])
def door(request: HttpRequest) -> HttpResponse:
    """Open a restricted incident by its number. The page is the same for every number; what is refused keeps what was typed."""
    by = actor(request)
    if request.method == "GET":
        return _door(request, GlassForm())
    form = GlassForm(request.POST)
    if not form.is_valid():
        return _door(request, form, status=422)

    def perform() -> HttpResponse:
        typed = form.cleaned_data
        glass = actions.break_glass(typed["number"], by=by, reason=typed["reason"], minutes=typed["minutes"])
        messages.info(request, f"You see it for {glass.minutes} minutes. Privacy was called, and reviews this.")
        return HttpResponseRedirect(reverse("incident", args=[glass.incident.ref]))

    try:
        return once_on_the_web(request, by, perform)
    except Refused as refused:
        blame(form, refused)
        return _door(request, form, status=refused.status)


def _door(request: HttpRequest, form: forms.Form, *, status: int = 200) -> HttpResponse:
    by = actor(request)
    page: Any = Paginator(reading.broken_glass(), PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "form": form,
        "why_not": rules.why_not_break(by, actions.asking(by)),
        "page": page,
        "minutes_most": rules.MINUTES_MOST,
        "idempotency_key": uuid.uuid4().hex,
    }
    return render(request, "compliance/access_glass.html", context, status=status)


@require_GET
def one(request: HttpRequest, glass_id: int) -> HttpResponse:
    """One broken glass: who, why, until when, and what was said of it."""
    return _one(request, glass_for(actor(request), glass_id), JudgeForm())


def _one(request: HttpRequest, found: BreakGlass, form: forms.Form, *, status: int = 200) -> HttpResponse:
    by = actor(request)
    context = {
        "glass": found,
        "form": form,
        "why_not": rules.why_not_judge_glass(found, by, people.duties(by)),
        "idempotency_key": uuid.uuid4().hex,
    }
    return render(request, "compliance/access_glass_one.html", context, status=status)


@require_POST
def judge(request: HttpRequest, glass_id: int) -> HttpResponse:
    """Say whether it was justified."""
    by = actor(request)
    found = glass_for(by, glass_id)
    form = JudgeForm(request.POST)
    if not form.is_valid():
        return _one(request, found, form, status=422)

    def perform() -> HttpResponse:
        typed = form.cleaned_data
        actions.judge_glass(found, by=by, verdict=Verdict(typed["verdict"]), note=typed["note"])
        return HttpResponseRedirect(reverse("glass-one", args=[found.pk]))

    try:
        return once_on_the_web(request, by, perform)
    except Refused as refused:
        blame(form, refused)
        return _one(request, glass_for(by, glass_id), form, status=refused.status)
