"""What became of a delivery, written down: each step of it once, by the statements that tell of several at a time."""

from collections.abc import Sequence
from datetime import datetime

from notifications.models import Attempt, Delivery
from notifications.route import Way
from tenants import prepared
from tenants.storing import insert_all_once
from tenants.time import now
from tenants.walled import tenant_of

AT_ONCE = {"inbox": "in the portal's inbox"}  # channels whose delivery is the entry itself, with what is noted of it

# What was sent waits no more (nothing refers to its place in the queue), and its attempt is told.
_SENT = """
WITH said AS (SELECT * FROM unnest(%(deliveries)s::bigint[], %(incidents)s::bigint[], %(numbers)s::integer[]) AS t (delivery, incident, number)),
done AS (DELETE FROM notifications_queueddelivery q USING said WHERE q.delivery_id = said.delivery)
INSERT INTO notifications_attempt (organisation_id, delivery_id, incident_id, method_id, number, outcome, at, detail)
SELECT %(organisation)s::bigint, said.delivery, said.incident, %(method)s::bigint, said.number, 'sent', %(at)s::timestamptz, %(detail)s::text
FROM said ORDER BY said.delivery
"""


def tell(
    delivery: Delivery, number: int, what: Attempt.Outcome, detail: str, way: Way | None = None, at: datetime | None = None
) -> None:
    """Write down one step of an attempt, which is at this moment where none is named."""
    outcome(delivery, number, what, detail, way, at).save(force_insert=True)


def arrived(deliveries: Sequence[Delivery]) -> None:
    """Tell of deliveries that are the entry itself that they have arrived. One statement."""
    told = [outcome(delivery, 1, Attempt.Outcome.SENT, AT_ONCE[delivery.channel]) for delivery in deliveries]
    insert_all_once(told, by=("delivery_id",))


def sent(parts: Sequence[tuple[Delivery, int]], said: str, way: Way) -> None:
    """Tell that these deliveries of one person, each at this attempt, went out by one way, and take them out of the queue. One statement."""
    values = {
        "organisation": tenant_of(parts[0][0]),
        "deliveries": [delivery.pk for delivery, _ in parts],
        "incidents": [delivery.incident_id for delivery, _ in parts],
        "numbers": [number for _, number in parts],
        "method": way.method_id,
        "at": now(),
        "detail": said,
    }
    prepared.run(_SENT, values)


def outcome(
    delivery: Delivery, number: int, what: Attempt.Outcome, detail: str, way: Way | None = None, at: datetime | None = None
) -> Attempt:
    """One step of an attempt, not stored yet."""
    return Attempt(
        organisation_id=delivery.organisation_id,
        delivery=delivery,
        incident_id=delivery.incident_id,
        method_id=way.method_id if way else None,
        number=number,
        outcome=what,
        detail=detail,
        at=at or now(),
    )
