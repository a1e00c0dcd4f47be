"""Who is told when somebody is paged, and what the message says when it is sent."""

from ledger.models import Event
from notifications.actions import notify
from notifications.models import Delivery
from notifications.transports import Message
from oncall import links
from oncall.models import Page, PageStep
from oncall.subjects import address, may_know, told
from tenants import addresses
from tenants.actors import Actor, Role
from tenants.queries import members
from tenants.walled import tenant_of


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
    if page.state != Page.State.OPEN or not may_know(page.incident_id, delivery.recipient.pk):
        return None
    about = told(page.subject_type, page.subject_id)
    details = [] if about.restricted else _details(page)
    lines = [
        f"You are paged, {delivery.recipient.name}.",
        "",
        about.aloud,
        *details,
        f"Paged since {page.started_at:%Y-%m-%d %H:%M:%S} UTC",
    ]
    return Message(
        address=delivery.recipient.email,
        name=delivery.recipient.name,
        subject=f"Page: {about.aloud}",
        text="\n".join(line for index, line in enumerate(lines) if line or index == 1),
        link=links.make(page, delivery.recipient.pk),
        link_label="Acknowledge",
    )


def tell_the_rest(event: Event, by: Actor) -> None:
    """Somebody has a page: whoever else was called for it is told that they need not come (oncall.escalate-15-30)."""
    called = PageStep.objects.filter(page=event.subject_id).values_list("user_id", flat=True)
    notify(event, sorted(set(called) - {event.actor_id}), template="page-taken", subject_id=event.subject_id)


def render_taken(delivery: Delivery) -> Message | None:
    """That somebody acknowledged. None where the page is open again by now, and to whom may not know what it is about."""
    page = Page.objects.select_related("acknowledged_by").get(pk=delivery.subject_id)
    if page.acknowledged_by is None or not may_know(page.incident_id, delivery.recipient.pk):
        return None
    return _about(delivery, page, "Acknowledged", f"{page.acknowledged_by.name} has it: you need not answer this page any more.")


def tell_nobody_left(event: Event, by: Actor) -> None:
    """Nobody is left to call and nobody acknowledged: the administrators and the team's manager are told (oncall.escalate-15-30)."""
    page = Page.objects.select_related("team").get(pk=event.subject_id)
    people = {*members(Role.ADMINISTRATOR), *([page.team.manager_id] if page.team and page.team.manager_id else [])}
    heard = sorted(user_id for user_id in people if may_know(page.incident_id, user_id))
    notify(event, heard, template="page-exhausted", subject_id=page.pk, urgent=page.urgency == Page.Urgency.HIGH)


def render_nobody_left(delivery: Delivery) -> Message | None:
    """That nobody answered. None once somebody did."""
    page = Page.objects.get(pk=delivery.subject_id)
    if page.state != Page.State.OPEN or not may_know(page.incident_id, delivery.recipient.pk):
        return None
    return _about(delivery, page, "Nobody acknowledged", "Everybody whom its policy names was called, and nobody acknowledged.")


def _about(delivery: Delivery, page: Page, subject: str, text: str) -> Message:
    about = told(page.subject_type, page.subject_id)
    where = addresses.page(tenant_of(page), "inbox/" if about.restricted else address(page.subject_type, page.subject_id))
    return Message(
        address=delivery.recipient.email,
        name=delivery.recipient.name,
        subject=f"{subject}: {about.aloud}",
        text=text,
        link=where,
        link_label="Open",
    )


def _details(page: Page) -> list[str]:
    service = f"Service: {page.service.name}" if page.service else ""
    return [page.reason, service, f"Team: {page.team.name}" if page.team else ""]
