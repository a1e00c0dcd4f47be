"""The pages of routing rules and maintenance, for administrators. A rule is tried against past alerts before it is saved."""

import uuid
from collections.abc import Callable
from typing import Any

from django.forms import Form
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from incidents import gate, ruling
from incidents.forms.routing import MaintenanceForm, RuleForm, typed
from incidents.matching import as_lines
from incidents.models import MaintenanceWindow, RoutingRule
from incidents.rules.configuring import why_not_configure, why_not_see
from incidents.states import Severity
from ledger.idempotency import once_on_the_web
from tenants.actors import Actor
from tenants.refusals import Refused, check
from tenants.time import now

WINDOWS_SHOWN = 50


def _actor(request: HttpRequest) -> Actor:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    return actor


@require_http_methods(["GET"])
def routing(request: HttpRequest) -> HttpResponse:
    """The rules in their order, and what is worked on."""
    return _routing(request, MaintenanceForm())


def _routing(request: HttpRequest, form: Form, status: int = 200) -> HttpResponse:
    by = _actor(request)
    check(why_not_see(by))
    may = not why_not_configure(by)
    rules = RoutingRule.objects.select_related("service", "integration").order_by("position")
    windows = MaintenanceWindow.objects.prefetch_related("services__service").order_by("-ends_at", "-id")[:WINDOWS_SHOWN]
    context = {
        "rules": [_row(rule, may) for rule in rules],
        "windows": [_window(window, may) for window in windows],
        "add_url": reverse("routing-rule-add") if may else "",
        "form": form if may else None,
        "plan_url": reverse("maintenance"),
        "idempotency_key": uuid.uuid4().hex,
    }
    return render(request, "incidents/routing.html", context, status=status)


def _row(rule: RoutingRule, may: bool) -> dict[str, Any]:
    return {
        "position": rule.position,
        "name": rule.name,
        "active": rule.is_active,
        "conditions": as_lines(rule.labels).splitlines(),
        "integration": rule.integration.name if rule.integration else "",
        "service": rule.service.name if rule.service else "",
        "level": Severity(rule.suggested_severity).label if rule.suggested_severity else "",
        "outcome": rule.get_outcome_display(),
        "joins": rule.get_attach_display() if rule.attach else "",
        "url": reverse("routing-rule", args=[rule.pk]) if may else "",
    }


def _window(window: MaintenanceWindow, may: bool) -> dict[str, Any]:
    moment = now()
    over = window.ends_at <= moment
    standing = "over" if over else "planned" if window.starts_at > moment else "now"
    return {
        "name": window.name,
        "starts_at": window.starts_at,
        "ends_at": window.ends_at,
        "services": [one.service.name for one in window.services.all()],
        "state": standing,
        "end_url": reverse("maintenance-end", args=[window.pk]) if may and not over else "",
    }


@require_http_methods(["GET", "POST"])
def rule_add(request: HttpRequest) -> HttpResponse:
    """A new rule."""
    return _rule(request, RoutingRule())


@require_http_methods(["GET", "POST"])
def rule_edit(request: HttpRequest, rule_id: int) -> HttpResponse:
    """Change a rule, or remove it."""
    return _rule(request, gate.rule_for(_actor(request), rule_id))


def _rule(request: HttpRequest, rule: RoutingRule) -> HttpResponse:
    by = _actor(request)
    check(why_not_see(by))
    if request.method == "GET":  # auditors read it
        return _rule_page(request, rule, RuleForm(initial=typed(rule) if rule.pk else None))
    check(why_not_configure(by))
    if "remove" in request.POST and rule.pk:
        return _once(request, lambda: ruling.remove_rule(rule, by=by))
    form = RuleForm(request.POST)
    if not form.is_valid():
        return _rule_page(request, rule, form, status=422)
    try:
        if "save" in request.POST:
            return _once(request, lambda: ruling.set_rule(rule, form.changes(), by=by))
        for name, value in form.changes().items():
            setattr(rule, name, value)
        return _rule_page(request, rule, form, tried=ruling.try_rule(rule))
    except Refused as refused:
        _blame(form, refused)
        return _rule_page(request, rule, form, status=refused.status)


def _once(request: HttpRequest, act: Callable[[], object]) -> HttpResponse:
    def perform() -> HttpResponse:
        act()
        return HttpResponseRedirect(reverse("routing"))

    return once_on_the_web(request, _actor(request), perform)


def _blame(form: Form, refused: Refused) -> None:
    for reason in refused.reasons:
        form.add_error(reason.field if reason.field in form.fields else None, reason.sentence)


def _rule_page(
    request: HttpRequest, rule: RoutingRule, form: RuleForm, *, status: int = 200, tried: list[ruling.Tried] | None = None
) -> HttpResponse:
    context = {
        "rule": rule if rule.pk else None,
        "form": form,
        "tried": tried,
        "matched": [
            {"one": one, "level": Severity(one.severity).label if one.severity else ""} for one in tried or [] if one.matched
        ],
        "idempotency_key": uuid.uuid4().hex,
        "back_url": reverse("routing"),
    }
    return render(request, "incidents/routing_rule.html", context, status=status)


@require_POST
def maintenance(request: HttpRequest) -> HttpResponse:
    """Plan work on services."""
    by = _actor(request)
    check(why_not_configure(by))
    form = MaintenanceForm(request.POST)
    if not form.is_valid():
        return _routing(request, form, status=422)
    data = form.cleaned_data
    try:
        return _once(
            request,
            lambda: ruling.plan_maintenance(data["name"], data["starts_at"], data["ends_at"], list(data["services"]), by=by),
        )
    except Refused as refused:
        _blame(form, refused)
        return _routing(request, form, status=refused.status)


@require_POST
def maintenance_end(request: HttpRequest, window_id: int) -> HttpResponse:
    """End it now."""
    by = _actor(request)
    window = gate.window_for(by, window_id)
    return _once(request, lambda: ruling.end_maintenance(window, by=by))
