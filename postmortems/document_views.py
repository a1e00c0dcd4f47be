"""The pages of the document: parse, gate, action, respond. They hold no rules."""

import uuid
from typing import Any

from django.core.paginator import Paginator
from django.db.models import Max, QuerySet, Sum
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from incidents.gate import incident_for
from incidents.rules.outside import own_page
from ledger.idempotency import once_on_the_web
from ledger.models import Event
from postmortems import discussed, editor, gate, history, items, queries, reading, rendering
from postmortems.actions.writing import edit_section
from postmortems.content import content
from postmortems.document_filters import PostmortemFilter
from postmortems.document_forms import SectionForm
from postmortems.doors import DOORS
from postmortems.entries import known
from postmortems.links import linked, named
from postmortems.models import WAIVED, PostMortem, Section
from postmortems.rules.releasing import why_not_set_policy
from postmortems.sheet import Failure, blank
from postmortems.states import DocumentState
from tenants.actors import Actor
from tenants.refusals import NotFound, Refused

PER_PAGE = 50
JSON = "application/json"


def _actor(request: HttpRequest) -> Actor:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    return actor


# --- The list -----------------------------------------------------------------------------------------------------------------


@require_GET
def postmortem_list(request: HttpRequest) -> HttpResponse:
    """Drafts that are due, late ones, and what is published; found by words of the incident's title."""
    found = queries.postmortems(_actor(request))
    drafts = found.filter(~WAIVED, state=DocumentState.DRAFT)
    views: dict[str, tuple[str, QuerySet[PostMortem]]] = {
        "drafts": ("Being written", drafts),
        "late": ("Late", queries.late(drafts)),
        "published": ("Published", found.filter(version__gte=1)),
        "waived": ("Waived", found.filter(WAIVED)),
        "all": ("All", found),
    }
    chosen = request.GET.get("view", "drafts")
    chosen = chosen if chosen in views else "drafts"
    filtered = PostmortemFilter(request.GET, queryset=views[chosen][1].order_by("-id"))
    filters = filtered.form
    filters.fields = {name: filters.fields[name] for name in ("q", "severity")}
    page: Any = Paginator(filtered.qs if filters.is_valid() else views[chosen][1].order_by("-id"), PER_PAGE).get_page(
        request.GET.get("page")
    )
    page.object_list = [
        row | {"url": reverse("postmortem", args=[row["ref"]]), "incident_url": reverse("incident", args=[row["ref"]])}
        for row in queries.rows(list(page.object_list))
    ]
    context = {
        "page": page,
        "view": chosen,
        "q": request.GET.get("q", "")[:200],
        "policy_url": "" if why_not_set_policy(True, _actor(request)) else reverse("postmortem-policy"),
        "views": [
            {
                "label": label,
                "url": f"?view={name}",
                "count": rows.count() if name in ("drafts", "late") else None,
                "current": name == chosen,
            }
            for name, (label, rows) in views.items()
        ],
    }
    return render(request, "postmortems/list.html", context)


# --- The draft ----------------------------------------------------------------------------------------------------------------


@require_GET
def postmortem(request: HttpRequest, ref: str) -> HttpResponse:
    """The draft, to be written and commented; for those outside the room, what is published of it."""
    by = _actor(request)
    incident = incident_for(by, ref)
    if ref != incident.ref:  # such as the number that it had before it was restricted: no address bar keeps that
        return HttpResponseRedirect(reverse("postmortem", args=[incident.ref]))
    if own_page(by, incident) is not None:
        return _published(request, ref, None)
    return _editor(request, gate.postmortem_of(incident, by), show=request.GET.get("show", ""))


def _editor(request: HttpRequest, found: PostMortem, *, status: int = 200, **more: Any) -> HttpResponse:
    context = editor.context(found, _actor(request), **more)
    context["similar"] = items.shown(found.incident)
    return render(request, "postmortems/editor.html", {**context, "idempotency_key": uuid.uuid4().hex}, status=status)


