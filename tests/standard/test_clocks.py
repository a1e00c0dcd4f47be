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
    assert [(c["state"], c["fell_away"]) for c in scene.part(ref, "clocks") if c["clause"] == HANDOVER] == [
        ("fell_away", "resolved")
    ]
    scene.later(hours=5)
    assert HANDOVER not in misses(scene, ref)


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
        assert [clock.state for clock in found] == ["fell_away", "running"], "a restart is no acknowledgement"
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


# --- Late, and stopped before any sweep came by ----------------------------------------------------------------------------


def misses(scene: Scene, ref: str) -> dict[str, float]:
    """Clause -> by how many seconds it was missed, as the record says."""
    return {entry["data"]["clause"]: entry["data"]["late_seconds"] for entry in scene.told(ref, "clock.broken")}


@pytest.mark.clause("severity.sev1-cadence")
@pytest.mark.clause("mobilize.roles-assigned")
@pytest.mark.parametrize("verb", ["resolve", "false-positive"])
def test_the_last_miss_is_kept_though_the_incident_ends_with_it(scene: Scene, verb: str) -> None:
    ref = scene.ready()
    scene.clock.advance(minutes=20)  # 35 in all
    scene.do("amira", ref, verb, **({"summary": "Done"} if verb == "resolve" else {"reason": "None"}))
    assert misses(scene, ref) == {"severity.sev1-cadence": 300, ROLES: 1800}
    states = {c["clause"]: (c["state"], c["stopped_at"] is None) for c in scene.part(ref, "clocks")}
    assert states == {"severity.sev1-cadence": ("broken", False), ROLES: ("broken", False), HANDOVER: ("fell_away", False)}
    kinds = [entry["kind"] for entry in sorted(scene.part(ref, "timeline"), key=lambda entry: entry["seq"])]
    assert kinds.index("clock.broken") < kinds.index("incident.resolved" if verb == "resolve" else "incident.false_positive")


@pytest.mark.clause("handover.after-4h")
def test_a_command_that_lasted_too_long_is_broken_when_it_is_handed_over(scene: Scene) -> None:
    ref = scene.handing_over("announce")
    scene.clock.advance(hours=5)
    scene.do("mei", ref, "take-command")
    assert misses(scene, ref)[HANDOVER] == 3600
    states = [c["state"] for c in scene.part(ref, "clocks") if c["clause"] == HANDOVER]
    assert sorted(states) == ["broken", "running"]
    assert "handover.shadow-15" not in misses(scene, ref)  # which had to last


@pytest.mark.clause("mobilize.roles-assigned")
def test_roles_that_are_filled_late_are_late(scene: Scene) -> None:
    ref = scene.commanded(ask={"ol": "jon", "cl": "mei"})
    scene.do("jon", ref, "accept", role="ol")
    scene.clock.advance(minutes=6)
    scene.do("mei", ref, "accept", role="cl")
    assert misses(scene, ref) == {ROLES: 60}


@pytest.mark.clause("warroom.ack-everything")
def test_an_order_that_is_acknowledged_late_is_late_and_chased_no_more(scene: Scene) -> None:
    ref = scene.mobilised()
    scene.do("amira", ref, "order", to=scene.email("jon"), text="Restart db-2")
    scene.clock.advance(minutes=3)
    scene.do("jon", ref, "acknowledge", order=1)
    scene.sweep()
    assert misses(scene, ref) == {"warroom.ack-everything": 60}
    assert scene.told(ref, "incident.order_chased") == []


@pytest.mark.clause("roles.ic-rhythm")
def test_a_check_in_that_comes_late_is_late_and_one_more_is_counted_down_to(scene: Scene) -> None:
    ref = scene.mobilised()
    scene.do("amira", ref, "rhythm", minutes=10)
    scene.clock.advance(minutes=12)
    scene.do("jon", ref, "check-in", text="As before")
    assert misses(scene, ref) == {"roles.ic-rhythm": 120}
    assert [c["state"] for c in scene.part(ref, "clocks") if c["clause"] == "roles.ic-rhythm"] == ["broken", "running"]


@pytest.mark.clause("oncall.escalate-15-30")
def test_a_page_that_is_acknowledged_late_is_late_and_calls_nobody_else(scene: Scene) -> None:
    ref = scene.declare(severity="SEV2")
    scene.follow()
    scene.clock.advance(minutes=20)
    scene.api("amira").post(f"pages/{scene.calls('amira')[0]['id']}/acknowledge/")
    assert misses(scene, ref) == {"oncall.escalate-15-30": 300}
    scene.sweep()
    assert scene.calls("jon") == []


@pytest.mark.clause("warroom.ack-everything")
def test_to_the_second_it_is_kept(scene: Scene) -> None:
    ref = scene.mobilised()
    scene.do("amira", ref, "order", to=scene.email("jon"), text="Restart db-2")
    scene.clock.advance(minutes=2)
    scene.do("jon", ref, "acknowledge", order=1)
    assert misses(scene, ref) == {}
