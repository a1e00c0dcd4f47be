"""The page of one's contact methods. Everything on it works without scripts, but for subscribing a browser to push."""

import uuid
from collections.abc import Callable
from typing import Any

from django import forms as django_forms
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from ledger.idempotency import once_on_the_web
from notifications import contacts, forms, gate, queries, webpush
from notifications.models import ContactMethod
from tenants.actors import Actor
from tenants.refusals import Refused

type Form = django_forms.Form


def _actor(request: HttpRequest) -> Actor:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    return actor


@require_http_methods(["GET", "POST"])
def methods(request: HttpRequest) -> HttpResponse:
    """How I am reached, in the order in which it is tried; and the form that adds a way."""
    if request.method == "GET":
        return _page(request)
    return _add(request, "add", forms.AddForm(request.POST))


@require_POST
def subscribe(request: HttpRequest) -> HttpResponse:
    """Add this browser."""
    return _add(request, "push", forms.PushForm(request.POST, auto_id="push-%s"), kind=ContactMethod.Kind.WEBPUSH)


def _add(request: HttpRequest, name: str, form: Form, **more: str) -> HttpResponse:
    return _act(request, name, form, lambda data: contacts.add(by=_actor(request), **{**data, **more}))


@require_POST
def verify(request: HttpRequest, method_id: int) -> HttpResponse:
    """Enter the code that came through a method."""
    method = gate.method_for(_actor(request), method_id)
    form = forms.CodeForm(request.POST, auto_id=f"code-{method.pk}-%s")
    return _act(request, f"code-{method.pk}", form, lambda data: contacts.verify(method, by=_actor(request), **data))


@require_POST
def code(request: HttpRequest, method_id: int) -> HttpResponse:
    """Have another code sent."""
    method = gate.method_for(_actor(request), method_id)
    return _act(request, "", django_forms.Form(request.POST), lambda _: contacts.ask_code(method, by=_actor(request)))


@require_POST
def quiet(request: HttpRequest, method_id: int) -> HttpResponse:
    """Say when a method brings what can wait."""
    method = gate.method_for(_actor(request), method_id)
    form = forms.QuietForm(request.POST, auto_id=f"quiet-{method.pk}-%s")
    return _act(request, f"quiet-{method.pk}", form, lambda data: contacts.set_quiet(method, by=_actor(request), **data))


@require_POST
def move(request: HttpRequest, method_id: int) -> HttpResponse:
    """Have a method tried one earlier."""
    by = _actor(request)
    method = gate.method_for(by, method_id)
    order = [one.pk for one in queries.of_person(by.person_id)]
    at = order.index(method.pk)
    order[max(at - 1, 0) : at + 1] = reversed(order[max(at - 1, 0) : at + 1])
    return _act(request, "", django_forms.Form(request.POST), lambda _: contacts.arrange(order, by=by))


@require_POST
def remove(request: HttpRequest, method_id: int) -> HttpResponse:
    """Be reached by a method no more."""
    method = gate.method_for(_actor(request), method_id)
    return _act(request, "", django_forms.Form(request.POST), lambda _: contacts.remove(method, by=_actor(request)))


@require_POST
def test(request: HttpRequest) -> HttpResponse:
    """Send a test through all of them."""
    return _act(request, "", django_forms.Form(request.POST), lambda _: contacts.test(by=_actor(request)))


def _act(request: HttpRequest, name: str, form: Form, act: Callable[[dict[str, Any]], object]) -> HttpResponse:
    """Do it and lead back to the page; a refusal shows the page with the reason, and with what was typed."""
    if not form.is_valid():
        return _page(request, {name: form}, status=422)

    def perform() -> HttpResponse:
        act(form.cleaned_data)
        return HttpResponseRedirect(reverse("contact-methods"))

    try:
        return once_on_the_web(request, _actor(request), perform)
    except Refused as refused:
        for reason in refused.reasons:
            form.add_error(reason.field if reason.field in form.fields else None, reason.sentence)
        return _page(request, {name: form}, status=refused.status)


def _page(request: HttpRequest, failed: dict[str, Form] | None = None, *, status: int = 200) -> HttpResponse:
    by, failed = _actor(request), failed or {}
    tests = queries.last_tests(by.person_id)
    rows = [_row(method, index, tests, failed) for index, method in enumerate(queries.of_person(by.person_id))]
    context = {
        "methods": rows,
        "account": {"email": by.email, "test": tests.get(None)},
        "add_form": failed.get("add") or forms.AddForm(),
        "add_url": reverse("contact-methods"),
        "push_form": failed.get("push") or forms.PushForm(auto_id="push-%s"),
        "push_url": reverse("contact-subscribe"),
        "push_key": webpush.public_key(),
        "test_url": reverse("contact-test"),
        "failed": next(iter(failed.values()), None),
        "idempotency_key": uuid.uuid4().hex,
    }
    return render(request, "notifications/methods.html", context, status=status)


def _row(method: ContactMethod, index: int, tests: dict[int | None, Any], failed: dict[str, Form]) -> dict[str, Any]:
    pk = method.pk
    codes = forms.CodeForm(auto_id=f"code-{pk}-%s")
    quiet = forms.QuietForm(initial={"quiet": method.quiet}, auto_id=f"quiet-{pk}-%s")
    return {
        "label": method.label,
        "kind": method.get_kind_display(),
        "masked": method.masked,
        "quiet_label": method.get_quiet_display(),
        "verified_at": method.verified_at,
        "test": tests.get(pk),
        "code_form": failed.get(f"code-{pk}") or codes,
        "quiet_form": failed.get(f"quiet-{pk}") or quiet,
        "verify_url": reverse("contact-verify", args=[pk]),
        "code_url": reverse("contact-code", args=[pk]),
        "quiet_url": reverse("contact-quiet", args=[pk]),
        "move_url": reverse("contact-move", args=[pk]) if index else "",
        "remove_url": reverse("contact-remove", args=[pk]),
    }
