"""Clocks: prompted and broken by the sweep, once each, however late it comes (handover.after-4h, and what all clocks share)."""

from datetime import datetime, timedelta

import pytest

from incidents.models import Incident
from standard import clocks
from standard.models import Clock
from tests.incidents.scene import Scene

pytestmark = pytest.mark.servers

HANDOVER = "handover.after-4h"
ROLES = "mobilize.roles-assigned"


@pytest.mark.clause("handover.after-4h")
def test_taking_command_starts_the_clock_and_the_commander_is_prompted_after_three_and_a_half_hours(scene: Scene) -> None:
    ref = scene.commanded()
    clock = scene.running(ref, HANDOVER)
    began = datetime.fromisoformat(clock["started_at"])
    assert (began, clock["owner_role"]) == (scene.clock.now, "ic")
    assert datetime.fromisoformat(clock["due_at"]) - began == timedelta(hours=4)
    scene.later(hours=3, minutes=29, seconds=59)
    assert HANDOVER not in [entry["data"]["clause"] for entry in scene.told(ref, "clock.prompted")]
    scene.later(seconds=1)
    told = [entry for entry in scene.told(ref, "clock.prompted") if entry["data"]["clause"] == HANDOVER]
    assert len(told) == 1
    assert "time is running out" in told[0]["text"]
    assert [m for m in scene.mails("amira", "time is running out") if "4 hours" in m.body or "four hours" in m.body.lower()]
    scene.later(minutes=30)
    assert HANDOVER in [entry["data"]["clause"] for entry in scene.told(ref, "clock.broken")]
    assert scene.running(ref, HANDOVER)["state"] == "broken"


@pytest.mark.clause("handover.after-4h")
def test_it_stops_with_the_incident(scene: Scene) -> None:
    ref = scene.ready()
    scene.do("amira", ref, "resolve", summary="Done")
    assert [c["state"] for c in scene.part(ref, "clocks") if c["clause"] == HANDOVER] == ["kept"]
    scene.later(hours=5)
    assert scene.told(ref, "clock.broken") == []


def test_a_sweep_that_comes_after_both_moments_breaks_and_does_not_prompt(scene: Scene) -> None:
    ref = scene.commanded()
    scene.later(hours=5)
    assert scene.told(ref, "clock.prompted") == []
    broken = scene.told(ref, "clock.broken")
    assert sorted(entry["data"]["clause"] for entry in broken) == [HANDOVER, ROLES, "severity.sev1-cadence"]
    late = {entry["data"]["clause"]: entry["data"]["late_seconds"] for entry in broken}
    assert late == {HANDOVER: 3600, ROLES: 5 * 3600 - 300, "severity.sev1-cadence": 4.5 * 3600}


def test_each_moment_is_told_once_however_often_the_sweep_comes(scene: Scene) -> None:
    ref = scene.commanded()
    scene.later(sweeps=5, minutes=15)
    scene.later(sweeps=5, minutes=15)
    told = [entry for entry in scene.part(ref, "timeline") if entry["data"].get("clause") == "severity.sev1-cadence"]
    assert [entry["kind"] for entry in told] == ["clock.prompted", "clock.broken"]


def test_a_sweep_touches_only_what_is_due(scene: Scene) -> None:
    scene.commanded()
    assert clocks.sweep() == 0
    for minutes in (5, 10):  # nobody leads operations or speaks for us; then the next update is due soon
        scene.clock.advance(minutes=minutes)
        assert clocks.sweep() == 1
        assert clocks.sweep() == 0


def test_a_restart_stops_the_one_before_and_a_stop_names_its_own(scene: Scene) -> None:
    ref = scene.commanded()
    with scene.acme.scope(scene.acme.amira):
        incident = Incident.objects.get(ref=ref)
        clocks.start("warroom.ack-everything", incident, due=timedelta(minutes=2), incident_id=incident.pk)
        clocks.start("warroom.ack-everything", incident, due=timedelta(minutes=2), incident_id=incident.pk)
        found = Clock.objects.filter(clause="warroom.ack-everything").order_by("id")
        assert [clock.stopped_at is None for clock in found] == [False, True]
        assert clocks.stop(incident, "warroom.ack-everything") == 1
        assert clocks.stop(incident, "warroom.ack-everything") == 0
        running = Clock.objects.filter(stopped_at=None, subject_type="incidents.incident").order_by("clause")
        assert [clock.clause for clock in running] == [ROLES, "severity.sev1-cadence"]


def test_the_room_says_what_is_late(scene: Scene) -> None:
    ref = scene.commanded()
    scene.later(minutes=30)
    shown = scene.page("mei").get(f"/o/acme/incidents/{ref}/").content.decode()
    assert 'aria-label="Late"' in shown
    assert "severity.sev1-cadence" in shown
