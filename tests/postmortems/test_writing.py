"""Writing a post-mortem: who may, two at once lose nothing, and what is too large is refused with nothing lost."""

import pytest

from ledger.models import Event
from tests.incidents.scene import Scene
from tests.postmortems.paper import paper


@pytest.mark.clause("postmortem.template")
def test_its_sections_are_those_of_the_template_with_their_prompts(scene: Scene) -> None:
    draft = paper(scene).read()
    keys = [section["key"] for section in draft["sections"]]
    assert keys[:5] == ["summary", "timeline", "root_cause", "impact", "action_items"]
    assert all(section["prompt"] and section["clause"] for section in draft["sections"])


@pytest.mark.clause("postmortem.summary")
def test_its_summary_begins_with_what_the_record_knows_and_names_nobody(scene: Scene) -> None:
    page = paper(scene)
    summary = page.section("summary")
    assert f"SEV 1 {page.ref}: Checkout fails." in summary["text"]
    assert "It was detected by user at" in summary["text"]
    assert "resolved after" in summary["text"]
    assert "The impact lasted" in summary["text"]
    assert "Amira" not in summary["text"]
    assert (summary["version"], summary["saved_by"]) == (0, "")


def test_the_last_commander_and_the_last_operations_lead_write_it_and_others_are_told_whose_it_is(scene: Scene) -> None:
    page = paper(scene)
    assert page.save("amira", "summary", "By Amira").status_code == 200
    assert page.save("jon", "summary", "By Jon").status_code == 200
    refused = page.save("mei", "summary", "By Mei")
    assert refused.status_code == 403
    told = refused.json()
    assert told["code"] == "not_a_writer"
    assert scene.acme.amira.name in told["detail"]
    assert scene.acme.jon.name in told["detail"]


def test_whoever_is_named_its_author_writes_it_too_and_is_told(scene: Scene) -> None:
    page = paper(scene)
    page.do("jon", "name-author", person=scene.email("mei"))
    scene.follow()
    assert page.save("mei", "summary", "By Mei").status_code == 200
    assert scene.mails("mei", "author")


def test_saving_over_an_older_version_is_refused_with_both_texts_at_hand(scene: Scene) -> None:
    page = paper(scene)
    assert page.save("amira", "summary", "First").json()["version"] == 1
    assert page.save("jon", "summary", "Second", version=1).json()["version"] == 2
    refused = page.save("amira", "summary", "Mine", version=1)
    assert refused.status_code == 409
    told = refused.json()
    assert told["code"] == "stale"
    assert (told["theirs"]["text"], told["theirs"]["version"], told["theirs"]["saved_by"]) == (
        "Second",
        2,
        scene.acme.jon.name,
    )
    assert page.section("summary")["text"] == "Second"
    assert page.save("amira", "summary", "Mine", version=2).json()["version"] == 3
    assert [saved["text"] for saved in page.section("summary")["versions"]][:3] == ["Mine", "Second", "First"]


def test_saving_what_stands_there_already_is_no_new_version_and_no_conflict(scene: Scene) -> None:
    page = paper(scene)
    assert page.save("amira", "summary", "Same").json()["version"] == 1
    assert page.save("jon", "summary", "Same", version=0).json()["version"] == 1


def test_a_section_of_two_megabytes_is_refused_with_a_sentence_and_what_was_there_stays(scene: Scene) -> None:
    page = paper(scene)
    page.save("amira", "summary", "Short")
    refused = page.save("amira", "summary", "x" * 2_000_000)
    assert refused.status_code == 413
    assert "larger than the limit" in refused.json()["detail"]
    refused = page.save("amira", "summary", "x" * 300_000)
    assert refused.status_code == 422
    assert "at most 200 kB" in refused.json()["detail"]
    assert page.section("summary")["text"] == "Short"


def test_on_its_page_a_section_of_two_megabytes_comes_back_as_it_was_typed(scene: Scene) -> None:
    page = paper(scene)
    at = f"/o/acme/incidents/{page.ref}/postmortem/sections/summary/"
    answer = scene.page("amira").post(at, {"text": "y" * 2_000_000, "version": 0})
    assert answer.status_code == 422
    told = answer.content.decode()
    assert "a section has at most 200 kB" in told
    assert "y" * 2_000_000 in told


def test_two_hundred_kilobytes_fit(scene: Scene) -> None:
    page = paper(scene)
    assert page.save("amira", "summary", "x" * 200_000).status_code == 200
    assert page.save("amira", "summary", "é" * 100_001).status_code == 422  # bytes, not characters


def test_what_one_person_saves_by_the_page_itself_within_ten_minutes_is_one_event_with_every_text_in_its_history(
    scene: Scene,
) -> None:
    page = paper(scene)
    browser = scene.page("amira")
    at = f"/o/acme/incidents/{page.ref}/postmortem/sections/summary/"
    for version, text in enumerate(("A", "A lock", "A lock on orders")):
        answer = browser.post(at, {"text": text, "version": version, "automatic": "1"}, headers={"Accept": "application/json"})
        assert (answer.status_code, answer.json()["version"]) == (200, version + 1)
    with scene.acme.scope():
        assert Event.objects.filter(kind="postmortem.section_edited").count() == 1
    assert [saved["text"] for saved in page.section("summary")["versions"]][:3] == ["A lock on orders", "A lock", "A"]


def test_a_link_to_an_entry_that_the_record_does_not_have_is_named(scene: Scene) -> None:
    page = paper(scene)
    page.save("amira", "summary", "It began with [[ev-1]] and [[ev-99999]]")
    assert page.read()["sections"][0]["unknown_links"] == [99999]


def test_the_process_owner_writes_it_too(scene: Scene) -> None:
    assert paper(scene).save("owner", "summary", "By the process owner").status_code == 200


@pytest.mark.parametrize("who", ["auditor", "exec", "support"])
def test_who_only_reads_does_not_write(scene: Scene, who: str) -> None:
    assert paper(scene).save(who, "summary", "No", version=0).status_code == 403
