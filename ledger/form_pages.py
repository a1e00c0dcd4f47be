"""A form on a page of its own: shown, sent once, or shown again with what is wrong and all that was typed."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render

from ledger.idempotency import once_on_the_web
from tenants.actors import Actor
from tenants.refusals import Refused


@dataclass(frozen=True, slots=True)
class Words:
    """What stands around a form."""

    title: str
    button: str
    back: str
    lead: str = ""
    multipart: bool = False


def actor(request: HttpRequest) -> Actor:
    """Who asks."""
    by: Actor = request.actor  # type: ignore[attr-defined]
    return by


def send(request: HttpRequest, form: forms.Form, act: Callable[[dict[str, Any]], str | None], words: Words) -> HttpResponse:
    """Show a form, or have `act` do what it asks. `act` returns where to go, None for back where it came from."""
    if request.method != "POST":
        return show(request, form, words)
    if not form.is_valid():
        return show(request, form, words, status=422)

    def perform() -> HttpResponse:
        return HttpResponseRedirect(act(form.cleaned_data) or words.back)

    try:
        return once_on_the_web(request, actor(request), perform)
    except Refused as refused:
        blame(form, refused)
        return show(request, form, words, status=refused.status)


def blame(form: forms.Form, refused: Refused) -> None:
    """Put a refusal's sentences beside the fields they are about; what was typed stays."""
    for reason in refused.reasons:
        form.add_error(reason.field if reason.field in form.fields else None, reason.sentence)
        if reason.code == "time_twice" and hasattr(form, "ask_twice"):
            form.ask_twice()


def show(request: HttpRequest, form: forms.Form, words: Words, *, status: int = 200) -> HttpResponse:
    """The page with the form."""
    context = {"form": form, "words": words, "idempotency_key": uuid.uuid4().hex}
    return render(request, "ledger/form.html", context, status=status)
