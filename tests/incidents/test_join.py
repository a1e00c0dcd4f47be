"""Joining the room: any practitioner, once, while it runs (principle.mobilize-first, people.practitioner)."""

import pytest

from tests.incidents.scene import Scene

pytestmark = pytest.mark.servers


@pytest.mark.clause("principle.mobilize-first")
def test_joining_puts_one_into_the_room(scene: Scene) -> None:
    ref = scene.declare()
    room = scene.do("jon", ref, "join")
    assert {p["name"] for p in room["participants"]} == {"Mei Martin", "Jon Jensen"}
    assert scene.told(ref, "incident.joined")[0]["actor"] == "Jon Jensen"


def test_joining_twice_is_refused(scene: Scene) -> None:
    ref = scene.declare()
    refused = scene.verb("mei", ref, "join")
    assert (refused.status_code, refused.json()["code"]) == (409, "in_the_room")


@pytest.mark.clause("people.practitioner")
@pytest.mark.parametrize("who", ["support", "exec", "director", "owner"])
def test_the_room_is_for_practitioners(scene: Scene, who: str) -> None:
    refused = scene.verb(who, scene.declare(), "join")
    assert (refused.status_code, refused.json()["code"]) == (403, "not_a_practitioner")


def test_nobody_joins_what_has_ended(scene: Scene) -> None:
    ref = scene.ready()
    scene.do("amira", ref, "resolve", summary="Rolled back")
    assert scene.verb("jon", ref, "join").json()["code"] == "ended"


def test_an_outsider_finds_nothing(scene: Scene) -> None:
    ref = scene.declare()
    assert scene.door(scene.globex.amira).post(f"incidents/{ref}/join/").status_code == 404
