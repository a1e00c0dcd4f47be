"""A page goes by a person's methods in their order: verified ones only, the next at once when one fails, merged where they come too thick."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection
from django.test import override_settings
from django.test.utils import CaptureQueriesContext

from incidents.models import Incident
from ledger.models import Event
from notifications.actions import LEASE, MAX_ATTEMPTS, deliver, notify
from notifications.models import Attempt, ContactMethod, QueuedDelivery
from notifications.transports import Gone, TransportError
from standard.queries import calendar
from tests.incidents.scene import Scene
from tests.notifications.methods import CHANNELS, TELEGRAM, add, addresses, listed, verified
from tests.notifications.outside import Outside, by, refuses
from tests.oncall.test_low_urgency import at

pytestmark = pytest.mark.servers
PHONE, HOME, ACCOUNT = TELEGRAM.format(7), "home@example.com", "amira@acme.example"


@pytest.fixture(autouse=True)
def outside() -> Iterator[type[Outside]]:
    """Every channel leads to a far side that the test commands."""
    with by(CHANNELS) as far_side:
        yield far_side


def tries(scene: Scene) -> list[tuple[int, str, str]]:
    """(number, outcome, by what) of every attempt to bring Amira's page."""
    with scene.acme.scope():
        found = Attempt.objects.filter(delivery__template="page", delivery__recipient_id=scene.acme.amira.user_id)
        rows = found.exclude(delivery__channel="inbox").order_by("id")
        return [(row.number, row.outcome, row.method.label if row.method else "account") for row in rows.select_related("method")]


def paged(scene: Scene, title: str = "Checkout fails") -> str:
    """A SEV 2 that pages Amira."""
    ref = scene.declare(severity="SEV2", title=title)
    scene.follow()
    return ref


def test_a_page_goes_by_the_first_method(scene: Scene) -> None:
    verified(scene, kind="apprise", address=PHONE, label="Phone")
    verified(scene, address=HOME, label="Home")
    paged(scene)
    assert addresses("Page:") == [PHONE]
    assert tries(scene) == [(1, "started", "Phone"), (1, "sent", "Phone")]


def test_without_a_method_of_ones_own_it_goes_to_the_accounts_e_mail(scene: Scene) -> None:
    paged(scene)
    assert addresses("Page:") == [ACCOUNT]


def test_who_has_none_costs_no_statement_more(scene: Scene) -> None:
    """Whom a page is for, whether they are members still, and by what they are reached, is one statement; nothing else is asked."""
    scene.declare(severity="SEV2")
    with CaptureQueriesContext(connection) as asked:
        scene.follow()
    statements = [query["sql"] for query in asked.captured_queries]
    begun = len([sql for sql in statements if sql.startswith('INSERT INTO "notifications_attempt"') and "ON CONFLICT" not in sql])
    about_people = [sql for sql in statements if "notifications_contact" in sql]
    assert begun == len(about_people) > 0
    assert all("JOIN tenants_membership" in sql for sql in about_people)
    assert not [sql for sql in statements if sql.startswith("SELECT") and 'FROM "notifications_attempt"' in sql]
    assert not [sql for sql in statements if '"together" =' in sql and sql.startswith("SELECT")]


def test_one_that_is_not_verified_is_never_used(scene: Scene) -> None:
    add(scene, kind="apprise", address=PHONE)
    scene.follow()
    Outside.clear()
    Outside.answers[:] = refuses(1)
    paged(scene)
    scene.clock.advance(seconds=2)
    scene.follow()
    assert set(addresses()) & {PHONE, HOME} == set()
    assert addresses("Page:") == [ACCOUNT]


def test_when_one_fails_the_next_is_tried_at_once(scene: Scene, outside: type[Outside]) -> None:
    """No clock passes in between; and after the last the first is tried again, later each time."""
    verified(scene, kind="apprise", address=PHONE, label="Phone")
    verified(scene, address=HOME, label="Home")
    outside.broken.update({PHONE: TransportError("503"), HOME: TransportError("550")})
    paged(scene)
    scene.follow()
    assert [row for row in tries(scene) if row[1] != "started"] == [
        (1, "failed", "Phone"),
        (2, "failed", "Home"),
        (3, "sent", "account"),
    ]
    assert addresses("Page:") == [ACCOUNT]


