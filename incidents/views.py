"""The pages of this room: parse, gate, action, respond. They hold no rules."""

import uuid
from typing import Any
from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from incidents import actions, gate, live, members, outside, queries, quieting, room, swoop
from incidents.doors import DOORS
from incidents.facts import gather
from incidents.forms import signals as forms
from incidents.forms.fields import EmptyForm
from incidents.models import Alert, Incident, Signal
from incidents.rules import signals as rules
from incidents.sitrep import draft_for
from incidents.states import OPEN, SignalState, State
from ledger.idempotency import once_on_the_web
from oncall.models import Page
from oncall.queries import ladders
from tenants.actors import Actor
from tenants.refusals import NotFound, Refused

PER_PAGE = 50
KEPT_OPEN = "X-Muster-Kept-Open"  # asked by a page that keeps itself up to date (static/js/refresh.js)


def _actor(request: HttpRequest) -> Actor:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    return actor


def _declare_url(by: Actor) -> str:
    """Where to declare, or "" for who may not: what is refused in the end is not offered."""
    return "" if rules.why_not_declare(by) else reverse("declare")


def _blame(form: Any, refused: Refused) -> None:
    """Put a refusal's sentences beside the fields they are about; what was typed stays."""
    for reason in refused.reasons:
        name = reason.field.removeprefix("overrides.")
        form.add_error(name if name in form.fields else None, reason.sentence)


@require_GET
def home(request: HttpRequest) -> HttpResponse:
    """An organisation's front door is its incidents."""
    return HttpResponseRedirect(reverse("incident-list"))


@require_GET
def incident_list(request: HttpRequest) -> HttpResponse:
    """What burns, and what is late."""
    views = {"open": Incident.objects.filter(state__in=OPEN), "all": Incident.objects.all()}
    chosen = request.GET.get("view", "open")
    chosen = chosen if chosen in views else "open"
    base = queries.burning() if chosen == "open" else queries.incidents()
    page: Any = Paginator(base, PER_PAGE).get_page(request.GET.get("page"))
    found = list(page.object_list)
    clocks = queries.next_clocks(found)
    page.object_list = [{**queries.row(i, clocks.get(i.pk)), "url": reverse("incident", args=[i.ref])} for i in found]
    last = None if found or chosen != "open" or request.GET.get("page") else queries.last_end()
    labels = {"open": "Open", "all": "All"}
    return render(
        request,
        "incidents/list.html",
        {
            "page": page,
            "views": [
                {
                    "label": labels[name],
                    "url": f"?view={name}",
                    "count": rows.count() if name == "open" else None,
                    "current": name == chosen,
                }
                for name, rows in views.items()
            ],
            "waiting_count": Signal.objects.filter(state=SignalState.WAITING).count(),
            "declare_url": _declare_url(_actor(request)),
            "triage_url": reverse("triage"),
            "quiet_since": last,
        },
    )


@require_GET
def war_room(request: HttpRequest, ref: str) -> HttpResponse:
    """One incident: the record, who commands, and what can be done now. Executives and Support see a page of their own."""
    incident = gate.incident_for(_actor(request), ref)
    if ref != incident.ref:  # such as the number that it had before it was restricted: no address bar keeps that
        query = f"?{request.GET.urlencode()}" if request.GET else ""
        return HttpResponseRedirect(reverse("incident", args=[incident.ref]) + query)
    actions.look(incident, by=_actor(request), kept_open=KEPT_OPEN in request.headers)
    return _room(request, incident)


def _room(request: HttpRequest, incident: Incident, *, status: int = 200, **failure: Any) -> HttpResponse:
    by = _actor(request)
    key = {"idempotency_key": uuid.uuid4().hex}
    if template := outside.template(incident, by):
        return render(request, template, {**outside.context(incident, by, **failure), **key}, status=status)
    context = room.context(incident, by, asked=request.GET.dict(), **failure)
    context["live"] = live.context(by, incident, request.session.session_key or "", context["record"])
    return render(request, "incidents/room.html", {**context, **key}, status=status)


@require_GET
def swoop_script(request: HttpRequest, ref: str) -> HttpResponse:
    """The polite script for an executive, as text to copy (`?executive=<e-mail>` puts their name in it)."""
    incident = gate.room_for(_actor(request), ref)
    executive = members.executive_for(_actor(request), request.GET.get("executive", ""))
    text = swoop.script(incident, gather(incident), executive)
    return HttpResponse(f"{text}\n", content_type="text/plain; charset=utf-8")


@require_GET
def room_panels(request: HttpRequest, ref: str) -> HttpResponse:
    """The room without its timeline, for a page that is kept live; and the ticket with which it opens its stream again."""
    by = _actor(request)
    incident = gate.room_for(by, ref)
    context = room.context(incident, by, record=False, asked=request.GET.dict())
    context["live"] = live.context(by, incident, request.session.session_key or "")
    return render(request, "incidents/panels.html", {**context, "idempotency_key": uuid.uuid4().hex})


