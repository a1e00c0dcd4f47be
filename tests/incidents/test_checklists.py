"""The three checklists tick themselves from what happens; the rest is ticked by hand, with who and when (clauses checklist.*)."""

from typing import Any

import pytest

from incidents.states import RoomRole
from tests.incidents.scene import UPDATE, Scene

pytestmark = pytest.mark.servers
SIZES = {"ic": 8, "ol": 7, "cl": 7}


def done(scene: Scene, ref: str, role: str) -> dict[str, dict[str, Any]]:
    """The steps of a role that are done, by key."""
    return {s["key"]: s for s in scene.part(ref, "checklists") if s["role"] == role and s["ticked_at"]}


@pytest.mark.clause("checklist.ic")
@pytest.mark.clause("checklist.ol")
@pytest.mark.clause("checklist.cl")
def test_every_step_of_the_law_is_there_in_its_order(scene: Scene) -> None:
    steps = scene.part(scene.declare(), "checklists")
    assert {role: len([s for s in steps if s["role"] == role]) for role in SIZES} == SIZES
    assert [s["key"] for s in steps if s["role"] == "ol"] == [
        *("acknowledge", "gather", "hypothesis", "verify_hypothesis", "propose", "execute", "verify_fix")
    ]
    assert [(s["role"], s["key"]) for s in steps if not s["by_itself"]] == [("ol", "gather"), ("cl", "sentiment")]
    assert all(s["text"] and s["ticked_at"] is None and s["ticked_by"] == "" for s in steps)


@pytest.mark.clause("checklist.ic")
def test_the_commanders_steps_tick_themselves(scene: Scene) -> None:
    ref = scene.declare()
    scene.clock.advance(minutes=1)
    scene.do("amira", ref, "claim")
    scene.do("amira", ref, "update", **UPDATE)
    ticks = done(scene, ref, "ic")
    assert set(ticks) == {"claim", "first_update"}
    assert (ticks["claim"]["ticked_by"], ticks["claim"]["ticked_at"]) == (
        "Amira Ahmadi",
        scene.clock.now.isoformat().replace("+00:00", "Z"),
    )
    assert ticks["claim"]["seq"] == scene.told(ref, "incident.claimed")[0]["seq"]


@pytest.mark.clause("checklist.ol")
def test_the_leads_steps_tick_themselves_each_once(scene: Scene) -> None:
    ref = scene.commanded()
    scene.appoint(ref, RoomRole.OL, "jon")
    scene.do("jon", ref, "hypothesis", text="The cache")
    scene.do("jon", ref, "hypothesis", text="The database")
    scene.do("jon", ref, "verify", hypothesis=1, verdict="confirmed", seen="Cold")
    scene.do("jon", ref, "propose", text="Warm it")
    scene.do("amira", ref, "approve", change=1)
    scene.do("jon", ref, "execute", change=1)
    scene.do("jon", ref, "verify-fix", change=1, worked=True, seen="Warm")
    ticks = done(scene, ref, "ol")
    assert set(ticks) == {"hypothesis", "verify_hypothesis", "propose", "execute", "verify_fix"}
    assert ticks["hypothesis"]["seq"] == scene.told(ref, "incident.hypothesis_stated")[0]["seq"]  # the first
    assert {step["ticked_by"] for step in ticks.values()} == {"Jon Jensen"}


@pytest.mark.clause("checklist.ol")
@pytest.mark.clause("roles.ol-no-rogue")
def test_a_deviation_ticks_nothing(scene: Scene) -> None:
    ref = scene.commanded()
    scene.do("amira", ref, "deviation", text="Restarted db-2", reason="It burned")
    assert done(scene, ref, "ol") == {}


@pytest.mark.clause("checklist.cl")
def test_the_communications_leads_first_step_ticks_itself(scene: Scene) -> None:
    ref = scene.commanded()
    scene.appoint(ref, RoomRole.CL, "mei")
    scene.do("mei", ref, "update", **UPDATE)
    assert set(done(scene, ref, "cl")) == {"internal_update"}


