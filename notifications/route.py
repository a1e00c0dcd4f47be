"""By which way a message goes to a person now, and whether it waits: their methods in their order, quiet rules, the minute's limit."""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings

from notifications import lanes
from notifications.models import Attempt, ContactMethod, ContactSecret, Delivery, QueuedDelivery
from notifications.queries import CODE, TO_THE_ACCOUNT
from notifications.sealed import unseal
from standard.models import Calendar
from standard.queries import calendar
from tenants import prepared
from tenants.models import User
from tenants.time import now
from tenants.walled import tenant_of

MINUTE = timedelta(minutes=1)
Quiet = ContactMethod.Quiet


@dataclass(frozen=True, slots=True)
class Way:
    """One way to a person. `method_id` is None for the account's e-mail, which everybody has, verified, last and at any time."""

    channel: str
    method_id: int | None = None
    quiet: str = Quiet.ALWAYS
    verified: bool = True
    label: str = ""

    def said(self, detail: str) -> str:
        """What came of it, with what carried it where that is not the account's e-mail; never where it leads."""
        return detail if self.method_id is None else f"{ContactMethod.Kind(self.channel).label}: {detail}"

    def address(self, person: User) -> str:
        """Where it leads: to be handed to the transport, and shown to nobody. Raises ValueError, with a sentence, where it cannot be read."""
        if self.method_id is None:
            return person.email
        kept = ContactSecret.objects.filter(method_id=self.method_id).first()
        if kept is None:
            raise ValueError("It is not kept any more.")
        return unseal(kept.sealed)


ACCOUNT = Way("email")
ACCOUNT_SAID = "E-mail of the account"

_RECIPIENT = """
SELECT u.*, (
  SELECT json_agg(json_build_array(c.kind, c.id, c.quiet, c.verified_at IS NOT NULL, c.label) ORDER BY c.position, c.id)::text
  FROM notifications_contactmethod c WHERE c.organisation_id = m.organisation_id AND c.user_id = u.id AND c.removed_at IS NULL
) AS ways
FROM tenants_user u JOIN tenants_membership m ON m.user_id = u.id WHERE u.id = %s AND m.is_active
"""


def recipient(user_id: int) -> tuple[User, list[Way]] | None:
    """A member with their own ways, in their order, in one statement; None where they are no member any more."""
    found = prepared.row(User, _RECIPIENT, [user_id])
    if found is None:
        return None
    told: str | None = found.ways  # type: ignore[attr-defined]
    return found, [Way(*row) for row in json.loads(told)] if told else []


def ways(delivery: Delivery, own: list[Way]) -> list[Way]:
    """The ways that a delivery may take, in the order in which they are tried. Empty where its one method was removed.

    What can wait passes over those that never bring such a thing; only what verifies a method goes to one that is not verified.
    """
    if delivery.method_id is not None:
        return [way for way in own if way.method_id == delivery.method_id and (way.verified or delivery.template == CODE)]
    if delivery.template in TO_THE_ACCOUNT:
        return [ACCOUNT]
    return [way for way in own if way.verified and (delivery.urgent or way.quiet != Quiet.NEVER)] + [ACCOUNT]


@dataclass(frozen=True, slots=True)
class Wait:
    """Until when a message is not sent, and why: "" where that is a moment behind others, of which nothing is noted."""

    until: datetime
    why: str = ""
    together: str = ""


@dataclass(frozen=True, slots=True)
class Turn:
    """The way that a message takes now, or for which it waits; `passed_over` says of ways before it why not."""

    way: Way
    waits: Wait | None = None
    passed_over: str = ""


