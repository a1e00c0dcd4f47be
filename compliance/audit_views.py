"""The pages of audits: engagements for administrators; population, sample, controls and their own log for auditors. Parse, gate, act, respond."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from compliance import audit_evidence, audit_exceptions, audit_gate
from compliance.actions import engagements as actions
from compliance.audit_controls import CONTROLS, FRAMEWORKS
from compliance.audit_forms import EndForm, EngagementForm, SampleForm
from compliance.audit_places import PLACES, around, read_as
from compliance.audit_population import population, sample
from compliance.models import AuditEngagement
from compliance.rules import engagements as rules
from ledger.form_pages import Words, actor, send
from tenants.actors import Actor, Role
from tenants.refusals import Refused, check
from tenants.time import now

PER_PAGE = 50


@require_GET
def home(request: HttpRequest) -> HttpResponse:
    """The engagements: an auditor's own, all for administrators, who make and end them here."""
    by, moment = actor(request), now()
    known = audit_gate.known(by)
    rows: list[dict[str, Any]] = [
        {
            "engagement": one,
            "is_open": one.is_open(moment),
            "look": [{"label": label, "url": reverse(name, args=[one.pk])} for name, label in _places(by, one, moment)],
            "end_url": reverse("audit-end", args=[one.pk]) if not rules.why_not_end(one, by, now=moment) else "",
        }
        for one in known
    ]
    audits = not rules.why_not_log(by)
    context = {
        "rows": rows,
        "audits": audits,
        "make_url": reverse("audit-make") if not rules.why_not_arrange(by) else "",
        "log_url": reverse("audit-log") if audits and any(row["look"] for row in rows) else "",
        "why_not": rules.why_not_audit(by, known, now=moment),
        "read_as": read_as() if audits else None,
    }
    return render(request, "compliance/audit_home.html", context)


def _places(by: Actor, engagement: AuditEngagement, moment: datetime) -> Sequence[tuple[str, str]]:
    """Where an engagement leads: its auditor to all that it shows, an administrator to where its evidence packs are asked for."""
    if not rules.why_not_look(by, engagement, now=moment):
        return PLACES
    return () if by.has(Role.AUDITOR) or not engagement.is_open(moment) else PLACES[-1:]


@require_GET
def population_page(request: HttpRequest, engagement_id: int) -> HttpResponse:
    """Every number of the period: incidents, stubs of what is restricted, and what is missing, which is said first."""
    engagement = audit_gate.audit_for(actor(request), engagement_id)
    found = population(engagement)
    context = around(engagement, "audit-population") | {
        "found": found,
        "page": Paginator(found.rows, PER_PAGE).get_page(request.GET.get("page")),
    }
    return render(request, "compliance/audit_population.html", context)


@require_GET
def sample_page(request: HttpRequest, engagement_id: int) -> HttpResponse:
    """A sample of the population, drawn with a seed that is shown: anybody draws the same one again."""
    engagement = audit_gate.audit_for(actor(request), engagement_id)
    context = around(engagement, "audit-sample")
    typed = {name: request.GET.get(name, "") for name in ("size", "seed")}
    form, status = SampleForm(typed if any(typed.values()) else None, initial={"size": "25"}), 200
    if form.is_bound:
        try:
            seed, size = audit_gate.drawn(typed["seed"], typed["size"])
            found = population(engagement)
            context |= {"rows": sample(found, seed, size), "seed": seed, "of": len(found.counted), "digest": found.digest}
        except Refused as refused:
            form.errors.clear()
            for reason in refused.reasons:
                form.add_error(reason.field, reason.sentence)
            status = refused.status
    return render(request, "compliance/audit_sample.html", context | {"form": form}, status=status)


@require_GET
def controls_page(request: HttpRequest, engagement_id: int) -> HttpResponse:
    """The controls by framework, each with how much evidence and how many exceptions there are."""
    engagement = audit_gate.audit_for(actor(request), engagement_id)
    broken = audit_exceptions.counts(engagement)
    frameworks = [
        {
            "name": name,
            "rows": [
                {
                    "control": control,
                    "url": reverse("audit-control", args=[engagement.pk, control.key]),
                    "exceptions": broken[control.key],
                }
                for control in CONTROLS
                if control.framework == key
            ],
        }
        for key, name in FRAMEWORKS.items()
    ]
    context = around(engagement, "audit-controls") | {"frameworks": frameworks}
    return render(request, "compliance/audit_controls.html", context)


@require_GET
def control_page(request: HttpRequest, engagement_id: int, control: str) -> HttpResponse:
    """The evidence of one control: exceptions first, then each entry with its time, actor, source and hash."""
    engagement = audit_gate.audit_for(actor(request), engagement_id)
    asked = audit_gate.control_for(control)
    page: Any = Paginator(audit_evidence.events(engagement, asked), PER_PAGE).get_page(request.GET.get("page"))
    page.object_list = audit_evidence.shown(list(page.object_list))
    context = around(engagement, "audit-controls") | {
        "control": asked,
        "exceptions": Paginator(audit_exceptions.Exceptions(engagement, asked), PER_PAGE).get_page(request.GET.get("exceptions")),
        "page": page,
        "where": [
            {"label": label, "url": reverse(name, args=[engagement.pk] if name.startswith("audit-") else [])}
            for name, label in asked.where.items()
        ],
    }
    return render(request, "compliance/audit_control.html", context)


@require_GET
def log_page(request: HttpRequest) -> HttpResponse:
    """What the auditor read themselves, the newest first: each was recorded before it was shown."""
    by = actor(request)
    check(rules.why_not_log(by))
    page = Paginator(audit_evidence.read_log(by.person_id), PER_PAGE).get_page(request.GET.get("page"))
    return render(request, "compliance/audit_log.html", {"page": page, "back_url": reverse("audit"), "read_as": read_as()})


@require_http_methods(["GET", "POST"])
def make(request: HttpRequest) -> HttpResponse:
    """A new engagement."""
    by = actor(request)
    check(rules.why_not_arrange(by))

    def act(typed: dict[str, Any]) -> None:
        actions.make_engagement(by=by, **typed)

    lead = "The auditor sees what was declared in the period, what belongs to it, and nothing else; each thing that they read is recorded."
    return send(request, EngagementForm(request.POST or None), act, Words("New audit engagement", "Make", reverse("audit"), lead))


@require_http_methods(["GET", "POST"])
def end(request: HttpRequest, engagement_id: int) -> HttpResponse:
    """End one before its day."""
    by = actor(request)
    found = audit_gate.engagement_for(by, engagement_id)
    if request.method != "POST":
        check(rules.why_not_arrange(by))

    def act(typed: dict[str, Any]) -> None:
        actions.end_engagement(found, by=by, reason=typed["reason"])

    words = Words(f"End the engagement of {found.firm}", "End", reverse("audit"), f"{found.auditor.name} sees nothing any more.")
    return send(request, EndForm(request.POST or None), act, words)
