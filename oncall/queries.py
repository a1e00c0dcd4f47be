"""Reading pages."""

from typing import Any

from django.db.models import Exists, OuterRef, Prefetch, QuerySet

from notifications.models import Attempt, Delivery
from oncall.models import EscalationPolicy, EscalationTarget, Page, PageStep


def called(user_id: int) -> QuerySet[Page]:
    """The pages that called a person, newest first."""
    mine = PageStep.objects.filter(page=OuterRef("pk"), user_id=user_id)
    return Page.objects.filter(Exists(mine)).select_related("service", "team", "acknowledged_by").order_by("-id")


def waiting_for(user_id: int) -> int:
    """How many open pages call a person."""
    return called(user_id).filter(state=Page.State.OPEN).count()


def ladders(pages: QuerySet[Page]) -> list[dict[str, Any]]:
    """What became of each page: who was called when, and every attempt to reach them. Three queries for any number of pages."""
    found = list(pages.select_related("acknowledged_by", "team", "service"))
    steps = PageStep.objects.filter(page__in=found).select_related("user").order_by("id")
    sent = _sent([page.pk for page in found])
    people: dict[int, list[dict[str, Any]]] = {}
    seen: set[tuple[int, int]] = set()
    for step in steps:
        if (step.page_id, step.user_id) in seen:
            continue
        seen.add((step.page_id, step.user_id))
        not_yet = {"at": step.paged_at, "channel": "", "attempts": {}}
        for item in sent.get((step.page_id, step.user_id), {0: not_yet}).values():
            who = {"name": step.user.name, "email": step.user.email, "position": step.position}
            people.setdefault(step.page_id, []).append({**who, **item, "attempts": list(item["attempts"].values())})
    return [
        {
            "id": page.pk,
            "summary": page.reason or "Page",
            "team": page.team.name if page.team else "",
            "state": page.state,
            "started_at": page.started_at,
            "acknowledged_by": page.acknowledged_by.name if page.acknowledged_by else "",
            "acknowledged_at": page.acknowledged_at,
            "people": people.get(page.pk, []),
        }
        for page in found
    ]


def _sent(page_ids: list[int]) -> dict[tuple[int, int], dict[int, dict[str, Any]]]:
    """(page, person) -> the messages sent to them, by id, each with the last word on each try."""
    columns = ("id", "subject_id", "recipient_id", "channel", "created_at")
    tries = ("attempts__number", "attempts__at", "attempts__outcome", "attempts__detail")
    rows = Delivery.objects.filter(template="page", subject_id__in=page_ids).order_by("id", "attempts__id")
    sent: dict[tuple[int, int], dict[int, dict[str, Any]]] = {}
    for pk, page_id, user_id, channel, created_at, number, at, outcome, detail in rows.values_list(*columns, *tries):
        fresh: dict[str, Any] = {"at": created_at, "channel": channel, "attempts": {}}
        message = sent.setdefault((page_id, user_id), {}).setdefault(pk, fresh)
        if number is not None:
            said = Attempt.Outcome(outcome).label
            message["attempts"][number] = {"number": number, "at": at, "outcome": said, "detail": detail}
    return sent


def policies() -> QuerySet[EscalationPolicy]:
    """Escalation policies by their slug, each with its targets in the order in which they are called. Two queries."""
    targets = EscalationTarget.objects.select_related("user", "schedule").order_by("after_minutes", "id")
    return EscalationPolicy.objects.prefetch_related(Prefetch("targets", queryset=targets)).order_by("slug")
