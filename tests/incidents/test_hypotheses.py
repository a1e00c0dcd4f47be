"""Hypotheses are stated, tested, and then acted on; each step stands in the record (investigate.hypotheses)."""

import pytest

from incidents.states import RoomRole
from tests.incidents.scene import Scene

pytestmark = pytest.mark.servers


def led(scene: Scene) -> str:
    """An incident that Amira commands, with Jon as its Operations Lead, and Mei in the room."""
    ref = scene.commanded()
    scene.appoint(ref, RoomRole.OL, "jon")
    return ref


@pytest.mark.clause("investigate.hypotheses")
def test_it_is_stated_tested_and_linked_to_what_is_done(scene: Scene) -> None:
    ref = led(scene)
    scene.do("jon", ref, "hypothesis", text="The **cache** is cold")
    scene.clock.advance(minutes=2)
    scene.do("mei", ref, "hypothesis", text="The database is slow")
    scene.do("mei", ref, "verify", hypothesis=2, verdict="refuted", seen="Its p99 is 3 ms")
    scene.do("jon", ref, "verify", hypothesis=1, verdict="confirmed", seen="Hit rate 4 %")
    scene.do("jon", ref, "propose", text="Warm the cache", hypothesis=1)
    first, second = scene.part(ref, "hypotheses")
    assert (first["number"], first["text"], first["author"]) == (1, "The **cache** is cold", "Jon Jensen")
    assert (first["verdict"], first["seen"], first["verified_by"]) == ("confirmed", "Hit rate 4 %", "Jon Jensen")
    assert (second["verdict"], second["seen"], second["verified_by"]) == ("refuted", "Its p99 is 3 ms", "Mei Martin")
    assert scene.part(ref, "changes")[0]["hypothesis"] == 1
    told = [(e["kind"], e["text"]) for e in scene.part(ref, "timeline")][-5:]
    assert told == [
        ("incident.hypothesis_stated", "The **cache** is cold"),
        ("incident.hypothesis_stated", "The database is slow"),
        ("incident.hypothesis_verified", "Hypothesis 2 refuted."),
        ("incident.hypothesis_verified", "Hypothesis 1 confirmed."),
        ("incident.change_proposed", "Warm the cache"),
    ]
    assert scene.told(ref, "incident.hypothesis_verified")[0]["data"]["seen"] == "Its p99 is 3 ms"
    page = scene.page("mei").get(f"/o/acme/incidents/{ref}/").content.decode()
    for said in ("<strong>cache</strong>", "Hit rate 4 %", "Its p99 is 3 ms", "Because of hypothesis"):
        assert said in page


@pytest.mark.clause("investigate.hypotheses")
def test_a_verdict_is_given_once_and_says_whose_it_is(scene: Scene) -> None:
    ref = led(scene)
    scene.do("jon", ref, "hypothesis", text="The cache")
    scene.do("jon", ref, "verify", hypothesis=1, verdict="refuted", seen="Nothing")
    refused = scene.verb("mei", ref, "verify", hypothesis=1, verdict="confirmed", seen="Something")
    assert (refused.status_code, refused.json()["code"]) == (409, "verified")
    assert f"Jon Jensen refuted hypothesis 1 at {scene.clock.now:%H:%M:%S} UTC already" in refused.json()["detail"]
    assert scene.part(ref, "hypotheses")[0]["verdict"] == "refuted"


def test_a_verdict_is_one_of_two_and_says_what_was_seen(scene: Scene) -> None:
    ref = led(scene)
    scene.do("jon", ref, "hypothesis", text="The cache")
    for body, field in (
        ({"hypothesis": 1, "verdict": "open", "seen": "x"}, "verdict"),
        ({"hypothesis": 1, "verdict": "confirmed", "seen": " "}, "seen"),
        ({"hypothesis": 2, "verdict": "confirmed", "seen": "x"}, "hypothesis"),
        ({"hypothesis": 0, "verdict": "confirmed", "seen": "x"}, "hypothesis"),
    ):
        refused = scene.verb("jon", ref, "verify", **body)
        assert (refused.status_code, list(refused.json()["fields"])) == (422, [field]), body
    assert scene.part(ref, "hypotheses")[0]["verdict"] == "open"


