"""A far side that takes its time holds up no process and no other far side; what came of its messages is on record all the same."""

import threading
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from django.test import override_settings

from notifications import lanes, transports
from notifications.lanes import ACROSS, CHOSEN, OF_AN_ORGANISATION, Full, Lane, drain, hand_over, lane, pause
from notifications.models import Attempt, QueuedDelivery
from notifications.transports import TransportError
from tests.conftest import Cast, Installation
from tests.incidents.scene import Scene
from tests.notifications.methods import CHANNELS, TELEGRAM, addresses, verified
from tests.notifications.outside import Outside

pytestmark = [pytest.mark.servers, pytest.mark.clause("mobilize.page-out")]
PHONE, HOME, ACCOUNT = TELEGRAM.format(7), "home@example.com", "amira@acme.example"


@pytest.fixture
def acme(own_database: Installation) -> Cast:
    """What a thread records, it records on a connection of its own."""
    return own_database.acme


@pytest.fixture
def globex(own_database: Installation) -> Cast:
    return own_database.globex


@pytest.fixture(autouse=True)
def outside() -> Iterator[type[Outside]]:
    Outside.clear()
    with override_settings(MUSTER_TRANSPORTS=CHANNELS):
        transports.transport.cache_clear()
        yield Outside
    transports.transport.cache_clear()


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A far side that does not answer is not waited for; nothing is left under way."""
    monkeypatch.setattr(lanes, "PATIENCE_SECONDS", 0.25)
    yield
    drain()


def hanging(outside: type[Outside], *addresses: str) -> Callable[[], None]:
    """Let what goes to these addresses wait. Returns what ends that, and waits until all of it is written down."""
    gate = threading.Event()
    outside.hangs.update(dict.fromkeys(addresses, gate))

    def goes_on() -> None:
        outside.hangs.clear()
        gate.set()
        drain()

    return goes_on


def tries(scene: Scene, who: str = "amira") -> list[tuple[int, str, str]]:
    """(number, outcome, by what) of every attempt to bring somebody's pages, in the order of the pages."""
    with scene.acme.scope():
        found = Attempt.objects.filter(delivery__template="page", delivery__recipient_id=getattr(scene.acme, who).user_id)
        rows = found.exclude(delivery__channel="inbox").order_by("delivery_id", "id").select_related("method")
        return [(row.number, row.outcome, row.method.label if row.method else "account") for row in rows]


def paged(scene: Scene, times: int = 1) -> None:
    """SEV 2s that page Amira."""
    for _ in range(times):
        scene.declare(severity="SEV2")
        scene.follow()


def test_whoever_hands_over_goes_on_and_what_comes_of_it_is_on_record(scene: Scene, outside: type[Outside]) -> None:
    goes_on = hanging(outside, ACCOUNT)
    paged(scene)  # it came back, although nobody has answered
    assert tries(scene) == [(1, "started", "account")]
    goes_on()
    assert tries(scene) == [(1, "started", "account"), (1, "sent", "account")]
    with scene.acme.scope():
        assert not QueuedDelivery.objects.filter(delivery__template="page").exists()


def test_one_that_fails_late_is_followed_by_the_next_way(scene: Scene, outside: type[Outside]) -> None:
    verified(scene, kind="apprise", address=PHONE, label="Phone")
    goes_on = hanging(outside, PHONE)
    outside.broken[PHONE] = TransportError("no answer within 5.5 s")
    paged(scene)
    goes_on()
    scene.follow()
    assert tries(scene) == [
        (1, "started", "Phone"),
        (1, "failed", "Phone"),
        (2, "started", "account"),
        (2, "sent", "account"),
    ]


def test_behind_a_full_lane_a_page_takes_the_next_way_at_once(scene: Scene, outside: type[Outside]) -> None:
    verified(scene, kind="apprise", address=PHONE, label="Phone")
    goes_on = hanging(outside, PHONE)
    paged(scene, ACROSS + 1)
    assert addresses("Page:") == [ACCOUNT], "the last page did not go round those that hang"
    assert tries(scene)[-2:] == [(1, "started", "account"), (1, "sent", "account")]
    goes_on()
    assert addresses("Page:").count(PHONE) == ACROSS


