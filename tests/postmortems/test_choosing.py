"""The timeline of a post-mortem: chosen from the record, added with a reason, annotated, never rewritten."""

from datetime import timedelta

import pytest

from incidents.models import Incident
from postmortems import entries
from tests.incidents.scene import Scene
from tests.postmortems.paper import Paper, paper


def _lines(page: Paper) -> list[dict[str, object]]:
    found: list[dict[str, object]] = page.read()["timeline"]
    return found


def _note(scene: Scene, page: Paper) -> int:
    return int(next(entry for entry in scene.part(page.ref, "timeline") if entry["kind"] == "incident.noted")["seq"])


@pytest.mark.clause("postmortem.timeline")
def test_an_entry_is_chosen_from_the_record_to_the_second_as_it_stands_there(scene: Scene) -> None:
    page = paper(scene)
    seq = _note(scene, page)
    assert seq not in [line["seq"] for line in _lines(page)]
    page.do("amira", "pick", seq=seq)
    entry = next(entry for entry in scene.part(page.ref, "timeline") if entry["seq"] == seq)
    line = next(line for line in _lines(page) if line["seq"] == seq)
    assert (line["text"], line["actor"]) == ("Orders flow again", scene.acme.jon.name)
    assert str(line["at"])[:19] == str(entry["at"])[:19]


def test_its_lines_stand_in_the_order_in_which_things_happened(scene: Scene) -> None:
    page = paper(scene)
    moment = scene.ago(minutes=14)
    page.do("amira", "add-entry", occurred_at=moment.isoformat(), text="A customer called", reason="From the call's own log")
    times = [str(line["at"]) for line in _lines(page)]
    assert times == sorted(times)


@pytest.mark.parametrize("seq", [999_999, 2**31 - 1])
def test_an_entry_that_the_record_does_not_have_is_not_chosen(scene: Scene, seq: int) -> None:
    refused = paper(scene).ask("amira", "pick", seq=seq)
    assert (refused.status_code, refused.json()["fields"].keys()) == (422, {"seq"})


def test_what_happened_to_the_post_mortem_itself_is_no_part_of_the_story(scene: Scene) -> None:
    page = paper(scene)
    opened = scene.told(page.ref, "postmortem.opened")[0]["seq"]
    assert page.ask("amira", "pick", seq=opened).status_code == 422


def test_what_was_taken_out_of_the_portal_is_no_part_of_the_story(scene: Scene) -> None:
    """Who downloaded the draft, or was handed a pack, is on the incident's record; it is no entry to choose."""
    page = paper(scene)
    assert scene.reading("amira").get(f"incidents/{page.ref}/postmortem.md").status_code == 200
    given = scene.told(page.ref, "export.given")[0]["seq"]
    assert page.ask("amira", "pick", seq=given).status_code == 422
    with scene.acme.scope(scene.acme.amira):
        offered = {entry.kind for entry in entries.choosable(Incident.objects.get(ref=page.ref))}
    assert offered
    assert not offered & {"export.given", "pack.handed_out"}
    assert not entries.may_be_chosen("pack.handed_out")


def test_an_entry_stands_there_once(scene: Scene) -> None:
    page = paper(scene)
    refused = page.ask("amira", "pick", seq=_lines(page)[0]["seq"])
    assert (refused.status_code, refused.json()["code"]) == (409, "picked")


def test_what_was_taken_out_can_be_chosen_again(scene: Scene) -> None:
    page = paper(scene)
    line = _lines(page)[0]
    page.do("amira", "remove-entry", entry=line["id"])
    assert line["seq"] not in [one["seq"] for one in _lines(page)]
    assert page.ask("amira", "remove-entry", entry=line["id"]).status_code == 404
    page.do("amira", "pick", seq=line["seq"])
    assert line["seq"] in [one["seq"] for one in _lines(page)]


