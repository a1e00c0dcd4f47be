"""What of Muster itself stands still is said to administrators at once: once, to each of them, and again when it is over."""

from dataclasses import replace
from datetime import timedelta
from typing import Any
from unittest.mock import patch

import pytest
from django.test import Client

from ledger import heartbeats
from ledger.models import Event, Outbox
from notifications.models import Delivery
from oncall.actions.alarms import CALM
from oncall.models import ReadinessNotice
from oncall.watchdog import Difference
from portal import engines, watching
from tenants.time import now
from tests.incidents.scene import Scene

pytestmark = [pytest.mark.servers, pytest.mark.clause("mobilize.page-out")]

LOOK = engines.LOOK_EVERY.total_seconds() + 1


def looks(scene: Scene, times: int = 1) -> None:
    """The watchdog looks so many times, half a minute apart, while the sweep goes on."""
    for _ in range(times):
        scene.clock.advance(seconds=LOOK)
        heartbeats.beat("sweep")
        engines.look()
        scene.follow()


def set_aside(scene: Scene) -> None:
    """A reaction that failed too often, of what pages nobody: a SEV 3 does so at nine."""
    scene.declare(severity="SEV4")
    scene.follow()
    with scene.acme.scope():
        Outbox.objects.create(event=scene.events("incident.declared")[-1], reaction="x.y", next_try_at=None)


def many_set_aside(scene: Scene, count: int) -> None:
    """So many more of the same."""
    with scene.acme.scope():
        event = scene.events("incident.declared")[-1]
        for number in range(count):
            Outbox.objects.create(event=event, reaction=f"x.{Outbox.objects.count()}.{number}", next_try_at=None)


def mended(scene: Scene) -> None:
    """It was done after all."""
    with scene.acme.scope():
        Outbox.objects.filter(next_try_at=None).delete()


def told(scene: Scene, who: str = "admin") -> list[str]:
    """The subjects of the alarms and all-clears that reached somebody, in order."""
    return [m.subject.partition(":")[0] for m in scene.mails(who) if m.subject.startswith(("Alarm:", "All clear:"))]


def readiness(scene: Scene, who: Any = None) -> dict[str, str]:
    """Code -> sentence of what readiness says, by the API."""
    door = scene.api("admin") if who is None else scene.door(who)
    return {fault["code"]: fault["sentence"] for fault in door.get("readiness/").json()["results"]}


def test_administrators_are_written_to_at_once_and_nobody_else_is(scene: Scene) -> None:
    set_aside(scene)
    looks(scene)
    assert told(scene) == ["Alarm"]
    (mail,) = [m for m in scene.mails("admin") if m.subject.startswith("Alarm:")]
    assert "1 reaction was set aside" in mail.subject
    assert "/o/acme/readiness/" in mail.body
    assert told(scene, "amira") == told(scene, "owner") == []
    with scene.globex.scope():
        assert not Delivery.objects.filter(template="alarm").exists(), "another organisation has nothing to do with it"


def test_it_is_one_message_a_person_and_way_while_it_stands(scene: Scene) -> None:
    set_aside(scene)
    looks(scene, times=30)
    assert told(scene) == ["Alarm"]
    with scene.acme.scope():
        sent = list(Delivery.objects.filter(template="alarm").values_list("channel", "urgent"))
    assert sorted(sent) == [("email", True), ("inbox", True)]


def test_that_it_grows_is_said_once_an_hour_at_most(scene: Scene) -> None:
    """One on Monday must not keep fifty on Friday quiet."""
    set_aside(scene)
    looks(scene)
    many_set_aside(scene, 3)
    looks(scene, times=3)
    assert told(scene) == ["Alarm"], "it was said a moment ago"
    scene.clock.advance(hours=1)
    looks(scene, times=3)
    assert [m.subject for m in scene.mails("admin", "Alarm:")][1:] == [
        "Alarm: 4 reactions were set aside after failing too often."
    ]
    many_set_aside(scene, 1)
    looks(scene, times=3)
    scene.clock.advance(hours=3)
    looks(scene, times=3)
    assert told(scene) == ["Alarm"] * 3
    scene.clock.advance(hours=3)
    looks(scene, times=3)
    assert told(scene) == ["Alarm"] * 3, "it grows no more"


def test_an_alarm_that_fell_and_grows_again_is_said_again(scene: Scene) -> None:
    set_aside(scene)
    many_set_aside(scene, 9)
    looks(scene)
    with scene.acme.scope():
        Outbox.objects.filter(next_try_at=None, reaction__startswith="x.").exclude(reaction="x.y").delete()
    looks(scene)
    many_set_aside(scene, 4)
    scene.clock.advance(hours=1)
    looks(scene, times=2)
    assert [m.subject.split()[1] for m in scene.mails("admin", "Alarm:")] == ["10", "5"]


def test_the_row_is_written_when_something_changes_only(scene: Scene) -> None:
    """It is audited, and looked at twice a minute for as long as the alarm stands."""
    set_aside(scene)
    looks(scene)
    with scene.acme.scope():
        before = ReadinessNotice.objects.get().standing
    looks(scene, times=5)
    with scene.acme.scope():
        assert ReadinessNotice.objects.get().standing == before


