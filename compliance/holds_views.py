"""The pages of legal holds and their custodians. Parse, gate, action, respond."""

from collections.abc import Callable
from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from compliance import holds_forms as forms
from compliance import holds_gate as gate
from compliance import holds_showing as showing
from compliance.actions import holds as actions
from compliance.custody_links import sent
from compliance.rules import holds as rules
from incidents.files import download
from incidents.members import active_for, member_for
from incidents.models import LegalHold
from ledger.form_pages import Words, actor, send
from tenants.refusals import check

PER_PAGE = 50


@require_GET
def holds(request: HttpRequest) -> HttpResponse:
    """Every hold that stands, the newest first; with `?show=all` those that were released too."""
    by = actor(request)
    check(rules.why_not_read(by))
    wanted = "all" if request.GET.get("show") == "all" else ""
    rows = LegalHold.objects.select_related("incident", "person", "placed_by", "released_by").order_by("-id")
    rows = rows if wanted else rows.filter(released_at__isnull=True)
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "rows": showing.held_rows(list(page.object_list)),
        "views": [
            {"label": label, "url": f"?show={key}", "current": key == wanted} for key, label in (("", "Standing"), ("all", "All"))
        ],
        "place_url": reverse("hold-place"),
        "retention_url": reverse("retention"),
        "erasures_url": reverse("erasure-list"),
        "why_not": showing.sentence(rules.why_not_place(by)),
    }
    return render(request, "compliance/holds_list.html", context)


@require_http_methods(["GET", "POST"])
def place(request: HttpRequest) -> HttpResponse:
    """Place a hold."""
    by = actor(request)
    check(rules.why_not_place(by))

    def act(typed: dict[str, Any]) -> str:
        hold = actions.place_hold(
            by=by,
            matter=typed["matter"],
            reason=typed["reason"],
            incident=gate.incident_of(by, typed["incident"]) if typed["incident"] else None,
            person=member_for(by, typed["person"]) if typed["person"] else None,
            starts_at=typed["starts_at"],
            ends_at=typed["ends_at"],
        )
        return reverse("hold", args=[hold.pk])

    lead = "Nothing of what it keeps is deleted or expires, by anyone, until Legal and a second person release it."
    return send(
        request, forms.PlaceForm(request.POST or None), act, Words("Place a legal hold", "Place it", reverse("hold-list"), lead)
    )


@require_GET
def hold(request: HttpRequest, hold_id: int) -> HttpResponse:
    """One hold: what it keeps, how it stands, its custodians, and what can be done."""
    by = actor(request)
    found = gate.hold_for(by, hold_id)
    tasks = list(found.custodians.order_by("id"))
    links = showing.links_of(tasks)
    context = {
        "hold": found,
        "what": showing.what_of(found),
        "state": showing.state_of(found),
        "verbs": showing.verbs(found, by),
        "tasks": [
            {
                "task": task,
                "answer": showing.answer_of(task),
                "link": links.get(task.pk, ""),
                "verbs": showing.link_verbs(task, by),
                "url": reverse("hold-custodian", args=[task.pk]),
            }
            for task in tasks
        ],
        "back": reverse("hold-list"),
    }
    return render(request, "compliance/holds_one.html", context)


def _decide(
    request: HttpRequest,
    hold_id: int,
    why_not: Callable[..., Any],
    form: type[Any],
    act: Callable[[LegalHold, dict[str, Any]], object],
    words: tuple[str, str, str],
) -> HttpResponse:
    """A form that does something to a hold: shown only to who may do it now."""
    found = gate.hold_for(actor(request), hold_id)
    check(why_not(found, actor(request)))
    title, button, lead = words

    def perform(typed: dict[str, Any]) -> None:
        act(found, typed)

    back = reverse("hold", args=[found.pk])
    bound = form(request.POST) if request.method == "POST" else form()
    return send(request, bound, perform, Words(f"{title}: legal hold {found.pk}", button, back, lead))


@require_http_methods(["GET", "POST"])
def ask_release(request: HttpRequest, hold_id: int) -> HttpResponse:
    """Ask that a hold end."""
    by = actor(request)
    words = ("Ask for release", "Ask", "It stands until a second person has agreed.")
    act = lambda found, typed: actions.ask_release(found, by=by, reason=typed["reason"])  # noqa: E731
    return _decide(request, hold_id, rules.why_not_ask_release, forms.ReasonForm, act, words)


@require_http_methods(["GET", "POST"])
def release(request: HttpRequest, hold_id: int) -> HttpResponse:
    """Agree that it ends."""
    by = actor(request)
    words = ("Agree to the release", "Agree: it ends now", "From now on what it kept may be deleted and expire.")
    return _decide(
        request, hold_id, rules.why_not_release, forms.NothingForm, lambda found, _: actions.release(found, by=by), words
    )


