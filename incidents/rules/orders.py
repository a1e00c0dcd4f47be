"""Orders: the IC gives them, the one named says "copy" and does it (warroom.ack-everything)."""

from collections.abc import Callable

from incidents.facts import Facts
from incidents.items import Member, OrderItem
from incidents.models import Incident
from incidents.rules.common import CHAIN, command, fits, of_any, practitioner, running
from tenants.actors import Actor
from tenants.refusals import Reason

ACK = "warroom.ack-everything"


def why_not_order(incident: Incident, facts: Facts, by: Actor, recipient: Member | None = None) -> list[Reason]:
    """The IC orders; a practitioner who may see the incident, and is somebody else, is ordered."""
    reasons = practitioner(by) or running(incident) or command(incident, facts, by, "giving orders")
    if reasons or recipient is None:
        return reasons
    if recipient.user_id == by.user_id:
        return [Reason("to_yourself", "An order is for somebody else.", clause=ACK, field="to", status=422)]
    return fits(incident, facts, recipient, "to")


def why_not_acknowledge_order(incident: Incident, facts: Facts, by: Actor, order: OrderItem | None = None) -> list[Reason]:
    """Only the one named acknowledges, once."""
    if reasons := practitioner(by) or running(incident):
        return reasons
    if order is None:
        return _of_any(facts, lambda item: why_not_acknowledge_order(incident, facts, by, item))
    if reasons := _not_theirs(order, by, "acknowledge it") or _over(order):
        return reasons
    if order.waits:
        return []
    sentence = f"{order.recipient} acknowledged order {order.number} at {order.acknowledged_at:%H:%M:%S} UTC already."
    return [Reason("acknowledged", sentence, clause=ACK)]


def why_not_finish_order(incident: Incident, facts: Facts, by: Actor, order: OrderItem | None = None) -> list[Reason]:
    """Only the one named says that it is done; saying so acknowledges it too."""
    if reasons := practitioner(by) or running(incident):
        return reasons
    if order is None:
        return _of_any(facts, lambda item: why_not_finish_order(incident, facts, by, item))
    return _not_theirs(order, by, "say that it is done") or _over(order)


def why_not_withdraw_order(incident: Incident, facts: Facts, by: Actor, order: OrderItem | None = None) -> list[Reason]:
    """The IC takes back an order that is not done yet, whoever gave it."""
    if reasons := practitioner(by) or running(incident) or command(incident, facts, by, "withdrawing orders"):
        return reasons
    if order is None:
        return _of_any(facts, lambda item: why_not_withdraw_order(incident, facts, by, item))
    return _over(order)


def _of_any(facts: Facts, judge: Callable[[OrderItem], list[Reason]]) -> list[Reason]:
    return of_any(facts.orders, judge, Reason("no_order", "No order has been given yet.", clause=ACK))


def _not_theirs(order: OrderItem, by: Actor, what: str) -> list[Reason]:
    if order.recipient_id == by.user_id:
        return []
    sentence = f"Order {order.number} is {order.recipient}'s: only they {what}."
    return [Reason("not_recipient", sentence, clause=CHAIN, status=403)]


def _over(order: OrderItem) -> list[Reason]:
    """Why nothing can be done to an order any more."""
    if order.done_at is not None:
        return [
            Reason("done", f"{order.recipient} did order {order.number} at {order.done_at:%H:%M:%S} UTC already.", clause=ACK)
        ]
    if order.withdrawn_at is not None:
        return [Reason("withdrawn", f"Order {order.number} was withdrawn at {order.withdrawn_at:%H:%M:%S} UTC.", clause=ACK)]
    return []
