"""Who is told what of an incident's events, and what the messages say when they are sent."""

from collections.abc import Iterable
from datetime import datetime

from django.conf import settings
from django.urls import reverse

from incidents import called
from incidents.duties import label
from incidents.models import Incident, Order, RoleHolding, RoleOffer, Signal, StatusUpdate
from incidents.owning import OWNER_TEAM, owner_of
from incidents.queries import named_now
from incidents.states import OfferState, RoomRole
from ledger.models import Event
from notifications.actions import notify
from notifications.models import Delivery
from notifications.transports import Message
from oncall.models import PageStep
from oncall.subjects import RESTRICTED
from tenants import addresses, prepared
from tenants.actors import Actor, Role
from tenants.queries import members
from tenants.walled import tenant_of

ROLES, AUTHORITY = "mobilize.roles-assigned", "roles.ic-authority"
# What is asked of whoever is told, where the clause alone would not say it.
_ASKED = {
    ROLES: "Not all of commander, Operations Lead and Communications Lead are found: claim command, assign them, or answer.",
    "roles.ic-rhythm": "How do things stand? Answer with a check-in in the room.",
}

# What every page's message asks of its signal: worded here, since the ORM takes longer to word it than PostgreSQL to answer.
_SIGNAL = """
SELECT s.kind, s.title, s.incident_id, coalesce(i.restricted, false)
FROM incidents_signal s LEFT JOIN incidents_incident i ON i.id = s.incident_id WHERE s.id = %s
"""


def signal_told(signal_id: int) -> tuple[str, bool]:
    """A signal in one line, and whether it belongs to a restricted incident. Raises Signal.DoesNotExist where there is none."""
    row = prepared.one(_SIGNAL, [signal_id])
    if row is None:
        raise Signal.DoesNotExist(f"No signal {signal_id}.")
    kind, title, incident_id, restricted = row
    return f"{Signal.Kind(kind).label}: {title}" if incident_id is None else incident_told(incident_id)[0], restricted


def incident_told(incident_id: int) -> tuple[str, bool]:
    """An incident in one line, and whether it is restricted."""
    incident = called.incident(incident_id)
    return _line(incident), incident.restricted


def _line(incident: Incident) -> str:
    """An incident in one line; that it is a drill comes first."""
    return f"{'Exercise: ' if incident.exercise else ''}{incident.level} {incident.ref}: {incident.title}"


def prompt_owner(event: Event, by: Actor) -> None:
    """A clock of an incident runs out, or has: its owner is told (the IC where the role is open, the declarer before).

    A clock of the owner team's (the fix of a SEV 3 or 4) is told to the IC if there is one, else to the first of that team.
    """
    if event.incident_id is None or not event.data.get("owner_role"):
        return
    chased = event.data["clause"] == ROLES
    wanted = _chased(event.incident_id) if chased else _first(*_owners(event.incident_id, event.data["owner_role"]))
    if recipients := may_hear(event.incident_id, wanted):
        notify(event, recipients, template="prompt", subject_id=event.incident_id)


def _owners(incident_id: int, role: str) -> tuple[int | None, ...]:
    """Who answers for a clock, whoever is there first: the role's holder, the IC, whoever declared."""
    holders = dict(RoleHolding.objects.filter(incident_id=incident_id, until__isnull=True).values_list("role", "user_id"))
    declarer = Incident.objects.values_list("declared_by_id", flat=True).get(pk=incident_id)
    team = owner_of(incident_id) if role == OWNER_TEAM and RoomRole.IC not in holders else None
    return holders.get(role), holders.get(RoomRole.IC), team, declarer


def may_hear(incident_id: int, people: Iterable[int]) -> list[int]:
    """Those of them who may know of it: of a restricted incident only who is named on it hears anything (breach.need-to-know)."""
    wanted = sorted(set(people))
    if not called.is_restricted(incident_id):
        return wanted
    return sorted(set(named_now(incident_id).values_list("user_id", flat=True)).intersection(wanted))


def _first(*people: int | None) -> list[int]:
    return [person for person in people if person is not None][:1]


def _chased(incident_id: int) -> list[int]:
    """Open roles are chased (mobilize.roles-assigned): the IC and whoever has not answered; before there is one, all who could claim.

    That is, whoever declared it and whoever was paged for it.
    """
    incident = Incident.objects.get(pk=incident_id)
    commander = RoleHolding.objects.filter(incident=incident, role=RoomRole.IC, until=None).values_list("user_id", flat=True)
    if commander:
        asked = RoleOffer.objects.filter(incident=incident, state=OfferState.OPEN).values_list("user_id", flat=True)
        return sorted({*commander, *asked})
    paged = PageStep.objects.filter(page__incident_id=incident_id).values_list("user_id", flat=True)
    return sorted({*paged, *_first(incident.declared_by_id)})


def tell_order(event: Event, by: Actor) -> None:
    """An order goes to the one it is for, and again when it is chased (warroom.ack-everything)."""
    notify(event, [event.data["user_id"]], template="order", subject_id=event.data["order_id"], urgent=True)


def tell_administrators(event: Event, by: Actor) -> None:
    """Nobody sits where the law wants somebody called: the administrators are told, and of what it is for nothing."""
    notify(event, members(Role.ADMINISTRATOR), template="unfilled", subject_id=event.subject_id)


def render_unfilled(delivery: Delivery) -> Message:
    """An administrator is told of a duty without a holder. They need not know why it was asked for, so it is not said."""
    duty = label(delivery.event.data["duty"])
    return Message(
        address=delivery.recipient.email,
        name=delivery.recipient.name,
        subject=f"Nobody holds the duty of {duty}",
        text=f"Somebody had to be called by the standard, and nobody holds the duty of {duty}. Name one now.",
        link=addresses.page(tenant_of(delivery), "admin/tenants/dutyholder/"),
        link_label="Duties",
    )


