"""What is late, said once, at the top of the room: broken clocks, orders without an answer, work past its ETA."""

from collections.abc import Iterator
from datetime import timedelta

from incidents.facts import Facts
from incidents.models import Incident
from incidents.queries import clock_label
from incidents.room.panels import since
from incidents.sentences.kind import at_time
from tenants.time import now

# Clocks of parts that are told one by one, with their names.
TOLD_BY_PART = frozenset({"warroom.ack-everything"})


def late(incident: Incident, facts: Facts) -> list[str]:
    """What is late now, as sentences."""
    return [*_clocks(facts), *_orders(facts, timedelta(minutes=incident.law.minutes("order_ack")))]


def _clocks(facts: Facts) -> Iterator[str]:
    for clock in facts.clocks:
        if clock.due_at <= now() and clock.clause not in TOLD_BY_PART and not clock.at_least:
            owner = f" {clock.owner_role.upper()} owes it." if clock.owner_role else ""
            due = at_time(clock.due_at, now().date())
            yield f"{clock_label(clock)} was due at {due}, {since(clock.due_at)} ago ({clock.clause}).{owner}"


def _orders(facts: Facts, limit: timedelta) -> Iterator[str]:
    """Orders that nobody acknowledged in time, and work past its ETA."""
    for order in facts.orders:
        if order.waits and order.issued_at + limit <= now():
            waited = since(order.issued_at)
            yield f"Order {order.number} to {order.recipient} is not acknowledged for {waited} (warroom.ack-everything)."
        elif order.is_open and order.expected_at is not None and order.expected_at < now():
            yield f"Order {order.number} to {order.recipient} is {since(order.expected_at)} past its ETA."
