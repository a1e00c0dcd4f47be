"""The page behind the link of somebody outside whom a legal hold asks to keep something. It shows what is asked of them, and no more.

Whoever asks is not signed in, and no incident or hold is read here: what is shown stands on the task, in words written for them.
"""

from collections.abc import Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from compliance import custody_links as links
from compliance import holds_forms as forms
from compliance import holds_gate as gate
from compliance.actions import holds as actions
from compliance.models import CustodianFile, CustodianTask
from compliance.rules import holds as rules
from ledger.form_pages import blame
from tenants import credentials
from tenants.actors import Via
from tenants.models import Organisation
from tenants.refusals import Reason, Refused
from tenants.scope import scope
from tenants.walled import tenant_of

BROKEN = Reason(
    "no_such_link", "This link is broken: open it once more from the message, or ask whoever wrote to you.", status=404
)


@csrf_exempt  # the link itself is the proof, and a browser that is told to send no referrer sends no origin either
@require_http_methods(["GET", "HEAD", "POST"])
def custody(request: HttpRequest, custody: str) -> HttpResponse:
    """What is asked of a custodian outside. Opening it changes nothing (mail scanners open links); its buttons answer."""
    claim = links.read(custody)
    organisation_id = credentials.organisation_by_public_id(claim.organisation) if claim else None
    if claim is None or organisation_id is None:
        return _private(_gone(request, [BROKEN]))
    with scope(organisation_id, surface=Via.EMAIL) as opened:
        response = _linked(request, claim)
        if response.status_code >= 400:
            opened.abandon()
    return _private(response)


def _linked(request: HttpRequest, claim: links.Claim) -> HttpResponse:
    task = gate.custody_for(claim.task_id)
    if task is None:
        return _gone(request, [BROKEN])
    if reasons := rules.why_not_by_link(task, claim.number):
        return _gone(request, reasons)
    if request.method != "POST":
        return _page(request, task, forms.CustodyForm())
    return _answer(request, task, claim.number)


def _answer(request: HttpRequest, task: CustodianTask, number: int) -> HttpResponse:
    """Do what a button asks for, and lead back to the page; what is refused is said beside the form, and what was typed stays."""
    by = links.custodian(task, getattr(request, "request_id", ""))
    form, proves = forms.CustodyForm(), request.POST.get("answer") == "proof"
    try:
        if not proves:
            actions.acknowledge(task, by=by, link=number)
            return HttpResponseRedirect(request.path)
        form = forms.CustodyForm(request.POST, request.FILES)
        if form.is_valid():
            typed = form.cleaned_data
            actions.prove(
                task,
                by=by,
                location=typed["location"],
                sha256=typed["sha256"],
                said=typed["said"],
                link=number,
                file=links.sent(typed["file"]),
            )
            return HttpResponseRedirect(request.path)
    except Refused as refused:
        if refused.status == 410:  # it ended while the page was open
            return _gone(request, refused.reasons)
        if refused.status == 422:
            blame(form, refused)
            return _page(request, task, form, 422)
        return _page(request, task, form, refused.status, refused.reasons)
    return _page(request, task, form, 422)


def _page(
    request: HttpRequest, task: CustodianTask, form: Any, status: int = 200, refusals: Sequence[Reason] = ()
) -> HttpResponse:
    found = gate.custody_for(task.pk) or task
    context = {
        "asks": Organisation.objects.get(pk=tenant_of(found)).name,
        "task": found,
        "file": CustodianFile.objects.defer("body").filter(task=found).first(),
        "form": form,
        "refusals": refusals,
        "here": request.path,
    }
    return render(request, "compliance/custody.html", context, status=status)


def _gone(request: HttpRequest, reasons: Sequence[Reason]) -> HttpResponse:
    context = {"reasons": reasons, "here": request.path}
    return render(request, "compliance/custody_gone.html", context, status=reasons[0].status)


def _private(response: HttpResponse) -> HttpResponse:
    """The address is a secret: it goes to no other site, into no cache and no index."""
    response["Referrer-Policy"] = "no-referrer"
    response["Cache-Control"] = "private, no-store"
    response["X-Robots-Tag"] = "noindex, nofollow"
    return response
