"""Queueing messages and delivering them: a row first, at least once, the same key on every try."""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial

import structlog
from django.conf import settings
from django.db import DatabaseError, connection, transaction
from django.utils.module_loading import import_string

from ledger import nudge, relay
from ledger.models import Event
from notifications import attempts, contacts, lanes, route, smtp
from notifications.models import Attempt, ContactMethod, Delivery, QueuedDelivery
from notifications.transports import Gone, Message, TransportError, transport
from tenants import addresses
from tenants.actors import Via
from tenants.limits import MOMENT_SECONDS, TookTooLong, within
from tenants.scope import scope
from tenants.storing import insert_all_once, insert_once
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

    "email" is the person's contact methods in their order, the account's e-mail last (notifications/route.py). An urgent message
    obeys no quiet rule, and is sent by the process that queues it, right after the commit, where it may (ledger.relay.take_on).
    A channel that is a page of the portal has nothing to send: its delivery has arrived with its row. Repeating it for the same
    event, person and channel queues nothing twice.
    """
    wanted = [
        _delivery(event, recipient, channel, template, subject_id, urgent)
        for recipient in dict.fromkeys(recipients)
        for channel in channels
    ]
    made = insert_all_once(wanted, by=("recipient_id", "channel"))
    attempts.arrived([delivery for delivery in made if delivery.channel in attempts.AT_ONCE])
    for delivery in made:
        if delivery.channel not in attempts.AT_ONCE:
            _queue(delivery, urgent)
    return made


def notify_through(event: Event, recipient: int, methods: Iterable[ContactMethod], *, template: str, subject_id: int) -> None:
    """Queue a message to one person through each of these methods and no other: what proves or tests them. Not twice for one event."""
    for method in methods:
        delivery = _delivery(event, recipient, method.kind, template, subject_id, urgent=True)
        delivery.method = method
        if insert_once(delivery):
            _queue(delivery, urgent=False)


def notify_outside(event: Event, *, template: str, subject_id: int) -> None:
    """Queue an e-mail to somebody without an account, because of `event`: its template knows whom. Not twice for one event."""
    delivery = _delivery(event, None, "email", template, subject_id, urgent=False)
    if insert_once(delivery):
        _queue(delivery, urgent=False)


def _delivery(event: Event, recipient: int | None, channel: str, template: str, subject_id: int, urgent: bool) -> Delivery:
    delivery = Delivery(
        organisation_id=event.organisation_id,
        event=event,
        recipient_id=recipient,
        channel=channel,
        template=template,
        subject_id=subject_id,
        incident_id=event.incident_id,
        urgent=urgent,
    )
    if subject_id == event.subject_id:
        delivery.subject = event.subject
    return delivery


def _queue(delivery: Delivery, urgent: bool) -> None:
    """Have a new delivery sent after the commit: by this process, where it goes on by itself, or by whichever is woken."""
    if urgent and relay.take_on() and _started_here(delivery):
        return
    QueuedDelivery(organisation_id=delivery.organisation_id, delivery=delivery).save(force_insert=True)
    transaction.on_commit(lambda: nudge.send("notifications.deliver", tenant_of(delivery), delivery.pk))


def _started_here(delivery: Delivery) -> bool:
    """Begin a delivery in the reaction that asks for it. False where that fails: it is undone alone, and the delivery is still to be queued.

    The reaction has told others too, and has put the message in the inbox: one that cannot be begun does not take that with it.
    """
    try:
        with transaction.atomic():
            taken = _start(QueuedDelivery(organisation_id=delivery.organisation_id, delivery=delivery), delivery)
    except TookTooLong:
        raise  # the reaction's time is over, not only this delivery's
    except Exception:  # its own turn in the queue counts it
        log.exception("delivery.unstarted", delivery=delivery.pk)
        return False
    if taken is not None:
        transaction.on_commit(lambda: nudge.here(partial(_hand_over, taken)))
    return True


@nudge.doing("notifications.deliver")
def deliver(organisation_id: int, delivery_id: int) -> bool:
    """Try one delivery, if it is due and nobody else is trying. Returns whether it was sent by now.

    Three steps: take a lease and record the start (committed), hand the message over, record what came of it. The last is left to
    a thread where the far side takes its time.
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
class _Part:
    """A delivery, and which attempt at it this is; `ways` is how many ways there are to try before it is time to pause."""

    delivery: Delivery
    number: int
    ways: int


