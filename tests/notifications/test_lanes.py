"""A far side that takes its time holds up no process and no other far side; what came of its messages is on record all the same."""

import threading
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from django.test import override_settings

from notifications import lanes, reaching
from notifications.lanes import ACROSS, CHOSEN, OF_AN_ORGANISATION, Lane, drain, hand_over, lane, pause
from notifications.models import Attempt, QueuedDelivery
from notifications.transports import TransportError
from tests.conftest import Cast, Installation
from tests.incidents.scene import Scene
from tests.notifications.methods import CHANNELS, TELEGRAM, addresses, verified
from tests.notifications.outside import Outside, by
from tests.portal.embedded import until

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
    with by(CHANNELS) as far_side:
        yield far_side


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A far side that does not answer is not waited for; nothing is left under way."""
    monkeypatch.setattr(lanes, "PATIENCE_SECONDS", 0.25)
    yield
    drain()


@pytest.fixture
def gate() -> Iterator[threading.Event]:
    """What the far sides of a test wait for, at the latest until it ends."""
    made = threading.Event()
    yield made
    made.set()
    until(lanes.all_free)


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
    until(lambda: tries(scene)[-2:] == [(1, "started", "account"), (1, "sent", "account")])
    assert addresses("Page:") == [ACCOUNT], "the last page did not go round those that hang"
    goes_on()
    assert addresses("Page:").count(PHONE) == ACROSS


def test_where_there_is_no_other_way_it_waits_as_a_row_and_is_not_counted_as_tried(scene: Scene, outside: type[Outside]) -> None:
    goes_on = hanging(outside, ACCOUNT)
    paged(scene, ACROSS + 1)
    assert tries(scene) == [(1, "started", "account")] * ACROSS
    goes_on()
    assert addresses("Page:") == [ACCOUNT] * ACROSS
    scene.clock.advance(seconds=10)
    scene.follow()
    assert addresses("Page:") == [ACCOUNT] * (ACROSS + 1)
    assert tries(scene)[-2:] == [(1, "started", "account"), (1, "sent", "account")]


def test_a_mail_server_that_hangs_keeps_no_messenger_waiting(scene: Scene, outside: type[Outside]) -> None:
    goes_on = hanging(outside, ACCOUNT)
    paged(scene, ACROSS)
    verified(scene, kind="apprise", address=PHONE, label="Phone")
    scene.declare(severity="SEV2")
    scene.follow()
    until(lambda: addresses("Page:"))
    assert addresses("Page:") == [PHONE]
    goes_on()


def test_a_way_that_would_wait_itself_is_no_way_round(scene: Scene, outside: type[Outside]) -> None:
    """The SMS of this minute is used up: behind the messenger's full lane the page takes the mail, and does not lie there for a minute."""
    verified(scene, kind="apprise", address=PHONE, label="Phone")
    with override_settings(MUSTER_SMS_URL="twilio://AC:x@+15550100/{to}", MUSTER_MESSAGES_A_MINUTE={}):
        verified(scene, kind="sms", address="+491701234567", label="Mobile")
    scene.clock.advance(minutes=2)  # the code is of another minute
    goes_on = hanging(outside, PHONE)
    with override_settings(MUSTER_MESSAGES_A_MINUTE={"sms": 1}):
        paged(scene, ACROSS + 2)
    until(lambda: [outcome for _, outcome, _ in tries(scene)].count("sent") == 2)
    assert [way for _, outcome, way in tries(scene) if outcome == "sent"] == ["Mobile", "account"]
    goes_on()


def test_why_a_way_was_passed_over_is_on_record(scene: Scene, outside: type[Outside]) -> None:
    verified(scene, kind="apprise", address=PHONE, label="Phone")
    goes_on = hanging(outside, PHONE)
    paged(scene, ACROSS + 1)
    with scene.acme.scope():
        last = Attempt.objects.filter(outcome="started").order_by("-delivery_id").first()
        assert last is not None
        assert last.detail == "Messenger: messages before this one are not answered yet", (
            "its own name for it would outlive an erasure"
        )
    goes_on()


def test_after_one_that_was_passed_over_each_way_has_its_turn(scene: Scene, outside: type[Outside]) -> None:
    verified(scene, kind="apprise", address=PHONE, label="Phone")
    goes_on = hanging(outside, PHONE)
    paged(scene, ACROSS)
    outside.broken[ACCOUNT] = TransportError("451 try again")
    paged(scene)
    until(lambda: tries(scene)[-1][1:] == ("failed", "account"))
    goes_on()
    scene.clock.advance(seconds=2)
    scene.follow()
    assert [row[1:] for row in tries(scene)][-2:] == [("started", "Phone"), ("sent", "Phone")]


