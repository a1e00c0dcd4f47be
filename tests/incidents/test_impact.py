"""When the harm began and ended: the commander or the scribe says (resolve.impact-ceased)."""

from datetime import timedelta

import pytest

from incidents.states import RoomRole
from tests.incidents.scene import Scene

pytestmark = pytest.mark.servers


@pytest.mark.clause("resolve.impact-ceased")
def test_the_record_says_when_it_ceased(scene: Scene) -> None:
    ref = scene.commanded()
    began, ended = scene.ago(minutes=30), scene.clock.now
    scene.do("amira", ref, "impact", start=began.isoformat())
    incident = scene.do("amira", ref, "impact", end=ended.isoformat())
    assert incident["impact_start"] == began.isoformat().replace("+00:00", "Z")
    assert incident["impact_end"] == ended.isoformat().replace("+00:00", "Z")
    told = [entry["text"] for entry in scene.told(ref, "incident.impact_set")]
    assert told == [f"Impact started at {began:%Y-%m-%d %H:%M:%S} UTC.", f"Impact ended at {ended:%Y-%m-%d %H:%M:%S} UTC."]


def test_it_began_no_later_than_it_was_detected_where_nobody_says(scene: Scene) -> None:
    ref = scene.commanded()
    detected = scene.incident(ref)["detected_at"]
    scene.clock.advance(minutes=3)
    assert scene.do("amira", ref, "impact", end=scene.clock.now.isoformat())["impact_start"] == detected


@pytest.mark.clause("resolve.impact-ceased")
def test_the_commander_or_the_scribe_says_it(scene: Scene) -> None:
    ref = scene.commanded()
    refused = scene.verb("mei", ref, "impact", end=scene.clock.now.isoformat())
    assert (refused.status_code, refused.json()["code"]) == (403, "not_commander")
    scene.appoint(ref, RoomRole.SCRIBE, "mei")
    scene.do("mei", ref, "impact", end=scene.clock.now.isoformat())


def test_before_anybody_commands_nobody_says_it(scene: Scene) -> None:
    refused = scene.verb("mei", scene.declare(), "impact", end=scene.clock.now.isoformat())
    assert refused.json()["code"] == "no_commander"


def test_times_make_sense(scene: Scene) -> None:
    ref = scene.commanded()
    now = scene.clock.now
    for body, code in (
        ({}, "required"),
        ({"end": (now + timedelta(hours=1)).isoformat()}, "future"),
        ({"start": (now + timedelta(hours=1)).isoformat()}, "future"),
        ({"start": now.isoformat(), "end": (now - timedelta(minutes=1)).isoformat()}, "too_early"),
    ):
        refused = scene.verb("amira", ref, "impact", **body)
        assert (refused.status_code, refused.json()["code"]) == (422, code), body
    scene.do("amira", ref, "impact", start=scene.ago(hours=2).isoformat(), end=scene.ago(hours=1).isoformat())
    refused = scene.verb("amira", ref, "impact", start=now.isoformat())
    assert (refused.status_code, refused.json()["code"]) == (422, "too_late")
    assert scene.verb("amira", ref, "impact", end="soon").status_code == 422


def test_what_has_ended_keeps_its_times(scene: Scene) -> None:
    ref = scene.ready()
    scene.do("amira", ref, "resolve", summary="Rolled back")
    assert scene.verb("amira", ref, "impact", end=scene.clock.now.isoformat()).json()["code"] == "ended"


@pytest.mark.clause("people.practitioner")
def test_support_does_not_say_it(scene: Scene) -> None:
    refused = scene.verb("support", scene.commanded(), "impact", end=scene.clock.now.isoformat())
    assert refused.json()["code"] == "not_a_practitioner"


def test_an_outsider_finds_nothing(scene: Scene) -> None:
    answer = scene.door(scene.globex.amira).post(f"incidents/{scene.declare()}/impact/", {"end": scene.clock.now.isoformat()})
    assert answer.status_code == 404


@pytest.mark.clause("metrics.mttd")
def test_it_began_within_the_last_two_years(scene: Scene) -> None:
    ref, found_late = scene.commanded(), scene.ago(days=700).isoformat()
    slip = scene.ago(days=731).isoformat()
    for answer in (
        scene.verb("amira", ref, "impact", start=slip),
        scene.api("mei").post("incidents/", {"title": "Old", "severity": "SEV3", "impact_start": slip}),
    ):
        assert (answer.status_code, answer.json()["code"]) == (422, "too_early")
        assert answer.json()["detail"] == "This is more than two years ago: check the year."
    assert scene.do("amira", ref, "impact", start=found_late)["impact_start"] == found_late.replace("+00:00", "Z")
    refused = scene.verb("amira", ref, "correct-time", which="impact_start", occurred_at=slip, reason="It was long before")
    assert (refused.status_code, refused.json()["code"]) == (422, "too_early")
