"""The meetings over a post-mortem that were held since its incident was resolved, with when they took place by what is in force."""

from datetime import datetime

from django.db.models import QuerySet

from incidents.models import Incident
from postmortems.models import PostMortem, Review


def held(postmortem: PostMortem) -> QuerySet[Review]:
    """Those of the present resolution, the last one first. (What was held before a reopening is over, its clock with it.)"""
    found = Review.objects.filter(postmortem=postmortem, held_at__isnull=False).prefetch_related("corrections")
    if postmortem.incident.resolved_at is not None:
        found = found.filter(held_at__gte=postmortem.incident.resolved_at)
    return found.select_related("called_by").order_by("-id")


def one(postmortem: PostMortem, review: int | None = None) -> Review | None:
    """One of them by its id; without one the last. None where there is none."""
    return (held(postmortem) if review is None else held(postmortem).filter(pk=review)).first()


def there(review: Review | None) -> Review:
    """The meeting that a rule has just found. Raises RuntimeError where it found none: no refusal lets anybody get here."""
    if review is None:
        raise RuntimeError("There is no review here.")
    return review


def first_held_at(postmortem: PostMortem) -> datetime | None:
    """When the first of them took place, which is what their clock asks for."""
    return min((at for review in held(postmortem) if (at := review.took_place_at) is not None), default=None)


def after(incident: Incident, moment: datetime) -> datetime:
    """A moment that is said to the minute, not before the incident's resolution within that minute."""
    return moment if incident.resolved_at is None else max(moment, incident.resolved_at)
