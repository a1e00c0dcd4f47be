"""The watchdog works out from the data what should have been sent by now: each planted difference is found, and said."""

import threading
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from django.test import Client, override_settings

from incidents.models import Signal
from ledger import heartbeats
from ledger.audited import audited_update
from notifications.models import Delivery, QueuedDelivery
from oncall import watchdog
from oncall.models import Page
from portal import engines, watching
from standard import clocks
from standard.models import Clock, ClockFailure
from tenants.actors import Actor
from tenants.time import now
from tests.incidents.scene import Scene
from tests.incidents.test_rules import fire, rule

pytestmark = [pytest.mark.servers, pytest.mark.clause("oncall.escalate-15-30")]


def seen(scene: Scene) -> set[str]:
    """What the watchdog finds two minutes from now, when nothing has run meanwhile."""
    return {difference.what for difference in watchdog.differences(now() + timedelta(minutes=2))}


def test_while_everything_runs_there_is_no_difference(scene: Scene) -> None:
    scene.declare(severity="SEV1")
    scene.follow()
    scene.later(minutes=16)
    assert seen(scene) == set()


def test_a_message_that_nobody_hands_over(scene: Scene) -> None:
    scene.declare(severity="SEV2")
    scene.follow()
    with scene.acme.scope():
        QueuedDelivery.objects.create(delivery=Delivery.objects.filter(channel="email").latest("id"))
    assert seen(scene) == {"message_not_sent"}


def test_reactions_that_did_not_follow(scene: Scene) -> None:
    scene.declare(severity="SEV2")
    assert seen(scene) == {"reaction_not_run"}


def test_a_call_for_which_no_message_was_made(scene: Scene) -> None:
    scene.declare(severity="SEV2")
    scene.follow()
    with scene.acme.scope():
        page = Page.objects.filter(team__isnull=False).latest("id")
        page.steps.create(user_id=scene.acme.mei.user_id, position=9, reason="first", incident_id=page.incident_id)
    assert seen(scene) == {"call_without_message"}


def test_an_open_page_that_waits_for_nothing(scene: Scene) -> None:
    scene.declare(severity="SEV2")
    scene.follow()
    with scene.acme.scope():
        audited_update(Clock.objects.filter(subject_type="oncall.page", stopped_at=None), stopped_at=now(), next_at=None)
    assert seen(scene) == {"page_waits_for_nothing"}


def test_clocks_that_nobody_strikes(scene: Scene) -> None:
    scene.declare(severity="SEV2")
    scene.follow()
    scene.clock.advance(minutes=20)
    assert "clock_not_struck" in seen(scene)


def test_a_step_that_its_clock_has_lost(scene: Scene) -> None:
    """The plan says who is next and when; what the clock says does not matter."""
    scene.declare(severity="SEV2")
    scene.follow()
    with scene.acme.scope():
        audited_update(Clock.objects.filter(subject_type="oncall.page", stopped_at=None), next_at=now() + timedelta(days=7))
    scene.later(minutes=12)
    assert seen(scene) == set(), "within its time"
    scene.later(minutes=5)
    assert seen(scene) == {"next_not_called"}


