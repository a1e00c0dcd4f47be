"""After the clock was set back, what ran in what is the future now has not run: everything goes on at once, and not when that has come."""

import pytest
from django.test import Client

from ledger import heartbeats
from portal import engines, sweeping
from portal.celery import app
from tests.incidents.scene import Scene

pytestmark = [pytest.mark.servers, pytest.mark.clause("mobilize.page-out")]


def test_a_heartbeat_of_the_future_is_late(scene: Scene) -> None:
    scene.sweep()
    assert not sweeping.is_late()
    scene.clock.advance(seconds=-4)
    assert not sweeping.is_late(), "another machine's clock may be a little ahead"
    scene.clock.advance(hours=-1)
    assert sweeping.is_late()
    assert "The sweep is late." in Client().get("/readyz").json()["problems"]


def test_the_watchdog_looks_on(scene: Scene) -> None:
    engines.look()
    scene.clock.advance(hours=-1)
    assert engines.look() is not None
    assert not heartbeats.is_late("watchdog", engines.LOOK_EVERY)


def test_beat_turns_every_few_seconds_whatever_it_thinks_is_due() -> None:
    assert app.conf.beat_max_loop_interval == 5
