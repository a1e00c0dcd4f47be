"""The command bar's page: one line, what came of it, and the words there are."""

import uuid

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from integrations.chat.dispatch import perform
from integrations.chat.grammar import WORDS
from integrations.chat.rooms import Said
from ledger.idempotency import once_on_the_web
from tenants.actors import Actor
from tenants.refusals import Refused


class CommandForm(forms.Form):
    """A line of the chat grammar."""

    text = forms.CharField(
        label="What do you want to do?",
        max_length=5000,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "off", "spellcheck": "false", "autofocus": True}),
        help_text="Such as: claim, note 10:43 pod A restarted, or help.",
    )
    incident = forms.CharField(label="Incident", max_length=24, required=False, help_text="Where the line names none.")


@require_http_methods(["GET", "POST"])
def commands(request: HttpRequest) -> HttpResponse:
    """Say a line; a refusal shows it again with the reason and everything that was typed."""
    by: Actor = request.actor  # type: ignore[attr-defined]
    if request.method == "GET":
        return _page(request, CommandForm(initial={"incident": request.GET.get("incident", "")}))
    form = CommandForm(request.POST)
    if not form.is_valid():
        return _page(request, form, status=422)
    said: list[Said] = []

    def act() -> HttpResponse:
        said.append(perform(form.cleaned_data["text"], by=by, ref=form.cleaned_data["incident"]))
        return HttpResponseRedirect(_where(said[0]))

    try:
        response = once_on_the_web(request, by, act)
    except Refused as refused:
        for reason in refused.reasons:
            form.add_error("text", reason.sentence)
        return _page(request, form, status=refused.status)
    if said and said[0].verb in ("help", "sitrep", "triage"):
        return _page(request, CommandForm(initial=form.cleaned_data), said=said[0])
    if said:
        messages.info(request, said[0].text)
    return response


def _where(said: Said) -> str:
    if said.verb in ("report", "dismiss"):
        return reverse("triage")
    if said.verb == "action":
        return reverse("action-items-of", args=[said.incident])
    return reverse("incident", args=[said.incident]) if said.incident else reverse("commands")


def _page(request: HttpRequest, form: CommandForm, *, status: int = 200, said: Said | None = None) -> HttpResponse:
    context = {"form": form, "said": said, "words": WORDS, "idempotency_key": uuid.uuid4().hex}
    return render(request, "integrations/commands.html", context, status=status)
