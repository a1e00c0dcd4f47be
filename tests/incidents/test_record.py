"""The record: threads, corrections that strike and keep, decisions. Nothing in it is ever edited or deleted."""

import pytest

from incidents.states import RoomRole
from tests.incidents.scene import UPDATE, Scene

pytestmark = pytest.mark.servers


def noted(scene: Scene, text: str = "It began at nine", who: str = "jon") -> tuple[str, int]:
    """An incident that Amira commands, and the seq of a note that Jon wrote."""
    ref = scene.commanded()
    scene.do(who, ref, "note", text=text)
    return ref, scene.told(ref, "incident.noted")[-1]["seq"]


# --- Notes and threads -------------------------------------------------------------------------------------------------------


@pytest.mark.clause("roles.scribe")
def test_the_scribe_writes_to_the_second_with_times_of_their_own(scene: Scene) -> None:
    ref = scene.commanded()
    scene.appoint(ref, RoomRole.SCRIBE, "mei")
    when = scene.ago(minutes=7, seconds=13)
    scene.do("mei", ref, "note", text="Jon restarted db-2", occurred_at=when.isoformat())
    (entry,) = scene.told(ref, "incident.noted")
    assert entry["at"] == when.isoformat().replace("+00:00", "Z")
    assert entry["recorded_at"] > entry["at"]
    page = scene.page("amira").get(f"/o/acme/incidents/{ref}/").content.decode()
    assert f"{when:%Y-%m-%d %H:%M:%S} UTC" in page
    # And what Muster does is scribed by Muster: declaring and claiming stand there with their times, unwritten by anybody.
    assert [e["kind"] for e in scene.part(ref, "timeline")][:2] == ["incident.declared", "incident.claimed"]


@pytest.mark.clause("roles.scribe")
def test_a_time_of_its_own_is_one_that_can_be(scene: Scene) -> None:
    ref = scene.declare(impact_start=scene.ago(days=3).isoformat())
    scene.do("mei", ref, "note", text="The deployment", occurred_at=scene.ago(days=32).isoformat())
    for when, code in ((scene.ago(days=34), "too_early"), (scene.ago(minutes=-2), "future")):
        refused = scene.verb("mei", ref, "note", text="x", occurred_at=when.isoformat())
        assert (refused.status_code, refused.json()["code"]) == (422, code), when
        assert list(refused.json()["fields"]) == ["occurred_at"]


@pytest.mark.clause("warroom.no-crosstalk")
def test_an_answer_stands_below_what_it_answers(scene: Scene) -> None:
    ref, first = noted(scene)
    scene.do("mei", ref, "note", text="Since when exactly?", thread=first)
    answer = scene.told(ref, "incident.noted")[-1]
    scene.do("jon", ref, "note", text="9:02", thread=answer["seq"])
    scene.do("amira", ref, "note", text="Elsewhere")
    found = {entry["text"]: entry["thread"] for entry in scene.told(ref, "incident.noted")}
    assert found == {"It began at nine": None, "Since when exactly?": first, "9:02": first, "Elsewhere": None}
    main = [entry["text"] for entry in scene.part(ref, "timeline") if entry["thread"] is None]
    assert "9:02" not in main  # the main timeline stays clean


@pytest.mark.clause("warroom.no-crosstalk")
def test_what_muster_recorded_can_be_answered_too(scene: Scene) -> None:
    ref = scene.commanded()
    claimed = scene.told(ref, "incident.claimed")[0]["seq"]
    scene.do("jon", ref, "note", text="Good", thread=claimed)
    assert scene.told(ref, "incident.noted")[0]["thread"] == claimed


def test_a_thread_hangs_on_an_entry_of_this_incident(scene: Scene) -> None:
    other, seq = noted(scene)
    for _ in range(5):
        scene.do("jon", other, "note", text="x")
        seq += 1
    ref = scene.declare()
    for thread in (seq, 0, -1, 2**31, "first"):
        refused = scene.verb("mei", ref, "note", text="x", thread=thread)
        assert (refused.status_code, list(refused.json()["fields"])) == (422, ["thread"]), thread
    assert scene.told(ref, "incident.noted") == []


# --- Corrections -------------------------------------------------------------------------------------------------------------


