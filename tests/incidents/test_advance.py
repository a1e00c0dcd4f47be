"""Moving on, by the standard's moves and no others (lifecycle.phases); mobilised first (principle.mobilize-first)."""

import pytest

from incidents.states import ADVANCES, RoomRole, State
from tests.incidents.scene import Scene

pytestmark = pytest.mark.servers

TARGETS = ("investigation", "mitigation", "monitoring")
WAYS = {
    "mobilization": (),
    "investigation": ("investigation",),
    "mitigation": ("investigation", "mitigation"),
    "monitoring": ("investigation", "mitigation", "monitoring"),
}


@pytest.fixture
def ref(scene: Scene) -> str:
    return scene.commanded()


def led(scene: Scene, ref: str) -> None:
    """Fill the other two leading roles."""
    scene.appoint(ref, RoomRole.OL, "jon")
    scene.appoint(ref, RoomRole.CL, "mei")


@pytest.mark.clause("lifecycle.phases")
@pytest.mark.parametrize("source", WAYS)
def test_only_the_standards_moves_are_made(scene: Scene, ref: str, source: str) -> None:
    led(scene, ref)
    for step in WAYS[source]:
        scene.do("amira", ref, "advance", to=step)
    for to in TARGETS:
        answer = scene.would("amira", ref, "advance", to=to, reason="Because")
        if State(to) in ADVANCES[State(source)]:
            assert (answer.status_code, answer.json()["state"]) == (200, to)
        else:
            assert (answer.status_code, answer.json()["code"]) == (409, "no_move")
            assert answer.json()["clause"] == "lifecycle.phases"
    assert scene.incident(ref)["state"] == source


@pytest.mark.clause("lifecycle.phases")
def test_each_move_has_its_time_actor_and_reason(scene: Scene, ref: str) -> None:
    led(scene, ref)
    scene.do("amira", ref, "advance", to="investigation")
    moment = scene.clock.advance(minutes=7)
    scene.do("amira", ref, "advance", to="monitoring", reason="It mended itself")
    entry = scene.told(ref, "incident.advanced")[-1]
    assert (entry["actor"], entry["at"]) == ("Amira Ahmadi", moment.isoformat().replace("+00:00", "Z"))
    assert entry["text"] == "From investigation to monitoring."
    assert entry["data"]["reason"] == "It mended itself"
    assert entry["data"]["overridden"] == ["move_needs_reason"]


@pytest.mark.clause("lifecycle.phases")
@pytest.mark.parametrize(
    ("way", "to"), [(("mitigation", "monitoring"), "investigation"), (("mitigation",), "investigation"), ((), "monitoring")]
)
def test_skipping_and_going_back_need_a_reason(scene: Scene, ref: str, way: tuple[str, ...], to: str) -> None:
    led(scene, ref)
    for step in ("investigation", *way):
        scene.do("amira", ref, "advance", to=step)
    refused = scene.verb("amira", ref, "advance", to=to, reason="  ")
    assert (refused.status_code, refused.json()["code"]) == (409, "move_needs_reason")
    assert "reason" in refused.json()["fields"]
    scene.do("amira", ref, "advance", to=to, reason="Errors are back")
    relapse = scene.told(ref, "incident.advanced")[-1]
    assert relapse["data"]["relapse"] is (way[-1:] == ("monitoring",))


@pytest.mark.clause("principle.mobilize-first")
def test_investigation_starts_without_a_reason_only_when_all_three_lead(scene: Scene, ref: str) -> None:
    refused = scene.verb("amira", ref, "advance", to="investigation")
    assert (refused.status_code, refused.json()["code"]) == (409, "roles_unfilled")
    assert refused.json()["clause"] == "principle.mobilize-first"
    assert "OL and CL are not filled" in refused.json()["detail"]
    scene.appoint(ref, RoomRole.OL, "jon")
    assert "CL is not filled" in scene.verb("amira", ref, "advance", to="investigation").json()["detail"]
    scene.appoint(ref, RoomRole.CL, "mei")
    scene.do("amira", ref, "advance", to="investigation")
    assert scene.told(ref, "incident.advanced")[0]["data"]["overridden"] == []


@pytest.mark.clause("principle.mobilize-first")
def test_starting_with_roles_open_is_a_deviation_with_its_reason(scene: Scene, ref: str) -> None:
    scene.do("amira", ref, "advance", to="investigation", reason="Two of us are awake")
    entry = scene.told(ref, "incident.advanced")[0]
    assert entry["data"]["overridden"] == ["roles_unfilled"]
    page = scene.page("amira").get(f"/o/acme/incidents/{ref}/").content.decode()
    assert "Two of us are awake" in page


@pytest.mark.clause("principle.chain-of-command")
def test_advancing_is_the_commanders(scene: Scene, ref: str) -> None:
    refused = scene.verb("jon", ref, "advance", to="investigation", reason="Go")
    assert (refused.status_code, refused.json()["code"]) == (403, "not_commander")
    assert "Amira Ahmadi holds command" in refused.json()["detail"]


@pytest.mark.clause("principle.chain-of-command")
def test_without_a_commander_it_is_nobodys(scene: Scene) -> None:
    refused = scene.verb("jon", scene.declare(), "advance", to="investigation", reason="Go")
    assert (refused.status_code, refused.json()["code"]) == (409, "no_commander")


@pytest.mark.clause("lifecycle.phases")
def test_the_backlog_has_no_phases(scene: Scene) -> None:
    refused = scene.verb("amira", scene.declare(severity="SEV3"), "advance", to="investigation", reason="Go")
    assert (refused.status_code, refused.json()["code"]) == (409, "no_move")


@pytest.mark.clause("lifecycle.phases")
def test_what_has_ended_does_not_move(scene: Scene) -> None:
    ref = scene.ready()
    scene.do("amira", ref, "resolve", summary="Rolled back")
    refused = scene.verb("amira", ref, "advance", to="investigation", reason="Again")
    assert (refused.status_code, refused.json()["code"]) == (409, "ended")


def test_bad_input_is_refused(scene: Scene, ref: str) -> None:
    for body in ({}, {"to": "resolved"}, {"to": "limbo"}, {"to": "investigation", "reason": "x" * 2001}):
        assert scene.verb("amira", ref, "advance", **body).status_code == 422


def test_an_outsider_finds_nothing(scene: Scene, ref: str) -> None:
    answer = scene.door(scene.globex.amira).post(f"incidents/{ref}/advance/", {"to": "investigation", "reason": "Go"})
    assert answer.status_code == 404
