"""Access reviews and broken glass where other pages show them: in the inbox of whoever owes them, and on an incident that is over."""

from typing import Any

from django.urls import reverse

from compliance.access import people, reading
from compliance.access.people import LAWFUL
from compliance.models import AccessReview
from compliance.rules import access as rules
from incidents.models import Incident
from tenants.actors import Actor, Role
from tenants.time import now


def owed(by: Actor) -> list[dict[str, Any]]:
    """The reviews that a reviewer has before them, and the broken glass that Privacy and Legal are to judge: as standard/owed.py."""
    held = people.duties(by)
    if by.has(Role.AUDITOR):
        return []
    rows = _reviews(by) if people.reviews(by, held) else []
    return _glass(by) + rows if not held.isdisjoint(LAWFUL) else rows


def _reviews(by: Actor) -> list[dict[str, Any]]:
    waiting = reading.with_counts(reading.reviews(by).filter(signed_at=None)).order_by("due_at")
    return [
        {
            "title": f"{review}{': past its time' if reading.is_late(review) else ''}",
            "text": f"{review.undecided} of {review.privileged} privileged accesses to judge, by "  # type: ignore[attr-defined]
            f"{review.due_at:%Y-%m-%d %H:%M} UTC.",
            "at": review.opened_at,
            "url": reverse("access-review", args=[review.pk]),
            "act": None,
        }
        for review in waiting
    ]


def _glass(by: Actor) -> list[dict[str, Any]]:
    waiting = reading.broken_glass().filter(reviewed_at=None).exclude(user_id=by.user_id or 0).order_by("review_due_at")
    return [
        {
            "title": f"{glass}{': past its time' if glass.review_due_at < now() else ''}",
            "text": f"{glass.user.name} opened it: {glass.reason[:200]} Was that justified? By {glass.review_due_at:%Y-%m-%d %H:%M} UTC.",
            "at": glass.opened_at,
            "url": reverse("glass-one", args=[glass.pk]),
            "act": None,
        }
        for glass in waiting
    ]


def on_incident(incident: Incident, by: Actor) -> dict[str, Any] | None:
    """The newest access review of an incident, for its page once it is over: as postmortems.showing.on_incident."""
    review: Any = reading.with_counts(AccessReview.objects.filter(incident=incident)).order_by("-number").first()
    if review is None or (not incident.restricted and rules.why_not_read_access(by, people.duties(by))):
        return None
    if review.signed_at is not None:
        text, tone = f"Who had access was checked, and signed at {review.signed_at:%Y-%m-%d %H:%M} UTC.", "kept"
    else:
        text = f"{review.undecided} of {review.privileged} privileged accesses to judge, by {review.due_at:%Y-%m-%d %H:%M} UTC."
        tone = "late" if reading.is_late(review) else "soon"
    return {
        "title": "Access review",
        "text": text,
        "url": reverse("access-review", args=[review.pk]),
        "label": "The access review",
        "tone": tone,
        "clock": None,
    }