@require_http_methods(["GET", "POST"])
def keep(request: HttpRequest, hold_id: int) -> HttpResponse:
    """Say that it stays."""
    by = actor(request)
    act = lambda found, typed: actions.keep(found, by=by, reason=typed["reason"])  # noqa: E731
    return _decide(request, hold_id, rules.why_not_keep, forms.ReasonForm, act, ("Keep it", "It stays", "The release is off."))


@require_http_methods(["GET", "POST"])
def ask_custodian(request: HttpRequest, hold_id: int) -> HttpResponse:
    """Ask a custodian."""
    by = actor(request)

    def act(found: LegalHold, typed: dict[str, Any]) -> None:
        person = active_for(by, typed["person"]) if typed["person"] else None
        actions.ask_custodian(found, by=by, what=typed["what"], person=person, name=typed["name"], email=typed["email"])

    words = ("Ask a custodian", "Ask them", "They are reminded every day until they have answered.")
    return _decide(request, hold_id, rules.why_not_ask_custodian, forms.CustodianForm, act, words)


@require_GET
def custodian(request: HttpRequest, task_id: int) -> HttpResponse:
    """What a custodian is asked to keep, and what they answered."""
    by = actor(request)
    task = gate.task_for(by, task_id)
    own = task.person_id == by.user_id
    hold_url = "" if own and rules.why_not_read(by) else reverse("hold", args=[task.hold_id])
    file = showing.file_of(task)
    context = {
        "task": task,
        "answer": showing.answer_of(task),
        "link": showing.links_of([task]).get(task.pk, ""),
        "acknowledged_by": showing.who(task.acknowledged_by, task.acknowledged_link, task),
        "proven_by": showing.who(task.proven_by, task.proven_link, task),
        "file": file,
        "file_url": reverse("hold-custodian-file", args=[file.pk]) if file else "",
        "verbs": showing.task_verbs(task, by),
        "own": own,
        "hold_url": hold_url,
    }
    return render(request, "compliance/holds_custodian.html", context)


@require_http_methods(["GET", "POST"])
def acknowledge(request: HttpRequest, task_id: int) -> HttpResponse:
    """Say that it is being kept."""
    by = actor(request)
    task = gate.task_for(by, task_id)
    check(rules.why_not_acknowledge(task, by))
    form = forms.NothingForm(request.POST) if request.method == "POST" else forms.NothingForm()
    words = Words("Acknowledge", "It is being kept", reverse("hold-custodian", args=[task.pk]), task.what)

    def act(_: dict[str, Any]) -> None:
        actions.acknowledge(task, by=by)

    return send(request, form, act, words)


@require_http_methods(["GET", "POST"])
def prove(request: HttpRequest, task_id: int) -> HttpResponse:
    """Say where what is kept lies, or attach what shows it."""
    by = actor(request)
    task = gate.task_for(by, task_id)
    check(rules.why_not_prove(task, by))
    words = Words("File the proof", "File it", reverse("hold-custodian", args=[task.pk]), task.what, multipart=True)

    def act(typed: dict[str, Any]) -> None:
        file = sent(typed["file"])
        actions.prove(task, by=by, location=typed["location"], sha256=typed["sha256"], said=typed["said"], file=file)

    form = forms.ProofForm(request.POST, request.FILES) if request.method == "POST" else forms.ProofForm()
    return send(request, form, act, words)


@require_http_methods(["GET", "POST"])
def send_link(request: HttpRequest, task_id: int) -> HttpResponse:
    """Send somebody outside a new link."""
    by = actor(request)
    task = gate.task_for(by, task_id)
    check(rules.why_not_send_link(task, by))
    lead = f"{task.name} is sent a new link to {task.email}. Those that were sent before open nothing any more."
    words = Words("Send a new link", "Send it", reverse("hold-custodian", args=[task.pk]), lead)

    def act(_: dict[str, Any]) -> None:
        actions.send_link(task, by=by)

    return send(request, forms.NothingForm(request.POST if request.method == "POST" else None), act, words)


@require_http_methods(["GET", "POST"])
def withdraw(request: HttpRequest, task_id: int) -> HttpResponse:
    """Take back what was asked of somebody outside."""
    by = actor(request)
    task = gate.task_for(by, task_id)
    check(rules.why_not_withdraw(task, by))
    lead = f"The link of {task.name} ends, they are reminded no more, and they are told that nothing is to be kept."
    words = Words("Take back what was asked", "Take it back", reverse("hold-custodian", args=[task.pk]), lead)

    def act(typed: dict[str, Any]) -> None:
        actions.withdraw_task(task, by=by, reason=typed["reason"])

    return send(request, forms.ReasonForm(request.POST or None), act, words)


@require_GET
def kept_file(request: HttpRequest, kept_file_id: int) -> HttpResponse:
    """What was attached as a custodian's proof, as a download."""
    return download(gate.kept_file_given(actor(request), kept_file_id))
