"""The pages of the sealed log: its newest checkpoint, its key, older checkpoints, and how far behind sealing is."""

from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET

from compliance.seal_rules import why_not_see_log
from ledger.sealing import notes, queries
from tenants.actors import Actor
from tenants.refusals import NotFound, check

PER_PAGE = 20


def _asked_by(request: HttpRequest) -> Actor:
    by: Actor = request.actor  # type: ignore[attr-defined]
    check(why_not_see_log(by))
    return by


@require_GET
def log(request: HttpRequest) -> HttpResponse:
    """Checkpoints, the newest first, and whether sealing goes on."""
    by = _asked_by(request)
    newest = queries.latest_checkpoint(by.organisation_id)
    sealing = queries.sealing(by.organisation_id)
    page = Paginator(queries.checkpoints(by.organisation_id), PER_PAGE).get_page(request.GET.get("page"))
    context: dict[str, Any] = {"newest": newest, "sealing": sealing, "page": page, "halted": []}
    if sealing.halted_at is not None:
        context["halted"] = [f"Sealing has stood still since {sealing.halted_at:%Y-%m-%d %H:%M:%S} UTC. {sealing.why}"]
    if newest is not None:
        waits = "nothing waits" if sealing.lag_seconds is None else f"{sealing.lag_seconds:.1f} seconds"
        context["facts"] = [
            ("Log", notes.origin_of(newest.note)),
            ("Entries sealed", newest.size),
            ("Longest waiting entry", waits),
        ]
        context |= {"key_line": queries.key_line(newest), "checkpoint_url": reverse("evidence-log-checkpoint")}
    return render(request, "compliance/seal_log.html", context)


@require_GET
def checkpoint(request: HttpRequest) -> HttpResponse:
    """The newest checkpoint, byte for byte."""
    newest = queries.latest_checkpoint(_asked_by(request).organisation_id)
    if newest is None:
        raise NotFound
    return HttpResponse(newest.note, content_type="text/plain; charset=utf-8")
