"""Messages arrive: once an event, person and channel; tried again later each time; what became of them is kept and shown."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from ledger.models import Event, Outbox
from notifications.actions import LEASE, MAX_ATTEMPTS, deliver, notify
from notifications.models import Attempt, Delivery, QueuedDelivery
from oncall import announcements
from oncall.models import Page
from portal import sweeping
from standard import clocks
from standard.models import Clock
from tenants.actors import Actor
from tests.incidents.scene import UPDATE, Scene
from tests.notifications.outside import Outside, by_email, refuses

pytestmark = pytest.mark.servers


@pytest.fixture(autouse=True)
def outside() -> Iterator[type[Outside]]:
    """E-mail goes to a far side that the test commands."""
    with by_email() as far_side:
        yield far_side


@pytest.fixture
def ref(scene: Scene) -> str:
    """An incident whose page to Amira is queued, not sent."""
    return scene.declare(severity="SEV2")


def tries(scene: Scene) -> list[tuple[int, str]]:
    """(number, outcome) of every attempt to mail Amira's page."""
    with scene.acme.scope():
        found = Attempt.objects.filter(delivery__template="page", delivery__channel="email").order_by("id")
        return list(found.values_list("number", "outcome"))


@pytest.mark.clause("severity.sev2-page")
def test_what_is_taken_is_sent_once(scene: Scene, ref: str, outside: type[Outside]) -> None:
    scene.follow()
    scene.later(hours=1)
    mailed = [message.subject for _, message in outside.taken if message.address == "amira@acme.example"]
    assert mailed == [f"Page: SEV 2 {ref}: Checkout fails", f"{ref}: time is past"]  # the second: nobody has claimed it
    assert tries(scene)[:2] == [(1, "started"), (1, "sent")]


def test_one_message_an_event_person_and_channel(scene: Scene, ref: str) -> None:
    scene.follow()
    with scene.acme.scope():
        event = Event.objects.get(kind="page.person_paged")
        before = Delivery.objects.filter(event=event).count()
        assert notify(event, [scene.acme.amira.user_id] * 2, template="page", subject_id=event.subject_id) == []
        assert before == Delivery.objects.filter(event=event).count() == 2
        assert set(Delivery.objects.filter(event=event).values_list("channel", flat=True)) == {"email", "inbox"}


def test_a_refused_message_is_tried_again_later_each_time_under_one_key(scene: Scene, ref: str, outside: type[Outside]) -> None:
    outside.answers[:] = refuses(5)  # the page, and the manager's notice
    scene.follow()
    assert len(outside.asked) == 2
    waits = [1, 2, 4]
    for wait in waits:
        asked = len(outside.asked)
        scene.clock.advance(seconds=wait - 0.1 - 1)
        scene.follow()
        assert len(outside.asked) == asked, wait
        scene.clock.advance(seconds=0.1 + 1)
        scene.follow()
    page = [key for key, message in outside.taken if message.address == "amira@acme.example"]
    assert len(page) == 1
    assert set(outside.asked) == {key for key, _ in outside.taken}
    outcomes = tries(scene)
    assert outcomes[-1][1] == "sent"
    assert [o for _, o in outcomes if o == "failed"] != []


def test_it_gives_up_where_everybody_can_see_it(scene: Scene, ref: str, outside: type[Outside]) -> None:
    outside.answers[:] = refuses(100)
    for _ in range(MAX_ATTEMPTS + 2):
        scene.follow()
        scene.clock.advance(minutes=2, seconds=1)
    assert tries(scene)[-2:] == [(MAX_ATTEMPTS, "failed"), (MAX_ATTEMPTS, "gave_up")]
    with scene.acme.scope():
        assert not QueuedDelivery.objects.exists()
    asked = len(outside.asked)
    scene.clock.advance(hours=1)
    scene.follow()
    assert len(outside.asked) == asked
    shown = scene.page("mei").get(f"/o/acme/incidents/{ref}/").content.decode()
    assert f"after {MAX_ATTEMPTS} attempts" in shown
    assert "451 try again" in shown


def test_who_dies_while_sending_leaves_a_lease_that_ends(scene: Scene, ref: str, outside: type[Outside]) -> None:
    outside.answers[:] = [SystemExit("killed")]
    with pytest.raises(SystemExit):
        scene.follow()
    with scene.acme.scope():
        queued = QueuedDelivery.objects.get(next_try_at=scene.clock.now + LEASE)
        delivery_id = queued.delivery_id
    key = outside.asked[0]
    assert deliver(scene.acme.id, delivery_id) is False  # somebody holds it
    assert outside.asked == [key]
    scene.clock.advance(seconds=LEASE.total_seconds() - 0.1)
    assert deliver(scene.acme.id, delivery_id) is False
    scene.clock.advance(seconds=0.1)
    assert deliver(scene.acme.id, delivery_id) is True
    assert outside.asked == [key, key]
    with scene.acme.scope():
        found = Attempt.objects.filter(delivery_id=delivery_id).order_by("id").values_list("number", "outcome")
        assert list(found) == [(1, "started"), (2, "started"), (2, "sent")]


@pytest.mark.clause("oncall.escalate-15-30")
def test_a_page_acknowledged_meanwhile_is_withdrawn(scene: Scene, ref: str, outside: type[Outside]) -> None:
    outside.answers[:] = refuses(2)  # the manager's notice, and the page
    scene.follow()
    scene.api("amira").post(f"pages/{scene.calls('amira')[0]['id']}/acknowledge/")
    scene.clock.advance(seconds=5)
    scene.follow()
    assert [message.address for _, message in outside.taken] == ["admin@acme.example"]
    assert tries(scene)[-1] == (2, "withdrawn")
    assert "No longer needed" in scene.page("mei").get(f"/o/acme/incidents/{ref}/").content.decode()


