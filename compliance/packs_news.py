"""Who hears that an evidence pack is ready, or could not be made, and in which words."""

from dataclasses import replace

from django.conf import settings
from django.urls import reverse

from compliance.models import EvidencePack, PackState
from compliance.packs_showing import of
from incidents.announcements import may_hear, message
from ledger.models import Event
from notifications.actions import notify
from notifications.models import Delivery
from notifications.transports import Message
from tenants import addresses
from tenants.actors import Actor
from tenants.models import Membership
from tenants.walled import tenant_of

TEMPLATE = "pack"


def tell_asker(event: Event, by: Actor) -> None:
    """Whoever asked for a pack hears what came of it, and the auditor of an engagement that theirs is ready."""
    pack = EvidencePack.objects.select_related("engagement").get(pk=event.subject_id)
    wanted = [] if pack.asked_by_id is None else [pack.asked_by_id]
    if pack.engagement is not None and event.kind == "pack.made":
        wanted.append(pack.engagement.auditor_id)
    there = Membership.objects.filter(user_id__in=wanted, is_active=True).values_list("user_id", flat=True)
    people = sorted(there) if event.incident_id is None else may_hear(event.incident_id, there)
    if people:
        notify(event, people, template=TEMPLATE, subject_id=pack.pk)


def render(delivery: Delivery) -> Message | None:
    """The message. None where the pack is not handed out any more, or the engagement is over."""
    pack = EvidencePack.objects.select_related("engagement__auditor", "incident").filter(pk=delivery.subject_id).first()
    if pack is None or pack.state not in (PackState.READY, PackState.FAILED):
        return None
    what = of(pack)
    if pack.state == PackState.FAILED:
        subject, text = (
            f"No evidence pack of {what}",
            f"The evidence pack of {what} could not be made: {pack.why}. Ask for it anew.",
        )
    else:
        subject = f"Evidence pack ready: {what}"
        theirs = pack.engagement is None or pack.engagement.auditor_id == delivery.recipient_id
        whom = "" if theirs or pack.engagement is None else f"\nIt is handed to {pack.engagement.auditor.name} alone."
        text = f"The evidence pack of {what} is ready.\nSHA-256 of its file: {pack.sha256}{whom}"
    place = reverse("evidence-pack", urlconf=settings.PORTAL_URLCONF, args=[pack.pk]).lstrip("/")
    link, label = addresses.page(tenant_of(delivery), place), "The pack"
    if pack.incident is not None:
        made = message(delivery, pack.incident, subject, text)
        return replace(made, link=link, link_label=label) if made is not None else None
    return Message(delivery.recipient.email, delivery.recipient.name, subject, text, link, label)
