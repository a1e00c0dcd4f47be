"""To somebody who was made a member: by whom, as what, and how they come in."""

from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from django.conf import settings
from django.urls import reverse

from ledger.models import Event
from notifications.actions import notify
from notifications.models import Delivery
from notifications.queries import INVITATION
from notifications.transports import Message
from tenants import addresses
from tenants.actors import Actor, Role
from tenants.models import Membership, Organisation, User
from tenants.walled import tenant_of


def tell_invited(event: Event, by: Actor) -> None:
    """Write to the new member, at their account's e-mail address and by no other way (notifications/route.py)."""
    membership = Membership.objects.get(pk=event.subject_id)
    notify(event, [membership.user_id], template=INVITATION, subject_id=membership.pk, channels=("email",))


def render_invitation(delivery: Delivery) -> Message | None:
    """Who made them a member and as what, with the link to choose a password by where they have none.

    None once the membership or the account is over.

    The link is made as the message is sent, and stands in no row.
    """
    membership, user = Membership.objects.get(pk=delivery.subject_id), delivery.recipient
    if not (membership.is_active and user.is_active):
        return None
    organisation = Organisation.objects.get(pk=tenant_of(delivery))
    roles = ", ".join(membership.role_labels)
    reached = (
        " From now on you can be put on a schedule, and be paged at this address."
        if Role.PRACTITIONER in membership.roles
        else ""
    )
    event = delivery.event
    who = "You were made" if event.actor_id is None else f"{event.actor_name} has made you"  # by whoever runs Muster
    lines = [
        f"{who} a member of {organisation.name} in Muster, where {organisation.name} runs its incidents.",
        f"You are there as: {roles}.{reached}",
        "",
    ]
    home = addresses.page(organisation.pk, "")
    if user.has_usable_password():
        lines.append("You have an account in Muster already: sign in with the password that you have.")
        return _message(user, organisation, lines, home, f"Open {organisation.name}")
    days = settings.PASSWORD_RESET_TIMEOUT // 86_400
    again = f"{settings.BASE_URL}{reverse('account_reset_password', urlconf=settings.ROOT_URLCONF)}"
    lines += [
        f"Choose a password by the link at the end. The link is for you alone, and good for {days} days.",
        f"Then sign in at {home} and say how you want to be reached: under your name, at “Contact methods”.",
        f"If the link is too old, ask for another one: {again}",
    ]
    return _message(user, organisation, lines, _first_password(user), "Choose a password")


def _message(user: User, organisation: Organisation, lines: list[str], link: str, label: str) -> Message:
    subject = f"You are a member of {organisation.name} in Muster"
    return Message(address=user.email, name=user.name, subject=subject, text="\n".join(lines), link=link, link_label=label)


def _first_password(user: User) -> str:
    """The address where a password is chosen, as the sign-in's own reset has it: it opens nothing once one was chosen."""
    key = {"uidb36": user_pk_to_url_str(user), "key": default_token_generator.make_token(user)}
    return f"{settings.BASE_URL}{reverse('account_reset_password_from_key', urlconf=settings.ROOT_URLCONF, kwargs=key)}"