@require_GET
def panels(request: HttpRequest, ref: str) -> HttpResponse:
    """The parts of a draft's page, for a page that is open while others write."""
    found = gate.postmortem_for(_actor(request), ref)
    context = editor.context(found, _actor(request), show=request.GET.get("show", ""))
    return render(request, "postmortems/panels.html", {**context, "idempotency_key": uuid.uuid4().hex})


@require_GET
def mark(request: HttpRequest, ref: str) -> HttpResponse:
    """A mark that changes whenever anything of the page does: an open page asks for it every few seconds."""
    found = gate.postmortem_for(_actor(request), ref)
    last = Event.objects.filter(incident_id=found.incident_id).aggregate(last=Max("seq"))["last"] or 0
    saved = Section.objects.filter(postmortem=found).aggregate(total=Sum("version"))["total"] or 0
    return JsonResponse({"mark": f"{last}.{saved}"})


@require_POST
def document_verb(request: HttpRequest, ref: str, verb: str) -> HttpResponse:
    """Do one verb. A refusal shows the page again, with the reasons and everything that was typed."""
    by = _actor(request)
    found = gate.postmortem_for(by, ref)
    door = DOORS.get(verb)
    if door is None:
        raise NotFound()
    form = blank(door, request.POST, others=[])
    failure = Failure(door, form)
    if not form.is_valid():
        return _editor(request, found, status=422, failure=failure)

    def perform() -> HttpResponse:
        door.act(found, by, form.cleaned_data)
        return HttpResponseRedirect(f"{reverse('postmortem', args=[found.incident.ref])}#{door.anchor or 'postmortem'}")

    try:
        return once_on_the_web(request, by, perform)
    except Refused as refused:
        _blame(form, refused)
        _now_over(form, refused.more.get("theirs") or {})
        return _editor(request, gate.postmortem_for(by, ref), status=refused.status, failure=failure)


def _now_over(form: Any, theirs: Any) -> None:
    """Somebody was faster: the form shows what they wrote, and is sent over that the next time."""
    data = form.data.copy()
    for name, key in (("over", "text"), ("revision", "revision")):
        if key in theirs:
            data[name] = str(theirs[key])
    form.data = data


def _blame(form: Any, refused: Refused) -> None:
    """Put a refusal's sentences beside the fields they are about; what was typed stays."""
    for reason in refused.reasons:
        form.add_error(reason.field if reason.field in form.fields else None, reason.sentence)


# --- Its sections -------------------------------------------------------------------------------------------------------------


@require_POST
def section(request: HttpRequest, ref: str, section: str) -> HttpResponse:
    """Save a section: by its button, or (`automatic`, asking for JSON) by the page while somebody types.

    Where somebody saved another version since, both texts are shown (409); a text that does not fit comes back as it was typed.
    """
    by = _actor(request)
    found = gate.postmortem_for(by, ref)
    form = SectionForm(request.POST, auto_id=f"section-{section}-%s")
    if not form.is_valid():
        return _editor(request, found, status=422, typed={section: form})
    text, version = form.cleaned_data["text"], form.cleaned_data["version"]
    if request.headers.get("Accept", "") == JSON:  # refusals are problem documents
        saved = edit_section(found, section, by=by, text=text, version=version, automatic=request.POST.get("automatic") == "1")
        return JsonResponse({"version": saved.version, "saved_at": saved.saved_at.isoformat(), "text": saved.text})

    def perform() -> HttpResponse:
        edit_section(found, section, by=by, text=text, version=version)
        return HttpResponseRedirect(f"{reverse('postmortem', args=[found.incident.ref])}#section-{section}")

    try:
        return once_on_the_web(request, by, perform)
    except Refused as refused:
        if (theirs := refused.more.get("theirs")) is not None:
            return _conflict(request, found, section, text, theirs, str(refused))
        if refused.status == 404:
            raise
        _blame(form, refused)
        return _editor(request, gate.postmortem_for(by, ref), status=refused.status, typed={section: form})