@require_GET
def sitrep(request: HttpRequest, ref: str, kind: str) -> HttpResponse:
    """The situation report that the record yields, to be read and copied (handover.sitrep)."""
    incident = gate.room_for(_actor(request), ref)
    return HttpResponse(draft_for(incident), content_type=f"text/{kind}; charset=utf-8")


@require_POST
def incident_verb(request: HttpRequest, ref: str, verb: str) -> HttpResponse:
    """Do one verb. A refusal shows the room again, with the reasons and everything that was typed."""
    door = DOORS.get(verb)
    other = request.POST.get(door.beside) if door is not None and door.beside else None
    incident = gate.incident_for(_actor(request), ref, beside=other)
    if door is None:
        raise NotFound()
    by = _actor(request)
    form = room.blank(door, incident, gather(incident), request.POST)
    form.files = request.FILES
    if door.name == "advance":  # which moves are open is the action's to say, with a sentence
        form.fields["to"].choices = State.choices
    if not form.is_valid():
        return _room(request, incident, status=422, failed=door, form=form)

    def perform() -> HttpResponse:
        door.act(
            incident, by, {name: value for name, value in form.cleaned_data.items() if value not in ("", None)} | _texts(form)
        )
        return HttpResponseRedirect(f"{reverse('incident', args=[incident.ref])}#record")

    try:
        return once_on_the_web(request, by, perform)
    except Refused as refused:
        _blame(form, refused)
        return _room(request, incident, status=refused.status, failed=door, form=form, refusals=list(refused.reasons))


def _texts(form: Any) -> dict[str, str]:
    """Required texts, even where they came out empty: the action says what is missing."""
    return {
        name: form.cleaned_data.get(name, "")
        for name, field in form.fields.items()
        if field.required and name in form.cleaned_data
    }


@require_http_methods(["GET", "POST"])
def report(request: HttpRequest) -> HttpResponse:
    """Report what looks wrong; it waits in triage. Who may not is told so before they type anything."""
    form = forms.ReportForm(request.POST or None)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                return once_on_the_web(request, _actor(request), lambda: _report(form.cleaned_data, _actor(request)))
            except Refused as refused:
                _blame(form, refused)
                status = refused.status
    context = {
        "form": form,
        "why_not": rules.why_not_declare(_actor(request)) if request.method == "GET" else [],
        "declare_url": reverse("declare"),
        "idempotency_key": uuid.uuid4().hex,
    }
    return render(request, "incidents/report.html", context, status=status)


def _report(data: dict[str, Any], by: Actor) -> HttpResponse:
    signal = actions.report(by=by, title=data["title"], text=data["text"], service=data["service"], ticket=data["ticket"])
    return HttpResponseRedirect(reverse("triage") + _at(_page_of(signal)))


@require_GET
def triage(request: HttpRequest) -> HttpResponse:
    """Everything that waits for the answer to "is this an incident?"."""
    return _triage(request)


def _triage(
    request: HttpRequest,
    *,
    status: int = 200,
    failed: dict[tuple[int, str], Any] | None = None,
    told: Any = None,
    number: int | None = None,
) -> HttpResponse:
    """A page of what waits: the one that the address asks for, or the one of this `number`."""
    failed, by = failed or {}, _actor(request)
    listed: Any = Paginator(queries.waiting(), PER_PAGE).get_page(number or request.GET.get("page"))
    found = list(listed.object_list)
    alerts, counts = queries.alerts_of(found), queries.firing_counts(found)
    about = Page.objects.filter(subject_type="incidents.signal", subject_id__in=[signal.pk for signal in found])
    subjects = dict(about.values_list("id", "subject_id"))
    pages = {subjects[ladder["id"]]: ladder for ladder in ladders(about.order_by("id"))}
    running = list(Incident.objects.filter(state__in=OPEN).order_by("-number").values_list("ref", "title")[:100])
    choices = [(ref, f"{ref} {title}") for ref, title in running]
    here = _at(listed.number)  # whoever answers goes on where they were
    why_not = {signal.pk: rules.why_not_triage(signal, by) for signal in found}
    context = {
        "signals": [
            _signal_card(
                signal, alerts[signal.pk], counts[signal.pk], pages.get(signal.pk), choices, failed, not why_not[signal.pk], here
            )
            for signal in found
        ],
        "listed": listed,
        "triage_url": reverse("triage"),
        "why_not": next((reasons for reasons in why_not.values() if reasons), []),  # the same for each: it is about who looks
        "refused": told,
        "suppressed": [_suppressed_row(signal, by) for signal in queries.suppressed()],
        "recent": [_decided_row(signal) for signal in queries.decided()],
        "report_url": "" if rules.why_not_declare(by) else reverse("report"),
        "declare_url": _declare_url(by),
        "idempotency_key": uuid.uuid4().hex,
    }
    return render(request, "incidents/triage.html", context, status=status)