def test_one_that_fails_holds_up_no_other(scene: Scene, ref: str, outside: type[Outside]) -> None:
    outside.answers[:] = refuses(1)
    scene.follow()
    assert [message.address for _, message in outside.taken] != []
    with scene.acme.scope():
        assert Attempt.objects.filter(delivery__channel="inbox", outcome="sent").exists()


def test_a_message_says_what_is_true_when_it_is_sent(scene: Scene, outside: type[Outside]) -> None:
    ref = scene.commanded("SEV2")
    scene.follow()
    outside.clear()
    scene.do("amira", ref, "update", **UPDATE)
    scene.do("amira", ref, "severity", severity="SEV1", reason="Nobody can pay")
    scene.follow()
    update = next(m for _, m in outside.taken if m.subject.startswith("Update on"))
    assert update.subject == f"Update on SEV 1 {ref}: Checkout fails"
    assert update.link.endswith(f"/o/acme/incidents/{ref}/")


def test_a_prompt_is_not_sent_once_the_incident_has_ended(scene: Scene, outside: type[Outside]) -> None:
    ref = scene.ready()
    outside.answers[:] = refuses(50)
    scene.sweep()
    scene.do("amira", ref, "resolve", summary="Done")
    outside.answers.clear()
    scene.clock.advance(minutes=5)
    scene.follow()
    assert [m.subject for _, m in outside.taken if "time is" in m.subject] == []


def test_what_cannot_be_rendered_is_a_failed_attempt_and_holds_up_nothing(
    scene: Scene, ref: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A poison row: its renderer raises. It is counted and put off; the others are sent."""

    def broken(delivery: Delivery) -> None:
        raise ZeroDivisionError("no such thing")

    monkeypatch.setattr("oncall.announcements.render_page", broken)
    scene.follow()
    assert tries(scene)[0] == (1, "failed")
    assert scene.mails("amira") == []
    with scene.acme.scope():
        row = QueuedDelivery.objects.get(delivery__template="page", delivery__channel="email")
        assert row.attempts >= 1
        assert row.next_try_at > scene.clock.now
        detail = Attempt.objects.filter(delivery=row.delivery_id, number=1).get().detail
    assert detail == "ZeroDivisionError: no such thing"


def test_what_is_rendered_for_ever_is_a_failed_attempt_too(scene: Scene, ref: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A poison row whose renderer never comes to its end: no process is lost to it."""

    def hangs(delivery: Delivery) -> None:
        while True:
            pass

    monkeypatch.setattr("oncall.announcements.render_page", hangs)
    monkeypatch.setattr("notifications.actions.MOMENT_SECONDS", 0.2)
    scene.follow()
    assert tries(scene)[0] == (1, "failed")
    with scene.acme.scope():
        said = set(Attempt.objects.filter(delivery__template="page", outcome="failed").values_list("detail", flat=True))
    assert said == {"TookTooLong: This took longer than 0.2 seconds."}


def test_a_clock_that_cannot_be_struck_keeps_no_other_from_its_time(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """A poison clock: what follows from it raises. The others are struck, and the sweep leaves its heartbeat."""
    poisoned, healthy = scene.declare(severity="SEV2"), scene.declare(severity="SEV1")
    scene.follow()
    prompt = clocks.prompt

    def refusing(clock: Clock, *, by: Actor) -> None:
        if clock.clause == "severity.sev2-cadence":
            raise ZeroDivisionError("this clock")
        prompt(clock, by=by)

    monkeypatch.setattr(clocks, "prompt", refusing)
    scene.later(minutes=30)
    assert scene.told(poisoned, "clock.prompted") == []
    assert "severity.sev1-cadence" in {entry["data"]["clause"] for entry in scene.told(healthy, "clock.broken")}
    assert sweeping.is_late() is False


def test_what_is_not_begun_in_time_is_left_to_a_later_try(
    scene: Scene, ref: str, outside: type[Outside], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A commit that took so long that the lease would end meanwhile: nothing is sent twice, the next attempt sends it."""
    monkeypatch.setattr("notifications.actions.LEASE", timedelta(seconds=6.5))
    scene.follow()
    assert outside.asked == []
    assert tries(scene) == [(1, "started"), (1, "failed")]
    monkeypatch.undo()
    scene.clock.advance(seconds=1)
    scene.follow()
    assert tries(scene)[-2:] == [(2, "started"), (2, "sent")]


@pytest.mark.clause("mobilize.page-out")
def test_a_page_stands_although_what_tells_of_it_is_broken(
    scene: Scene, ref: str, outside: type[Outside], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What follows from a reaction runs with it; where that fails the reaction has its effect alone, and the rest is tried again."""
    deliver = announcements.deliver_page

    def broken(*_: object) -> None:
        raise RuntimeError("no channel")

    monkeypatch.setattr(announcements, "deliver_page", broken)
    scene.follow()
    with scene.acme.scope():
        assert Page.objects.filter(state=Page.State.OPEN).count() == 1
        assert Clock.objects.filter(clause="oncall.escalate-15-30", stopped_at=None).count() == 1
        assert [(row.reaction, row.attempts) for row in Outbox.objects.all()] == [("deliver-page", 1)]
    monkeypatch.setattr(announcements, "deliver_page", deliver)
    scene.clock.advance(seconds=2)
    scene.follow()
    assert [message.address for _, message in outside.taken if message.subject.startswith("Page:")] == ["amira@acme.example"]
    assert len(scene.events("page.person_paged")) == 1