def test_a_step_whose_clock_was_set_aside(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    def breaks(clock: Clock, by: Actor) -> None:
        raise ZeroDivisionError("no such thing")

    scene.declare(severity="SEV2")
    scene.follow()
    monkeypatch.setattr("oncall.actions.on_clock_broken", breaks)
    for _ in range(5 + clocks.MAX_FAILURES):
        scene.later(sweeps=1, minutes=3)
    with scene.acme.scope():
        assert ClockFailure.objects.filter(next_try_at=None).exists(), "it is not tried any more"
    assert {"next_not_called", "clock_not_struck"} <= seen(scene)


@pytest.mark.parametrize("plan", [{}, {"steps": [], "patience": 900}, {"steps": "poison", "patience": 900}])
def test_a_plan_that_says_nobody_is_no_difference_and_keeps_none_from_being_found(scene: Scene, plan: dict[str, Any]) -> None:
    """A page that began before pages kept their plan says nothing of who is next."""
    scene.declare(severity="SEV2")
    scene.follow()
    with scene.acme.scope():
        audited_update(Page.objects.all(), plan=plan)
    scene.later(minutes=5)
    assert seen(scene) == set()


def test_the_plan_is_followed_to_its_end_without_a_difference(scene: Scene) -> None:
    scene.declare(severity="SEV1")
    scene.follow()
    for _ in range(80):
        scene.later(sweeps=1, minutes=1)
        assert watchdog.differences(now()) == []
    assert scene.events("page.exhausted")


def test_a_suppressed_signal_that_nobody_looks_at_again(scene: Scene) -> None:
    rule(scene, name="Staging", labels={"env": "staging"}, outcome="suppress")
    fire(scene, env="staging")
    with scene.acme.scope():
        audited_update(Signal.objects.all(), quiet_until=now())
    later = now() + timedelta(minutes=2)
    assert {difference.what for difference in watching.differences(later)} >= {"signal_not_looked_at"}


def test_it_is_said_to_administrators_and_in_the_figures(scene: Scene) -> None:
    scene.declare(severity="SEV2")
    scene.clock.advance(minutes=2)
    faults = {fault["code"]: fault["sentence"] for fault in scene.api("admin").get("readiness/").json()["results"]}
    waiting = sorted(difference.id for difference in watching.differences(now()) if difference.what == "reaction_not_run")
    named = [f"no. {row}" for row in waiting[:5]] + ([f"and {len(waiting) - 5} more"] if len(waiting) > 5 else [])
    assert faults["reaction_not_run"].startswith("The watchdog found ")
    assert faults["reaction_not_run"].endswith(f" ({', '.join(named)})."), "which they are is not said"
    assert "reaction_not_run" not in {
        fault["code"] for fault in scene.door(scene.globex.admin).get("readiness/").json()["results"]
    }
    figures = Client().get("/metrics").content.decode()
    assert 'muster_watchdog_differences{what="reaction_not_run"} 0.0' not in figures
    assert 'muster_watchdog_differences{what="message_not_sent"} 0.0' in figures
    assert engines.look()
    assert engines.look() is None, "it looks twice a minute"


class TestTheDeadMansSwitch:
    """Pressed while all is well: whoever listens outside alarms when it stays silent."""

    @pytest.fixture
    def outside(self) -> Iterator[list[str]]:
        """Somebody outside who listens; what they heard."""
        heard: list[str] = []

        class Listener(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                heard.append(self.path)
                self.send_response(200)
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:
                """Nothing to the console."""

        server = HTTPServer(("127.0.0.1", 0), Listener)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        with override_settings(DEADMAN_URL=f"http://127.0.0.1:{server.server_port}/alive"):
            yield heard
        server.shutdown()
        thread.join()
        server.server_close()

    def test_it_is_pressed_once_a_minute_while_all_is_well(self, scene: Scene, outside: list[str]) -> None:
        scene.sweep()
        assert engines.ping() is True
        assert engines.ping() is None
        scene.later(sweeps=1, seconds=61)
        assert engines.ping() is True
        assert outside == ["/alive", "/alive"]

    def test_not_when_the_sweep_is_late(self, scene: Scene, outside: list[str]) -> None:
        heartbeats.beat("sweep")
        scene.clock.advance(seconds=61)
        assert engines.ping() is False
        assert outside == []

    def test_not_when_something_was_not_sent(self, scene: Scene, outside: list[str]) -> None:
        scene.declare(severity="SEV2")
        scene.clock.advance(minutes=2)
        heartbeats.beat("sweep")
        assert engines.ping() is False
        assert outside == []

    def test_nobody_there_is_no_press(self, scene: Scene) -> None:
        scene.sweep()
        with override_settings(DEADMAN_URL="http://127.0.0.1:9/"):
            assert engines.ping() is False
        assert engines.ping() is None, "without an address there is no switch"
