"""The pages of the draft: started, edited part by part or whole, published or given up. Parse, gate, action, respond."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from ledger.form_pages import Words, actor, send
from ledger.idempotency import once_on_the_web
from standard import actions, forms, gate, rules, yaml_text
from standard.differences import Difference, differences
from standard.drafting import refused as refused_place
from standard.law_types import LawError
from standard.models import StandardDraft, StandardVersion
from standard.parts import PARTS, Part, PartForm
from standard.queries import calendar, last_published
from standard.views import download
from tenants.refusals import Conflict, NotFound, Refused, check


@require_GET
def draft(request: HttpRequest) -> HttpResponse:
    """The draft, part by part, and what it says otherwise than the version that it would follow."""
    by = actor(request)
    found = gate.running_draft(by)
    last = last_published()
    discarded = (
        None
        if found
        else StandardDraft.objects.select_related("changed_by", "started_by", "base").order_by("-changed_at").first()
    )
    newest = StandardVersion.objects.latest("number")
    restorable = discarded if discarded and not rules.why_not_restore(discarded, by, None, newest) else None
    why_not = rules.why_not_own(by)
    context = {
        "draft": found,
        "last": last,
        "differences": differences(last.content, found.content) if found else [],
        "parts": [{"part": part, "url": reverse("standard-draft-part", args=[part.key])} for part in PARTS.values()],
        "why_not": rules.sentences(why_not),
        "may": not why_not,
        "restorable": restorable,
        "idempotency_key": uuid.uuid4().hex,
        **{
            f"{name}_url": reverse(f"standard-draft-{name}")
            for name in ("start", "discard", "restore", "publish", "whole", "yaml")
        },
        "versions_url": reverse("standard-versions"),
    }
    return render(request, "standard/draft.html", context)


@require_POST
def draft_start(request: HttpRequest) -> HttpResponse:
    """Begin a draft."""
    by = actor(request)
    given = str(request.POST.get("base", ""))
    check(rules.why_not_own(by))
    base = gate.version_for(by, int(given)) if given.isascii() and given.isdecimal() and len(given) < 10 else None
    return _press(request, lambda: actions.start_draft(by=by, base=base))


@require_POST
def draft_restore(request: HttpRequest) -> HttpResponse:
    """Take up again what was discarded."""
    by = actor(request)
    check(rules.why_not_own(by))
    return _press(request, lambda: actions.restore_draft(gate.last_draft(by), by=by))


def _press(request: HttpRequest, act: Any) -> HttpResponse:
    def perform() -> HttpResponse:
        act()
        return HttpResponseRedirect(reverse("standard-draft"))

    return once_on_the_web(request, actor(request), perform)


@require_http_methods(["GET", "POST"])
def draft_discard(request: HttpRequest) -> HttpResponse:
    """Give the draft up; it can be taken up again."""
    by = actor(request)
    check(rules.why_not_own(by))
    found = gate.open_draft(by)
    form = forms.DiscardForm(request.POST or None, initial={"revision": found.revision})
    words = Words(
        "Discard the draft", "Discard it", reverse("standard-draft"), "You can take it up again until another is started."
    )

    def act(data: dict[str, Any]) -> None:
        with _seen_again(form):
            actions.discard_draft(found, by=by, revision=data["revision"], reason=data["reason"])

    return send(request, form, act, words)


@require_http_methods(["GET", "POST"])
def draft_publish(request: HttpRequest) -> HttpResponse:
    """Publish the draft: from when on, and why."""
    by = actor(request)
    check(rules.why_not_own(by))
    found = gate.open_draft(by)
    zone = calendar().hours.zone
    last = last_published()
    with timezone.override(zone):  # what is typed is the organisation's wall time
        form = forms.PublishForm(request.POST or None, initial={"revision": found.revision})
        form.full_clean()
    lead = f"{len(differences(last.content, found.content))} places differ from version {last.number}. Times are {zone.key}."
    words = Words("Publish a new version", "Publish it", reverse("standard-draft"), lead)

    def act(data: dict[str, Any]) -> str:
        with _seen_again(form):
            made = actions.publish_draft(
                found, by=by, revision=data["revision"], summary=data["summary"], effective_at=data["effective_at"]
            )
        return reverse("standard-version", args=[made.number])

    return send(request, form, act, words)


@contextmanager
def _seen_again(form: Any) -> Iterator[None]:
    """Of a draft that was changed meanwhile: the form that is shown again is about the draft as it is now, and says so."""
    try:
        yield
    except Conflict as conflict:
        form.data = form.data.copy()
        form.data["revision"] = str(conflict.current["revision"])
        raise


@require_http_methods(["GET", "POST"])
def withdraw(request: HttpRequest, version: int) -> HttpResponse:
    """Withdraw a version that is not in force yet."""
    by = actor(request)
    check(rules.why_not_own(by))
    found = gate.version_for(by, version)
    words = Words(
        f"Withdraw version {found.number}",
        "Withdraw it",
        reverse("standard-versions"),
        "It never comes into force; the one before it stays. That it was withdrawn stays in the record.",
    )

    def act(data: dict[str, Any]) -> None:
        actions.withdraw_version(found, by=by, reason=data["reason"])

    return send(request, forms.WithdrawForm(request.POST or None), act, words)


@require_http_methods(["GET", "POST"])
def draft_part(request: HttpRequest, part: str) -> HttpResponse:
    """Edit one part of the draft by form."""
    by = actor(request)
    check(rules.why_not_own(by))
    if part not in PARTS:
        raise NotFound("part of the standard")
    found, chosen = gate.open_draft(by), PARTS[part]
    form = chosen.form(request.POST or None, found.content, found.revision)
    if request.method != "POST":
        return _editor(request, form, chosen)
    if not form.is_valid():
        return _editor(request, form, chosen, status=422)
    try:
        return once_on_the_web(request, by, lambda: _keep(found, form, request))
    except Conflict as conflict:
        return _both(request, chosen, conflict)
    except Refused as refused:
        for reason in refused.reasons:
            form.add_error(form.field_of(reason.field), reason.sentence)
        return _editor(request, form, chosen, status=refused.status)


def _keep(found: StandardDraft, form: Any, request: HttpRequest) -> HttpResponse:
    content = form.wrote()
    actions.change_draft(found, content, by=actor(request), revision=form.cleaned_data["revision"])
    return HttpResponseRedirect(reverse("standard-draft"))


def _editor(request: HttpRequest, form: PartForm, part: Part, *, status: int = 200, **more: Any) -> HttpResponse:
    context = {"form": form, "part": part, "back": reverse("standard-draft"), "idempotency_key": uuid.uuid4().hex, **more}
    return render(request, "standard/part.html", context, status=status)


def _both(request: HttpRequest, part: Part, conflict: Conflict) -> HttpResponse:
    """Somebody else saved meanwhile: what they made of it beside what was typed, which stays in the form. Saving again is informed."""
    data = request.POST.copy()
    data["revision"] = str(conflict.current["revision"])
    mine = part.form(data, conflict.current["content"], conflict.current["revision"])
    told = _theirs_and_mine(mine, conflict.current["content"])
    return _editor(request, mine, part, status=409, conflict=str(conflict), told=told)


def _theirs_and_mine(form: PartForm, theirs: dict[str, Any]) -> list[Difference]:
    """What saving the form now would make of the present draft, place by place."""
    return differences(theirs, form.wrote()) if form.is_valid() else []


@require_http_methods(["GET", "POST"])
def draft_whole(request: HttpRequest) -> HttpResponse:
    """Edit the whole draft as YAML."""
    by = actor(request)
    check(rules.why_not_own(by))
    found = gate.open_draft(by)
    form = forms.YamlForm(request.POST or None, initial={"revision": found.revision, "yaml": yaml_text.write(found.content)})
    words = {"title": "The whole as YAML", "back": reverse("standard-draft")}
    if request.method != "POST" or not form.is_valid():
        return _whole(request, form, words, status=422 if form.is_bound else 200)
    typed = form.cleaned_data

    def keep() -> HttpResponse:
        actions.change_draft(found, _read(typed["yaml"]), by=by, revision=typed["revision"])
        return HttpResponseRedirect(reverse("standard-draft"))

    try:
        return once_on_the_web(request, by, keep)
    except Conflict as conflict:
        data = request.POST.copy()
        data["revision"] = str(conflict.current["revision"])
        told = differences(conflict.current["content"], _read(typed["yaml"]))
        theirs = yaml_text.write(conflict.current["content"])
        return _whole(request, forms.YamlForm(data), words, status=409, conflict=str(conflict), told=told, theirs=theirs)
    except Refused as refused:
        for reason in refused.reasons:
            where = "" if reason.field in ("content", "") else f"{reason.field}: "
            form.add_error("yaml", f"{where}{reason.sentence}")
        return _whole(request, form, words, status=refused.status)


def _read(text: str) -> dict[str, Any]:
    try:
        return yaml_text.read(text)
    except LawError as error:
        raise refused_place(error) from error


def _whole(request: HttpRequest, form: Any, words: dict[str, str], *, status: int, **more: Any) -> HttpResponse:
    context = {"form": form, "words": words, "idempotency_key": uuid.uuid4().hex, **more}
    return render(request, "standard/whole.html", context, status=status)


@require_GET
def draft_yaml(request: HttpRequest) -> HttpResponse:
    """The draft as YAML, to keep."""
    by = actor(request)
    found = gate.open_draft(by)
    return download(found, yaml_text.write(found.content), f"standard-draft-{found.revision}.yaml", "application/yaml", by=by)
