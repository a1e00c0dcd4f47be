"""Publishing: nothing is missing, it is kept word for word, and changed by a next version with a reason."""

import pytest

from tests.incidents.scene import Scene
from tests.postmortems.filing import filed, item_do
from tests.postmortems.paper import paper


def _codes(answer: object) -> set[tuple[str, str]]:
    return {(reason["code"], reason.get("field", "")) for reason in answer.json()["reasons"]}  # type: ignore[attr-defined]


@pytest.mark.clause("postmortem.template")
@pytest.mark.clause("postmortem.summary")
def test_publishing_with_empty_sections_is_refused_naming_each_with_its_clause(scene: Scene) -> None:
    page = paper(scene)
    page.save("amira", "summary", "")
    refused = page.ask("amira", "publish")
    assert refused.status_code == 409
    codes = _codes(refused)
    assert {("section_empty", "summary"), ("section_empty", "root_cause"), ("section_empty", "action_items")} <= codes
    by_field = {reason["field"]: reason for reason in refused.json()["reasons"]}
    assert by_field["summary"]["clause"] == "postmortem.summary"
    assert by_field["summary"]["sentence"].startswith("Executive summary:")
    assert by_field["root_cause"]["clause"] == "postmortem.five-whys"


@pytest.mark.clause("postmortem.impact")
def test_it_is_not_published_without_users_affected_and_cost_and_its_duration_is_computed(scene: Scene) -> None:
    page = paper(scene)
    page.fill()
    page.do("amira", "facts", users_affected=None, cost_amount=None, cost_currency="")
    assert {("users_missing", "impact"), ("cost_missing", "impact")} == _codes(page.ask("amira", "publish"))
    page.do("amira", "facts", users_affected=0, cost_amount="0", cost_currency="EUR")
    found = page.do("amira", "publish")
    assert found["impact"]["seconds"] == found["durations"]["impact"]
    assert found["impact"]["seconds"] >= 0


@pytest.mark.clause("postmortem.five-whys")
def test_fewer_than_five_whys_need_a_reason(scene: Scene) -> None:
    page = paper(scene)
    page.fill()
    page.do("amira", "remove-why", why=5)
    assert _codes(page.ask("amira", "publish")) == {("few_whys", "root_cause")}
    page.do("amira", "explain-whys", reason="The fourth is a vendor's defect, which we cannot ask further")
    assert page.do("amira", "publish")["state"] == "published"


@pytest.mark.clause("postmortem.timeline")
def test_a_timeline_without_an_entry_is_empty(scene: Scene) -> None:
    page = paper(scene)
    page.fill()
    for line in page.read()["timeline"]:
        page.do("amira", "remove-entry", entry=line["id"])
    assert _codes(page.ask("amira", "publish")) == {("section_empty", "timeline")}


@pytest.mark.clause("postmortem.action-items")
def test_a_text_is_no_action_item_and_publishing_asks_what_closing_asks(scene: Scene) -> None:
    page = paper(scene)
    page.fill()
    item_do(scene, "amira", filed(scene, page.ref)["ref"], "drop", reason="The service goes")
    refused = page.ask("amira", "publish")
    assert _codes(refused) == {("items_missing", "action_items")}
    asked = "no action item is filed, and nobody said that none is needed"
    assert asked in refused.json()["reasons"][0]["sentence"]
    assert asked in scene.verb("amira", page.ref, "close").json()["detail"], "the same words at closing"
    at = f"/o/acme/incidents/{page.ref}/postmortem/"
    shown = scene.page("amira").get(at).content.decode()
    assert (asked in shown, f"{at}need-no-items/" in shown) == (True, True)
    assert scene.page("amira").post(f"{at}need-no-items/", {"reason": "The service is gone."}).status_code == 302
    found = page.do("amira", "publish")
    assert (found["state"], found["no_items_reason"]) == ("published", "The service is gone.")
    assert "Nothing is to be done: The service is gone." in scene.page("jon").get(f"{at}versions/1/").content.decode()
    assert "no action item" not in scene.verb("amira", page.ref, "close").json()["detail"]


