"""Closing a SEV 1/2: published, reviewed, items filed, or waived (clauses postmortem.draft-24h, postmortem.action-items)."""

from datetime import timedelta
from typing import Any

import pytest

from postmortems.models import ActionItem
from tests.incidents.scene import Scene
from tests.postmortems import filing
from tests.postmortems.learning import ask, called, came_back, done, held, postmortem, published, resolved, shown, write

pytestmark = pytest.mark.servers

DRAFT = "postmortem.draft-24h"


def why_not(scene: Scene, ref: str) -> str:
    refused = scene.verb("amira", ref, "close").json()
    assert (refused["code"], refused["clause"]) == ("postmortem_missing", DRAFT)
    return str(refused["detail"])


def filed(scene: Scene, ref: str) -> None:
    with scene.acme.scope(scene.acme.amira):
        row = postmortem(scene, ref)
        ActionItem.objects.create(
            incident=row.incident, number=1, title="Add a lock timeout", kind="prevention", owner_id=scene.acme.jon.user_id
        )


@pytest.mark.clause(DRAFT)
@pytest.mark.clause("lifecycle.phases")
@pytest.mark.parametrize("severity", ["SEV1", "SEV2"])
def test_it_is_closed_once_it_is_published_reviewed_and_what_is_to_be_done_is_filed(scene: Scene, severity: str) -> None:
    ref = resolved(scene, severity)
    assert why_not(scene, ref) == (
        "The post-mortem is not done: it is not published; its review was not held; no action item is filed, and nobody said that none is needed."
    )
    filed(scene, ref)
    assert why_not(scene, ref) == "The post-mortem is not done: it is not published; its review was not held."
    published(scene, ref)
    assert why_not(scene, ref) == "The post-mortem is not done: its review was not held."
    held(scene, ref)
    assert scene.do("amira", ref, "close")["state"] == "closed"


@pytest.mark.clause("postmortem.action-items")
def test_a_reason_stands_in_for_action_items_where_nothing_is_to_be_done(scene: Scene) -> None:
    ref = resolved(scene)
    held(scene, ref)
    assert "no action item is filed" in why_not(scene, ref)
    for body, code in (({}, "required"), ({"reason": " "}, "required"), ({"reason": "x" * 2001}, "too_long")):
        refused = ask(scene, "amira", ref, "need-no-items", body)
        assert (refused.status_code, refused.json()["code"]) == (422, code), body
    assert ask(scene, "mei", ref, "need-no-items", {"reason": "x"}).status_code == 403
    assert done(scene, "jon", ref, "need-no-items", reason="The vendor has mended it.")["no_items_reason"]
    assert scene.told(ref, "postmortem.items_not_needed")[0]["data"]["reason"] == "The vendor has mended it."
    assert why_not(scene, ref) == "The post-mortem is not done: it is not published."
    published(scene, ref)
    assert scene.do("amira", ref, "close")["state"] == "closed"
    assert ask(scene, "jon", ref, "need-no-items", {"reason": "x"}).json()["code"] == "closed"


def test_where_items_are_filed_nobody_says_that_none_is_needed(scene: Scene) -> None:
    ref = resolved(scene)
    filed(scene, ref)
    assert ask(scene, "amira", ref, "need-no-items", {"reason": "x"}).json()["code"] == "items_filed"


@pytest.mark.clause("postmortem.action-items")
def test_what_was_dropped_follows_from_nothing_and_stands_in_nobodys_way(scene: Scene) -> None:
    """Closing, and saying that nothing is to be done, agree on which items there are."""
    ref = resolved(scene)
    item = filing.filed(scene, ref)["ref"]
    published(scene, ref)
    held(scene, ref)
    filing.item_do(scene, "amira", item, "drop", reason="The service goes")
    assert why_not(scene, ref) == "The post-mortem is not done: no action item is filed, and nobody said that none is needed."
    done(scene, "jon", ref, "need-no-items", reason="The service is gone.")
    assert scene.do("amira", ref, "close")["state"] == "closed"