@dataclass(frozen=True, slots=True)
class _Taken:
    """What this process may hand over now, by one way, and until when (time.monotonic) it may begin to. Several parts are one message."""

    parts: list[_Part]
    way: route.Way
    message: Message
    begin_before: float


def _take(organisation_id: int, delivery_id: int) -> _Taken | None:
    with scope(organisation_id, surface=Via.RELAY), within(MOMENT_SECONDS):  # what cannot be written in a moment keeps no other
        queued = (
            QueuedDelivery.objects.select_for_update(skip_locked=True, of=("self",))
            .select_related("delivery__event")
            .filter(delivery_id=delivery_id, next_try_at__lte=now())
            .first()
        )
        return None if queued is None else _start(queued, queued.delivery)


def _start(queued: QueuedDelivery, delivery: Delivery) -> _Taken | None:
    """Take the lease of a delivery and record that an attempt begins; None where it waits, or there is nothing to say any more."""
    begin_before = time.monotonic() + (LEASE - HAND_OVER - MARGIN).total_seconds()
    own: list[route.Way] = []
    if delivery.recipient_id is not None:
        found = route.recipient(delivery.recipient_id)
        if found is None:  # who has left is told nothing any more
            _withdraw(queued, delivery)
            return None
        delivery.recipient, own = found
    message, ways = _render(delivery), route.ways(delivery, own)
    if message is None or not ways:
        _withdraw(queued, delivery)
        return None
    turn = route.turn(delivery, ways, queued.attempts)
    way = turn.way
    address = ""  # the account's is in the message
    try:
        if way.method_id is not None:
            address = way.address(delivery.recipient)
    except ValueError as error:  # it leads nowhere, whatever it would wait for: it has failed, and the next way follows here
        part = _begin(queued, delivery, way, len(ways), now(), turn.passed_over)
        _record_failure(part, f"Its address cannot be read. {error}", way)
        return _start(queued, delivery) if part.number % part.ways else None
    if turn.waits is not None:
        _put_off(queued, delivery, way, turn.waits)
        return None
    moment = now()
    parts = [_begin(queued, delivery, way, len(ways), moment, turn.passed_over)]
    messages = [replace(message, urgent=delivery.urgent)]
    for other in route.companions(delivery, way):
        other.delivery.recipient = delivery.recipient
        try:
            said = _render(other.delivery)
        except Exception:  # it keeps no other from being sent; its own turn counts it
            log.exception("delivery.unrendered", delivery=other.delivery.pk)
            continue
        if said is None:
            _withdraw(other, other.delivery)
        else:
            parts.append(_begin(other, other.delivery, way, len(ways), moment))
            messages.append(replace(said, urgent=other.delivery.urgent))
    message = merged(messages, addresses.page(tenant_of(delivery), "inbox/")) if len(messages) > 1 else messages[0]
    if way.method_id is not None:
        message = replace(message, address=address)
    return _Taken(parts, way, message, begin_before)


def _begin(
    queued: QueuedDelivery, delivery: Delivery, way: route.Way, ways: int, moment: datetime, passed_over: str = ""
) -> _Part:
    queued.attempts += 1
    queued.next_try_at, queued.together = moment + LEASE, ""
    queued.save()
    attempts.tell(delivery, queued.attempts, Attempt.Outcome.STARTED, passed_over, way, moment)
    return _Part(delivery, queued.attempts, ways)


def _withdraw(queued: QueuedDelivery, delivery: Delivery) -> None:
    attempts.tell(delivery, queued.attempts + 1, Attempt.Outcome.WITHDRAWN, "")
    if queued.pk is not None:
        queued.delete()


def _put_off(queued: QueuedDelivery, delivery: Delivery, way: route.Way, wait: route.Wait) -> None:
    """Let it wait, as a row with a time; why it does is on record, once for the attempt that is to come."""
    queued.next_try_at = wait.until
    if wait.why:  # a moment for room keeps those that go together as they are
        queued.together = wait.together
    queued.save()
    if wait.why:
        insert_once(attempts.outcome(delivery, queued.attempts + 1, Attempt.Outcome.WAITS, wait.why, way))