def test_after_all_of_them_the_first_again_until_it_gives_up(scene: Scene, outside: type[Outside]) -> None:
    verified(scene, kind="apprise", address=PHONE, label="Phone")
    outside.broken.update(dict.fromkeys((PHONE, ACCOUNT), TransportError("503")))
    paged(scene)
    scene.follow()
    assert [row for row in tries(scene) if row[1] == "failed"] == [(1, "failed", "Phone"), (2, "failed", "account")]
    scene.clock.advance(seconds=0.9)
    scene.follow()
    assert tries(scene)[-1][0] == 2
    scene.clock.advance(seconds=0.1)
    scene.follow()
    scene.follow()
    assert [row for row in tries(scene) if row[1] == "failed"][2:] == [(3, "failed", "Phone"), (4, "failed", "account")]
    for _ in range(MAX_ATTEMPTS):
        scene.clock.advance(minutes=2, seconds=1)
        scene.follow()
        scene.follow()
    assert tries(scene)[-1] == (2 * MAX_ATTEMPTS, "gave_up", "account")


def test_who_dies_with_one_in_hand_is_followed_by_the_next(scene: Scene, outside: type[Outside]) -> None:
    verified(scene, kind="apprise", address=PHONE, label="Phone")
    outside.broken[PHONE] = SystemExit("killed")
    with pytest.raises(SystemExit):
        paged(scene)
    with scene.acme.scope():
        delivery_id = QueuedDelivery.objects.get(next_try_at=scene.clock.now + LEASE).delivery_id
    scene.clock.advance(seconds=LEASE.total_seconds())
    assert deliver(scene.acme.id, delivery_id) is True
    assert tries(scene)[-1] == (2, "sent", "account")


def test_a_removed_one_is_not_used_any_more(scene: Scene, outside: type[Outside]) -> None:
    pk = verified(scene, kind="apprise", address=PHONE)
    scene.declare(severity="SEV2")
    scene.api("amira").post(f"me/contact-methods/{pk}/remove/")
    scene.follow()
    assert addresses("Page:") == [ACCOUNT]


def test_a_browser_that_is_gone_is_removed_and_the_next_tried(scene: Scene, outside: type[Outside]) -> None:
    pk = verified(scene, kind="apprise", address=PHONE, label="Phone")
    outside.broken[PHONE] = Gone("not subscribed any more")
    paged(scene)
    scene.follow()
    assert listed(scene) == []
    assert addresses("Page:") == [ACCOUNT]
    with scene.acme.scope():
        assert ContactMethod.objects.get(pk=pk).removed_at is not None
        assert Event.objects.get(kind="contact.lost").data["reason"] == "not subscribed any more"


# --- Too thick -----------------------------------------------------------------------------------------------------------------


@override_settings(MUSTER_MESSAGES_A_MINUTE={"apprise": 1})
def test_pages_within_a_minute_become_one_message_that_names_all(scene: Scene, outside: type[Outside]) -> None:
    verified(scene, kind="apprise", address=PHONE, label="Phone")
    scene.clock.advance(minutes=2)  # the code was a message too
    refs = [paged(scene, f"Broken {number}") for number in range(4)]
    assert addresses("Page:") == [PHONE]  # the first, at once
    waiting = [row for row in tries(scene) if row[1] == "waits"]
    assert waiting == [(1, "waits", "Phone")] * 3
    scene.clock.advance(seconds=59)
    scene.follow()
    assert addresses("Page:") == [PHONE]
    scene.clock.advance(seconds=1)
    scene.follow()
    one = [message for _, message in outside.taken if message.address == PHONE][1:]
    assert len(one) == 1
    assert "3 messages" in one[0].subject
    for ref in refs[1:]:
        assert ref in one[0].text, "a page was dropped"
    assert one[0].text.count("/ack/") == 3
    assert [row for row in tries(scene) if row[1] == "sent"] == [(1, "sent", "Phone")] * 4
    with scene.acme.scope():
        assert not QueuedDelivery.objects.filter(delivery__template="page").exists()
        assert Attempt.objects.filter(detail__contains="together with 2 more").count() == 3


