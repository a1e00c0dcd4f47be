"""A page at its edges: begun anew, out of hours, out of luck; nobody is forgotten by it, and nobody waits for it (oncall.escalate-15-30)."""

import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection

from incidents.models import Incident
from ledger.audited import audited_update
from notifications import actions as delivering
from notifications.transports import Message, TransportError
from oncall import waking, watchdog
from oncall.models import Page
from standard import clocks
from standard.models import ClockFailure
from tenants.actors import Actor
from tenants.time import now
from tests.conftest import Door, Installation
from tests.incidents.scene import Scene, alert
from tests.oncall.test_low_urgency import at
from tests.oncall.test_policies import answer, called, person, policy

pytestmark = [pytest.mark.servers, pytest.mark.clause("oncall.escalate-15-30")]


class TestBegunAnew:
    def test_lowered_at_night_and_raised_again_it_escalates_again(self, scene: Scene) -> None:
        at(scene, 3, 2)
        ref = scene.declare(severity="SEV1")
        scene.follow()
        scene.do("jon", ref, "claim")
        scene.do("jon", ref, "severity", severity="SEV3", reason="Only the footer")
        scene.follow()
        scene.do("jon", ref, "severity", severity="SEV1", reason="No, everything")
        scene.follow()
        assert called(scene) == ["amira", "amira"], "each once"
        scene.later(minutes=16)
        scene.later(minutes=16)
        assert called(scene)[-2:] == ["jon", "admin"]

    def test_what_had_run_out_begins_anew_when_it_is_declared(self, scene: Scene) -> None:
        at(scene, 2, 2)
        scene.fire(alert(started=scene.clock.now))
        scene.follow()
        for _ in range(4):
            scene.later(minutes=15)
        assert called(scene) == ["amira", "jon", "admin"]
        scene.api("mei").post(f"triage/{scene.signals()[0]['id']}/declare/", {"severity": "SEV1"})
        scene.follow()
        assert sorted(called(scene)[3:]) == ["admin", "amira", "jon"]
        scene.later(minutes=15)
        assert called(scene)[-1] == "jon"

    @pytest.mark.clause("severity.sev3-low-urgency")
    def test_a_sev_3_that_is_reopened_is_put_to_the_team_again(self, scene: Scene) -> None:
        at(scene, 2, 10)
        ref = scene.declare(severity="SEV3")
        scene.follow()
        answer(scene, "amira", "acknowledge")
        scene.do("amira", ref, "impact", end=scene.clock.now.isoformat())
        scene.do("amira", ref, "resolve", summary="Mended")
        scene.follow()
        scene.do("amira", ref, "reopen", reason="It is back")
        scene.follow()
        assert called(scene) == ["amira", "amira"]


@pytest.mark.clause("severity.sev3-low-urgency")
class TestOutOfHours:
    """A page of low urgency that began within business hours escalates in them too."""

    def test_the_next_step_waits_for_monday(self, scene: Scene) -> None:
        at(scene, 5, 16, 55)
        scene.declare(severity="SEV3")
        scene.follow()
        scene.later(minutes=32)
        assert called(scene) == ["amira"]
        at(scene, 1, 9, 0)
        scene.later(seconds=1)
        assert called(scene) == ["amira", "jon"]

    def test_so_does_one_that_turned_out_to_be_small(self, scene: Scene) -> None:
        at(scene, 5, 16, 55)
        scene.fire(alert(started=scene.clock.now))
        scene.follow()
        scene.api("mei").post(f"triage/{scene.signals()[0]['id']}/declare/", {"severity": "SEV3"})
        scene.follow()
        scene.later(minutes=16)
        assert called(scene) == ["amira"]


class TestTold:
    def test_the_rest_hear_that_somebody_has_it(self, scene: Scene) -> None:
        scene.declare(severity="SEV2")
        scene.follow()
        scene.later(minutes=15)
        answer(scene, "jon", "acknowledge")
        scene.follow()
        (told,) = scene.mails("amira", "Acknowledged: ")
        assert "Jon Jensen has it" in told.body
        assert scene.mails("jon", "Acknowledged: ") == []

    def test_administrators_hear_that_nobody_is_left(self, scene: Scene) -> None:
        policy(scene, (0, person(scene, "amira")), (5, person(scene, "jon")))
        scene.declare(severity="SEV2")
        scene.follow()
        for who in ("amira", "jon"):
            answer(scene, who, "decline")
            scene.follow()
        (told,) = scene.mails("admin", "Nobody acknowledged: ")
        assert "everybody" in told.body.lower()
        assert scene.mails("mei", "Nobody acknowledged: ") == []


def test_the_watchdog_sees_that_no_page_gets_out(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """A far side that is away for minutes: every try fails, later and later, and in the end it is given up."""

    class Away:
        def send(self, message: Message, *, key: str) -> str:
            raise TransportError("away")

    monkeypatch.setattr(delivering, "transport", lambda channel: Away())
    scene.declare(severity="SEV2")
    scene.follow()
    scene.later(minutes=1)
    assert watchdog.differences(now()) == []
    seen = []
    for _ in range(30):
        scene.later(sweeps=2, seconds=30)
        seen.append({difference.what for difference in watchdog.differences(now())})
    assert all("page_not_delivered" in found for found in seen[4:]), "from the third minute on, and for good"


def test_a_page_that_cannot_be_looked_at_holds_up_no_other(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    at(scene, 5, 18)
    scene.declare(severity="SEV3")
    scene.follow()
    with scene.acme.scope():
        audited_update(Page.objects.all(), plan={"steps": "poison"})
    at(scene, 1, 9, 1)
    assert waking.sweep(limit=1) == 0
    looked: list[int] = []

    def look_at(page: Page, *, by: Actor) -> bool:
        looked.append(page.pk)
        return True

    monkeypatch.setattr(waking, "look_at", look_at)
    assert waking.sweep(limit=1) == 0, "it rests, and whoever is behind it has their turn"
    assert not looked
    scene.clock.advance(seconds=3)
    assert waking.sweep(limit=1) == 1, "it has its turn again"
    scene.clock.advance(minutes=1)
    assert "page_not_looked_at" in {d.what for d in watchdog.differences(now())}, "that it does not begin is seen"


class TestAVerbThatHangs:
    """Somebody holds an incident for long: its clocks come later, everybody else's in time, and none of them is in trouble for it."""

    @pytest.fixture
    def held(self, own_database: Installation) -> Iterator[Any]:
        """An incident of acme that is held, and one of globex whose page is due."""
        acme, globex = own_database.acme, own_database.globex
        wanted = {"title": "Checkout fails", "severity": "SEV1", "services": ["checkout"]}
        for cast in (acme, globex):
            assert Door(cast.mei).post("incidents/", wanted).status_code == 201
        holding, let_go = threading.Event(), threading.Event()

        def hang() -> None:
            with acme.scope():
                list(Incident.objects.select_for_update().values_list("pk"))
                holding.set()
                let_go.wait(30)
            connection.close()

        thread = threading.Thread(target=hang)
        thread.start()
        assert holding.wait(10)
        yield acme, globex
        let_go.set()
        thread.join()

    def test_the_sweep_goes_on(self, held: Any, clock: Any) -> None:
        acme, globex = held
        clock.advance(minutes=31)
        began = time.monotonic()
        clocks.sweep()
        assert time.monotonic() - began < 10, "it does not wait until somebody lets go"
        with globex.scope():
            broken = Door(globex.mei).get("incidents/INC-1/clocks/").json()["results"]
            assert any(row["state"] == "broken" for row in broken)
        with acme.scope():
            assert not ClockFailure.objects.exists(), "busy is not broken"
