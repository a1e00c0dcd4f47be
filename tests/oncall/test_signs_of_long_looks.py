"""Whoever looks at much, or sweeps much, says of each organisation and each row that it gets on: nobody takes it for hung in the middle."""

import pytest

from ledger import heartbeats
from portal import engines, sweeping
from tenants import progress
from tests.incidents.scene import Scene

pytestmark = [pytest.mark.servers, pytest.mark.clause("mobilize.page-out")]


@pytest.fixture
def steps(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The steps that were taken."""
    taken: list[str] = []
    monkeypatch.setattr(progress, "_listeners", [lambda: taken.append("step")])
    return taken


def test_each_organisation_whose_alarms_are_looked_at_is_a_step(scene: Scene, steps: list[str]) -> None:
    heartbeats.beat("sweep")
    scene.clock.advance(minutes=2)
    steps.clear()
    engines.look()
    assert len(steps) == 2, "both organisations"


def test_each_row_of_a_sweep_is_a_step(scene: Scene, steps: list[str]) -> None:
    sweeping.sweep()
    steps.clear()
    sweeping.sweep()
    with_nothing_to_do = len(steps)
    scene.declare(severity="SEV2")
    scene.clock.advance(minutes=1)
    steps.clear()
    sweeping.sweep()
    assert len(steps) > with_nothing_to_do + 1
