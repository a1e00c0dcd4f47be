"""What is late, said once, at the top of the room: broken clocks, orders without an answer, work past its ETA."""

from collections.abc import Iterator

from incidents.facts import Facts
from incidents.queries import CLOCK_LABELS
from incidents.room.panels import since
from standard.models import Clock
from tenants.time import now

# Clocks of parts that are told one by one, with their names.
_TOLD_BY_PART = frozenset({"warroom.ack-everything"})


def late(facts: Facts, running: list[Clock]) -> list[str]:
    """What is late now, as sentences, longest first."""
    return [*_clocks(running), *_orders(facts, running)]


def _clocks(running: list[Clock]) -> Iterator[str]:
    for clock in running:
        if clock.due_at <= now() and clock.clause not in _TOLD_BY_PART:
            owner = f" {clock.owner_role.upper()} owes it." if clock.owner_role else ""
            label = CLOCK_LABELS.get(clock.clause, clock.clause)
            yield f"{label}: {since(clock.due_at)} late, was due at {clock.due_at:%H:%M:%S} UTC ({clock.clause}).{owner}"


def _orders(facts: Facts, running: list[Clock]) -> Iterator[str]:
    """Orders that their clock, or their chaser, says are not acknowledged in time; and work past its ETA."""
    broken = {clock.subject_id for clock in running if clock.clause in _TOLD_BY_PART and clock.due_at <= now()}
    for order in facts.orders:
        if order.waits and (order.chased_at is not None or broken):
            waited = since(order.issued_at)
            yield f"Order {order.number} to {order.recipient}: not acknowledged for {waited} (warroom.ack-everything)."
        elif order.is_open and order.expected_at is not None and order.expected_at < now():
            yield f"Order {order.number} to {order.recipient}: {since(order.expected_at)} past its ETA."