def _signal_card(
    signal: Signal,
    alerts: list[Alert],
    counts: tuple[int, int],
    page: Any,
    running: Any,
    failed: dict[tuple[int, str], Any],
    may: bool,
    here: str,
) -> dict[str, Any]:
    """One signal that waits, with the answers that may be given. A form that was just refused stands there, whoever sent it."""
    return {
        "id": signal.pk,
        "kind_label": signal.get_kind_display(),
        "title": signal.title,
        "service": signal.service.name if signal.service else "",
        "since": signal.opened_at,
        "firing": counts[0],
        "resolved": counts[1],
        "alerts": alerts,
        "alert_count": sum(counts),
        "reporter": signal.reporter.name if signal.reporter else "",
        "ticket": signal.ticket,
        "text": signal.text,
        "page": page,
        "declare_url": f"{reverse('declare')}?signal={signal.pk}" if may else "",
        "attach_form": failed.get((signal.pk, "attach")) or (_attach_form(signal, running) if may else None),
        "attach_url": reverse("signal-attach", args=[signal.pk]) + here,
        "dismiss_form": failed.get((signal.pk, "dismiss")) or (_dismiss_form(signal) if may else None),
        "dismiss_url": reverse("signal-dismiss", args=[signal.pk]) + here,
    }


def _attach_form(signal: Signal, running: Any) -> Any:
    """The form, where there is an incident to attach to."""
    return forms.AttachForm(auto_id=f"attach-{signal.pk}-%s", running=running) if running else None


def _dismiss_form(signal: Signal) -> Any:
    return forms.DismissForm(auto_id=f"dismiss-{signal.pk}-%s")


def _suppressed_row(signal: Signal, by: Actor) -> dict[str, Any]:
    return {
        "title": signal.title,
        "service": signal.service.name if signal.service else "",
        "since": signal.opened_at,
        "reason": signal.decision_reason,
        "until": signal.quiet_until,
        "ask_url": "" if rules.why_not_ask(signal, by) else reverse("signal-ask", args=[signal.pk]),
    }


def _decided_row(signal: Signal) -> dict[str, Any]:
    return {
        "title": signal.title,
        "decision_label": signal.get_state_display(),
        "by": signal.decided_by.name if signal.decided_by else "",
        "at": signal.decided_at,
        "reason": signal.decision_reason,
        "incident_ref": signal.incident.ref if signal.incident else "",
        "incident_url": reverse("incident", args=[signal.incident.ref]) if signal.incident else "",
    }


@require_POST
def signal_attach(request: HttpRequest, signal_id: int) -> HttpResponse:
    """Answer "yes, that one"."""
    signal = gate.signal_for(_actor(request), signal_id)
    form = forms.AttachForm(request.POST, auto_id=f"attach-{signal.pk}-%s")
    by = _actor(request)
    return _answer(
        request, signal, "attach", form, lambda data: actions.attach(signal, gate.incident_for(by, data["incident"]), by=by)
    )


@require_POST
def signal_dismiss(request: HttpRequest, signal_id: int) -> HttpResponse:
    """Answer "no", with the reason."""
    signal = gate.signal_for(_actor(request), signal_id)
    form = forms.DismissForm(request.POST, auto_id=f"dismiss-{signal.pk}-%s")
    return _answer(
        request, signal, "dismiss", form, lambda data: actions.dismiss(signal, by=_actor(request), reason=data["reason"])
    )


@require_POST
def signal_ask(request: HttpRequest, signal_id: int) -> HttpResponse:
    """Ask about a suppressed signal after all."""
    signal = gate.signal_for(_actor(request), signal_id)
    form = EmptyForm(request.POST)
    return _answer(request, signal, "ask", form, lambda data: quieting.ask(signal, by=_actor(request)))


def _page_of(signal: Signal) -> int:
    """The number of the page on which a signal waits: what was typed about it stands there."""
    return queries.waiting_before(signal) // PER_PAGE + 1


def _at(number: int) -> str:
    """What stands behind an address for this page of triage."""
    return f"?page={number}" if number > 1 else ""


def _answer(request: HttpRequest, signal: Signal, verb: str, form: Any, act: Any) -> HttpResponse:
    if not form.is_valid():
        return _triage(request, status=422, failed={(signal.pk, verb): form}, number=_page_of(signal))

    def perform() -> HttpResponse:
        act(form.cleaned_data)
        asked = request.GET.get("page", "")
        return HttpResponseRedirect(reverse("triage") + (f"?{urlencode({'page': asked})}" if asked else ""))

    try:
        return once_on_the_web(request, _actor(request), perform)
    except Refused as refused:
        _blame(form, refused)
        typed = [str(value) for value in form.cleaned_data.values() if value]
        told = {"title": signal.title, "sentences": [reason.sentence for reason in refused.reasons], "typed": typed}
        return _triage(request, status=refused.status, failed={(signal.pk, verb): form}, told=told, number=_page_of(signal))