def test_where_there_is_no_other_way_it_waits_as_a_row_and_is_not_counted_as_tried(scene: Scene, outside: type[Outside]) -> None:
    goes_on = hanging(outside, ACCOUNT)
    paged(scene, ACROSS + 1)
    assert tries(scene)[-1] == (1, "waits", "account")
    goes_on()
    assert addresses("Page:") == [ACCOUNT] * ACROSS
    scene.clock.advance(seconds=10)
    scene.follow()
    assert addresses("Page:") == [ACCOUNT] * (ACROSS + 1)
    assert tries(scene)[-3:] == [(1, "waits", "account"), (1, "started", "account"), (1, "sent", "account")]


def test_a_mail_server_that_hangs_keeps_no_messenger_waiting(scene: Scene, outside: type[Outside]) -> None:
    goes_on = hanging(outside, ACCOUNT)
    paged(scene, ACROSS)
    verified(scene, kind="apprise", address=PHONE, label="Phone")
    scene.declare(severity="SEV2")
    scene.follow()
    assert addresses("Page:") == [PHONE]
    goes_on()


@pytest.mark.parametrize("same", [True, False], ids=["one far side", "a far side each"])
def test_what_one_organisations_members_chose_takes_no_more_than_its_share(same: bool) -> None:
    gate = threading.Event()
    theirs = [Lane("json://far" if same else f"json://far-{number}", chosen_by=1) for number in range(CHOSEN)]
    taken = 0
    for one in theirs:
        if pause(one) is None:
            assert hand_over(one, lambda: str(gate.wait(60)), lambda sent: True) is False
            taken += 1
    assert taken == (ACROSS if same else OF_AN_ORGANISATION)
    with pytest.raises(Full):
        hand_over(theirs[0], lambda: "", lambda sent: True)
    assert pause(Lane("json://far", chosen_by=2)) is None, "another organisation's was held up"
    gate.set()


def test_what_members_chose_takes_no_thread_of_the_mail_servers() -> None:
    gate = threading.Event()
    for number in range(CHOSEN):
        hand_over(Lane(f"json://far-{number}", chosen_by=number), lambda: str(gate.wait(60)), lambda sent: True)
    assert pause(Lane("json://one-more", chosen_by=CHOSEN)) is not None
    assert hand_over(Lane("email"), lambda: "taken", lambda sent: sent == "taken") is True
    gate.set()


def test_a_far_side_of_which_nothing_was_heard_is_asked_more_seldom_than_one_that_is_slow(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("random.uniform", lambda least, most: (least + most) / 2)
    gate = threading.Event()
    for _ in range(ACROSS):
        hand_over(Lane("email"), lambda: str(gate.wait(60)), lambda sent: True)
    assert pause(Lane("email")) == timedelta(seconds=1)
    monkeypatch.setattr(lanes, "SILENT_AFTER_SECONDS", 0.0)
    assert pause(Lane("email")) == timedelta(seconds=5)
    gate.set()


def test_one_that_was_slow_is_waited_for_again_once_it_has_taken_something(monkeypatch: pytest.MonkeyPatch) -> None:
    gate, heard = threading.Event(), threading.Event()

    def record(_: object) -> bool:
        heard.set()
        return True

    assert hand_over(Lane("email"), lambda: str(gate.wait(60)), record) is False
    gate.set()
    assert heard.wait(60)
    monkeypatch.setattr(lanes, "PATIENCE_SECONDS", 60.0)
    pausing = threading.Event()
    assert hand_over(Lane("email"), lambda: str(pausing.wait(0.5)), lambda sent: True) is True


@pytest.mark.parametrize(
    ("channel", "address", "goes"),
    [
        ("email", "amira@acme.example", Lane("email")),
        ("sms", "+15550100", Lane("sms")),
        ("apprise", "tgram://1:token/7/", Lane("apprise tgram://1:token", 1)),
        ("apprise", "ntfys://push.example/alerts?a=1", Lane("apprise ntfys://push.example", 1)),
        ("webpush", '{"no": "subscription"}', Lane("webpush", 1)),
    ],
)
def test_a_lane_is_of_one_far_side(channel: str, address: str, goes: Lane) -> None:
    assert lane(channel, address, 1) == goes