@pytest.mark.clause("postmortem.action-items")
def test_an_item_overtakes_the_reason_that_none_is_needed_whatever_becomes_of_it(scene: Scene) -> None:
    ref = resolved(scene)
    done(scene, "jon", ref, "need-no-items", reason="The vendor has mended it.")
    published(scene, ref)
    held(scene, ref)
    filing.item_do(scene, "amira", filing.filed(scene, ref)["ref"], "drop", reason="The service goes")
    assert why_not(scene, ref) == "The post-mortem is not done: no action item is filed, and nobody said that none is needed."


@pytest.mark.clause("lifecycle.phases")
def test_after_a_reopening_what_was_published_and_reviewed_before_does_not_count(scene: Scene) -> None:
    ref = resolved(scene)
    published(scene, ref)
    held(scene, ref)
    filed(scene, ref)
    scene.do("amira", ref, "reopen", reason="Errors are back")
    scene.do("amira", ref, "advance", to="monitoring", reason="Gone again")
    scene.do("amira", ref, "impact", end=scene.clock.now.isoformat())
    scene.clock.advance(minutes=15)
    scene.do("amira", ref, "resolve", summary="For good")
    scene.follow()
    assert why_not(scene, ref) == "The post-mortem is not done: it is not published again; its review was not held."


@pytest.mark.clause(DRAFT)
def test_published_before_its_incident_came_back_it_is_owed_again_with_its_clock_and_a_reason(scene: Scene) -> None:
    ref = resolved(scene)
    published(scene, ref)
    came_back(scene, ref)
    scene.follow()
    found = scene.api("amira").get(f"incidents/{ref}/postmortem/").json()
    due = scene.clock.now + timedelta(hours=24)
    assert (found["state"], found["version"], found["due_at"]) == ("draft", 1, due.isoformat().replace("+00:00", "Z"))
    assert found["reason"].startswith(f"{ref} was reopened, and resolved again at ")
    assert scene.told(ref, "postmortem.taken_up")[0]["data"]["reason"] == found["reason"]
    page = scene.page("amira").get(f"/o/acme/incidents/{ref}/postmortem/").content.decode()
    assert f"Taken up again after version 1: {ref} was reopened, and resolved again" in page
    assert f"Post-mortem of SEV 1 {ref}" in scene.page("amira").get("/o/acme/inbox/").content.decode()
    assert scene.api("exec").get(f"incidents/{ref}/postmortem/published/").json()["number"] == 1, (
        "its readers keep what they have"
    )
    scene.later(hours=25)
    scene.follow()
    assert len(scene.mails("amira", f"The post-mortem of {ref} is overdue")) == 1
    assert [row["ref"] for row in scene.api("amira").get("postmortems/", late="true").json()["results"]] == [ref]
    first = scene.api("amira").get(f"incidents/{ref}/postmortem/published/1/").json()["content"]["timeline"]
    since = [line["text"] for line in found["timeline"] if line["id"] not in {one["id"] for one in first}]
    assert len(since) >= 3, "what happened since stands in its timeline: reopened, monitored, resolved"
    assert any("Errors are back" in f"{line['text']} {line['facts']}" for line in found["timeline"])
    refused = ask(scene, "amira", ref, "publish")
    assert (refused.status_code, refused.json()["code"]) == (409, "unwritten")
    assert refused.json()["detail"].endswith(
        "since version 1, and nothing was written since: say what happened, then publish it."
    )
    assert "nothing was written since" in scene.page("amira").get(f"/o/acme/incidents/{ref}/postmortem/").content.decode()
    write(scene, ref, summary="The lock came back with the next deploy.")
    again = done(scene, "amira", ref, "publish")
    assert [(one["number"], one["reason"]) for one in again["publications"]] == [(2, found["reason"]), (1, "")]
    clocks = [c["state"] for c in scene.part(ref, "clocks") if c["clause"] == DRAFT]
    assert sorted(clocks) == ["broken", "kept"], "the first was kept, the second was late"


