"""The pages of duties of law: those of an incident, the register of breaches, and the rules for counsel."""

import uuid
from collections.abc import Callable
from typing import Any

from django import forms
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from compliance import duties_gate as gate
from compliance import duties_register as register
from compliance import duties_showing as showing
from compliance.actions.duties import propose_duty
from compliance.actions.duties_rules import load_rules
from compliance.duties_doors import DOORS, RULE_DOORS, DutyDoor, form_of, offered
from compliance.duties_forms import LoadForm, ProposeForm
from compliance.models import DutyCase, RegulatorRule
from compliance.rules import duties as rules
from incidents import room
from incidents.facts import gather
from incidents.models import Incident
from ledger.exports import give
from ledger.idempotency import once_on_the_web
from tenants.actors import Actor
from tenants.refusals import NotFound, Refused, invalid

PER_PAGE = 50

type Failed = tuple[DutyDoor, int, forms.Form]


def _actor(request: HttpRequest) -> Actor:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    return actor


def _blame(form: forms.Form, refused: Refused) -> None:
    """Put a refusal's sentences beside the fields they are about; what was typed stays."""
    for reason in refused.reasons:
        form.add_error(reason.field if reason.field in form.fields else None, reason.sentence)


@require_http_methods(["GET", "POST"])
def duties(request: HttpRequest, ref: str) -> HttpResponse:
    """The duties of law of an incident, earliest due first; a POST puts another rule to it."""
    by = _actor(request)
    incident = gate.incident_for(by, ref)
    choices = showing.may_propose(incident, by)
    if request.method == "GET":
        return _duties(request, incident, ProposeForm(rules=choices))
    form = ProposeForm(request.POST, rules=choices)
    if reasons := rules.why_not_propose(by):
        form.errors.clear()
        _blame(form, refused := Refused(*reasons))
        return _duties(request, incident, form, status=refused.status)
    if not form.is_valid():
        return _duties(request, incident, form, status=422)

    def perform() -> HttpResponse:
        propose_duty(incident, gate.rule_for(by, int(form.cleaned_data["rule"])), by=by)
        return HttpResponseRedirect(reverse("duties", args=[incident.ref]))

    try:
        return once_on_the_web(request, by, perform)
    except Refused as refused:
        _blame(form, refused)
        return _duties(request, incident, form, status=refused.status)


def _duties(
    request: HttpRequest, incident: Incident, form: forms.Form, *, status: int = 200, failed: Failed | None = None
) -> HttpResponse:
    by = _actor(request)
    rows = []
    for case in showing.cases(incident):
        case.incident = incident
        can, cannot = offered(case, by, failed)
        rows.append(
            {**showing.shown(case), "label": str(case), "verbs": can, "off": cannot, "words": showing.in_words(case.rule)}
        )
    context = {
        "incident": room.head(incident, gather(incident)),
        "rows": rows,
        "form": form,
        "may_propose": not rules.why_not_propose(by) and (bool(showing.may_propose(incident, by)) or form.is_bound),
        "idempotency_key": uuid.uuid4().hex,
    }
    return render(request, "compliance/duties.html", context, status=status)


@require_POST
def duty_verb(request: HttpRequest, ref: str, duty: int, verb: str) -> HttpResponse:
    """Do one verb of a duty. A refusal shows the page again, with the reasons and everything that was typed."""
    by = _actor(request)
    case, door = gate.case_for(by, ref, duty), DOORS.get(verb)
    if door is None:
        raise NotFound()

    def again(form: forms.Form, status: int) -> HttpResponse:
        fresh = gate.case_for(by, ref, duty).incident
        blank = ProposeForm(rules=showing.may_propose(fresh, by))
        return _duties(request, fresh, blank, status=status, failed=(door, case.pk, form))

    back = f"{reverse('duties', args=[case.incident.ref])}#duty-{case.pk}"
    return _do(request, by, door, case, back, again)