def test_when_it_is_over_they_are_told_once(scene: Scene) -> None:
    set_aside(scene)
    looks(scene)
    mended(scene)
    looks(scene, times=5)
    assert told(scene) == ["Alarm"], "gone for less than five minutes: it may come again"
    looks(scene, times=30)
    assert told(scene) == ["Alarm", "All clear"]
    with scene.acme.scope():
        (over,) = scene.events("readiness.calmed")
        assert over.data["what"] == "set_aside"


class TestAnotherOrganisationsStorm:
    """It fills what is looked at of its own, and hides nobody's first alarm."""

    @pytest.fixture(autouse=True)
    def few(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(engines, "MOST_DIFFERENCES", 5)
        monkeypatch.setattr(watching, "ASKED_AT_ONCE", 5)

    def test_of_what_waits_in_a_queue(self, scene: Scene) -> None:
        scene.declare(severity="SEV4")
        late = now() - timedelta(minutes=10)
        for cast, count in ((scene.globex, 20), (scene.acme, 1)):
            with cast.scope():
                event = Event.objects.latest("id")
                for number in range(count):
                    Outbox.objects.create(event=event, reaction=f"x.{number}", next_try_at=late)
        found = watching.look(now(), engines.MOST_DIFFERENCES).found
        assert {one.organisation_id for one in found} == {scene.acme.id, scene.globex.id}
        assert sum(1 for one in found if one.organisation_id == scene.globex.id) == 5, "no more of one are told apart"

    def test_of_what_a_sweep_brings_about(self, scene: Scene) -> None:
        """Such a question is asked as the sweep asks it, the earliest first over all."""
        rows = [(scene.globex.id, number) for number in range(20)] + [(scene.acme.id, 1)]
        sweep = replace(watching.SWEEPS["item_date_not_told"], due=lambda _, most: rows[:most])
        with patch.dict(watching.SWEEPS, {"item_date_not_told": sweep}):
            looks(scene)
            assert told(scene) == ["Alarm"]

    def test_of_calls_that_were_never_made(self, scene: Scene) -> None:
        for cast, count in ((scene.globex, 8), (scene.acme, 1)):
            door = scene.door(cast.mei)
            for _ in range(count):
                door.post("incidents/", {"title": "It fails", "severity": "SEV2", "services": ["checkout"]})
            with cast.scope():
                Outbox.objects.all().delete()
        looks(scene, times=3)
        assert any("war rooms" in m.subject for m in scene.mails("admin", "Alarm:"))


def test_a_kind_that_could_not_be_asked_is_not_over(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    blind, stands = False, True

    def differences(*_: object) -> list[Difference]:
        if blind:
            raise ZeroDivisionError("no such thing")
        return [Difference(scene.acme.id, "message_not_sent", 1)] if stands else []

    monkeypatch.setattr("oncall.watchdog.differences", differences)
    looks(scene)
    assert told(scene) == ["Alarm"]
    blind = True
    looks(scene, times=30)
    blind, stands = False, False
    looks(scene, times=5)
    assert not [m for m in scene.mails("admin", "All clear:") if "hands over" in m.subject], "gone for less than five minutes"
    looks(scene, times=10)
    assert [m for m in scene.mails("admin", "All clear:") if "hands over" in m.subject]


def test_what_comes_and_goes_is_one_alarm(scene: Scene) -> None:
    for _ in range(3):
        set_aside(scene)
        looks(scene)
        mended(scene)
        looks(scene, times=2)
    assert told(scene) == ["Alarm"]


def test_the_same_again_after_the_all_clear_is_another_alarm(scene: Scene) -> None:
    for _ in range(2):
        set_aside(scene)
        looks(scene)
        mended(scene)
        looks(scene, times=1 + CALM // timedelta(seconds=LOOK) + 1)
    assert told(scene) == ["Alarm", "All clear"] * 2


def test_each_difference_that_the_watchdog_finds_is_an_alarm(scene: Scene) -> None:
    scene.declare(severity="SEV2")
    scene.clock.advance(minutes=2)
    looks(scene)
    scene.follow()
    assert any("reactions that did not follow" in m.subject for m in scene.mails("admin", "Alarm:"))


def test_a_sweep_that_is_late_is_said_to_every_organisation(scene: Scene) -> None:
    heartbeats.beat("sweep")
    scene.clock.advance(minutes=2)
    engines.look()
    scene.follow()
    assert told(scene) == ["Alarm"]
    with scene.globex.scope():
        assert Delivery.objects.filter(template="alarm", channel="email").count() == 1


def test_readiness_says_since_when_they_know(scene: Scene) -> None:
    set_aside(scene)
    assert "Administrators know" not in readiness(scene)["set_aside"]
    looks(scene)
    assert "Administrators know since " in readiness(scene)["set_aside"]
    assert "set_aside" not in readiness(scene, scene.globex.admin)


def test_while_nothing_is_wrong_nobody_is_written_to(scene: Scene) -> None:
    looks(scene, times=3)
    assert told(scene) == []
    assert 'what="reaction_not_run"} 0.0' in Client().get("/metrics").content.decode()
