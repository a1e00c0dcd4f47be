"""The pages of production systems: which there are, who has access to them, taking lists in, whose principals are."""

import uuid
from typing import Any

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from compliance.access import lines, reading
from compliance.access.gate import fact_for, may_read, system_for
from compliance.access_forms import ImportForm, NameForm, RecordForm, SystemForm
from compliance.actions import access_systems as actions
from compliance.models import AccessSystem, Way
from compliance.rules import access as rules
from incidents.members import member_for
from ledger.form_pages import actor, blame
from ledger.idempotency import once_on_the_web
from tenants.refusals import Reason, Refused, check

PER_PAGE = 50
SHOWN = 50  # of what a list would change


@require_http_methods(["GET", "POST"])
def systems(request: HttpRequest) -> HttpResponse:
    """Every production system with its sources, and the form to register one."""
    by = actor(request)
    may_read(by)
    if request.method == "GET":
        return _systems(request, SystemForm())
    form = SystemForm(request.POST)
    if not form.is_valid():
        return _systems(request, form, status=422)

    def perform() -> HttpResponse:
        made = actions.register_system(by=by, name=form.cleaned_data["name"], note=form.cleaned_data["note"])
        return HttpResponseRedirect(reverse("access-system", args=[made.slug]))

    try:
        return once_on_the_web(request, by, perform)
    except Refused as refused:
        blame(form, refused)
        return _systems(request, form, status=refused.status)


def _systems(request: HttpRequest, form: forms.Form, *, status: int = 200) -> HttpResponse:
    context = {
        "rows": reading.systems(),
        "form": form,
        "why_not": rules.why_not_manage_access(actor(request)),
        "unknown": len(reading.unknown_principals()),
        "names_url": reverse("access-names"),
        "reviews_url": reverse("access-reviews"),
        "idempotency_key": uuid.uuid4().hex,
    }
    return render(request, "compliance/access_systems.html", context, status=status)


@require_http_methods(["GET", "POST"])
def system(request: HttpRequest, access_system: str) -> HttpResponse:
    """One system: its sources, who has access now, and recording one access by hand."""
    by = actor(request)
    found = system_for(by, access_system)
    if request.method == "GET":
        return _system(request, found, RecordForm())
    form = RecordForm(request.POST)
    if not form.is_valid():
        return _system(request, found, form, status=422)

    def perform() -> HttpResponse:
        one = _by_hand(form.cleaned_data)
        actions.take_in(found, by=by, source=rules.BY_HAND, way=Way.HAND, lines=[one], whole=False)
        return HttpResponseRedirect(reverse("access-system", args=[found.slug]))

    try:
        return once_on_the_web(request, by, perform)
    except Refused as refused:
        blame(form, refused)
        return _system(request, found, form, status=refused.status)


def _by_hand(typed: dict[str, Any]) -> lines.Line:
    """One access, judged as a line of a list is."""
    try:
        return lines.read_rows([typed])[0]
    except Refused as refused:
        plain = (Reason(r.code, r.sentence, field=r.field.rpartition(".")[2], status=r.status) for r in refused.reasons)
        raise Refused(*plain) from refused


def _system(request: HttpRequest, found: AccessSystem, form: forms.Form, *, status: int = 200) -> HttpResponse:
    by, words = actor(request), request.GET.get("q", "")[:100]
    page: Any = Paginator(reading.facts(found, words), PER_PAGE).get_page(request.GET.get("page"))
    for fact in page.object_list:
        fact.may_end = not rules.why_not_end_access(fact, by)
    context = {
        "system": found,
        "page": page,
        "words": words,
        "runs": reading.runs(found),
        "form": form,
        "why_not": rules.why_not_take(found, by),
        "idempotency_key": uuid.uuid4().hex,
    }
    return render(request, "compliance/access_system.html", context, status=status)


@require_POST
def retire(request: HttpRequest, access_system: str) -> HttpResponse:
    """Say that a system is in production no more."""
    by = actor(request)
    found = system_for(by, access_system)

    def perform() -> HttpResponse:
        actions.retire_system(found, by=by)
        return HttpResponseRedirect(reverse("access-systems"))

    return once_on_the_web(request, by, perform)