def under_way(one: Lane, until: threading.Event, times: int = 1) -> None:
    """Hand messages over that are not answered until then."""
    for _ in range(times):
        hand_over(one, lambda: str(until.wait(60)), lambda sent: True)


@pytest.mark.parametrize("same", [True, False], ids=["one far side", "a far side each"])
def test_what_one_organisations_members_chose_takes_no_more_than_its_share(gate: threading.Event, same: bool) -> None:
    theirs = [Lane("json://far" if same else f"json://far-{number}", chosen_by=1) for number in range(CHOSEN)]
    taken = 0
    for one in theirs:
        if pause(one, urgent=True) is None:
            under_way(one, gate)
            taken += 1
    assert taken == (ACROSS if same else OF_AN_ORGANISATION)
    assert pause(Lane("json://far", chosen_by=2), urgent=True) is None, "another organisation's was held up"


def test_what_members_chose_takes_nothing_of_the_mail_server(gate: threading.Event) -> None:
    for number in range(CHOSEN):
        under_way(Lane(f"json://far-{number}", chosen_by=number), gate)
    assert pause(Lane("json://one-more", chosen_by=CHOSEN), urgent=True) is not None
    assert pause(Lane("email"), urgent=True) is None


def test_what_can_wait_leaves_room_for_pages(gate: threading.Event) -> None:
    under_way(Lane("email"), gate, ACROSS // 2)
    assert pause(Lane("email"), urgent=False) is not None
    assert pause(Lane("email"), urgent=True) is None


def test_only_one_of_those_that_hang_is_waited_for(gate: threading.Event, monkeypatch: pytest.MonkeyPatch) -> None:
    """Twenty far sides that hang at once take no longer than one: if the second were waited for, this would not end."""
    under_way(Lane("json://first", chosen_by=1), gate)
    monkeypatch.setattr(lanes, "PATIENCE_SECONDS", 3600.0)
    others = [Lane(f"json://far-{number}", chosen_by=number) for number in range(CHOSEN - 1)]
    assert not any(hand_over(one, lambda: str(gate.wait(60)), lambda sent: True) for one in others)


def test_a_far_side_of_which_nothing_was_heard_is_asked_more_seldom_than_one_that_is_slow(
    gate: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("random.uniform", lambda least, most: (least + most) / 2)
    monkeypatch.setattr(lanes, "SILENT_AFTER_SECONDS", 3600.0)
    under_way(Lane("email"), gate, ACROSS)
    assert pause(Lane("email"), urgent=True) == timedelta(seconds=1)
    monkeypatch.setattr(lanes, "SILENT_AFTER_SECONDS", 0.0)
    assert pause(Lane("email"), urgent=True) == timedelta(seconds=5)


def test_a_lane_has_room_again_once_the_last_thread_has_ended(gate: threading.Event) -> None:
    """A far side that spreads its answer is left behind, and goes on taking up its own lane, not everybody's threads."""
    ended = threading.Event()

    def drips() -> str:
        return reaching.within(0.01, lambda: str(gate.wait(60)))

    def recorded(sent: object) -> bool:
        assert isinstance(sent, reaching.TooLate)
        ended.set()
        return False

    dripping = Lane("json://drips", chosen_by=1)
    for _ in range(ACROSS):
        ended.clear()
        hand_over(dripping, drips, recorded)
        assert ended.wait(60)
    assert pause(dripping, urgent=True) is not None, "it was forgotten while its threads go on"
    gate.set()
    until(lambda: pause(dripping, urgent=True) is None)


def test_what_cannot_be_recorded_at_first_is_recorded_then(gate: threading.Event) -> None:
    """It was taken: sent again, somebody would be called twice."""
    told: list[object] = []

    def record(sent: object) -> bool:
        told.append(sent)
        if len(told) == 1:
            raise ConnectionError("the database restarts")
        return True

    assert hand_over(Lane("email"), lambda: str(gate.wait(60)), record) is False
    gate.set()
    drain()
    assert told == ["True", "True"]


@pytest.mark.parametrize(
    ("channel", "address", "goes"),
    [
        ("email", "amira@acme.example", Lane("email")),
        ("sms", "+15550100", Lane("sms")),
        ("apprise", "tgram://1:token/7/", Lane("apprise tgram://1:token", 1)),
        ("apprise", "ntfys://me:secret@Push.example?a=1", Lane("apprise ntfys://push.example", 1)),
        ("webpush", '{"no": "subscription"}', Lane("webpush", 1)),
    ],
)
def test_a_lane_is_of_one_far_side(channel: str, address: str, goes: Lane) -> None:
    assert lane(channel, address, 1) == goes