def _conflict(request: HttpRequest, found: PostMortem, key: str, mine: str, theirs: Any, sentence: str) -> HttpResponse:
    """Both texts side by side, each whole; saving mine makes it the next version after theirs."""
    row = gate.section_for(found, key)
    context = {
        "section": row,
        "incident": found.incident,
        "sentence": sentence,
        "theirs": theirs,
        "pieces": history.difference(theirs["text"], mine),
        "form": SectionForm(auto_id=f"section-{key}-%s", initial={"text": mine, "version": theirs["version"]}),
        "url": reverse("postmortem-section", args=[found.incident.ref, key]),
        "back_url": f"{reverse('postmortem', args=[found.incident.ref])}#section-{key}",
        "idempotency_key": uuid.uuid4().hex,
    }
    return render(request, "postmortems/conflict.html", context, status=409)


@require_http_methods(["GET", "POST"])
def section_preview(request: HttpRequest, ref: str, section: str) -> HttpResponse:
    """A text as it will look: the one that is sent, which is not saved, or the saved one. A piece of a page."""
    found = gate.postmortem_for(_actor(request), ref)
    row = gate.section_for(found, section)
    text = request.POST.get("text", "")[:400_000] if request.method == "POST" else row.text
    there = set(known(found.incident, named(text)))
    html = linked(text, rendering.addresses(found.incident.ref, set(), there))
    context = {"html": html, "section": row, "incident": found.incident, "back_url": reverse("postmortem", args=[ref])}
    return render(request, "postmortems/preview.html", context)


@require_GET
def section_history(request: HttpRequest, ref: str, section: str) -> HttpResponse:
    """The versions of a section, and what one of them changed (`?version=`, the newest)."""
    found = gate.postmortem_for(_actor(request), ref)
    row = gate.section_for(found, section)
    saved = history.versions(row)
    asked = request.GET.get("version", "")
    at = next((place for place, one in enumerate(saved) if str(one.version) == asked), 0)
    before = saved[at + 1].text if at + 1 < len(saved) else ""
    context = {
        "section": row,
        "incident": found.incident,
        "versions": saved,
        "chosen": saved[at],
        "pieces": history.difference(before, saved[at].text),
        "back_url": f"{reverse('postmortem', args=[found.incident.ref])}#section-{section}",
    }
    return render(request, "postmortems/history.html", context)


# --- Reading ------------------------------------------------------------------------------------------------------------------


@require_GET
def read(request: HttpRequest, ref: str) -> HttpResponse:
    """The draft as it would be published, to be read and printed."""
    found = gate.postmortem_for(_actor(request), ref)
    context = {
        "doc": rendering.shown(content(found)),
        "postmortem": found,
        "draft": found.is_draft,
        "publications": reading.publications(found),
        "back_url": reverse("postmortem", args=[found.incident.ref]),
    }
    return render(request, "postmortems/reading.html", context)


@require_GET
def published(request: HttpRequest, ref: str, number: int) -> HttpResponse:
    """A published version, word for word."""
    return _published(request, ref, number)


def _published(request: HttpRequest, ref: str, number: int | None) -> HttpResponse:
    by = _actor(request)
    found = gate.publication_for(by, ref, number)
    drafts = gate.reads_drafts(by, found.postmortem)
    context = {
        "doc": rendering.shown(found.content),
        "postmortem": found.postmortem,
        "publication": found,
        "placed": discussed.of(found),
        "draft": False,
        "publications": reading.publications(found.postmortem),
        "back_url": reverse("postmortem", args=[found.incident.ref])
        if drafts
        else reverse("incident", args=[found.incident.ref]),
    }
    return render(request, "postmortems/reading.html", context)