def test_an_annotation_stands_beside_an_entry_that_stays_as_it_is(scene: Scene) -> None:
    page = paper(scene)
    line = _lines(page)[0]
    page.do("jon", "annotate", entry=line["id"], text="The first sign")
    now = _lines(page)[0]
    assert (now["text"], now["annotation"]) == (line["text"], "The first sign")
    page.do("jon", "annotate", entry=line["id"], text="")
    assert _lines(page)[0]["annotation"] == ""


@pytest.mark.clause("postmortem.timeline")
def test_what_is_recorded_more_than_a_minute_after_it_happened_needs_a_reason_which_shows(scene: Scene) -> None:
    page = paper(scene)
    moment = scene.ago(minutes=10).isoformat()
    refused = page.ask("amira", "add-entry", occurred_at=moment, text="A customer called")
    assert (refused.status_code, refused.json()["code"]) == (422, "late")
    assert refused.json()["clause"] == "postmortem.timeline"
    page.do("amira", "add-entry", occurred_at=moment, text="A customer called", reason="Found in the call's log")
    line = next(line for line in _lines(page) if line["seq"] is None)
    assert (line["late"], line["reason"]) == (True, "Found in the call's log")
    page.do("amira", "add-entry", occurred_at=scene.ago(seconds=30).isoformat(), text="Just now")


def test_an_entry_from_before_the_impact_began_is_refused_unless_it_led_up_to_it(scene: Scene) -> None:
    page = paper(scene)
    asked = {"occurred_at": scene.ago(hours=3).isoformat(), "text": "The migration was merged", "reason": "From the repository"}
    refused = page.ask("amira", "add-entry", **asked)
    assert (refused.status_code, refused.json()["code"]) == (422, "before_impact")
    assert "before the impact began" in refused.json()["detail"]
    page.do("amira", "add-entry", **asked, led_up=True)
    assert _lines(page)[0]["text"] == "The migration was merged"


@pytest.mark.parametrize(("off", "code"), [(timedelta(hours=1), "future"), (timedelta(days=-40), "too_early")])
def test_nothing_is_added_from_the_future_or_from_long_before(scene: Scene, off: timedelta, code: str) -> None:
    page = paper(scene)
    moment = (scene.clock.now + off).isoformat()
    refused = page.ask("amira", "add-entry", occurred_at=moment, text="x", reason="y", led_up=True)
    assert (refused.status_code, refused.json()["code"]) == (422, code)


@pytest.mark.clause("postmortem.timeline")
def test_a_corrected_entry_shows_as_it_was_with_what_is_right(scene: Scene) -> None:
    page = paper(scene)
    seq = _note(scene, page)
    page.do("amira", "pick", seq=seq)
    scene.do("jon", page.ref, "correct", entry=seq, text="Half of the orders flow again")
    line = next(line for line in _lines(page) if line["seq"] == seq)
    assert (line["text"], line["restated"]) == ("Orders flow again", "Half of the orders flow again")
    assert line["corrected_by"] is not None


def test_after_a_relapse_its_new_entries_are_offered_and_what_was_written_stays(scene: Scene) -> None:
    page = paper(scene)
    page.save("amira", "summary", "Written already")
    before = [line["seq"] for line in _lines(page)]
    scene.do("amira", page.ref, "reopen", reason="It came back")
    scene.do("amira", page.ref, "advance", to="monitoring", reason="Again")
    scene.do("amira", page.ref, "impact", end=scene.clock.now.isoformat())
    scene.clock.advance(minutes=15)
    scene.do("amira", page.ref, "resolve", summary="For good")
    scene.follow()
    assert [line["seq"] for line in _lines(page)] == before
    assert page.section("summary")["text"] == "Written already"
    shown = scene.page("amira").get(f"/o/acme/incidents/{page.ref}/postmortem/").content.decode()
    record = shown.split('id="do-pick"')[1].split("</form>")[0]
    assert "For good" in record
    assert "Reopened" in record
