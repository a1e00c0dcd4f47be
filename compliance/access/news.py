"""Who is told of access reviews and broken glass, and what is said; of a restricted incident no message says what it is about."""

from collections.abc import Iterable
from dataclasses import replace

from django.conf import settings
from django.urls import reverse

from compliance.access import people
from compliance.models import AccessReview, BreakGlass
from incidents.announcements import may_hear, message
from ledger.models import Event
from notifications.actions import notify
from notifications.models import Delivery
from notifications.transports import Message
from standard.models import Clock
from tenants import addresses
from tenants.actors import Actor
from tenants.walled import tenant_of

REVIEW, GLASS = "access-review", "glass"


def tell_opened(event: Event, by: Actor) -> None:
    """A review was opened: whoever reviews accesses is told, of a restricted incident's only who is named on it."""
    _tell_reviewers(event, event.subject_id)


def prompt_review(event: Event, by: Actor) -> None:
    """The time of a review runs out, or has (evidence.access-review)."""
    _tell_reviewers(event, _subject(event))


def prompt_glass(event: Event, by: Actor) -> None:
    """The time to say whether breaking the glass was justified runs out, or has: Privacy and Legal are told, not who broke it."""
    glass = BreakGlass.objects.get(pk=_subject(event))
    wanted = [user_id for user_id in people.on_duty(*people.LAWFUL) if user_id != glass.user_id]
    if glass.reviewed_at is None and (found := may_hear(glass.incident_id, wanted)):
        notify(event, found, template=GLASS, subject_id=glass.pk)


def _subject(event: Event) -> int:
    return int(Clock.objects.values_list("subject_id", flat=True).get(pk=event.subject_id))


def _tell_reviewers(event: Event, review_id: int) -> None:
    review = AccessReview.objects.get(pk=review_id)
    if review.signed_at is None and (found := may_hear(review.incident_id, people.reviewers())):
        notify(event, found, template=REVIEW, subject_id=review.pk)


def render_review(delivery: Delivery) -> Message | None:
    """What is to be reviewed, by when. None once it was signed."""
    review = AccessReview.objects.select_related("incident").get(pk=delivery.subject_id)
    if review.signed_at is not None:
        return None
    late = delivery.event.kind == "clock.broken"
    subject = f"{'Late: access' if late else 'Access'} review of {review.incident.ref}"
    text = (
        f"Who had access to production during {review.incident.ref} ({review.incident.title}) is to be reviewed.\n"
        f"Due by {review.due_at:%Y-%m-%d %H:%M} UTC{', which is past' if late else ''}."
    )
    return _with(delivery, message(delivery, review.incident, subject, text), "access-review", review.pk, "The access review")


def render_glass(delivery: Delivery) -> Message | None:
    """Broken glass that is to be judged. None once it was. It is of a restricted incident, so nothing else is said."""
    glass = BreakGlass.objects.select_related("incident").get(pk=delivery.subject_id)
    if glass.reviewed_at is not None:
        return None
    return _with(delivery, message(delivery, glass.incident, "", ""), "glass-one", glass.pk, "The broken glass")


def _with(delivery: Delivery, made: Message | None, name: str, pk: int, label: str) -> Message | None:
    """A message whose link leads to a page of this room."""
    if made is None:
        return None
    place = reverse(name, urlconf=settings.PORTAL_URLCONF, args=[pk]).lstrip("/")
    return replace(made, link=addresses.page(tenant_of(delivery), place), link_label=label)


def glass_told(glass_id: int) -> tuple[str, bool]:
    """Broken glass in one line, for a page of the portal that whoever is called by it reads. Of a restricted incident: no notice says more."""
    return _line(BreakGlass.objects.select_related("incident", "user").get(pk=glass_id)), True


def glass_address(glass_id: int) -> str:
    """Where broken glass is seen and judged."""
    return reverse("glass-one", urlconf=settings.PORTAL_URLCONF, args=[glass_id])


def glasses_described(ids: Iterable[int]) -> dict[int, tuple[str, str]]:
    """Ids -> what `glass_told` and `glass_address` say. One query."""
    found = BreakGlass.objects.filter(pk__in=ids).select_related("incident", "user")
    return {glass.pk: (_line(glass), glass_address(glass.pk)) for glass in found}


def _line(glass: BreakGlass) -> str:
    return f"Break glass: {glass.user.name} opened {glass.incident.ref} for {glass.minutes} minutes"


def glass_answered(glass_id: int) -> bool:
    """Whoever acknowledged knows of it, which is what the page asks; that it is judged in time is a clock's."""
    return BreakGlass.objects.filter(pk=glass_id).exists()