def merged(messages: Sequence[Message], link: str) -> Message:
    """One message that names all of these, each with its own link; none is left out.

    What is urgent comes first, in whatever order they waited: a title has room for one. Urgent if any of them is.
    """
    messages = sorted(messages, key=lambda one: not one.urgent)
    first = messages[0]
    texts = [
        f"{number}. {one.subject}\n{one.link_label}: {one.link}" if one.link else f"{number}. {one.subject}"
        for number, one in enumerate(messages, 1)
    ]
    return Message(
        address=first.address,
        name=first.name,
        subject=f"{len(messages)} messages, the first: {first.subject}",
        text="\n".join(texts),
        link=link,
        link_label="Open the inbox",
        urgent=first.urgent,
        others=". ".join(one.subject for one in messages[1:]),
        calendars=tuple(calendar for one in messages for calendar in one.calendars),
    )


def _hand_over(taken: _Taken) -> bool:
    """Hand a message to its transport, and have recorded what comes of it. Returns whether it was sent by now (notifications/lanes.py)."""
    delivery, way = taken.parts[0].delivery, taken.way
    key = delivery.key if way.method_id is None else f"{delivery.key}-{way.method_id}"

    def send() -> str:
        if time.monotonic() > taken.begin_before:  # the commit took too long: another may have the lease before we were done
            raise TransportError("not begun in time")
        return transport(way.channel).send(taken.message, key=key)

    lane = lanes.lane(way.channel, taken.message.address, tenant_of(delivery))
    return lanes.hand_over(lane, send, partial(_came_of, taken))


def _came_of(taken: _Taken, sent: lanes.Sent) -> bool:
    """Record what came of handing a message over. Returns whether it was sent."""
    delivery, way = taken.parts[0].delivery, taken.way
    if isinstance(sent, Exception):
        _failed(taken, str(sent) if isinstance(sent, TransportError) else f"{type(sent).__name__}: {sent}")
        if isinstance(sent, Gone) and way.method_id is not None:
            contacts.lose(tenant_of(delivery), way.method_id, str(sent))
        return False
    others = len(taken.parts) - 1
    said = way.said(f"{sent}, together with {others} more" if others else sent)
    with scope(tenant_of(delivery), surface=Via.RELAY):
        attempts.sent([(part.delivery, part.number) for part in taken.parts], said, way)
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
        _record_failure(_Part(queued.delivery, queued.attempts, 1), detail, None)


def _failed(taken: _Taken, detail: str) -> None:
    delivery = taken.parts[0].delivery
    log.warning("delivery.failed", delivery=delivery.pk, attempt=taken.parts[0].number, channel=taken.way.channel, detail=detail)
    with scope(tenant_of(delivery), surface=Via.RELAY):
        for part in taken.parts:
            _record_failure(part, detail, taken.way)


def _record_failure(part: _Part, detail: str, way: route.Way | None) -> None:
    """Record it; try the next way at once, and after the last the first again, in 1, 2, 4 … 120 seconds.

    Give up, visibly, after MAX_ATTEMPTS times as many attempts as there are ways; one that was full all the while was passed over.
    """
    delivery, number = part.delivery, part.number
    said = way.said(detail) if way else detail
    attempts.tell(delivery, number, Attempt.Outcome.FAILED, said[:2000], way)
    queued = QueuedDelivery.objects.filter(delivery=delivery, attempts=number)  # unless another has tried since
    tried = number // part.ways  # times that all of them were tried
    if number % part.ways:
        queued.update(next_try_at=now())
        transaction.on_commit(lambda: nudge.send("notifications.deliver", tenant_of(delivery), delivery.pk))
    elif tried >= MAX_ATTEMPTS:
        attempts.tell(delivery, number, Attempt.Outcome.GAVE_UP, f"after {number} attempts", way)
        queued.delete()
    else:
        queued.update(next_try_at=now() + timedelta(seconds=min(2 ** (tried - 1), 120)))


def overdue(before: datetime, limit: int = 200) -> Iterable[tuple[int, int]]:
    """(organisation, delivery) of deliveries that should have been tried before `before`, over all tenants, oldest first."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT organisation_id, delivery_id FROM muster.due_deliveries(%s, %s)", [before, limit])
        return list(cursor.fetchall())
