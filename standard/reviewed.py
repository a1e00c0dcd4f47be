"""What the review of a quarter lays out, for its page and the API."""

from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet
from django.urls import reverse

from standard import figures
from standard.models import Clock, Feedback, ProcessReview, SignedFigures, StandardVersion
from standard.rules import REVIEW
from tenants.time import now


def laid_out(review: ProcessReview) -> dict[str, Any]:
    """The figures that it covers, its feedback, the versions published in it, and how its clock stands.

    `figures` are today's, of what the reader may see; `signed` is what was signed off, or None; `beside` has both, cell by cell.
    """
    rows = list(feedback_of(review))
    signed = SignedFigures.objects.filter(review=review).first()
    start, end = (signed.covers_from, signed.covers_until) if signed else covered(review)
    today = figures.of_quarter(start, end)
    then = [figures.Figures.from_data(table) for table in signed.figures] if signed else None
    both = figures.beside(then, today) if then is not None else []
    return {
        "review": review,
        "begun": review.starts_at <= now(),
        "covers_from": start,
        "covers_until": end,
        "before_its_quarter": start < review.starts_at,
        "figures": today,
        "signed": then,
        "beside": both,
        "differs": any(table["differs"] for table in both),
        "feedback": rows,
        "open_feedback": sum(row.settled_at is None for row in rows),
        "versions": list(published_in(start, end)),
        "clock": clock_of(review),
    }


def covered(review: ProcessReview) -> tuple[datetime, datetime]:
    """The stretch that a review looks at: from where the one before it ended, to its own sign-off, or the quarter's end where that is sooner.

    A review may be signed off before its quarter is over. What comes after that, the quarter's end with it, is the next one's: it
    begins at the instant at which this one was signed off, so that whatever happens is looked at by one review and by no second.
    """
    before = ProcessReview.objects.filter(begins_on__lt=review.begins_on).order_by("-begins_on").first()
    start, end = review.starts_at, review.ends_at
    if before is not None and before.signed_at is not None and before.signed_at < before.ends_at:
        start = before.signed_at
    return start, end if review.signed_at is None else min(end, review.signed_at)


def feedback_of(review: ProcessReview) -> QuerySet[Feedback]:
    """The feedback that a review has before it: what was settled at it, and, until it is signed off, all that is open."""
    mine = Q(review=review) | (Q(settled_at__isnull=True) if review.signed_at is None else Q(pk__in=[]))
    return Feedback.objects.filter(mine).select_related("author", "settled_by").order_by("id")


def published_in(start: datetime, end: datetime) -> QuerySet[StandardVersion]:
    """The versions that were published in a stretch of time."""
    rows = StandardVersion.objects.defer("content").filter(published_at__gte=start, published_at__lt=end)
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