@pytest.mark.clause("postmortem.draft-24h")
def test_publishing_stops_the_clock_of_the_draft(scene: Scene) -> None:
    page = paper(scene)
    page.published()
    clocks = [c for c in scene.part(page.ref, "clocks") if c["clause"] == "postmortem.draft-24h"]
    assert [(c["state"], c["stopped_at"] is not None) for c in clocks] == [("kept", True)]


@pytest.mark.clause("postmortem.draft-24h")
def test_what_is_not_published_within_24_hours_is_on_record_as_missed_and_its_author_is_told(scene: Scene) -> None:
    page = paper(scene)
    scene.later(hours=24, minutes=1)
    scene.follow()
    broken = [c for c in scene.told(page.ref, "clock.broken") if c["data"]["clause"] == "postmortem.draft-24h"]
    assert len(broken) == 1
    assert scene.mails("amira", "post-mortem")
    assert scene.api("amira").get("postmortems/", late="true").json()["results"][0]["ref"] == page.ref


def test_publishing_twice_is_refused(scene: Scene) -> None:
    page = paper(scene)
    page.published()
    refused = page.ask("jon", "publish")
    assert (refused.status_code, refused.json()["code"]) == (409, "published")


def test_what_is_published_is_not_edited_but_taken_up_again_with_a_reason_and_the_old_version_stays(scene: Scene) -> None:
    page = paper(scene)
    page.published()
    assert page.save("amira", "summary", "Other").json()["code"] == "published"
    assert page.ask("amira", "take-up", reason=" ").status_code == 422
    page.do("amira", "take-up", reason="The cost is known now")
    page.do("amira", "facts", cost_amount="99.50", cost_currency="USD")
    found = page.do("amira", "publish")
    assert [(p["number"], p["reason"]) for p in found["publications"]] == [(2, "The cost is known now"), (1, "")]
    api = scene.api("amira")
    first, second = (api.get(f"{page.at}published/{number}/").json()["content"] for number in (1, 2))
    assert (first["impact"]["cost_amount"], first["impact"]["cost_currency"]) == ("12500.00", "EUR")
    assert (second["impact"]["cost_amount"], second["impact"]["cost_currency"]) == ("99.50", "USD")


def test_taking_up_a_draft_is_refused(scene: Scene) -> None:
    assert paper(scene).ask("amira", "take-up", reason="Why not").json()["code"] == "a_draft"


def test_of_a_reopened_incident_nothing_is_published(scene: Scene) -> None:
    page = paper(scene)
    page.fill()
    scene.do("amira", page.ref, "reopen", reason="Again")
    scene.follow()
    assert page.save("amira", "summary", "Still written").status_code == 200
    assert page.ask("amira", "publish").json()["code"] == "running"


@pytest.mark.parametrize("who", ["exec", "support"])
def test_those_outside_the_room_read_what_is_published_and_no_draft(scene: Scene, who: str) -> None:
    page = paper(scene)
    api = scene.api(who)
    assert api.get(page.at).status_code == 403
    assert api.get(f"{page.at}published/").status_code == 404
    assert api.get("postmortems/").json()["results"] == []
    page.published()
    assert api.get(f"{page.at}published/").json()["number"] == 1
    assert [row["ref"] for row in api.get("postmortems/").json()["results"]] == [page.ref]
    page.do("amira", "take-up", reason="Again")
    assert api.get(page.at).status_code == 403


def test_the_auditor_reads_drafts_and_changes_nothing(scene: Scene) -> None:
    page = paper(scene)
    allowed = page.read("auditor")["allowed_actions"]
    assert not any(verb["allowed"] for verb in allowed.values())
    assert {reason["code"] for verb in allowed.values() for reason in verb["why_not"]} == {"read_only"}


def test_what_may_be_done_is_said_with_the_reasons(scene: Scene) -> None:
    allowed = paper(scene).read("amira")["allowed_actions"]
    assert allowed["pick"] == {"allowed": True, "why_not": []}
    assert "section_empty" in {reason["code"] for reason in allowed["publish"]["why_not"]}
    assert allowed["take-up"]["why_not"][0]["code"] == "a_draft"
