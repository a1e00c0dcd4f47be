"""Who hears of holds: custodians what they are to keep, second persons that a release waits, Legal and Privacy that an erasure does."""

from compliance import custody_links as links
from compliance import holds_people as people
from compliance.models import CustodianTask, ErasureRequest
from incidents.announcements import may_hear
from incidents.models import LegalHold
from ledger.models import Event
from notifications.actions import notify, notify_outside
from notifications.models import Delivery
from notifications.transports import Message
from tenants import addresses
from tenants.actors import Actor
from tenants.models import Membership, Organisation
from tenants.walled import tenant_of

OUTSIDE = "custodian-outside"
_OVER = ("custodian.withdrawn", "custodian.released")


def tell_custodian(event: Event, by: Actor) -> None:
    """A custodian is told what to keep, and reminded; whoever asked hears of each reminder. One outside is told too when it is over."""
    if event.data.get("link"):
        notify_outside(event, template=OUTSIDE, subject_id=event.subject_id)
    if event.kind not in ("custodian.asked", "custodian.chased"):
        return
    custodian, asker = event.data["person_id"], event.data["asked_by_id"]
    wanted = {custodian} if event.kind == "custodian.asked" else {custodian, asker}
    there = Membership.objects.filter(user_id__in=[pk for pk in wanted if pk is not None], is_active=True)
    notify(event, sorted(there.values_list("user_id", flat=True)), template="custodian", subject_id=event.subject_id)


def render_custodian(delivery: Delivery) -> Message | None:
    """What is to be kept. None once it was acknowledged, or the hold is over."""
    task = CustodianTask.objects.get(pk=delivery.subject_id)
    if task.acknowledged_at is not None or task.over_at is not None:
        return None
    own = task.person_id == delivery.recipient_id
    to_whom = "" if own else f" of {task.name}, {task.email}"
    who = "You are" if own else f"{task.name} is"
    lines = [f"{who} asked to keep this, as evidence, until the legal hold is released:", "", task.what, ""]
    if own:
        lines.append(
            "Delete nothing of it and let nothing of it expire. Acknowledge it on its page, and say where the copy lies."
        )
    elif task.link_number:
        lines.append(
            "They have not answered by the link that they were sent. Call them; a new link can be sent from the task's page."
        )
    elif task.person_id is None:
        lines.append("They have no account here: send them a link from the task's page, or file their answer there.")
    return _message(
        delivery, f"To be kept under a legal hold{to_whom}", "\n".join(lines), f"holds/custodians/{task.pk}/", "The task"
    )


def render_outside(delivery: Delivery) -> Message | None:
    """To somebody outside: that there is something to keep, and their link; or that it is over. What it is stands on their page alone.

    None for a reminder of what was answered meanwhile, or a link that a newer one has replaced.
    """
    task, event = CustodianTask.objects.select_related("asked_by").get(pk=delivery.subject_id), delivery.event
    asks = Organisation.objects.get(pk=tenant_of(delivery)).name
    questions = f"Asked by {task.asked_by.name}, {task.asked_by.email}: turn there with questions."
    if event.kind in _OVER:
        text = f"{asks} had asked you, {task.name}, to keep something as evidence. That has ended: nothing is to be kept for it any more."
        return Message(task.email, task.name, f"{asks}: no longer to be kept", f"{text}\n\n{questions}")
    answered = task.proven_at if event.kind == "custodian.link_sent" else task.acknowledged_at
    if answered is not None or task.over_at is not None or event.data["link"] != task.link_number:
        return None
    text = (
        f"{asks} asks you, {task.name}, to keep something that you hold, as evidence, until you are told that it is no longer needed.\n\n"
        "What it is, and since when, stands on the page behind this link. There you say that you keep it, and where the copy lies. "
        f"The link is yours alone: pass it on to nobody. It is good until {task.link_until:%Y-%m-%d %H:%M} UTC.\n\n{questions}"
    )
    return Message(task.email, task.name, f"{asks}: please keep this as evidence", text, links.make(task), "Your page")


def ask_second_person(event: Event, by: Actor) -> None:
    """Those who may agree to a release hear that it waits, as far as they may know of what it holds."""
    wanted = [pk for pk in people.seconds() if pk != event.actor_id]
    if event.incident_id is not None:
        wanted = may_hear(event.incident_id, wanted)
    notify(event, wanted, template="hold-release", subject_id=event.subject_id)


def render_release(delivery: Delivery) -> Message | None:
    """A release waits for a second person. It says nothing of the matter. None once it was decided."""
    hold = LegalHold.objects.filter(pk=delivery.subject_id).first()
    if hold is None or hold.released_at is not None or hold.release_asked_at is None:
        return None
    text = f"{delivery.event.actor_name} asks that legal hold {hold.pk} be released. A second person has to agree; until then it stands."
    return _message(delivery, f"Legal hold {hold.pk}: release asked for", text, f"holds/{hold.pk}/", "The hold")


def ask_erasure(event: Event, by: Actor) -> None:
    """Legal and Privacy hear that an erasure waits for their decision."""
    wanted = [pk for pk in people.on_duty(*people.DECIDERS) if pk != event.actor_id]
    notify(event, wanted, template="erasure", subject_id=event.subject_id)


def render_erasure(delivery: Delivery) -> Message | None:
    """An erasure waits. It does not say whose. None once it was decided."""
    wish = ErasureRequest.objects.get(pk=delivery.subject_id)
    if wish.state != ErasureRequest.State.ASKED:
        return None
    text = f"{delivery.event.actor_name} asks that personal data be erased. Legal Counsel or the Privacy Officer decides."
    return _message(delivery, "An erasure waits for your decision", text, "erasures/", "Erasures")


def _message(delivery: Delivery, subject: str, text: str, place: str, label: str) -> Message:
    return Message(
        address=delivery.recipient.email,
        name=delivery.recipient.name,
        subject=subject,
        text=text,
        link=addresses.page(tenant_of(delivery), place),
        link_label=label,
    )
