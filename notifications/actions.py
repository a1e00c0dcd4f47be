"""Queueing messages and delivering them: a row first, at least once, the same key on every try."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta

import structlog
from django.conf import settings
from django.db import DatabaseError, connection, transaction
from django.utils.module_loading import import_string

from ledger import nudge
from ledger.models import Event
from notifications.models import Attempt, Delivery, QueuedDelivery
from notifications.transports import Message, TransportError, transport
from tenants.actors import Via
from tenants.models import Membership
from tenants.scope import scope
from tenants.time import now
from tenants.walled import tenant_of

log = structlog.get_logger(__name__)

type Renderer = Callable[[Delivery], Message | None]

LEASE = timedelta(seconds=9)  # longer than a transport's own time-out, shorter than anyone wants to wait after a crash
MAX_ATTEMPTS = 10
AT_ONCE = {"inbox": "in the portal's inbox"}  # channels whose delivery is the entry itself, with what is noted of it


def notify(
    event: Event, recipients: Iterable[int], *, template: str, subject_id: int, channels: Sequence[str] = ("email", "inbox")
) -> list[Delivery]:
    """Queue a message to each person (by user id) on each channel, because of `event`. Sent after the commit, never inside.

    A channel that is a page of the portal has nothing to send: its delivery has arrived with its row. Repeating it for the same
    event, person and channel queues nothing twice.
    """
    wanted = [
        Delivery(
            organisation_id=event.organisation_id,
            event=event,
            recipient_id=recipient,
            channel=channel,
            template=template,
            subject_id=subject_id,
            incident_id=event.incident_id,
        )
        for recipient in dict.fromkeys(recipients)
        for channel in channels
    ]
    known = set(Delivery.objects.filter(event=event).values_list("recipient_id", "channel"))
    made = Delivery.objects.bulk_create([d for d in wanted if (d.recipient_id, d.channel) not in known])
    Attempt.objects.bulk_create(_outcome(d, 1, Attempt.Outcome.SENT, AT_ONCE[d.channel]) for d in made if d.channel in AT_ONCE)
    queued = [QueuedDelivery(organisation_id=event.organisation_id, delivery=d) for d in made if d.channel not in AT_ONCE]
    QueuedDelivery.objects.bulk_create(queued)
    ids = [(tenant_of(q), q.delivery_id) for q in queued]

    def wake() -> None:
        for organisation_id, delivery_id in ids:
            nudge.send("notifications.deliver", organisation_id, delivery_id)

    transaction.on_commit(wake)
    return made


@nudge.doing("notifications.deliver")
def deliver(organisation_id: int, delivery_id: int) -> bool:
    """Try one delivery, if it is due and nobody else is trying. Returns whether it was sent.

    Three steps: take a lease and record the start (committed), hand the message over, record what came of it.
    """
    try:
        taken = _take(organisation_id, delivery_id)
    except DatabaseError:
        raise  # the database's trouble, not this delivery's
    except Exception as error:  # what cannot be rendered is a failed attempt, not one that is tried each second for ever
        _unrendered(organisation_id, delivery_id, f"{type(error).__name__}: {error}")
        return False
    if taken is None:
        return False
    delivery, message, number = taken
    try:
        detail = transport(delivery.channel).send(message, key=delivery.key)
    except Exception as error:  # a transport that breaks is a failed attempt like any other
        _failed(delivery, number, str(error) if isinstance(error, TransportError) else f"{type(error).__name__}: {error}")
        return False
    with scope(organisation_id, surface=Via.RELAY):
        _attempt(delivery, number, Attempt.Outcome.SENT, detail)
        QueuedDelivery.objects.filter(delivery=delivery).delete()
    return True


def _take(organisation_id: int, delivery_id: int) -> tuple[Delivery, Message, int] | None:
    with scope(organisation_id, surface=Via.RELAY):
        queued = (
            QueuedDelivery.objects.select_for_update(skip_locked=True, of=("self",))
            .select_related("delivery__recipient", "delivery__event")
            .filter(delivery_id=delivery_id, next_try_at__lte=now())
            .first()
        )
        if queued is None:
            return None
        delivery: Delivery = queued.delivery
        stayed = Membership.objects.filter(user_id=delivery.recipient_id, is_active=True).exists()
        message = _render(delivery) if stayed else None  # who has left is told nothing any more
        number = queued.attempts + 1
        if message is None:
            _attempt(delivery, number, Attempt.Outcome.WITHDRAWN, "")
            queued.delete()
            return None
        queued.attempts, queued.next_try_at = number, now() + LEASE
        queued.save()
        _attempt(delivery, number, Attempt.Outcome.STARTED, "")
        return delivery, message, number


def _render(delivery: Delivery) -> Message | None:
    renderers: Mapping[str, str] = import_string(settings.MUSTER_RENDERERS)
    render: Renderer = import_string(renderers[delivery.template])
    return render(delivery)


def _unrendered(organisation_id: int, delivery_id: int, detail: str) -> None:
    """Count an attempt that came to nothing before it began."""
    with scope(organisation_id, surface=Via.RELAY):
        queued = (
            QueuedDelivery.objects.select_for_update(of=("self",))
            .select_related("delivery")
            .filter(delivery_id=delivery_id)
            .first()
        )
        if queued is None:
            return
        queued.attempts += 1
        queued.save()
        _failed(queued.delivery, queued.attempts, detail)


def _failed(delivery: Delivery, number: int, detail: str) -> None:
    """Record the failure; try again after 1, 2, 4 … 120 seconds, and give up, visibly, after MAX_ATTEMPTS."""
    log.warning("delivery.failed", delivery=delivery.pk, attempt=number, detail=detail)
    with scope(tenant_of(delivery), surface=Via.RELAY):
        _attempt(delivery, number, Attempt.Outcome.FAILED, detail[:2000])
        queued = QueuedDelivery.objects.filter(delivery=delivery, attempts=number)  # unless another has tried since
        if number >= MAX_ATTEMPTS:
            _attempt(delivery, number, Attempt.Outcome.GAVE_UP, f"after {number} attempts")
            queued.delete()
        else:
            queued.update(next_try_at=now() + timedelta(seconds=min(2 ** (number - 1), 120)))


def _attempt(delivery: Delivery, number: int, outcome: Attempt.Outcome, detail: str) -> None:
    _outcome(delivery, number, outcome, detail).save(force_insert=True)


def _outcome(delivery: Delivery, number: int, outcome: Attempt.Outcome, detail: str) -> Attempt:
    return Attempt(
        organisation_id=delivery.organisation_id,
        delivery=delivery,
        incident_id=delivery.incident_id,
        number=number,
        outcome=outcome,
        detail=detail,
    )


def overdue(before: datetime, limit: int = 200) -> Iterable[tuple[int, int]]:
    """(organisation, delivery) of deliveries that should have been tried before `before`, over all tenants, oldest first."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT organisation_id, delivery_id FROM muster.due_deliveries(%s, %s)", [before, limit])
        return list(cursor.fetchall())
