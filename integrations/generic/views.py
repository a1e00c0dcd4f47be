"""A generic integration's mapping: written, tried on a sample, and only then saved."""

import uuid
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from incidents import gate
from incidents.models import Integration
from incidents.rules.configuring import why_not_configure, why_not_see
from incidents.states import Severity
from integrations.forms import MappingForm, typed
from integrations.generic import mapping as mappings
from integrations.generic.actions import Tried, set_mapping, try_mapping
from ledger.idempotency import once_on_the_web
from tenants.actors import Actor
from tenants.refusals import NotFound, Refused, check

SHOWN = 20  # of a sample's alerts


@require_http_methods(["GET", "POST"])
def mapping(request: HttpRequest, integration_id: int) -> HttpResponse:
    """Write a mapping. Trying it shows what the sample would become, and changes nothing; saving tries it too."""
    by: Actor = request.actor  # type: ignore[attr-defined]
    check(why_not_see(by) if request.method == "GET" else why_not_configure(by))
    integration = gate.integration_for(by, integration_id)
    if integration.kind != Integration.Kind.GENERIC:
        raise NotFound("mapping")
    if request.method == "GET":
        return _page(request, integration, MappingForm(initial=typed(integration.mapping)))
    form = MappingForm(request.POST)
    if not form.is_valid():
        return _page(request, integration, form, status=422)
    try:
        mappings.read(form.mapping())
        tried = try_mapping(form.mapping(), form.cleaned_data["sample"]) if form.cleaned_data["sample"].strip() else []
        if "save" not in request.POST:
            return _page(request, integration, form, tried=tried, asked=True)
        return once_on_the_web(request, by, lambda: _save(integration, form, by))
    except Refused as refused:
        for reason in refused.reasons:
            form.add_error(_field(form, reason.field), reason.sentence)
        return _page(request, integration, form, status=refused.status)


def _save(integration: Integration, form: MappingForm, by: Actor) -> HttpResponse:
    set_mapping(integration, form.mapping(), by=by)
    return HttpResponseRedirect(reverse("integration", args=[integration.pk]))


def _field(form: MappingForm, name: str) -> str | None:
    """What is wrong with the sample itself is told beside it."""
    return "sample" if name == "body" else name if name in form.fields else None


def _page(
    request: HttpRequest,
    integration: Integration,
    form: MappingForm,
    *,
    status: int = 200,
    tried: list[Tried] | None = None,
    asked: bool = False,
) -> HttpResponse:
    found: list[dict[str, Any]] = [
        {"alert": one, "level": Severity(one.severity).label if one.severity else ""} for one in (tried or [])[:SHOWN]
    ]
    context = {
        "integration": integration,
        "form": form,
        "asked": asked,
        "tried": found,
        "more": max(len(tried or []) - SHOWN, 0),
        "back_url": reverse("integration", args=[integration.pk]),
        "idempotency_key": uuid.uuid4().hex,
    }
    return render(request, "integrations/mapping.html", context, status=status)