def turn(delivery: Delivery, ways: list[Way], tried: int) -> Turn:
    """The way whose turn it is after so many attempts. Where its far side has all that it may in hand: of a page the next that can be taken now."""
    first = _after_the_last(delivery, ways) if tried else 0
    in_order = ways[first:] + ways[:first]
    if lanes.all_free():  # mostly; then no address has to be unsealed to see where it leads
        return Turn(in_order[0], wait(delivery, in_order[0]))
    pauses, passed = list[timedelta](), list[str]()
    for way in in_order:
        pause = _pause(delivery, way)
        if pause is None and way is in_order[0]:
            return Turn(way, wait(delivery, way))
        if not delivery.urgent:  # it can wait: for its own turn, and not past it
            return Turn(way, Wait(now() + pause) if pause else None)
        if pause is None and wait(delivery, way) is None:  # one that would wait itself is no way round
            return Turn(way, passed_over=f"{', '.join(passed)}: messages before this one are not answered yet")
        if pause is not None:
            pauses.append(pause)
            passed.append(ACCOUNT_SAID if way.method_id is None else ContactMethod.Kind(way.channel).label)
    return Turn(in_order[0], Wait(now() + min(pauses)))


def _after_the_last(delivery: Delivery, ways: list[Way]) -> int:
    """The place of the way after the one that the last attempt took; the first again after the last."""
    started = Attempt.objects.filter(delivery=delivery, outcome=Attempt.Outcome.STARTED).order_by("-number")
    took = started.values_list("method_id", flat=True).first()
    places = [place for place, way in enumerate(ways) if way.method_id == took]
    return (places[0] + 1) % len(ways) if places else 0


def _pause(delivery: Delivery, way: Way) -> timedelta | None:
    try:
        address = "" if delivery.recipient is None else way.address(delivery.recipient)
    except ValueError:  # its own turn says so
        return None
    return lanes.pause(lanes.lane(way.channel, address, tenant_of(delivery)), urgent=delivery.urgent)


def wait(delivery: Delivery, way: Way) -> Wait | None:
    """Whether a message waits: what can wait for the organisation's business hours, what comes too thick for the minute to be over."""
    if delivery.method_id is not None or delivery.recipient_id is None:
        return None  # a code or a test, which its person waits for; and nobody knows the hours of somebody outside
    if not delivery.urgent and way.quiet == Quiet.HOURS and (opening := _opening()) > now():
        return Wait(opening, f"for business hours, until {opening:%Y-%m-%d %H:%M} UTC")
    most = settings.MUSTER_MESSAGES_A_MINUTE.get(way.channel, 0)
    if not most:
        return None
    lately = sorted(_lately(delivery, way))
    if len(lately) < most:
        return None
    until = lately[-most] + MINUTE
    return Wait(until, f"to be sent together with others, until {until:%H:%M:%S} UTC", together(delivery, way))


def together(delivery: Delivery, way: Way) -> str:
    """The name under which messages to a person by one way wait for each other."""
    return f"{delivery.recipient_id}:{way.channel}:{way.method_id or ''}"


def _opening() -> datetime:
    """When people are at work again; now, where they are or nobody says when."""
    try:
        return calendar().hours.next_opening(now())
    except (Calendar.DoesNotExist, ValueError):
        return now()


def _lately(delivery: Delivery, way: Way) -> set[datetime]:
    """When something was sent to the person by this way, within the last minute. What went as one message counts once."""
    found = Attempt.objects.filter(method_id=way.method_id, outcome=Attempt.Outcome.STARTED, at__gt=now() - MINUTE)
    if way.method_id is None:
        found = found.filter(delivery__recipient_id=delivery.recipient_id, delivery__channel=way.channel)
    return set(found.exclude(delivery_id=delivery.pk).values_list("at", flat=True))


def companions(delivery: Delivery, way: Way) -> list[QueuedDelivery]:
    """The messages that wait to be sent together with this one; they are ours until the commit."""
    if (
        not settings.MUSTER_MESSAGES_A_MINUTE.get(way.channel, 0)
        or delivery.method_id is not None
        or delivery.recipient_id is None
    ):
        return []
    waiting = QueuedDelivery.objects.select_for_update(skip_locked=True, of=("self",)).select_related("delivery__event")
    return list(waiting.filter(together=together(delivery, way)).exclude(delivery_id=delivery.pk).order_by("delivery_id")[:100])