@override_settings(MUSTER_MESSAGES_A_MINUTE={"apprise": 1})
@pytest.mark.parametrize("called", [True, False])
def test_a_page_that_goes_together_with_what_can_wait_is_urgent_and_named_first(
    scene: Scene, outside: type[Outside], called: bool
) -> None:
    """Behind what waited before it, it went as something that has time, under the other's title. Without a page it has time."""
    at(scene, 3, 11)  # in business hours: a SEV 3 is put to its team then, and is one of those that wait
    verified(scene, kind="apprise", address=PHONE, quiet="always")
    scene.clock.advance(minutes=2)
    for _ in range(2):
        told(scene)
    ref = paged(scene, "Shop is down") if called else ""
    scene.clock.advance(minutes=1)
    scene.follow()
    (one,) = [message for _, message in outside.taken if "messages, the first: " in message.subject]
    assert one.urgent is called
    assert one.text.count("Declared: SEV 3") > 0, "nothing waited before it"
    if called:
        urgent = f"Page: SEV 2 {ref}: Shop is down"
        assert one.subject.endswith(f"messages, the first: {urgent}")
        assert one.text.startswith(f"1. {urgent}\n")
        assert urgent not in one.others


@override_settings(MUSTER_MESSAGES_A_MINUTE={"apprise": 1})
def test_one_acknowledged_meanwhile_is_left_out(scene: Scene, outside: type[Outside]) -> None:
    verified(scene, kind="apprise", address=PHONE)
    scene.clock.advance(minutes=2)
    refs = [paged(scene, f"Broken {number}") for number in range(3)]
    scene.api("amira").post(f"pages/{scene.calls('amira')[1]['id']}/acknowledge/")  # the second
    scene.clock.advance(minutes=1)
    scene.follow()
    last = outside.taken[-1][1]
    assert refs[2] in last.subject
    assert "messages" not in last.subject
    assert not any(refs[1] in message.subject + message.text for _, message in outside.taken if message.address == PHONE)


@override_settings(MUSTER_MESSAGES_A_MINUTE={"apprise": 1})
def test_a_merged_message_that_fails_goes_the_next_way_with_all_in_it(scene: Scene, outside: type[Outside]) -> None:
    verified(scene, kind="apprise", address=PHONE)
    scene.clock.advance(minutes=2)
    refs = [paged(scene, f"Broken {number}") for number in range(3)]
    outside.broken[PHONE] = TransportError("503")
    scene.clock.advance(minutes=1)
    scene.follow()
    scene.follow()
    told = [message for _, message in outside.taken if message.address == ACCOUNT]
    assert all(any(ref in message.subject + message.text for message in told) for ref in refs[1:])


# --- What can wait -------------------------------------------------------------------------------------------------------------


def at_night(scene: Scene) -> Any:
    """Let time pass until nobody is at work. Returns when that ends."""
    with scene.acme.scope():
        hours = calendar().hours
        while hours.is_open(scene.clock.now):
            scene.clock.advance(hours=1)
        return hours.next_opening(scene.clock.now)


def told(scene: Scene, *, urgent: bool = False) -> None:
    """Amira is told of a SEV 3, which can wait."""
    ref = scene.declare(severity="SEV3")
    scene.follow()
    Outside.clear()
    with scene.acme.scope():
        event = Event.objects.filter(kind="incident.declared").latest("id")
        incident = Incident.objects.get(ref=ref)
        notify(event, [scene.acme.amira.user_id], template="notice", subject_id=incident.pk, urgent=urgent)
    scene.follow()


def test_what_can_wait_waits_for_business_hours_as_a_row_with_a_time(scene: Scene) -> None:
    verified(scene, kind="apprise", address=PHONE, quiet="hours")
    opening = at_night(scene)
    told(scene)
    assert addresses() == []
    with scene.acme.scope():
        row = QueuedDelivery.objects.get(delivery__template="notice", delivery__recipient_id=scene.acme.amira.user_id)
        assert row.next_try_at == opening
        assert Attempt.objects.get(delivery=row.delivery_id).detail.startswith("for business hours, until ")
    scene.clock.advance(seconds=(opening - scene.clock.now).total_seconds())
    scene.follow()
    assert PHONE in addresses()


def test_a_page_waits_for_nothing(scene: Scene) -> None:
    verified(scene, kind="apprise", address=PHONE, quiet="hours")
    at_night(scene)
    paged(scene)
    assert addresses("Page:") == [PHONE]
    Outside.clear()
    told(scene, urgent=True)
    assert PHONE in addresses()


def test_what_can_wait_passes_a_quiet_method_by(scene: Scene) -> None:
    """A phone rings for pages; what is not one comes by e-mail, unless its owner says otherwise."""
    verified(scene, kind="apprise", address=PHONE)
    told(scene)
    assert addresses() == [ACCOUNT]
    paged(scene)
    assert addresses("Page:") == [PHONE]
