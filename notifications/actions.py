"""Queueing messages and delivering them: a row first, at least once, the same key on every try."""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

import structlog
from django.conf import settings
from django.db import DatabaseError, connection, transaction
from django.utils.module_loading import import_string

from ledger import nudge, relay
from ledger.models import Event
from notifications import smtp
from notifications.models import Attempt, Delivery, QueuedDelivery
from notifications.transports import Message, TransportError, transport
from tenants.actors import Via
from tenants.models import User
from tenants.scope import scope
from tenants.storing import insert_once
from tenants.time import now
from tenants.walled import tenant_of

log = structlog.get_logger(__name__)

type Renderer = Callable[[Delivery], Message | None]

LEASE = timedelta(seconds=9)  # shorter than anyone wants to wait after a crash
HAND_OVER = timedelta(
    seconds=smtp.WITHIN_SECONDS
)  # what a transport may take, all in all: it has given up long before another process may try
MARGIN = timedelta(seconds=1)  # to record what came of it
MAX_ATTEMPTS = 10
AT_ONCE = {"inbox": "in the portal's inbox"}  # channels whose delivery is the entry itself, with what is noted of it


def notify(
    event: Event,
    recipients: Iterable[int],
    *,
    template: str,
    subject_id: int,
    channels: Sequence[str] = ("email", "inbox"),
    urgent: bool = False,
) -> list[Delivery]:
    """Queue a message to each person (by user id) on each channel, because of `event`. Sent after the commit, never inside.

    An urgent message is sent by the process that queues it, right after the commit, where it may (ledger.relay.take_on).
    A channel that is a page of the portal has nothing to send: its delivery has arrived with its row. Repeating it for the same
    event, person and channel queues nothing twice.
    """
    made: list[Delivery] = []
    for recipient in dict.fromkeys(recipients):
        for channel in channels:
            delivery = Delivery(
                organisation_id=event.organisation_id,
                event=event,
                recipient_id=recipient,
                channel=channel,
                template=template,
                subject_id=subject_id,
                incident_id=event.incident_id,
            )
            if subject_id == event.subject_id:
                delivery.subject = event.subject
            if insert_once(delivery):
                made.append(delivery)
                _queue(delivery, urgent)
    return made


def _queue(delivery: Delivery, urgent: bool) -> None:
    """Have a new delivery sent after the commit: by this process, where it goes on by itself, or by whichever is woken."""
    if delivery.channel in AT_ONCE:
        _attempt(delivery, 1, Attempt.Outcome.SENT, AT_ONCE[delivery.channel])
        return
    queued = QueuedDelivery(organisation_id=delivery.organisation_id, delivery=delivery)
    if urgent and relay.take_on():
        taken = _start(queued, delivery)
        if taken is not None:
            transaction.on_commit(lambda: nudge.here(partial(_hand_over, taken)))
    else:
        queued.save(force_insert=True)
        transaction.on_commit(lambda: nudge.send("notifications.deliver", tenant_of(delivery), delivery.pk))


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
    return _hand_over(taken)


@dataclass(frozen=True, slots=True)
class _Taken:
    """A delivery that this process may try now, and until when (time.monotonic) it may begin to."""

    delivery: Delivery
    message: Message
    number: int
    begin_before: float


def _take(organisation_id: int, delivery_id: int) -> _Taken | None:
    with scope(organisation_id, surface=Via.RELAY):
        queued = (
            QueuedDelivery.objects.select_for_update(skip_locked=True, of=("self",))
            .select_related("delivery__event")
            .filter(delivery_id=delivery_id, next_try_at__lte=now())
            .first()
        )
        return None if queued is None else _start(queued, queued.delivery)


_MEMBER = "SELECT u.* FROM tenants_user u JOIN tenants_membership m ON m.user_id = u.id WHERE u.id = %s AND m.is_active"


def _start(queued: QueuedDelivery, delivery: Delivery) -> _Taken | None:
    """Take the lease of a delivery and record that an attempt begins; None where there is nothing to say any more."""
    begin_before = time.monotonic() + (LEASE - HAND_OVER - MARGIN).total_seconds()
    stayed = next(iter(User.objects.raw(_MEMBER, [delivery.recipient_id])), None)
    message = None  # who has left is told nothing any more
    if stayed is not None:
        delivery.recipient = stayed
        message = _render(delivery)
    queued.attempts += 1
    if message is None:
        _attempt(delivery, queued.attempts, Attempt.Outcome.WITHDRAWN, "")
        if queued.pk is not None:
            queued.delete()
        return None
    queued.next_try_at = now() + LEASE
    queued.save()
    _attempt(delivery, queued.attempts, Attempt.Outcome.STARTED, "")
    return _Taken(delivery, message, queued.attempts, begin_before)


def _hand_over(taken: _Taken) -> bool:
    """Hand a message to its transport, and record what came of it. Returns whether it was sent."""
    delivery = taken.delivery
    if time.monotonic() > taken.begin_before:  # the commit took too long: another may have the lease before we were done
        _failed(delivery, taken.number, "not begun in time")
        return False
    try:
        detail = transport(delivery.channel).send(taken.message, key=delivery.key)
    except Exception as error:  # a transport that breaks is a failed attempt like any other
        _failed(delivery, taken.number, str(error) if isinstance(error, TransportError) else f"{type(error).__name__}: {error}")
        return False
    with scope(tenant_of(delivery), surface=Via.RELAY):
        _attempt(delivery, taken.number, Attempt.Outcome.SENT, detail)
        QueuedDelivery.objects.filter(delivery=delivery)._raw_delete("default")  # nothing refers to it
    return True


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
