"""Who is told of communication, and what those messages say when they are sent."""

from incidents.announcements import may_hear, message
from incidents.models import Incident, Participant, RoleHolding, StatusUpdate
from incidents.rules.comms import APPROVING_DUTIES
from incidents.sentences.kind import at_time
from incidents.states import Approver, Audience, PublicStatus, RoomRole, UpdateState
from ledger.models import Event
from notifications.actions import notify
from notifications.models import Delivery
from notifications.transports import Message
from tenants.actors import Actor, Duty, Role
from tenants.models import DutyHolder, Membership
from tenants.queries import members
from tenants.time import now

SUBJECTS = {
    Audience.INTERNAL: "Update on",
    Audience.EXECUTIVE: "For executives: update on",
    Audience.SUPPORT: "Support script for",
    Audience.PUBLIC: "Customers were told of",
}


def tell_update(event: Event, by: Actor) -> None:
    """An update goes to whom it is for: the room, the executives, Support; a public one to status pages. Its author sees that it went.

    Clauses principle.communicate, roles.cl-exec-updates, roles.cl-support-script.
    """
    incident_id, audience = event.subject_id, Audience(event.data["audience"])
    if audience == Audience.INTERNAL:
        told = set(Participant.objects.filter(incident__pk=incident_id).values_list("user_id", flat=True))
    elif audience == Audience.EXECUTIVE:
        told = _members(Role.EXECUTIVE) | _on_duty(Duty.EXECUTIVE_TEAM)
    elif audience == Audience.SUPPORT:
        told = _members(Role.SUPPORT)
    else:
        told = set()
    if author := event.data.get("author_id"):
        told.add(author)
    notify(event, may_hear(incident_id, told - {event.actor_id}), template="update", subject_id=event.data["update_id"])


def ask_approval(event: Event, by: Actor) -> None:
    """An update that waits asks for the word of those who may give it; where nobody of them is there, others hear that it waits.

    On a restricted incident that is judged among those named on it: first the approvers but its author, then the author where
    there is no other, then the administrators, and last the IC, who can name an approver (breach.need-to-know).
    Clauses roles.cl-public-approval, roles.cl-no-speculation.
    """
    author = event.data["author_id"]
    commander = _holders(event.subject_id, RoomRole.IC)
    asked: set[int] = set()
    for who in event.data["awaits"]:
        able = _on_duty(*APPROVING_DUTIES) if who == Approver.DUTY else commander
        for group in (able - {author}, able, _members(Role.ADMINISTRATOR), commander):
            if heard := may_hear(event.subject_id, group):
                asked.update(heard)
                break
    notify(event, sorted(asked), template="approval", subject_id=event.data["update_id"])


def tell_rejection(event: Event, by: Actor) -> None:
    """Whoever wrote an update that was sent back hears why, unless they took it back themselves."""
    told = {event.data["author_id"]} - {event.actor_id}
    notify(event, may_hear(event.subject_id, told), template="rejection", subject_id=event.data["update_id"])


def bring_question(event: Event, by: Actor) -> None:
    """A question goes to the CL; to the IC until there is one, and to whoever declared before (roles.ic-protects-ops)."""
    found = _holders(event.subject_id, RoomRole.CL) or _holders(event.subject_id, RoomRole.IC)
    if not found:
        found = {user for user in Incident.objects.filter(pk=event.subject_id).values_list("declared_by_id", flat=True) if user}
    notify(event, may_hear(event.subject_id, found), template="question", subject_id=event.subject_id)


def _members(role: Role) -> set[int]:
    return set(members(role))


def _on_duty(*duties: Duty) -> set[int]:
    """Who sits on a duty's seat and is a member still."""
    seated = DutyHolder.objects.filter(duty__in=duties).values("user_id")
    return set(Membership.objects.filter(user_id__in=seated, is_active=True).values_list("user_id", flat=True))


def _holders(incident_id: int, role: RoomRole) -> set[int]:
    held = RoleHolding.objects.filter(incident__pk=incident_id, role=role, until__isnull=True)
    return set(held.values_list("user_id", flat=True))


def render_update(delivery: Delivery) -> Message | None:
    """A status update, as it was posted."""
    update = StatusUpdate.objects.select_related("incident").get(pk=delivery.subject_id)
    return _mail(delivery, update.incident, SUBJECTS[Audience(update.audience)], _said(update))


def render_approval(delivery: Delivery) -> Message | None:
    """An update waits for the recipient's word. None once it waits no more."""
    update = StatusUpdate.objects.select_related("incident", "author").get(pk=delivery.subject_id)
    if update.state != UpdateState.WAITING:
        return None
    audience = Audience(update.audience).label.lower()
    asks = f"{update.author.name} wrote this update ({audience}). It does not go out before it is approved."
    return _mail(delivery, update.incident, "Please approve: update on", f"{asks}\n\n{_said(update)}")


def render_rejection(delivery: Delivery) -> Message | None:
    """An update was sent back."""
    update = StatusUpdate.objects.select_related("incident", "decided_by").get(pk=delivery.subject_id)
    who = update.decided_by.name if update.decided_by else "Somebody"
    text = f"{who} sent your update back; it did not go out.\nReason: {update.decision_reason}\n\n{_said(update)}"
    return _mail(delivery, update.incident, "Sent back: update on", text)


def render_question(delivery: Delivery) -> Message | None:
    """Somebody outside the room asks."""
    incident = Incident.objects.get(pk=delivery.subject_id)
    event = delivery.event
    text = f"{event.actor_name} asks:\n\n{event.data['text']}\n\nAnswer with an update to executives, or to whom it concerns."
    return _mail(delivery, incident, "A question on", text)


def _said(update: StatusUpdate) -> str:
    parts = [f"Status: {PublicStatus(update.status).label}"] if update.status else []
    parts.append(f"{'What to say' if update.audience == Audience.SUPPORT else 'What is known'}: {update.known}")
    parts += [f"Impact: {update.impact}"] if update.impact else []
    parts += [f"What is being done: {update.doing}"] if update.doing else []
    parts += [f"Next update at {at_time(update.next_update_at, now().date(), seconds=False)}."] if update.next_update_at else []
    return "\n\n".join(parts)


def _mail(delivery: Delivery, incident: Incident, subject: str, text: str) -> Message | None:
    """A message about an incident. (Of a restricted one `message` says nothing, and to nobody who is not named on it.)"""
    return message(delivery, incident, f"{subject} {incident.level} {incident.ref}: {incident.title}", text)
