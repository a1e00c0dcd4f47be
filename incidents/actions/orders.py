"""Orders: given, acknowledged, done or taken back; and chased while nobody says "copy" (warroom.ack-everything)."""

from datetime import timedelta
from typing import Any

from incidents import fields
from incidents.actions.base import enter, lock, tell
from incidents.actions.parts import chosen, next_number
from incidents.members import active_for
from incidents.models import Incident, Order
from incidents.rules import orders as rules
from ledger.verbs import verb
from standard import clocks
from standard.away import Away
from standard.models import Clock
from tenants.actors import Actor
from tenants.refusals import check
from tenants.time import now

ACK_CLOCK = "warroom.ack-everything"


@verb(
    "order",
    kind="incident.order_issued",
    who="IC (SEV 3/4 without one: a practitioner of the owner team)",
    starts=(ACK_CLOCK,),
    clauses=(ACK_CLOCK, "warroom.clear-concise", "principle.chain-of-command"),
)
def order(incident: Incident, *, by: Actor, to: str, text: str, eta_minutes: int | None = None) -> Order:
    """Ask one person, by e-mail address, to do something. They are told at once, and have two minutes to say "copy"."""
    incident, facts = lock(incident)
    check(rules.why_not_order(incident, facts, by))  # before anybody is looked up
    member = active_for(by, to, field="to")
    check(rules.why_not_order(incident, facts, by, member))
    clean, eta = fields.text("text", text, most=fields.BRIEF_MAX), fields.eta("eta_minutes", eta_minutes)
    number = next_number(facts.orders)
    given = Order.objects.create(
        incident=incident, number=number, issued_by_id=by.person_id, recipient_id=member.user_id, text=clean, eta_minutes=eta
    )
    enter(incident, facts, by)
    tell(
        incident,
        "incident.order_issued",
        by=by,
        number=number,
        order_id=given.pk,
        to=member.name,
        user_id=member.user_id,
        text=clean,
        eta_minutes=eta,
    )
    _wait(incident, given)
    return given


@verb("acknowledge", kind="incident.order_acknowledged", who="the one ordered", stops=(ACK_CLOCK,), clauses=(ACK_CLOCK,))
def acknowledge_order(incident: Incident, *, by: Actor, order: int) -> Order:
    """Say "copy": the order is understood and being done. It brings one into the room; the ETA counts from here."""
    incident, facts = lock(incident)
    item, _ = chosen(rules.why_not_acknowledge_order, incident, facts, by, facts.orders, order, "order")
    found = Order.objects.get(incident=incident, number=item.number)
    found.acknowledged_at = now()
    found.save()
    enter(incident, facts, by)
    _copied(incident, found, by)
    return found


@verb(
    "done",
    kind="incident.order_done",
    who="the one ordered",
    sometimes=("incident.order_acknowledged",),
    stops=(ACK_CLOCK,),
    clauses=(ACK_CLOCK, "warroom.clear-concise"),
)
def finish_order(incident: Incident, *, by: Actor, order: int, outcome: str = "") -> Order:
    """Say that an order is done, and what came of it. One that was not acknowledged yet is acknowledged with it."""
    incident, facts = lock(incident)
    item, _ = chosen(rules.why_not_finish_order, incident, facts, by, facts.orders, order, "order")
    clean = fields.text("outcome", outcome, most=fields.BRIEF_MAX, required=False)
    found = Order.objects.get(incident=incident, number=item.number)
    waited, found.done_at, found.outcome = item.waits, now(), clean
    found.acknowledged_at = found.acknowledged_at or found.done_at
    found.save()
    enter(incident, facts, by)
    if waited:
        _copied(incident, found, by)
    seconds = (found.done_at - found.issued_at).total_seconds()
    told: dict[str, Any] = {"number": item.number, "text": item.text, "outcome": clean, "seconds": round(seconds, 3)}
    late = item.expected_at is not None and found.done_at > item.expected_at
    tell(incident, "incident.order_done", by=by, **told, late=late)
    return found


@verb("withdraw", kind="incident.order_withdrawn", who="IC", stops=(ACK_CLOCK,), clauses=("principle.chain-of-command",))
def withdraw_order(incident: Incident, *, by: Actor, order: int, reason: str = "") -> Order:
    """Take back an order that is not done yet; nobody is chased for it any more."""
    incident, facts = lock(incident)
    item, _ = chosen(rules.why_not_withdraw_order, incident, facts, by, facts.orders, order, "order")
    clean = fields.text("reason", reason, most=fields.REASON_MAX, required=False)
    found = Order.objects.get(incident=incident, number=item.number)
    found.withdrawn_at = now()
    found.save()
    clocks.fall_away(found, ACK_CLOCK, why=Away.WITHDRAWN)
    enter(incident, facts, by)
    tell(
        incident,
        "incident.order_withdrawn",
        by=by,
        number=item.number,
        order_id=found.pk,
        user_id=item.recipient_id,
        to=item.recipient,
        text=item.text,
        reason=clean,
    )
    return found


@verb("chase", kind="incident.order_chased", who="the clock", subject="order", clauses=(ACK_CLOCK,))
def chase(order: Order, *, by: Actor) -> None:
    """Nobody acknowledged an order in time: its recipient is asked again, and the order stays marked."""
    incident, _ = lock(order.incident)
    order = Order.objects.select_for_update(of=("self",)).select_related("recipient").get(pk=order.pk)
    if order.acknowledged_at is None and order.done_at is None and order.withdrawn_at is None:
        order.chased_at = now()
        order.save()
        waited = (order.chased_at - order.issued_at).total_seconds()
        tell(
            incident,
            "incident.order_chased",
            by=by,
            number=order.number,
            order_id=order.pk,
            to=order.recipient.name,
            user_id=order.recipient_id,
            text=order.text,
            waited_seconds=round(waited, 3),
        )


def wait_again(incident: Incident) -> None:
    """Orders that nobody acknowledged or took back are waited for anew: the incident's end had stopped their clocks."""
    for given in Order.objects.filter(incident=incident, acknowledged_at=None, withdrawn_at=None).order_by("id"):
        _wait(incident, given)


def _wait(incident: Incident, order: Order) -> None:
    """Give an order's recipient as long as the standard does to say "copy"."""
    due = timedelta(minutes=incident.law.minutes("order_ack"))
    clocks.start(ACK_CLOCK, order, due=due, incident_id=incident.pk)


def on_clock_broken(clock: Clock, by: Actor) -> None:
    """An order's clock ran out (portal/reactions.py names this for orders)."""
    chase(Order.objects.select_related("incident").get(pk=clock.subject_id), by=by)


def _copied(incident: Incident, order: Order, by: Actor) -> None:
    """Record that an order was acknowledged, after how long, and stop its clock."""
    clocks.stop(order, ACK_CLOCK)
    seconds = ((order.acknowledged_at or now()) - order.issued_at).total_seconds()
    told: dict[str, Any] = {
        "number": order.number,
        "text": order.text,
        "seconds": round(seconds, 3),
        "chased": order.chased_at is not None,
    }
    tell(incident, "incident.order_acknowledged", by=by, **told)
