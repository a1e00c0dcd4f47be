"""Notes: anyone in the room, with their own time where it was earlier, never edited (roles.scribe)."""

from datetime import timedelta

import pytest

from tests.incidents.scene import Scene

pytestmark = pytest.mark.servers


def test_the_first_entry_brings_its_author_into_the_room(scene: Scene) -> None:
    ref = scene.commanded()
    room = scene.do("jon", ref, "note", text="Latency doubled at nine")
    assert "Jon Jensen" in {p["name"] for p in room["participants"]}
    entry = scene.told(ref, "incident.noted")[0]
    assert (entry["actor"], entry["text"], entry["data"]["entered"]) == ("Jon Jensen", "Latency doubled at nine", True)
    scene.do("jon", ref, "note", text="And again")
    assert scene.told(ref, "incident.noted")[1]["data"]["entered"] is False


def test_it_may_say_when_it_happened(scene: Scene) -> None:
    ref = scene.commanded()
    earlier = scene.ago(minutes=5)
    scene.do("mei", ref, "note", text="Deployed", occurred_at=earlier.isoformat())
    assert scene.told(ref, "incident.noted")[0]["at"] == earlier.isoformat().replace("+00:00", "Z")
    late = scene.page("mei").get(f"/o/acme/incidents/{ref}/").content.decode()
    assert "Written down later" in late
    refused = scene.verb("mei", ref, "note", text="x", occurred_at=(scene.clock.now + timedelta(minutes=5)).isoformat())
    assert (refused.status_code, refused.json()["code"]) == (422, "future")


def test_notes_are_taken_after_the_end_too(scene: Scene) -> None:
    ref = scene.ready()
    scene.do("amira", ref, "resolve", summary="Rolled back")
    scene.do("jon", ref, "note", text="It was the cache")
    assert [entry["text"] for entry in scene.told(ref, "incident.noted")] == ["It was the cache"]


@pytest.mark.clause("people.practitioner")
@pytest.mark.parametrize("who", ["support", "exec", "director"])
def test_support_and_executives_do_not_post_in_a_room(scene: Scene, who: str) -> None:
    refused = scene.verb(who, scene.commanded(), "note", text="Hurry up")
    assert (refused.status_code, refused.json()["clause"]) == (403, "people.practitioner")


def test_bad_text_is_refused(scene: Scene) -> None:
    ref = scene.commanded()
    for text in ("", " \t\n", "x" * 20_001, "a\x00b", "a\u202eb"):
        refused = scene.verb("amira", ref, "note", text=text)
        assert refused.status_code == 422, text
        assert "text" in refused.json()["fields"], text


def test_the_longest_text_fits(scene: Scene) -> None:
    ref = scene.commanded()
    scene.do("amira", ref, "note", text="x" * 20_000)
    assert [len(entry["text"]) for entry in scene.told(ref, "incident.noted")] == [20_000]


def test_an_outsider_finds_nothing(scene: Scene) -> None:
    assert scene.door(scene.globex.amira).post(f"incidents/{scene.declare()}/note/", {"text": "x"}).status_code == 404
