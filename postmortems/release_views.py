"""A post-mortem as a whole (print, Markdown, PDF), what the public sees of it, and the decisions that stand in for it."""

import re
from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from incidents import markdown
from incidents.facts import gather
from ledger.exports import give
from ledger.form_pages import Words, actor, send
from postmortems import as_markdown, paper, pdf, public
from postmortems.actions.releasing import release as release_it
from postmortems.actions.releasing import set_release_policy
from postmortems.actions.releasing import withdraw as withdraw_it
from postmortems.actions.waiving import lift_waiver, need_no_items, waive
from postmortems.gate import postmortem_for, publication_for
from postmortems.models import PostMortem, release_policy, released
from postmortems.paper import Paper
from postmortems.release_gate import paper_for, release_for
from postmortems.review_forms import ReasonForm, ReleaseForm, ReleasePolicyForm
from postmortems.rules import releasing as rules
from postmortems.rules import waiving
from status.showing import public_address
from tenants.actors import Actor
from tenants.refusals import NotFound, Reason, Refused, check

_NUMBER = re.compile(r"[1-9][0-9]{0,8}")


def wanted(text: str | None) -> int | None:
    """The version that `?version=` names, None without it. Raises NotFound for what is no number."""
    if not text:
        return None
    if not _NUMBER.fullmatch(text):
        raise NotFound("published post-mortem")
    return int(text)


def _paper(request: HttpRequest, ref: str) -> Paper:
    return paper_for(actor(request), ref, wanted(request.GET.get("version")))


@require_GET
def on_paper(request: HttpRequest, ref: str) -> HttpResponse:
    """The whole document, to be read or printed: the published version (`?version=2` for an older one), or the draft marked as such."""
    found = _paper(request, ref)
    query = f"?version={found.number}" if found.number else ""
    context = {
        **paper.context(found),
        "back_url": reverse("incident", args=[ref]),
        "markdown_url": reverse("postmortem-markdown", args=[ref]) + query,
        "pdf_url": reverse("postmortem-pdf", args=[ref]) + query if pdf.is_there() else "",
        "no_pdf": pdf.MISSING,
    }
    return render(request, "postmortems/print.html", context)


@require_GET
def markdown_file(request: HttpRequest, ref: str) -> HttpResponse:
    """The same as a Markdown file."""
    return given_as_markdown(actor(request), _paper(request, ref))


@require_GET
def pdf_file(request: HttpRequest, ref: str) -> HttpResponse:
    """The same as a PDF."""
    return given_as_pdf(actor(request), _paper(request, ref))


def given_as_markdown(by: Actor, found: Paper) -> HttpResponse:
    """A document as Markdown, on record before it is given."""
    return _given(by, found, as_markdown.written(found).encode(), "text/markdown; charset=utf-8", "md")


def given_as_pdf(by: Actor, found: Paper) -> HttpResponse:
    """A document as a PDF, on record before it is given. Refuses (409) where this installation makes none."""
    return _given(by, found, pdf.written(found), "application/pdf", "pdf")


def _given(by: Actor, found: Paper, body: bytes, kind: str, ending: str) -> HttpResponse:
    name = name_of(found, ending)
    give(body, name, by=by, about=found.of, incident_id=found.of.incident_id)
    return download(body, kind, name)


def download(body: bytes, kind: str, name: str) -> HttpResponse:
    """A file to be kept."""
    return HttpResponse(body, content_type=kind, headers={"Content-Disposition": f'attachment; filename="{name}"'})


def name_of(found: Paper, ending: str) -> str:
    """A file's name: "INC-42-postmortem-v2.pdf"."""
    version = f"v{found.number}" if found.number else "draft"
    return f"{found.content['incident']['ref']}-postmortem-{version}.{ending}"


@require_GET
def public_page(request: HttpRequest, ref: str) -> HttpResponse:
    """What the public sees of it: any member who sees the incident reads it."""
    by = actor(request)
    release = release_for(by, ref)
    incident = release.incident
    may = not rules.why_not_withdraw(release.publication.postmortem, gather(incident), by, release)
    context = {
        "incident": incident,
        "release": release,
        "html": markdown.render(release.text),
        "public_url": public_address(incident),
        "incident_url": reverse("incident", args=[incident.ref]),
        "release_url": reverse("postmortem-release", args=[incident.ref]) if may else "",
        "withdraw_url": reverse("postmortem-withdraw", args=[incident.ref]) if may else "",
    }
    return render(request, "postmortems/public.html", context)


