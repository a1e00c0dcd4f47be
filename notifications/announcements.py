"""Messages of this room's own: the code that proves a contact method, and the test of them all."""

from ledger.models import Event
from notifications import queries
from notifications.actions import notify, notify_through
from notifications.codes import code_of
from notifications.models import ContactCode, ContactMethod, Delivery
from notifications.transports import Message
from tenants.actors import Actor
from tenants.addresses import page
from tenants.time import now
from tenants.walled import tenant_of


def send_code(event: Event, by: Actor) -> None:
    """Send a code through the method that it proves, and nothing else."""
    method = ContactMethod.objects.get(pk=event.subject_id)
    notify_through(event, method.user_id, [method], template=queries.CODE, subject_id=event.data["code_id"])


def send_tests(event: Event, by: Actor) -> None:
    """Send the test through each verified method of a person, and to the account's e-mail."""
    if event.actor_id is None:
        return
    methods = [method for method in queries.of_person(event.actor_id) if method.verified_at is not None]
    notify_through(event, event.actor_id, methods, template=queries.TEST, subject_id=event.subject_id)
    notify(event, [event.actor_id], template=queries.ACCOUNT_TEST, subject_id=event.subject_id, channels=("email",))


def render_code(delivery: Delivery) -> Message | None:
    """The code, while it is good; None afterwards, or where a later one was asked for."""
    code = ContactCode.objects.select_related("method").get(pk=delivery.subject_id)
    later = ContactCode.objects.filter(method=code.method_id, pk__gt=code.pk).exists()
    if later or code.expires_at <= now() or code.method.verified_at is not None:
        return None
    digits = code_of(code)
    shown = f"{digits[:4]} {digits[4:]}"
    return Message(
        address=delivery.recipient.email,
        name=delivery.recipient.name,
        subject=f"Your Muster code: {shown}",
        text=f"Enter {shown} in Muster to prove that you are reached here.\n"
        f"Good until {code.expires_at:%H:%M} UTC. If you did not ask for it, do nothing.",
        link=page(tenant_of(delivery), "me/contact-methods/"),
        link_label="Your contact methods",
    )


def render_test(delivery: Delivery) -> Message:
    """A message that says that it is only a test."""
    return Message(
        address=delivery.recipient.email,
        name=delivery.recipient.name,
        subject="Test: this is how Muster reaches you",
        text=f"{delivery.recipient.name}, you asked for this test. Nothing is wrong, and there is nothing to acknowledge.",
        link=page(tenant_of(delivery), "me/contact-methods/"),
        link_label="Your contact methods",
    )