def _do(
    request: HttpRequest,
    by: Actor,
    door: DutyDoor,
    subject: DutyCase | RegulatorRule,
    back: str,
    again: Callable[[forms.Form, int], HttpResponse],
) -> HttpResponse:
    form = form_of(door, subject, request.POST, request.FILES)
    if reasons := door.why_not(subject, by):
        form.errors.clear()
        _blame(form, refused := Refused(*reasons))
        return again(form, refused.status)
    if not form.is_valid():
        return again(form, 422)

    def perform() -> HttpResponse:
        door.act(subject, by, form.cleaned_data)
        return HttpResponseRedirect(back)

    try:
        return once_on_the_web(request, by, perform)
    except Refused as refused:
        _blame(form, refused)
        return again(form, refused.status)


@require_http_methods(["GET", "POST"])
def duty_rules(request: HttpRequest) -> HttpResponse:
    """The rules of law, for counsel; a POST loads more of them, from a file or the shipped ones."""
    by = _actor(request)
    if request.method == "GET":
        return _rules(request, LoadForm())
    form = LoadForm(request.POST, request.FILES)
    if not form.is_valid():
        return _rules(request, form, status=422)

    def perform() -> HttpResponse:
        load_rules(by=by, content=_content(form.cleaned_data["file"]))
        return HttpResponseRedirect(reverse("duty-rules"))

    try:
        return once_on_the_web(request, by, perform)
    except Refused as refused:
        _blame(form, refused)
        return _rules(request, form, status=refused.status)


def _content(file: Any) -> str:
    if file is None:
        return ""
    try:
        content: str = file.read().decode("utf-8")
    except UnicodeDecodeError as error:
        raise invalid("file", "This file is no text (UTF-8).", code="no_text") from error
    if not content.strip():
        raise invalid("file", "This file is empty.", code="empty")
    return content


def _rules(request: HttpRequest, form: forms.Form, *, status: int = 200) -> HttpResponse:
    by = _actor(request)
    found = [{**showing.rule_shown(rule), "url": reverse("duty-rule", args=[rule.pk])} for rule in showing.all_rules()]
    context = {"rows": found, "form": form, "why_not": rules.why_not_load(by), "idempotency_key": uuid.uuid4().hex}
    return render(request, "compliance/duties_rules.html", context, status=status)


@require_GET
def duty_rule(request: HttpRequest, rule: int) -> HttpResponse:
    """One version of a rule of law, with what counsel can do."""
    return _rule(request, gate.rule_for(_actor(request), rule))


def _rule(request: HttpRequest, rule: RegulatorRule, *, status: int = 200, failed: Failed | None = None) -> HttpResponse:
    can, cannot = offered(rule, _actor(request), failed)
    context = {
        "rule": showing.rule_shown(rule),
        "words": showing.in_words(rule),
        "verbs": can,
        "off": cannot,
        "idempotency_key": uuid.uuid4().hex,
    }
    return render(request, "compliance/duties_rule.html", context, status=status)


@require_POST
def duty_rule_verb(request: HttpRequest, rule: int, verb: str) -> HttpResponse:
    """Approve or withdraw a version."""
    by = _actor(request)
    found, door = gate.rule_for(by, rule), RULE_DOORS.get(verb)
    if door is None:
        raise NotFound()

    def again(form: forms.Form, status: int) -> HttpResponse:
        return _rule(request, gate.rule_for(by, rule), status=status, failed=(door, found.pk, form))

    return _do(request, by, door, found, reverse("duty-rule", args=[found.pk]), again)


@require_GET
def breaches(request: HttpRequest) -> HttpResponse:
    """The register of breaches."""
    page = Paginator(register.breaches(_actor(request)), PER_PAGE).get_page(request.GET.get("page"))
    found = [{**row, "url": reverse("duties", args=[row["incident"]])} for row in gate.breaches_for(_actor(request), list(page))]
    return render(request, "compliance/duties_register.html", {"rows": found, "page": page})


@require_GET
def breaches_csv(request: HttpRequest) -> HttpResponse:
    """The register as CSV that no spreadsheet takes for formulas."""
    by = _actor(request)
    content = give(register.document(gate.breaches_for(by, list(register.breaches(by)))), "breaches.csv", by=by)
    response = HttpResponse(content, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="breaches.csv"'
    return response