@require_http_methods(["GET", "POST"])
def release(request: HttpRequest, ref: str) -> HttpResponse:
    """Edit the public text, drafted from what was published, and let it out."""
    by = actor(request)
    publication = publication_for(by, ref)
    incident = publication.incident
    check(rules.why_not_release(publication.postmortem, gather(incident), by))
    standing = released(incident).first()
    initial = {
        "title": standing.title if standing else incident.title,
        "text": standing.text if standing else public.draft(publication),
    }
    form = ReleaseForm(request.POST or None, initial=initial)
    may = release_policy().overrides_allowed
    words = Words(
        f"What the public is told of {incident.ref}",
        "Release it",
        reverse("incident", args=[incident.ref]),
        "It is drafted from the published post-mortem. Names and internals are refused, naming each"
        + (", unless you say why they stay." if may else f". {rules.NO_REASON}"),
    )

    def act(data: dict[str, Any]) -> str:
        why, covers = data["override"], data["covers"] or ()
        said = {"title": data["title"], "text": data["text"]}
        try:
            release_it(publication, by=by, **said, overrides={rules.GIVES_AWAY: why} if why else None, covers=covers)
        except Refused:
            found = [leak for text in said.values() for leak in public.leaks(text, incident)] if may else []
            form.ask_why(quote for _, quote in rules.each(found))
            raise
        return reverse("postmortem-public", args=[incident.ref])

    return send(request, form, act, words)


@require_http_methods(["GET", "POST"])
def withdraw(request: HttpRequest, ref: str) -> HttpResponse:
    """Take the public rendering back."""
    by = actor(request)
    publication = publication_for(by, ref)
    standing = released(publication.incident).first()
    check(rules.why_not_withdraw(publication.postmortem, gather(publication.incident), by, standing))
    back = reverse("incident", args=[publication.incident.ref])
    words = Words(f"Withdraw the public post-mortem of {publication.incident.ref}", "Withdraw it", back)
    return send(request, ReasonForm(request.POST or None), lambda data: _done(withdraw_it(publication, by=by, **data)), words)


def _done(result: object) -> None:
    """Nothing to go to but back."""


@require_http_methods(["GET", "POST"])
def policy(request: HttpRequest) -> HttpResponse:
    """Say whether a reason lets out what is found in a public rendering."""
    by = actor(request)
    present = release_policy().overrides_allowed
    check(rules.why_not_set_policy(present, by))
    form = ReleasePolicyForm(request.POST or None, initial={"overrides_allowed": "yes" if present else "no"})
    lead = "Names, addresses and references that are found in what the public is to read. It holds from the next release on; what is out stays."
    words = Words("What may go out of a post-mortem", "Set it", reverse("postmortem-list"), lead)
    return send(request, form, lambda data: _done(set_release_policy(by=by, **data)), words)


# --- What stands in for a post-mortem, and for action items ------------------------------------------------------------------


@require_http_methods(["GET", "POST"])
def waive_page(request: HttpRequest, ref: str) -> HttpResponse:
    """Waive the post-mortem."""
    lead = "It stands in for the post-mortem and its review: the incident can be closed. It is recorded, with your reason."
    return _decide(
        request,
        ref,
        lambda found, by, said: waive(found, by=by, **said),
        waiving.why_not_waive,
        ("Waive the post-mortem of {ref}", "Waive it", lead),
    )


@require_http_methods(["GET", "POST"])
def lift_page(request: HttpRequest, ref: str) -> HttpResponse:
    """Lift the waiver."""
    lead = "What is still owed of the post-mortem is due as from now."
    return _decide(
        request,
        ref,
        lambda found, by, said: lift_waiver(found, by=by, **said),
        waiving.why_not_lift,
        ("Lift the waiver of {ref}", "Lift it", lead),
    )


@require_http_methods(["GET", "POST"])
def no_items_page(request: HttpRequest, ref: str) -> HttpResponse:
    """Say that nothing is to be done."""
    lead = "A post-mortem is published, and its incident closed, once action items are filed or somebody said why none is needed."
    words = ("Nothing is to be done after {ref}", "Say so", lead)
    return _decide(request, ref, lambda found, by, said: need_no_items(found, by=by, **said), waiving.why_not_need_none, words)


def _decide(
    request: HttpRequest,
    ref: str,
    act: Callable[[PostMortem, Actor, Any], object],
    why_not: Callable[[PostMortem, Actor], list[Reason]],
    words: tuple[str, str, str],
) -> HttpResponse:
    by = actor(request)
    postmortem = postmortem_for(by, ref)
    check(why_not(postmortem, by))
    title, button, lead = words
    shown = Words(title.format(ref=postmortem.incident.ref), button, reverse("postmortem-review", args=[ref]), lead)
    return send(request, ReasonForm(request.POST or None), lambda data: _done(act(postmortem, by, data)), shown)
