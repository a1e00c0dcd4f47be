"""/readyz says when the sweep is late: at a minute, not before, and where it never ran (mobilize.page-out)."""

import pytest
from django.test import Client

from ledger import heartbeats
from tests.incidents.scene import Scene

pytestmark = [pytest.mark.servers, pytest.mark.clause("mobilize.page-out")]


def asked() -> tuple[int, list[str]]:
    """The status, and what is wrong."""
    answer = Client().get("/readyz")
    return answer.status_code, answer.json()["problems"]


def test_the_sweep_is_late_after_a_minute(scene: Scene) -> None:
    heartbeats.beat("sweep")
    scene.clock.advance(seconds=59)
    assert asked() == (200, [])
    scene.clock.advance(seconds=2)
    assert asked() == (503, ["The sweep is late."])
    heartbeats.beat("sweep")
    assert asked() == (200, []), "it is ready again once it has come by"


def test_a_sweep_that_never_ran_is_late(scene: Scene) -> None:
    assert heartbeats.last("sweep") is None
    assert asked() == (503, ["The sweep is late."])