@require_POST
def end(request: HttpRequest, fact_id: int) -> HttpResponse:
    """Say that an access recorded by hand has ended."""
    by = actor(request)
    found = fact_for(by, fact_id)

    def perform() -> HttpResponse:
        actions.end_access(found, by=by)
        return HttpResponseRedirect(reverse("access-system", args=[found.system.slug]))

    return once_on_the_web(request, by, perform)


@require_http_methods(["GET", "POST"])
def take_in(request: HttpRequest, access_system: str) -> HttpResponse:
    """Take a list in: first what it would change is shown, then it is done. What is bad is said line by line, and nothing is taken."""
    by = actor(request)
    found = system_for(by, access_system)
    if request.method == "GET":
        return _import(request, found, ImportForm())
    form = ImportForm(request.POST, request.FILES)
    if not form.is_valid():
        return _import(request, found, _kept(form), status=422)
    typed = form.cleaned_data
    try:
        check(rules.why_not_take(found, by) or rules.why_not_source(typed["source"].strip(), Way.CSV))
        named = lines.read_csv(typed["document"])
        if "take" not in request.POST:
            changes = lines.compare(found, typed["source"].strip(), named, whole=typed["whole"])
            return _import(request, found, _kept(form), changes=changes)

        def perform() -> HttpResponse:
            run = actions.take_in(found, by=by, source=typed["source"], way=Way.CSV, lines=named, whole=typed["whole"])
            told = f"{run.named} named: {run.added} new, {run.changed} changed, {run.ended} ended."
            messages.info(request, told)
            return HttpResponseRedirect(reverse("access-system", args=[found.slug]))

        return once_on_the_web(request, by, perform)
    except Refused as refused:
        again = _kept(form)
        again.is_valid()
        blame(again, refused)
        return _import(request, found, again, status=refused.status)


def _kept(form: ImportForm) -> ImportForm:
    """The form with the file's text in its field, so that it need not be chosen again."""
    data = {name: form.data[name] for name in form.data}
    if form.cleaned_data.get("document"):
        data["document"] = form.cleaned_data["document"]
    kept = ImportForm(data)
    for name, errors in form.errors.items():
        kept.is_valid()
        kept.add_error(None if name == "__all__" else name, list(errors))
    return kept


def _import(
    request: HttpRequest,
    found: AccessSystem,
    form: forms.Form,
    *,
    changes: lines.Changes | None = None,
    status: int = 200,
) -> HttpResponse:
    context = {
        "system": found,
        "form": form,
        "changes": changes,
        "shown": SHOWN,
        "columns": lines.COLUMNS,
        "most": lines.LINES_MOST,
        "why_not": rules.why_not_take(found, actor(request)),
        "idempotency_key": uuid.uuid4().hex,
    }
    return render(request, "compliance/access_import.html", context, status=status)


@require_http_methods(["GET", "POST"])
def names(request: HttpRequest) -> HttpResponse:
    """Whose principals are that are no member's e-mail address."""
    by = actor(request)
    may_read(by)
    if request.method == "GET":
        return _names(request, NameForm(initial={"principal": request.GET.get("principal", "")[:254]}))
    form = NameForm(request.POST)
    if not form.is_valid():
        return _names(request, form, status=422)

    def perform() -> HttpResponse:
        typed = form.cleaned_data
        person = member_for(by, typed["person"]) if typed["person"] else None
        actions.name_principal(typed["principal"], person, by=by)
        return HttpResponseRedirect(reverse("access-names"))

    try:
        return once_on_the_web(request, by, perform)
    except Refused as refused:
        blame(form, refused)
        return _names(request, form, status=refused.status)


def _names(request: HttpRequest, form: forms.Form, *, status: int = 200) -> HttpResponse:
    context = {
        "form": form,
        "rows": reading.principal_names(),
        "unknown": reading.unknown_principals(),
        "why_not": rules.why_not_manage_access(actor(request)),
        "systems_url": reverse("access-systems"),
        "idempotency_key": uuid.uuid4().hex,
    }
    return render(request, "compliance/access_names.html", context, status=status)
