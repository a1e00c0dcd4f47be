"""The pages on which the standard is read: the one in force, every version, and what differs between two. Parse, gate, respond."""

import json
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET

from ledger.exports import give
from ledger.form_pages import actor
from standard import gate, reading, rules, yaml_text
from standard.differences import differences
from standard.law import ordered
from standard.models import StandardDraft, StandardVersion
from standard.queries import in_force_id, last_published, law, standing
from tenants.actors import Actor
from tenants.time import now


@require_GET
def standard(request: HttpRequest) -> HttpResponse:
    """The standard in force, to be read and searched; each clause with how well it was kept this quarter."""
    in_force = StandardVersion.objects.defer("content").select_related("published_by").get(pk=in_force_id())
    return _page(request, in_force, {"next_version": _to_come(in_force)})


@require_GET
def version(request: HttpRequest, version: int) -> HttpResponse:
    """One version, as it was published."""
    found = gate.version_for(actor(request), version)
    withdrawal = found.withdrawals.select_related("withdrawn_by").first()
    context = {
        "of_old": found.pk != in_force_id(),
        "withdrawal": withdrawal,
        "withdraw_url": _withdraw_url(found, actor(request)),
    }
    return _page(request, found, context)


def _page(request: HttpRequest, found: StandardVersion, more: dict[str, Any]) -> HttpResponse:
    context = reading.page(found, law(found.pk), str(request.GET.get("q", "")))
    urls = {
        "versions_url": reverse("standard-versions"),
        "reviews_url": reverse("process-reviews"),
        "feedback_url": reverse("feedback"),
        "yaml_url": reverse("standard-yaml", args=[found.number]),
        "json_url": reverse("standard-json", args=[found.number]),
    }
    return render(
        request, "standard/standard.html", context | urls | more | {"may_write": not rules.why_not_write(actor(request))}
    )


def _to_come(in_force: StandardVersion) -> StandardVersion | None:
    """The version that was published already and will be in force."""
    last = last_published()
    return last if last.pk != in_force.pk else None


def _withdraw_url(found: StandardVersion, by: Actor) -> str:
    withdrawn = not standing().filter(pk=found.pk).exists()
    refused = rules.why_not_withdraw(found, by, now=now(), withdrawn=withdrawn)
    return "" if refused else reverse("standard-withdraw", args=[found.number])


@require_GET
def versions(request: HttpRequest) -> HttpResponse:
    """Every version, and the draft of the next."""
    by = actor(request)
    rows = reading.versions(StandardVersion.objects.all(), in_force_id())
    draft, not_theirs = gate.running_draft(by), rules.why_not_own(by)
    context = {
        "rows": rows,
        "numbers": [row["version"].number for row in rows],
        "draft": draft,
        "may_draft": not not_theirs,
        "why_not": rules.sentences(not_theirs),
        "draft_url": reverse("standard-draft"),
        "start_url": reverse("standard-draft-start"),
        "compare_url": reverse("standard-compare"),
    }
    return render(request, "standard/versions.html", context)


@require_GET
def compare(request: HttpRequest) -> HttpResponse:
    """What one version says otherwise than another."""
    by = actor(request)
    last = last_published().number
    new = gate.version_for(by, _number(request.GET.get("to"), last))
    old = gate.version_for(by, _number(request.GET.get("from"), max(1, new.number - 1)))
    numbers = StandardVersion.objects.order_by("-number").values_list("number", flat=True)
    context = {
        "old": old,
        "new": new,
        "numbers": list(numbers),
        "differences": differences(old.content, new.content),
        "versions_url": reverse("standard-versions"),
    }
    return render(request, "standard/compare.html", context)


def _number(given: str | None, otherwise: int) -> int:
    """A version's number from a query; what is none means the usual one."""
    plain = given or ""
    return int(plain) if plain.isascii() and plain.isdecimal() and len(plain) < 10 else otherwise


@require_GET
def version_yaml(request: HttpRequest, version: int) -> HttpResponse:
    """A version as YAML, to keep."""
    by = actor(request)
    found = gate.version_for(by, version)
    return download(found, yaml_text.write(found.content), f"standard-{found.number}.yaml", "application/yaml", by=by)


@require_GET
def version_json(request: HttpRequest, version: int) -> HttpResponse:
    """A version as JSON, to keep."""
    by = actor(request)
    found = gate.version_for(by, version)
    text = json.dumps(ordered(found.content), ensure_ascii=False, indent=2)
    return download(found, text, f"standard-{found.number}.json", "application/json", by=by)


def download(found: StandardVersion | StandardDraft, text: str, name: str, kind: str, *, by: Actor) -> HttpResponse:
    """Text as a file that the browser keeps and does not show; put on record first."""
    response = HttpResponse(give(text, name, by=by, about=found), content_type=f"{kind}; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
