"""Reading contact methods, and what became of the messages that tried them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import Count, Q, QuerySet

from notifications.models import Attempt, ContactCode, ContactMethod, Delivery

# The templates of this room's own messages.
CODE = "contact-code"  # may go to a method before it is verified: it is what verifies it
TEST = "contact-test"
ACCOUNT_TEST = "account-test"
INVITATION = "invitation"
TO_THE_ACCOUNT = frozenset({ACCOUNT_TEST, INVITATION})  # these go to the account's e-mail, whatever other methods there are


@dataclass(slots=True)
class Sent:
    """A message to a member, and the last word on each try to bring it: number -> {number, at, outcome, detail}.

    `event_kind` and `because` are of the event that it was made for; `came_to` is the outcome of the last try, "" before the first.
    """

    template: str
    subject_id: int
    recipient_id: int
    name: str
    email: str
    channel: str
    at: datetime
    event_id: int
    event_kind: str
    because: Mapping[str, Any]
    tries: dict[int, dict[str, Any]] = field(default_factory=dict)
    came_to: str = ""


def sent(which: Q) -> list[Sent]:
    """The messages of a condition, in the order in which they were made, each with its tries. One query."""
    columns = ("template", "subject_id", "recipient_id", "recipient__name", "recipient__email", "channel", "created_at")
    event = ("event_id", "event__kind", "event__data")
    tries = ("attempts__number", "attempts__at", "attempts__outcome", "attempts__detail")
    rows = Delivery.objects.filter(which, recipient__isnull=False).order_by("id", "attempts__number", "attempts__id")
    found: dict[int, Sent] = {}
    for pk, *row in rows.values_list("id", *columns, *event, *tries):
        message = found.setdefault(pk, Sent(*row[:-4]))
        number, at, outcome, detail = row[-4:]
        if number is not None:
            said = Attempt.Outcome(outcome).label
            message.tries[number] = {"number": number, "at": at, "outcome": said, "detail": detail}
            message.came_to = outcome
    return list(found.values())


def of_person(user_id: int) -> QuerySet[ContactMethod]:
    """Somebody's contact methods in their order, those that were removed left out."""
    return ContactMethod.objects.filter(user_id=user_id, removed_at=None).order_by("position", "id")


def verified(user_ids: Iterable[int]) -> dict[int, int]:
    """How many verified contact methods of their own each of these people has (0 left out): for readiness, without any secret."""
    found = ContactMethod.objects.filter(user_id__in=list(user_ids), removed_at=None, verified_at__isnull=False)
    return dict(found.values_list("user_id").annotate(Count("id")))


def codes_since(user_id: int, since: datetime) -> int:
    """How many codes somebody had sent since then."""
    return ContactCode.objects.filter(method__user_id=user_id, issued_at__gt=since).count()


def tested_since(user_id: int, since: datetime) -> bool:
    """Whether somebody tested their methods since then."""
    return Delivery.objects.filter(recipient_id=user_id, template__in=(TEST, ACCOUNT_TEST), created_at__gt=since).exists()


def last_tests(user_id: int) -> dict[int | None, dict[str, Any]]:
    """Method (None: the account's e-mail) -> what became of its last test: {at, outcome, detail}."""
    last: dict[int | None, Delivery] = {}
    tests = Delivery.objects.filter(recipient_id=user_id, template__in=(TEST, ACCOUNT_TEST)).order_by("-id")
    for delivery in tests[:100]:
        last.setdefault(delivery.method_id, delivery)
    latest = {a.delivery_id: a for a in Attempt.objects.filter(delivery__in=[d.pk for d in last.values()]).order_by("id")}
    return {method_id: _told(delivery, latest.get(delivery.pk)) for method_id, delivery in last.items()}


def _told(delivery: Delivery, attempt: Attempt | None) -> dict[str, Any]:
    said = {"outcome": "Queued", "detail": ""}
    if attempt is not None:
        said = {"outcome": attempt.get_outcome_display(), "detail": attempt.detail}
    return {"at": delivery.created_at, **said}
