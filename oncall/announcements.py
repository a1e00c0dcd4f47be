"""Who is told when somebody is paged, and what the message says when it is sent."""

from ledger.models import Event
from notifications.actions import notify
from notifications.models import Delivery
from notifications.transports import Message
from oncall import links
from oncall.models import Page
from oncall.subjects import describe, is_restricted
from tenants.actors import Actor

RESTRICTED = "A restricted incident needs you"  # no notice says more of one (clause breach.need-to-know)


def deliver_page(event: Event, by: Actor) -> None:
    """Bring a page to the person it calls: by their contact methods, and into the portal's inbox. One of low urgency obeys their quiet rules."""
    notify(
        event, [event.data["user_id"]], template="page", subject_id=event.subject_id, urgent=event.data.get("urgency") != "low"
    )


def render_page(delivery: Delivery) -> Message | None:
    """What a page says, from what is true when it is sent. None once it has ended or was acknowledged: nobody is woken for nothing."""
    page = delivery.subject
    if not isinstance(page, Page):
        page = Page.objects.select_related("service", "team").get(pk=delivery.subject_id)
    if page.state != Page.State.OPEN:
        return None
    restricted = is_restricted(page.subject_type, page.subject_id)
    about = RESTRICTED if restricted else describe(page.subject_type, page.subject_id)
    details = [] if restricted else _details(page)
    lines = [
        f"You are paged, {delivery.recipient.name}.",
        "",
        about,
        *details,
        f"Paged since {page.started_at:%Y-%m-%d %H:%M:%S} UTC",
    ]
    return Message(
        address=delivery.recipient.email,
        name=delivery.recipient.name,
        subject=f"Page: {about}",
        text="\n".join(line for index, line in enumerate(lines) if line or index == 1),
        link=links.make(page, delivery.recipient_id),
        link_label="Acknowledge",
    )


def _details(page: Page) -> list[str]:
    service = f"Service: {page.service.name}" if page.service else ""
    return [page.reason, service, f"Team: {page.team.name}" if page.team else ""]
