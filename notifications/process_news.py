"""News of the process: process owners hear that a review is due, whoever gave feedback hears what came of it."""

from ledger.models import Event
from notifications.actions import notify
from notifications.models import Delivery
from notifications.transports import Message
from standard.models import Clock, Feedback, ProcessReview
from tenants import addresses
from tenants.actors import Actor, Role
from tenants.models import Membership
from tenants.queries import members
from tenants.walled import tenant_of


def tell_owners(event: Event, by: Actor) -> None:
    """The clock of a review runs out, or has: every process owner is told (improve.quarterly-review)."""
    review_id = Clock.objects.values_list("subject_id", flat=True).get(pk=event.subject_id)
    notify(event, members(Role.PROCESS_OWNER), template="process-review", subject_id=review_id)


def tell_author(event: Event, by: Actor) -> None:
    """Whoever gave feedback hears the answer, unless they gave it themselves (improve.feedback)."""
    author = event.data["author_id"]
    if author != event.actor_id and Membership.objects.filter(user_id=author, is_active=True).exists():
        notify(event, [author], template="feedback", subject_id=event.subject_id)


def render_review(delivery: Delivery) -> Message | None:
    """A review is asked for. None once it was signed off."""
    review = ProcessReview.objects.get(pk=delivery.subject_id)
    if review.signed_at is not None:
        return None
    late = delivery.event.kind == "clock.broken"
    what = "is past its time" if late else "is due soon"
    lines = [
        f"{review} {what}: it was due by {review.due_at:%Y-%m-%d %H:%M} UTC."
        if late
        else f"{review} is due by {review.due_at:%Y-%m-%d %H:%M} UTC.",
        "Its page has the quarter's figures and all feedback. Note what was decided, and sign it off.",
    ]
    return Message(
        address=delivery.recipient.email,
        name=delivery.recipient.name,
        subject=f"{review} {what}",
        text="\n".join(lines),
        link=addresses.page(tenant_of(delivery), f"reviews/{review.pk}/"),
        link_label="Open the review",
    )


def render_feedback(delivery: Delivery) -> Message | None:
    """What came of feedback."""
    feedback = Feedback.objects.select_related("settled_by").get(pk=delivery.subject_id)
    who = feedback.settled_by.name if feedback.settled_by else "The process owner"
    about = f" on {feedback.clause}" if feedback.clause else ""
    return Message(
        address=delivery.recipient.email,
        name=delivery.recipient.name,
        subject=f"Your feedback{about} was answered",
        text=f"You wrote:\n\n{feedback.text}\n\n{who} answers:\n\n{feedback.answer}",
        link=addresses.page(tenant_of(delivery), "feedback/"),
        link_label="Your feedback",
    )
