"""What the review of a quarter lays out, for its page and the API."""

from typing import Any

from django.db.models import Q, QuerySet
from django.urls import reverse

from standard import figures
from standard.models import Clock, Feedback, ProcessReview, StandardVersion
from standard.rules import REVIEW
from tenants.time import now


def laid_out(review: ProcessReview) -> dict[str, Any]:
    """The quarter's figures, its feedback, the versions published in it, and how its clock stands."""
    rows = list(feedback_of(review))
    return {
        "review": review,
        "begun": review.starts_at <= now(),
        "figures": figures.of_quarter(review.starts_at, review.ends_at),
        "feedback": rows,
        "open_feedback": sum(row.settled_at is None for row in rows),
        "versions": list(published_in(review)),
        "clock": clock_of(review),
    }


def feedback_of(review: ProcessReview) -> QuerySet[Feedback]:
    """The feedback that a review has before it: what was settled at it, and, until it is signed off, all that is open."""
    mine = Q(review=review) | (Q(settled_at__isnull=True) if review.signed_at is None else Q(pk__in=[]))
    return Feedback.objects.filter(mine).select_related("author", "settled_by").order_by("id")


def published_in(review: ProcessReview) -> QuerySet[StandardVersion]:
    """The versions that were published in the quarter."""
    rows = StandardVersion.objects.defer("content").filter(published_at__gte=review.starts_at, published_at__lt=review.ends_at)
    return rows.select_related("published_by").order_by("number")


def clock_of(review: ProcessReview) -> Clock | None:
    """The clock of a review."""
    label = ProcessReview._meta.label_lower
    return Clock.objects.filter(subject_type=label, subject_id=review.pk, clause=REVIEW).order_by("-id").first()


def listed() -> list[dict[str, Any]]:
    """Every review, the newest first: [{review, url, standing}]. Two queries."""
    label = ProcessReview._meta.label_lower
    broken = set(Clock.objects.filter(subject_type=label, broken_at__isnull=False).values_list("subject_id", flat=True))
    rows = ProcessReview.objects.select_related("signed_by").order_by("-begins_on")
    return [
        {
            "review": row,
            "url": reverse("process-review", args=[row.pk]),
            "broken": row.pk in broken,
            "begun": row.starts_at <= now(),
        }
        for row in rows
    ]
