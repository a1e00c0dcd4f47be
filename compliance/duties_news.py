"""What follows from a flag by the law, and what Legal and Privacy hear of the law's clocks: from which event, and in which words."""

from compliance.actions.duties import propose_for_flag, remind_next
from compliance.duties_people import lawful
from compliance.models import DutyCase
from incidents.announcements import may_hear, message
from incidents.models import Incident
from ledger.models import Event
from notifications.actions import notify
from notifications.models import Delivery
from notifications.transports import Message
from standard.models import Clock
from tenants.actors import Actor

TEMPLATE = "duty"


def propose(event: Event, by: Actor) -> None:
    """A flag puts each rule in force whose trigger fits to the incident, so that Legal and Privacy decide (clauses breach.*)."""
    propose_for_flag(Incident.objects.get(pk=event.subject_id), event.data["flag"], event.data["kinds"], by=by)


def tell_of_clock(event: Event, by: Actor) -> None:
    """A duty's time is running out, or is past: Legal and Privacy hear of it, and are reminded again at the next mark."""
    clock = Clock.objects.get(pk=event.subject_id)
    if event.kind == "clock.prompted":
        remind_next(clock)
    if event.incident_id is not None and (people := may_hear(event.incident_id, lawful())):
        notify(event, people, template=TEMPLATE, subject_id=clock.subject_id, urgent=event.kind == "clock.broken")


def render(delivery: Delivery) -> Message | None:
    """The message. None where nothing is to be filed any more."""
    case = DutyCase.objects.select_related("incident", "rule").get(pk=delivery.subject_id)
    if not case.waits or case.due_at is None:
        return None
    rule, due = case.rule, f"{case.due_at:%Y-%m-%d %H:%M}"
    late = delivery.event.kind == "clock.broken"
    subject = f"{'Overdue' if late else 'Due'} by law: {rule.regime}, {case.incident.ref}"
    said = f"It was due at {due} UTC, and nothing is filed." if late else f"Due at {due} UTC."
    text = f"{rule.regime}: {rule.stage}\nTo: {rule.recipient}\n{rule.citation}\n{said}"
    return message(delivery, case.incident, subject, text, below="duties/", label="The duties of law")