@pytest.mark.clause(DRAFT)
def test_what_was_published_since_the_last_resolution_is_owed_no_more(scene: Scene) -> None:
    """Somebody is faster than what follows from the resolution: no clock runs on that nobody could stop."""
    ref = resolved(scene)
    published(scene, ref)
    came_back(scene, ref)
    done(scene, "amira", ref, "take-up", reason="It came back")
    assert ask(scene, "amira", ref, "publish").json()["code"] == "unwritten"
    write(scene, ref, summary="It came back.")
    done(scene, "amira", ref, "publish")
    scene.follow()
    found = scene.api("amira").get(f"incidents/{ref}/postmortem/").json()
    assert (found["state"], found["version"], found["due_at"]) == ("published", 2, None)


@pytest.mark.clause(DRAFT)
def test_taken_up_for_another_reason_before_it_came_back_it_says_that_it_did(scene: Scene) -> None:
    ref = resolved(scene)
    published(scene, ref)
    done(scene, "amira", ref, "take-up", reason="A typo")
    refused = ask(scene, "amira", ref, "publish").json()
    assert (refused["code"], refused["detail"]) == (
        "unwritten",
        "It says what version 1 says: there is nothing new to publish.",
    )
    came_back(scene, ref)
    scene.follow()
    found = scene.api("amira").get(f"incidents/{ref}/postmortem/").json()
    assert found["reason"].startswith(f"{ref} was reopened, and resolved again at ")
    assert len(scene.told(ref, "postmortem.taken_up")) == 1, "by Amira: it was taken up once"


@pytest.mark.clause(DRAFT)
def test_a_waiver_that_is_lifted_after_its_incident_came_back_leaves_it_owed(scene: Scene) -> None:
    ref = resolved(scene)
    published(scene, ref)
    came_back(scene, ref)
    done(scene, "owner", ref, "waive", reason="The same cause")
    scene.follow()
    assert scene.api("amira").get(f"incidents/{ref}/postmortem/").json()["due_at"] is None
    done(scene, "owner", ref, "lift-waiver", reason="It was another")
    found = scene.api("amira").get(f"incidents/{ref}/postmortem/").json()
    assert (found["state"], found["due_at"]) == (
        "draft",
        (scene.clock.now + timedelta(hours=24)).isoformat().replace("+00:00", "Z"),
    )


@pytest.mark.clause(DRAFT)
@pytest.mark.clause("lifecycle.phases")
def test_a_waiver_holds_for_the_resolution_it_was_given_for(scene: Scene) -> None:
    """The second outage is owed its own post-mortem: the clocks start, closing asks anew, the record says that the waiver ended."""
    ref = resolved(scene)
    done(scene, "owner", ref, "waive", reason="A duplicate")
    scene.do("amira", ref, "reopen", reason="Errors are back")
    assert ask(scene, "owner", ref, "waive", {"reason": "x"}).json()["code"] == "not_resolved"
    scene.do("amira", ref, "advance", to="monitoring", reason="Gone again")
    scene.do("amira", ref, "impact", end=scene.clock.now.isoformat())
    scene.clock.advance(minutes=15)
    scene.do("amira", ref, "resolve", summary="For good")
    assert "it is not published; its review was not held" in why_not(scene, ref), "before anything followed from it"
    scene.follow()
    found = scene.api("amira").get(f"incidents/{ref}/postmortem/").json()
    due = (scene.clock.now + timedelta(hours=24)).isoformat().replace("+00:00", "Z")
    assert (found["state"], found["waived"], found["due_at"]) == ("draft", False, due)
    assert scene.running(ref, "postmortem.review-5-days")["stopped_at"] is None
    assert "it is not published; its review was not held" in why_not(scene, ref)
    (lifted,) = scene.told(ref, "postmortem.waiver_lifted")
    assert lifted["data"]["reason"].endswith("a waiver holds for the resolution it was given for.")
    assert len(scene.mails("amira", "Yours to write: the post-mortem of")) == 2
    assert [row["ref"] for row in scene.api("amira").get("postmortems/", waived="true").json()["results"]] == []
    done(scene, "owner", ref, "waive", reason="The same cause")
    assert scene.do("amira", ref, "close")["state"] == "closed"


