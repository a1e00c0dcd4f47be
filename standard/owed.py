"""What a process owner owes the process, for their inbox: the reviews that wait to be signed off."""

from typing import Any

from django.urls import reverse

from standard.models import Feedback, ProcessReview
from standard.rules import ASKED_BEFORE
from tenants.actors import Actor, Role
from tenants.time import now


def reviews(by: Actor) -> list[dict[str, Any]]:
    """The reviews that are asked for, or past their time, and not signed off, the most pressing first: [{title, text, at, url, act}].

    Only for process owners (improve.quarterly-review).
    """
    if not by.has(Role.PROCESS_OWNER):
        return []
    waiting = Feedback.objects.filter(organisation_id=by.organisation_id, settled_at__isnull=True).count()
    owed = ProcessReview.objects.filter(
        organisation_id=by.organisation_id, signed_at__isnull=True, due_at__lte=now() + ASKED_BEFORE
    )
    return [
        {
            "title": f"{review}{': past its time' if review.due_at <= now() else ''}",
            "text": f"Due by {review.due_at:%Y-%m-%d %H:%M} UTC. {waiting} piece{'' if waiting == 1 else 's'} of feedback to answer.",
            "at": max(review.opened_at, review.due_at - ASKED_BEFORE),
            "url": reverse("process-review", args=[review.pk]),
            "act": None,
        }
        for review in owed.order_by("due_at")
    ]