@pytest.mark.clause("checklist.ol")
@pytest.mark.clause("checklist.cl")
def test_the_rest_is_ticked_by_its_holder_or_the_commander(scene: Scene) -> None:
    ref = scene.commanded()
    scene.appoint(ref, RoomRole.OL, "jon")
    scene.clock.advance(minutes=3)
    scene.do("jon", ref, "tick", role="ol", key="gather")
    scene.do("amira", ref, "tick", role="cl", key="sentiment")
    gather = done(scene, ref, "ol")["gather"]
    assert (gather["ticked_by"], gather["seq"]) == ("Jon Jensen", None)
    assert gather["ticked_at"] == scene.clock.now.isoformat().replace("+00:00", "Z")
    assert done(scene, ref, "cl")["sentiment"]["ticked_by"] == "Amira Ahmadi"
    told = [entry["text"] for entry in scene.told(ref, "incident.step_ticked")]
    assert told == [
        "Operations Lead: Look at metrics and logs, done.",
        "Communications Lead: Listen to what users tell Support, done.",
    ]
    refused = scene.verb("jon", ref, "tick", role="cl", key="investigating")
    assert (refused.status_code, refused.json()["code"], refused.json()["clause"]) == (403, "not_commander", "checklist.cl")
    for who in ("support", "exec"):
        assert scene.verb(who, ref, "tick", role="ol", key="gather").json()["code"] == "not_a_practitioner"


@pytest.mark.clause("checklist.ic")
def test_what_is_done_already_says_who_did_it_and_when(scene: Scene) -> None:
    ref = scene.commanded()
    at = scene.clock.now
    scene.clock.advance(minutes=3)
    refused = scene.verb("amira", ref, "tick", role="ic", key="claim")
    assert (refused.status_code, refused.json()["code"]) == (409, "ticked")
    assert refused.json()["detail"] == f"Amira Ahmadi did that at {at:%H:%M:%S} UTC already."


def test_what_was_ticked_by_hand_stays_so_when_it_happens(scene: Scene) -> None:
    ref = scene.commanded()
    scene.do("amira", ref, "tick", role="ic", key="first_update")
    scene.do("amira", ref, "update", **UPDATE)
    assert done(scene, ref, "ic")["first_update"]["seq"] is None


def test_only_steps_of_the_law_are_ticked(scene: Scene) -> None:
    ref = scene.commanded()
    for role, key, field in (("ic", "gather", "key"), ("ic", "", "key"), ("scribe", "claim", "role"), ("ol", "x" * 41, "key")):
        refused = scene.verb("amira", ref, "tick", role=role, key=key)
        assert (refused.status_code, list(refused.json()["fields"])) == (422, [field]), (role, key)
    assert "its steps are: claim, bridge" in scene.verb("amira", ref, "tick", role="ic", key="gather").json()["detail"]


def test_when_all_is_done_or_over_there_is_nothing_to_tick(scene: Scene) -> None:
    ref = scene.commanded()
    for step in scene.part(ref, "checklists"):
        if not step["ticked_at"]:
            scene.do("amira", ref, "tick", role=step["role"], key=step["key"])
    why = scene.incident(ref)["allowed_actions"]["tick"]["why_not"]
    assert [(reason["code"], reason["sentence"]) for reason in why] == [("ticked", "Every step is done.")]
    ended = scene.ready()
    scene.do("amira", ended, "resolve", summary="Gone")
    assert scene.verb("amira", ended, "tick", role="ic", key="bridge").json()["code"] == "ended"


def test_an_outsider_finds_nothing(scene: Scene) -> None:
    ref = scene.commanded()
    outside = scene.door(scene.globex.amira)
    assert outside.post(f"incidents/{ref}/tick/", {"role": "ic", "key": "bridge"}).status_code == 404
    assert outside.get(f"incidents/{ref}/checklists/").status_code == 404