@pytest.mark.clause("warroom.bot-hygiene")
def test_a_correction_strikes_and_keeps(scene: Scene) -> None:
    ref, seq = noted(scene)
    scene.do("jon", ref, "correct", entry=seq, text="It began at **eight**")
    old, new = (e for e in scene.part(ref, "timeline") if e["kind"] in ("incident.noted", "incident.corrected"))
    assert (old["seq"], old["text"]) == (seq, "It began at nine")
    assert (old["corrected_by"], old["restated"]) == (new["seq"], "It began at **eight**")
    assert (new["corrects"], new["text"], new["corrected_by"]) == (seq, "It began at **eight**", None)
    page = scene.page("mei").get(f"/o/acme/incidents/{ref}/").content.decode()
    for said in (
        "It began at nine",
        "; kept as it was written",
        "<strong>eight</strong>",
        f"entry {seq} by Jon Jensen",
    ):
        assert said in page


@pytest.mark.clause("warroom.bot-hygiene")
def test_a_reader_who_pages_through_sees_what_was_struck_later(scene: Scene) -> None:
    ref, seq = noted(scene)
    for _ in range(3):
        scene.do("jon", ref, "note", text="Between")
    scene.do("jon", ref, "correct", entry=seq, text="At eight")
    part = scene.api("mei").get(f"incidents/{ref}/timeline/", after=seq - 1, limit=2).json()["results"]
    assert [(entry["seq"], entry["restated"]) for entry in part] == [(seq, "At eight"), (seq + 1, "")]


@pytest.mark.clause("warroom.bot-hygiene")
def test_its_author_and_the_commander_correct_it(scene: Scene) -> None:
    ref, seq = noted(scene)
    scene.do("mei", ref, "note", text="Mei's own")
    refused = scene.verb("mei", ref, "correct", entry=seq, text="x")
    assert (refused.status_code, refused.json()["code"]) == (403, "not_the_author")
    assert "Jon Jensen wrote this" in refused.json()["detail"]
    scene.do("amira", ref, "correct", entry=seq, text="By command")
    assert scene.told(ref, "incident.corrected")[0]["actor"] == "Amira Ahmadi"
    for who in ("support", "exec"):
        assert scene.verb(who, ref, "correct", entry=seq, text="x").json()["code"] == "not_a_practitioner"


@pytest.mark.clause("warroom.bot-hygiene")
def test_what_cannot_be_struck(scene: Scene) -> None:
    ref, seq = noted(scene)
    scene.do("jon", ref, "correct", entry=seq, text="At eight")
    correction = scene.told(ref, "incident.corrected")[0]["seq"]
    scene.do("jon", ref, "note", text="Another")
    scene.do("jon", ref, "hypothesis", text="The cache")
    claimed, stated = (scene.told(ref, f"incident.{kind}")[0]["seq"] for kind in ("claimed", "hypothesis_stated"))
    for who, entry, code, said in (
        ("jon", seq, "corrected", f"Jon Jensen corrected entry {seq} already."),
        ("jon", correction, "a_correction", "is a correction itself"),
        ("amira", claimed, "not_correctable", "Muster's own record"),
        ("jon", stated, "not_correctable", "Muster's own record"),
    ):
        refused = scene.verb(who, ref, "correct", entry=entry, text="x")
        assert (refused.status_code, refused.json()["code"]) == (409, code), entry
        assert said in refused.json()["detail"]
        assert refused.json()["clause"] == "warroom.bot-hygiene"


def test_an_entry_of_another_incident_is_not_there(scene: Scene) -> None:
    other, seq = noted(scene)
    for _ in range(5):
        scene.do("jon", other, "note", text="x")
    ref = scene.commanded()
    scene.do("jon", ref, "note", text="Mine")
    refused = scene.verb("jon", ref, "correct", entry=seq + 5, text="x")
    assert (refused.status_code, refused.json()["code"]) == (422, "no_such_entry")
    assert list(refused.json()["fields"]) == ["entry"]


@pytest.mark.clause("warroom.bot-hygiene")
def test_updates_and_decisions_are_corrected_like_notes(scene: Scene) -> None:
    ref = scene.commanded()
    scene.do("amira", ref, "update", **UPDATE)
    scene.do("amira", ref, "decide", text="We stay up", reason="Orders flow")
    for kind in ("updated", "decided"):
        seq = scene.told(ref, f"incident.{kind}")[0]["seq"]
        scene.do("amira", ref, "correct", entry=seq, text="Otherwise")
        assert scene.told(ref, f"incident.{kind}")[0]["restated"] == "Otherwise"