def message(
    delivery: Delivery, incident: Incident, subject: str, text: str, *, below: str = "", label: str = ""
) -> Message | None:
    """A notice of an incident. Of a restricted one it says nothing but that, and goes to nobody who is not named on it.

    What was queued before it was restricted is judged by this too: it is asked when it is sent (clause breach.need-to-know). Its
    link leads to the incident, or to the page `below` it that is called `label`.
    """
    if incident.restricted:
        if not knows(incident, delivery.recipient.pk):
            return None
        subject, text = RESTRICTED, f"{RESTRICTED}.\nWhat it is about is said only in the portal."
    return Message(
        address=delivery.recipient.email,
        name=delivery.recipient.name,
        subject=subject,
        text=text,
        link=addresses.page(tenant_of(delivery), f"incidents/{incident.ref}/{below}"),
        link_label=label or ("The war room" if incident.mobilises else "The incident"),
    )


def knows(incident: Incident, user_id: int) -> bool:
    """Whether a person is named on a restricted incident now."""
    return named_now(incident.pk).filter(user_id=user_id).exists()


def may_know(incident_id: int, user_id: int) -> bool:
    """Whether a person may be told of an incident: of a restricted one only who is named on it."""
    return may_hear(incident_id, [user_id]) == [user_id]


def render_flag(delivery: Delivery) -> Message | None:
    """A duty is told of a flag, such as the CFO of lost money (finance.notify-cfo)."""
    incident = Incident.objects.get(pk=delivery.subject_id)
    line = _line(incident)
    flagged = delivery.event.data
    text = f"{line}\n{flagged['label']}: {flagged['reason']}\nAll records are kept, and a copy of the databases is asked for."
    return message(delivery, incident, f"{flagged['label']}: {line}", text)


def render_notice(delivery: Delivery) -> Message | None:
    """A duty is told of an incident; nothing is asked of them."""
    incident = Incident.objects.get(pk=delivery.subject_id)
    line = _line(incident)
    text = f"{line}\nDeclared at {incident.declared_at:%Y-%m-%d %H:%M:%S} UTC. You are told because of your duty; updates follow."
    return message(delivery, incident, f"Declared: {line}", text)


def render_prompt(delivery: Delivery) -> Message | None:
    """Somebody is reminded of a clock. None once the incident has ended."""
    incident = Incident.objects.get(pk=delivery.subject_id)
    if not incident.is_open:
        return None
    late = delivery.event.kind == "clock.broken"
    clause = incident.law.clause(delivery.event.data["clause"])
    what = "is past" if late else "is running out"
    for_whom = " (for customers)" if delivery.event.data.get("about") == StatusUpdate._meta.label_lower else ""
    due = datetime.fromisoformat(delivery.event.data["due_at"])
    on = "" if due.date() == delivery.event.occurred_at.date() else f"{due:%Y-%m-%d} "
    asked = _ASKED.get(clause.id, "")
    text = f"{clause.says}{for_whom}\nDue at {on}{due:%H:%M:%S} UTC: the time {what}.\n{asked}".rstrip()
    return message(delivery, incident, f"{incident.ref}: time {what}", text)


def render_order(delivery: Delivery) -> Message | None:
    """What somebody is asked to do. None once they know of it, or nobody waits for it any more."""
    order = Order.objects.select_related("incident", "issued_by").get(pk=delivery.subject_id)
    incident = order.incident
    if order.acknowledged_at or order.withdrawn_at or not incident.is_open:
        return None
    again = "Please acknowledge: " if delivery.event.kind == "incident.order_chased" else ""
    subject = f"{again}order {order.number} on {incident.ref}"
    within = f"\nExpected within {order.eta_minutes} minutes of your acknowledgement." if order.eta_minutes else ""
    first = f"\n{word}" if (word := before_other_work(incident)) else ""
    asked = f"{order.issued_by.name} asks you:\n\n{order.text}\n{within}\nSay in the room that you have it.{first}"
    return message(delivery, incident, subject[0].upper() + subject[1:], asked)


def before_other_work(incident: Incident) -> str:
    """The words of the standard that give the commander's word its weight, where a room is run (docs/decisions/0035); else ""."""
    said = (clause.says for clause in incident.law.clauses if clause.id == AUTHORITY)
    return next(said, "") if incident.mobilises else ""


def signal_address(signal_id: int) -> str:
    """Where a signal is seen: in its incident, or in triage."""
    signal = Signal.objects.select_related("incident").get(pk=signal_id)
    return _reverse("incident", signal.incident.ref) if signal.incident else _reverse("triage")


def incident_address(incident_id: int) -> str:
    """Where an incident is seen."""
    return _reverse("incident", Incident.objects.values_list("ref", flat=True).get(pk=incident_id))


def incidents_described(ids: Iterable[int]) -> dict[int, tuple[str, str]]:
    """Incidents' ids -> what `incident_told` and `incident_address` say. One query."""
    return {one.pk: (_line(one), _reverse("incident", one.ref)) for one in Incident.objects.filter(pk__in=ids)}


def signals_described(ids: Iterable[int]) -> dict[int, tuple[str, str]]:
    """The same of signals. One query."""
    return {
        one.pk: (_line(one.incident), _reverse("incident", one.incident.ref))
        if one.incident
        else (f"{one.get_kind_display()}: {one.title}", _reverse("triage"))
        for one in Signal.objects.filter(pk__in=ids).select_related("incident")
    }


def _reverse(name: str, *args: str) -> str:
    """A page's path below the organisation's address, wherever it is asked from (an e-mail's link has no organisation in its path)."""
    return reverse(name, urlconf=settings.PORTAL_URLCONF, args=args)
