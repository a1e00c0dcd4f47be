"""Reading contact methods, and what became of the messages that tried them."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db.models import Count, QuerySet

from notifications.models import Attempt, ContactCode, ContactMethod, Delivery

# The templates of this room's own messages.
CODE = "contact-code"  # may go to a method before it is verified: it is what verifies it
TEST = "contact-test"
ACCOUNT_TEST = "account-test"  # goes to the account's e-mail, whatever other methods there are


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