@pytest.mark.clause(DRAFT)
def test_while_a_waiver_stands_nobody_is_told_that_it_is_theirs_to_write(scene: Scene) -> None:
    ref = resolved(scene)
    came_back(scene, ref)
    done(scene, "owner", ref, "waive", reason="The same cause")
    scene.follow()
    assert len(scene.mails("amira", "Yours to write: the post-mortem of")) == 1, "of the first resolution"
    assert scene.api("amira").get(f"incidents/{ref}/postmortem/").json()["due_at"] is None
    assert [row["ref"] for row in scene.api("amira").get("postmortems/", waived="true").json()["results"]] == [ref]
    assert scene.do("amira", ref, "close")["state"] == "closed"


# --- Waivers -----------------------------------------------------------------------------------------------------------------


def stopped(scene: Scene, ref: str) -> dict[str, bool]:
    clocks = [c for c in scene.part(ref, "clocks") if c["clause"].startswith("postmortem.")]
    return {c["clause"]: c["stopped_at"] is not None for c in sorted(clocks, key=lambda c: str(c["started_at"]))}


@pytest.mark.clause(DRAFT)
@pytest.mark.clause("people.process-owner")
def test_a_waiver_by_the_process_owner_stands_in_for_all_of_it(scene: Scene) -> None:
    ref = resolved(scene)
    called(scene, ref)
    scene.follow()
    for who in ("amira", "jon", "admin"):
        refused = ask(scene, who, ref, "waive", {"reason": "A duplicate"})
        assert (refused.status_code, refused.json()["code"]) == (403, "not_process_owner"), who
    assert ask(scene, "owner", ref, "waive", {"reason": ""}).status_code == 422
    waived = done(scene, "owner", ref, "waive", reason="The same cause as INC-7.")
    assert (waived["waived_by"], waived["waiver_reason"]) == ("Olga Owner", "The same cause as INC-7.")
    assert stopped(scene, ref) == {DRAFT: True, "postmortem.review-5-days": True}
    assert [one["state"] for one in shown(scene, "amira", ref)["reviews"]] == ["cancelled"]
    scene.follow()
    assert len(scene.mails("jon", "Cancelled:")) == 1
    assert ask(scene, "owner", ref, "waive", {"reason": "x"}).json()["code"] == "waived"
    assert scene.told(ref, "postmortem.waived")[0]["data"]["reason"] == "The same cause as INC-7."
    assert scene.do("amira", ref, "close")["state"] == "closed"
    assert ask(scene, "owner", ref, "lift-waiver", {"reason": "x"}).json()["code"] == "closed"


@pytest.mark.clause("people.process-owner")
def test_lifted_it_is_owed_again_as_from_then(scene: Scene) -> None:
    ref = resolved(scene)
    assert ask(scene, "owner", ref, "lift-waiver", {"reason": "x"}).json()["code"] == "not_waived"
    done(scene, "owner", ref, "waive", reason="A duplicate")
    scene.clock.advance(days=2)
    assert ask(scene, "amira", ref, "lift-waiver", {"reason": "x"}).status_code == 403
    lifted = done(scene, "owner", ref, "lift-waiver", reason="It was none")
    assert (lifted["waived_at"], lifted["waived_by"]) == (None, None)
    assert scene.running(ref, DRAFT)["started_at"] == scene.clock.now.isoformat().replace("+00:00", "Z")
    assert stopped(scene, ref) == {DRAFT: False, "postmortem.review-5-days": False}
    assert "not published" in why_not(scene, ref)


@pytest.mark.parametrize("verb", ["waive", "lift-waiver", "need-no-items"])
def test_each_decision_has_its_page_which_loses_nothing_that_was_typed(scene: Scene, verb: str) -> None:
    ref = resolved(scene)
    who = "amira" if verb == "need-no-items" else "owner"
    if verb == "lift-waiver":
        done(scene, "owner", ref, "waive", reason="A duplicate")
    page: Any = scene.page(who)
    assert f'postmortem/{verb}/"' in page.get(f"/o/acme/incidents/{ref}/postmortem/review/").content.decode()
    url = f"/o/acme/incidents/{ref}/postmortem/{verb}/"
    assert page.get(url).status_code == 200
    refused = page.post(url, {"reason": "y" * 2001})
    assert (refused.status_code, "y" * 2001 in refused.content.decode()) == (422, True)
    assert page.post(url, {"reason": "So it is."}).status_code == 302
    assert scene.page("mei").get(url).status_code == 403
