"""Reading pages."""

from typing import Any

from django.db.models import Exists, OuterRef, QuerySet

from notifications.models import Attempt, Delivery
from oncall.models import Page, PageStep


def called(user_id: int) -> QuerySet[Page]:
    """The pages that called a person, newest first."""
    mine = PageStep.objects.filter(page=OuterRef("pk"), user_id=user_id)
    return Page.objects.filter(Exists(mine)).select_related("service", "team", "acknowledged_by").order_by("-id")


def waiting_for(user_id: int) -> int:
    """How many open pages call a person."""
    return called(user_id).filter(state=Page.State.OPEN).count()


def ladders(pages: QuerySet[Page]) -> list[dict[str, Any]]:
    """What became of each page: who was called when, and every attempt to reach them. Four queries for any number of pages."""
    found = list(pages.select_related("acknowledged_by", "team", "service"))
    steps = PageStep.objects.filter(page__in=found).select_related("user").order_by("id")
    deliveries = Delivery.objects.filter(template="page", subject_id__in=[page.pk for page in found]).order_by("id")
    attempts: dict[int, dict[int, dict[str, Any]]] = {}
    for attempt in Attempt.objects.filter(delivery__in=deliveries).order_by("id"):
        row = {"number": attempt.number, "at": attempt.at, "outcome": attempt.get_outcome_display(), "detail": attempt.detail}
        attempts.setdefault(attempt.delivery_id, {})[attempt.number] = row  # the last word on each try
    sent: dict[tuple[int, int], list[Delivery]] = {}
    for delivery in deliveries:
        sent.setdefault((delivery.subject_id, delivery.recipient_id), []).append(delivery)
    people: dict[int, list[dict[str, Any]]] = {}
    seen: set[tuple[int, int]] = set()
    for step in steps:
        if (step.page_id, step.user_id) in seen:
            continue
        seen.add((step.page_id, step.user_id))
        reached: list[Delivery | None] = [*sent.get((step.page_id, step.user_id), [])] or [None]
        for item in reached:
            people.setdefault(step.page_id, []).append(
                {
                    "name": step.user.name,
                    "email": step.user.email,
                    "at": item.created_at if item else step.paged_at,
                    "position": step.position,
                    "channel": item.channel if item else "",
                    "attempts": list(attempts.get(item.pk, {}).values()) if item else [],
                }
            )
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
