"""What owners of action items hear, and whoever it is escalated to: from which event, to whom, and in which words."""

from dataclasses import replace

from django.conf import settings
from django.urls import reverse

from incidents.announcements import may_hear, message
from ledger.models import Event
from notifications.actions import notify
from notifications.models import Delivery
from notifications.transports import Message
from postmortems.models import ActionItem
from postmortems.sla import DueDays
from postmortems.states import OPEN_ITEMS
from standard.models import Clock
from tenants import addresses
from tenants.actors import Actor
from tenants.walled import tenant_of

TEMPLATE = "item"
SUBJECT_TYPE = ActionItem._meta.label_lower


def tell_owner(event: Event, by: Actor) -> None:
    """Whoever an action item was put to hears of it, unless they did that themselves."""
    if event.kind == "action.changed" and not event.data.get("given"):
        return
    _tell(event, [event.data["owner_id"]], event.subject_id)


def tell_reminded(event: Event, by: Actor) -> None:
    """An owner who is reminded gets one message, of all that they were reminded of at once."""
    if event.data.get("carries"):
        _tell(event, [event.data["owner_id"]], event.subject_id)


def tell_escalated(event: Event, by: Actor) -> None:
    """An item's time is past: its owner, their manager and the process owner hear of it (clause actions.sla)."""
    _tell(event, event.data["people"], event.subject_id)


def tell_date(event: Event, by: Actor) -> None:
    """The date in force of an item comes, or is past: its owner hears of it, unless it is escalated, which tells them too."""
    if not event.data["escalates"]:
        _tell(event, [event.data["owner_id"]], event.subject_id)


def remind_owner(event: Event, by: Actor) -> None:
    """An item's time is running out: its owner is reminded (clause actions.sla). One that is late is escalated instead.

    Where a later date is in force, they are reminded of that one (postmortems/item_dates.py).
    """
    if event.kind != "clock.prompted":
        return
    clock = Clock.objects.get(pk=event.subject_id)
    item = ActionItem.objects.get(pk=clock.subject_id)
    if item.state in OPEN_ITEMS and (item.due_at is None or item.due_at <= clock.due_at):
        _tell(event, [item.owner_id], item.pk)


def _tell(event: Event, people: list[int], item_id: int) -> None:
    """Tell those of them who may know of it, but whoever did it."""
    wanted = set(people) - {event.actor_id}
    if event.incident_id is not None and (found := may_hear(event.incident_id, [pk for pk in wanted if pk is not None])):
        notify(event, found, template=TEMPLATE, subject_id=item_id)


def render(delivery: Delivery) -> Message | None:
    """The message. None where nobody has to do it any more, or it is somebody else's by now."""
    item = ActionItem.objects.select_related("incident", "owner").get(pk=delivery.subject_id)
    kind = delivery.event.kind
    if not item.is_open or (kind != "action.escalated" and item.owner_id != delivery.recipient_id):
        return None
    subject, text = _words(kind, item, delivery)
    made = message(delivery, item.incident, subject, text)
    if made is None:
        return None
    place = reverse("action-item", urlconf=settings.PORTAL_URLCONF, args=[item.ref]).lstrip("/")
    return replace(made, link=addresses.page(tenant_of(delivery), place), link_label="The action item")


def _words(kind: str, item: ActionItem, delivery: Delivery) -> tuple[str, str]:
    """(subject, text)."""
    facts = _facts(item)
    if kind == "clock.prompted":
        return f"Due soon: {item.ref} {item.title}", f"The time for this action item is running out.\n{facts}"
    if kind == "action.date_told":
        if delivery.event.data["past"]:
            return f"Past its date: {item.ref} {item.title}", f"The day that was set for this action item is past.\n{facts}"
        return f"Due soon: {item.ref} {item.title}", f"The day that was set for this action item comes.\n{facts}"
    if kind == "action.escalated":
        whose = "Yours" if item.owner_id == delivery.recipient_id else item.owner.name
        return f"Late: {item.ref} {item.title}", f"The time for this action item is past ({whose}).\n{facts}"
    if kind == "action.reminded":
        others = _reminded_with(item, delivery)
        more = "".join(f"\n\n{_facts(other)}" for other in others)
        count = f" and {len(others)} more" if others else ""
        return f"Reminder: {item.ref}{count}", f"{delivery.event.actor_name} reminds you of what is yours to do.\n{facts}{more}"
    given = f"{delivery.event.actor_name} asks you to do this"
    return f"Yours to do: {item.ref} {item.title}", f"{given}, so that it cannot recur or is noticed sooner.\n{facts}"


def _reminded_with(item: ActionItem, delivery: Delivery) -> list[ActionItem]:
    """What the owner was reminded of in the same moment, as far as they may know of it, and of nothing restricted in clear."""
    together = ActionItem.objects.filter(owner_id=item.owner_id, reminded_at=item.reminded_at, state__in=OPEN_ITEMS)
    return list(
        together.exclude(pk=item.pk).exclude(incident__restricted=True).select_related("incident", "owner").order_by("id")
    )


def _facts(item: ActionItem) -> str:
    """What an item is, in lines."""
    days = DueDays()
    lines = [
        f"{item.ref}: {item.title} ({item.get_kind_display().lower()})",
        f"Follows from {item.incident.ref}: {item.incident.title}",
    ]
    if item.due_at is not None:
        lines.append(f"Due: until {days.until(item.due_at)}.")
    if item.judged_at is not None and item.judged_at != item.due_at:
        lines.append(f"It is judged by {days.until(item.judged_at)}.")
    if item.details:
        lines.append(item.details[:500])
    if item.ticket_url:
        lines.append(item.ticket_url)
    return "\n".join(lines)