def test_corrections_stay_in_their_thread_and_come_after_the_end_too(scene: Scene) -> None:
    ref = scene.ready()
    scene.do("jon", ref, "note", text="First")
    root = scene.told(ref, "incident.noted")[0]["seq"]
    scene.do("jon", ref, "note", text="Below", thread=root)
    scene.do("amira", ref, "resolve", summary="Gone")
    scene.do("jon", ref, "correct", entry=scene.told(ref, "incident.noted")[1]["seq"], text="Beneath")
    assert scene.told(ref, "incident.corrected")[0]["thread"] == root


def test_whether_one_may_correct_anything_is_said(scene: Scene) -> None:
    ref = scene.commanded()

    def why(who: str) -> list[str]:
        return [reason["code"] for reason in scene.incident(ref, who)["allowed_actions"]["correct"]["why_not"]]

    assert why("amira") == why("jon") == ["nothing_written"]
    scene.do("jon", ref, "note", text="x")
    assert (why("amira"), why("jon"), why("mei")) == ([], [], ["not_the_author"])
    scene.do("jon", ref, "correct", entry=scene.told(ref, "incident.noted")[0]["seq"], text="y")
    assert why("jon") == ["nothing_written"]


@pytest.mark.parametrize("text", ["", " \n", "x" * 20_001, "a\x00b", "a\u202eb"])
def test_a_bad_correction_strikes_nothing(scene: Scene, text: str) -> None:
    ref, seq = noted(scene)
    refused = scene.verb("jon", ref, "correct", entry=seq, text=text)
    assert (refused.status_code, list(refused.json()["fields"])) == (422, ["text"])
    assert scene.told(ref, "incident.noted")[0]["corrected_by"] is None


# --- Decisions ---------------------------------------------------------------------------------------------------------------


@pytest.mark.clause("roles.ic-hard-calls")
def test_a_decision_stands_with_its_options_and_reason(scene: Scene) -> None:
    ref = scene.commanded()
    options = ["Shut checkout", " ", "Keep it up", "Keep it up"]
    scene.do("amira", ref, "decide", text="We shut **checkout**", options=options, reason="Cards are charged twice")
    (entry,) = scene.told(ref, "incident.decided")
    assert entry["data"]["options"] == ["Shut checkout", "Keep it up"]
    assert (entry["text"], entry["data"]["reason"]) == ("We shut **checkout**", "Cards are charged twice")
    page = scene.page("mei").get(f"/o/acme/incidents/{ref}/").content.decode()
    for said in ("Decision", "<strong>checkout</strong>", "Shut checkout; Keep it up", "Cards are charged twice"):
        assert said in page


@pytest.mark.clause("roles.ic-hard-calls")
def test_the_hard_calls_are_the_commanders(scene: Scene) -> None:
    ref = scene.commanded()
    refused = scene.verb("jon", ref, "decide", text="x", reason="x")
    assert (refused.status_code, refused.json()["code"]) == (403, "not_commander")
    for who in ("support", "exec"):
        assert scene.verb(who, ref, "decide", text="x", reason="x").json()["code"] == "not_a_practitioner"
    unled = scene.declare()
    assert scene.verb("mei", unled, "decide", text="x", reason="x").json()["code"] == "no_commander"
    ended = scene.ready()
    scene.do("amira", ended, "resolve", summary="Gone")
    assert scene.verb("amira", ended, "decide", text="x", reason="x").json()["code"] == "ended"


def test_a_decision_needs_words_and_a_reason(scene: Scene) -> None:
    ref = scene.commanded()
    for body, field in (
        ({"text": " ", "reason": "x"}, "text"),
        ({"text": "x", "reason": ""}, "reason"),
        ({"text": "x"}, "reason"),
        ({"text": "x", "reason": "x", "options": ["x"] * 21}, "options"),
        ({"text": "x", "reason": "x", "options": ["x" * 501]}, "options"),
        ({"text": "x", "reason": "x", "options": "shut it"}, "options"),
    ):
        refused = scene.verb("amira", ref, "decide", **body)
        assert (refused.status_code, [f.split(".")[0] for f in refused.json()["fields"]]) == (422, [field]), body
    typed = {"text": "We wait", "reason": "Nobody is hurt", "options": "Wait\n\nAct\n"}
    assert scene.page("amira").post(f"/o/acme/incidents/{ref}/decide/", typed).status_code == 302
    assert scene.told(ref, "incident.decided")[0]["data"]["options"] == ["Wait", "Act"]