@pytest.mark.clause("people.practitioner")
def test_it_takes_somebody_in_the_room(scene: Scene) -> None:
    ref = scene.commanded()
    for who, code in (("jon", "not_in_the_room"), ("support", "not_a_practitioner"), ("exec", "not_a_practitioner")):
        for verb, body in (("hypothesis", {"text": "x"}), ("verify", {"hypothesis": 1, "verdict": "refuted", "seen": "x"})):
            refused = scene.verb(who, ref, verb, **body)
            assert (refused.status_code, refused.json()["code"]) == (403, code), (who, verb)
    scene.do("jon", ref, "join")
    scene.do("jon", ref, "hypothesis", text="Now I may")
    assert scene.verb("amira", ref, "verify", hypothesis=7, verdict="refuted", seen="x").json()["code"] == "no_such_hypothesis"


def test_without_any_there_is_nothing_to_test(scene: Scene) -> None:
    ref = scene.commanded()
    told = scene.incident(ref)["allowed_actions"]["verify"]["why_not"]
    assert [reason["code"] for reason in told] == ["no_hypothesis"]
    assert scene.verb("amira", ref, "verify", hypothesis=1, verdict="refuted", seen="x").json()["code"] == "no_hypothesis"


def test_nothing_is_stated_about_what_has_ended(scene: Scene) -> None:
    ref = scene.ready()
    scene.do("amira", ref, "resolve", summary="Gone")
    assert scene.verb("amira", ref, "hypothesis", text="x").json()["code"] == "ended"


@pytest.mark.parametrize("text", ["", " \n\t", "x" * 2_001, "a\x00b", "a\u202eb", "\u2066x"])
def test_bad_text_is_refused(scene: Scene, text: str) -> None:
    ref = led(scene)
    for verb, body in (
        ("hypothesis", {"text": text}),
        ("propose", {"text": text}),
        ("deviation", {"text": text, "reason": "x"}),
        ("deviation", {"text": "x", "reason": text}),
        ("order", {"to": "jon@acme.example", "text": text}),
        ("decide", {"text": "x", "reason": text}),
        ("decide", {"text": "x", "reason": "x", "options": [text.replace("\n", " ") or "a\x00b"]}),
    ):
        if verb == "decide" and not text.strip():
            continue
        refused = scene.verb("amira", ref, verb, **body)
        assert refused.status_code == 422, (verb, refused.content)
        named = next(name for name, value in body.items() if value not in ("x", "jon@acme.example"))
        assert named in [f.split(".")[0] for f in refused.json()["fields"]], verb


def test_hostile_markdown_is_shown_as_words(scene: Scene) -> None:
    ref = led(scene)
    hostile = "<script>alert(1)</script> [x](javascript:alert(1)) ![i](https://evil.example/p.png) <img src=x onerror=alert(1)>"
    scene.do("jon", ref, "hypothesis", text=hostile)
    scene.do("jon", ref, "verify", hypothesis=1, verdict="refuted", seen=hostile)
    scene.do("jon", ref, "propose", text=hostile)
    scene.do("amira", ref, "order", to="jon@acme.example", text=hostile)
    scene.do("amira", ref, "decide", text=hostile, reason=hostile, options=[hostile])
    scene.do("jon", ref, "deviation", text=hostile, reason=hostile)
    scene.do("jon", ref, "note", text=hostile)
    scene.do("jon", ref, "correct", entry=len(scene.part(ref, "timeline")), text=hostile)
    page = scene.page("mei").get(f"/o/acme/incidents/{ref}/").content.decode()
    for harm in ("<script>alert", "<img src=x", 'href="javascript:', 'src="https://evil'):
        assert harm not in page, harm


def test_an_outsider_and_the_auditor_change_nothing(scene: Scene) -> None:
    ref = led(scene)
    assert scene.door(scene.globex.amira).post(f"incidents/{ref}/hypothesis/", {"text": "x"}).status_code == 404
    assert scene.door(scene.globex.amira).get(f"incidents/{ref}/hypotheses/").status_code == 404
    assert scene.part(ref, "hypotheses") == []
