"""The page that declares: one short form, which can also suggest a severity. Parse, gate, action, respond."""

import uuid
from collections.abc import Sequence
from typing import Any

from django.forms import ModelMultipleChoiceField, MultipleChoiceField
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from incidents import actions, gate
from incidents.forms import signals as forms
from incidents.forms.assessment import AssessmentForm
from incidents.models import Signal
from incidents.rules import signals as rules
from incidents.states import DetectedBy, FlagKey, FlagKind, Severity
from incidents.suggesting import Assessment, assess
from ledger.idempotency import once_on_the_web
from standard.law import Law
from standard.queries import in_force, law
from tenants.actors import Actor
from tenants.refusals import Reason, Refused


@require_http_methods(["GET", "POST"])
def declare(request: HttpRequest) -> HttpResponse:
    """Declare in one short form; from a signal in triage where one is named. The button "Suggest a level" declares nothing.

    Who may not is told so in place of the form, before they type anything: one of Support may declare, and not answer for a signal.
    """
    by: Actor = request.actor  # type: ignore[attr-defined]
    named = request.GET.get("signal", "")
    signal = gate.signal_for(by, int(named)) if named.isdecimal() and len(named) < 20 else None
    standard = law(in_force().pk)
    if request.method != "POST":
        form = forms.DeclareForm(initial=_initial(signal))
        why_not = rules.why_not_triage(signal, by) if signal else rules.why_not_declare(by)
        # Nothing waits any more, or it is not theirs to answer: they may still declare an incident of its own.
        plain = reverse("declare") if signal and why_not and not rules.why_not_declare(by) else ""
        return _page(request, standard, form, AssessmentForm(standard), signal, why_not=why_not, plain=plain)
    questions = AssessmentForm(standard, request.POST)
    if "suggest" in request.POST:
        form = forms.DeclareForm(initial=_typed(request.POST))
        if not questions.is_valid():
            return _page(request, standard, form, questions, signal, status=422)
        return _page(request, standard, form, questions, signal, suggestion=assess(standard, questions.answers))
    form = forms.DeclareForm(request.POST)
    if not (form.is_valid() & questions.is_valid()):
        return _page(request, standard, form, questions, signal, status=422)
    try:
        return once_on_the_web(request, by, lambda: _declare(form.cleaned_data, questions.answers, signal, by))
    except Refused as refused:
        for reason in refused.reasons:
            form.add_error(reason.field if reason.field in form.fields else None, reason.sentence)
        return _page(request, standard, form, questions, signal, status=refused.status)


def _initial(signal: Signal | None) -> dict[str, Any]:
    if signal is None:
        return {"detected_by": DetectedBy.USER}
    return {
        "title": signal.title,
        "severity": signal.suggested_severity,
        "services": [signal.service_id] if signal.service_id else [],
        "detected_by": DetectedBy.MONITORING if signal.kind == Signal.Kind.ALERTS else DetectedBy.USER,
    }


def _typed(data: QueryDict) -> dict[str, Any]:
    """What stands in a form that is not sent yet: shown again as it is, judged when it is sent."""
    fields = forms.DeclareForm.base_fields
    many = (MultipleChoiceField, ModelMultipleChoiceField)
    typed = {name: data.getlist(name) if isinstance(field, many) else data.get(name, "") for name, field in fields.items()}
    return typed | {"exercise": "exercise" in data}


def _declare(data: dict[str, Any], answers: dict[str, str], signal: Signal | None, by: Actor) -> HttpResponse:
    common = {
        "by": by,
        "title": data["title"],
        "severity": Severity(data["severity"]),
        "services": list(data["services"]),
        "detected_by": DetectedBy(data["detected_by"]),
        "impact_start": data["impact_start"],
        "summary": data["summary"],
        "exercise": data["exercise"],
        "flags": [FlagKey(key) for key in data["flags"]],
        "kinds": [FlagKind(kind) for kind in data["kinds"]],
        "answers": answers,
    }
    incident = actions.declare_from([signal], **common) if signal else actions.declare(**common)
    return HttpResponseRedirect(reverse("incident", args=[incident.ref]))


def _page(
    request: HttpRequest,
    standard: Law,
    form: forms.DeclareForm,
    questions: AssessmentForm,
    signal: Signal | None,
    *,
    status: int = 200,
    suggestion: Assessment | None = None,
    why_not: Sequence[Reason] = (),
    plain: str = "",
) -> HttpResponse:
    seen = signal and {
        "kind_label": signal.get_kind_display(),
        "title": signal.title,
        "service": signal.service.name if signal.service else "",
        "since": signal.opened_at,
    }
    context = {
        "form": form,
        "questions": questions,
        "suggestion": suggestion,
        "suggestion_url": reverse("api-suggestion"),
        "severities": standard.severities,
        "signal": seen,
        "why_not": why_not,
        "plain_url": plain,
        "idempotency_key": uuid.uuid4().hex,
    }
    return render(request, "incidents/declare.html", context, status=status)
