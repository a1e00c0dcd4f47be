"""Settling what the blameless check finds (clauses principle.blameless, postmortem.blameless-rule)."""

from typing import Any

import pytest

from ledger.actions import configure
from postmortems import wording
from postmortems.models import BlamePhrase, KeptWording, PostMortem, Why
from postmortems.standing import Standing
from tests.incidents.scene import Scene
from tests.postmortems.filing import filed
from tests.postmortems.learning import ask, called, done, postmortem, published, resolved, shown, write
from tests.postmortems.paper import Paper

pytestmark = pytest.mark.servers

CLAUSE = "principle.blameless"


def found(scene: Scene, ref: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = shown(scene, "amira", ref, "wording")["results"]
    return rows


def blaming(scene: Scene) -> str:
    """A draft whose summary blames, and whose cause names somebody."""
    ref = resolved(scene)
    write(scene, ref, summary="The outage was due to human error.", root_cause="Jon stopped the wrong host.")
    return ref


@pytest.mark.clause(CLAUSE)
def test_what_blames_and_who_is_named_as_a_cause_is_found_each_with_what_to_ask_of_the_system(scene: Scene) -> None:
    ref = blaming(scene)
    assert [(row["place"], row["kind"], row["quote"], row["kept"]) for row in found(scene, ref)] == [
        ("section:summary", "phrase", "human error", None),
        ("section:root_cause", "name", "Jon", None),
    ]
    assert all("?" in row["suggestion"] for row in found(scene, ref))


@pytest.mark.clause(CLAUSE)
def test_whys_remarks_and_what_was_added_to_the_timeline_are_read_too(scene: Scene) -> None:
    ref = resolved(scene)
    write(scene, ref)
    with scene.acme.scope(scene.acme.amira):
        row = PostMortem.objects.select_related("incident").get(incident__ref=ref)
        Why.objects.create(incident=row.incident, postmortem=row, number=1, text="Because Mei was asleep.")
        pick = row.picks.order_by("id").first()
        assert pick is not None
        pick.annotation = "Sheer negligence."
        pick.save()
        row.few_whys_reason = "It is obvious that the DBA forgot."
        row.save()
    assert {(one["place"].split(":")[0], one["quote"]) for one in found(scene, ref)} == {
        ("why", "Mei"),
        ("why", "asleep"),
        ("few-whys", "DBA"),
        ("few-whys", "DBA forgot"),
        ("remark", "negligence"),
    }


@pytest.mark.clause(CLAUSE)
def test_what_the_record_says_contributed_the_items_and_what_was_decided_are_read_too(scene: Scene) -> None:
    ref = scene.mobilised("SEV1")
    scene.do("jon", ref, "hypothesis", text="Mei deployed v1.2.3")
    scene.do("jon", ref, "verify", hypothesis=1, verdict="confirmed", seen="Her carelessness shows in the log")
    scene.do("jon", ref, "hypothesis", text="Amira stopped the host")
    scene.do("jon", ref, "verify", hypothesis=2, verdict="refuted", seen="It runs")
    scene.do("amira", ref, "advance", to="monitoring", reason="It mended itself")
    scene.do("amira", ref, "impact", end=scene.clock.now.isoformat())
    scene.clock.advance(minutes=15)
    scene.do("amira", ref, "resolve", summary="Rolled back")
    scene.follow()
    write(scene, ref)
    filed(scene, ref, title="Train the DBA against human error", details="It was negligence.")
    Paper(scene, ref).do("amira", "facts", users_affected=5, users_note="Counted, after sheer incompetence")
    review = called(scene, ref)
    scene.clock.advance(hours=2)
    came = [{"person": one["email"], "came": True} for one in review["people"]]
    done(scene, "amira", ref, "review/hold", attendance=came, decisions="A careless deploy must not stop us.")
    assert {(one["place"].split(":")[0], one["quote"]) for one in found(scene, ref)} >= {
        ("hypothesis", "Mei"),
        ("seen", "carelessness"),
        ("item", "human error"),
        ("details", "negligence"),
        ("users-note", "incompetence"),
        ("review", "careless"),
    }
    assert not [one for one in found(scene, ref) if "Amira" in one["quote"]], "what was refuted is published nowhere"
    kept = done(scene, "amira", ref, "wording/keep", place="hypothesis:1", phrase="mei", reason="The record is not rewritten.")
    assert kept


@pytest.mark.clause(CLAUSE)
@pytest.mark.clause("postmortem.blameless-rule")
def test_the_records_own_words_are_read_too_and_what_its_authors_kept_is_not_held_against_them(scene: Scene) -> None:
    """What was chosen of the record is published like what was written: nothing is judged later that the page had not asked about."""
    ref = scene.mobilised("SEV1")
    scene.do("amira", ref, "decide", text="Revert the careless change", reason="It burns")
    scene.do("jon", ref, "deviation", text="Restarted the host", reason="It was down to negligence")
    scene.do("amira", ref, "advance", to="monitoring", reason="It mended itself")
    scene.do("amira", ref, "impact", end=scene.clock.now.isoformat())
    scene.clock.advance(minutes=15)
    scene.do("amira", ref, "resolve", summary="Rolled back")
    scene.follow()
    write(scene, ref)
    review = called(scene, ref)
    scene.clock.advance(hours=2)
    came = [{"person": one["email"], "came": True} for one in review["people"]]
    done(scene, "amira", ref, "review/hold", attendance=came, decisions="A careless deploy must not stop us.")
    rows = found(scene, ref)
    assert [(row["place"].split(":")[0], row["quote"]) for row in rows] == [
        ("entry", "careless"),
        ("deviation", "negligence"),
        ("review", "careless"),
    ]
    for row in rows:
        done(scene, "amira", ref, "wording/keep", place=row["place"], phrase=row["quote"], reason="The record says so.")
    published(scene, ref)
    report = scene.api("amira").get(f"incidents/{ref}/conformance/").json()["clauses"]
    verdicts = {row["clause"]: row["verdict"] for row in report}
    assert (verdicts[CLAUSE], verdicts["postmortem.blameless-rule"]) == ("kept", "kept")


@pytest.mark.clause(CLAUSE)
def test_it_is_not_published_before_each_is_changed_or_kept_with_a_reason(scene: Scene) -> None:
    ref = blaming(scene)
    row = postmortem(scene, ref)
    with scene.acme.scope(scene.acme.amira):
        assert [(reason.code, reason.clause) for reason in wording.unsettled(Standing(row))] == [
            ("wording_unsettled", CLAUSE)
        ] * 2
    write(scene, ref, summary="A lock was held.", root_cause="Jon stopped the wrong host.")
    kept = done(
        scene, "jon", ref, "wording/keep", place="section:root_cause", phrase="Jon", reason="Jon is the name of that host."
    )
    assert kept["results"][0]["kept"]["reason"] == "Jon is the name of that host."
    with scene.acme.scope(scene.acme.amira):
        assert wording.unsettled(Standing(row)) == []
    done(scene, "amira", ref, "wording/take-back", place="section:root_cause", phrase="jon")
    with scene.acme.scope(scene.acme.amira):
        assert len(wording.unsettled(Standing(row))) == 1
        assert KeptWording.objects.get().taken_back_at is not None
    assert [entry["text"] for entry in scene.told(ref, "postmortem.wording_kept")] == ["Kept the wording “Jon”."]
    assert len(scene.told(ref, "postmortem.wording_taken_back")) == 1


@pytest.mark.clause(CLAUSE)
def test_what_is_kept_is_kept_in_its_place_only(scene: Scene) -> None:
    ref = blaming(scene)
    write(scene, ref, summary="Human error.", root_cause="Human error, says the log.")
    done(scene, "amira", ref, "wording/keep", place="section:summary", phrase="human error", reason="A quotation.")
    assert [(row["place"], row["kept"] is not None) for row in found(scene, ref)] == [
        ("section:summary", True),
        ("section:root_cause", False),
    ]


def test_only_what_is_found_there_is_kept_once_with_a_reason_and_by_a_writer(scene: Scene) -> None:
    ref = blaming(scene)
    body = {"place": "section:summary", "phrase": "human error", "reason": "A quotation."}
    for wrong, field in (
        ({"place": "section:impact"}, "phrase"),
        ({"phrase": "sloppy"}, "phrase"),
        ({"reason": " "}, "reason"),
        ({"reason": "x" * 2001}, "reason"),
        ({"phrase": "x" * 201}, "phrase"),
        ({"place": 7}, "place"),
    ):
        refused = ask(scene, "amira", ref, "wording/keep", {**body, **wrong})
        assert (refused.status_code, list(refused.json()["fields"])) == (422, [field]), wrong
    assert ask(scene, "mei", ref, "wording/keep", body).json()["code"] == "not_a_writer"
    assert ask(scene, "auditor", ref, "wording/keep", body).status_code == 403
    done(scene, "amira", ref, "wording/keep", **body)
    assert ask(scene, "jon", ref, "wording/keep", body).json()["code"] == "kept_already"
    other = {"place": "section:summary", "phrase": "sloppy"}
    assert ask(scene, "amira", ref, "wording/take-back", other).json()["code"] == "not_kept"


@pytest.mark.clause(CLAUSE)
def test_an_organisation_adds_phrases_of_its_own_in_the_admin(scene: Scene) -> None:
    ref = resolved(scene)
    write(scene, ref, summary="A cowboy change.")
    assert found(scene, ref) == []
    answer = scene.page("admin").post(
        "/o/acme/admin/postmortems/blamephrase/add/",
        {"phrase": "cowboy", "suggestion": "What made the short way the easy one?", "is_active": "on"},
    )
    assert answer.status_code == 302
    assert [(row["quote"], row["suggestion"]) for row in found(scene, ref)] == [
        ("cowboy", "What made the short way the easy one?")
    ]
    with scene.acme.scope(scene.acme.admin):
        configure(BlamePhrase.objects.get(), {"is_active": False}, by=scene.acme.admin.actor())
    assert found(scene, ref) == []


def test_on_the_page_a_refusal_loses_nothing_that_was_typed(scene: Scene) -> None:
    ref = blaming(scene)
    page, url = scene.page("amira"), f"/o/acme/incidents/{ref}/postmortem/wording/"
    shown_there = page.get(url).content.decode()
    assert "2 to settle" in shown_there
    assert "<mark>human error</mark>" in shown_there
    body = {"place": "section:summary", "phrase": "human error"}
    refused = page.post(f"{url}keep/", {**body, "reason": "x" * 2001})
    assert refused.status_code == 422
    assert "x" * 2001 in refused.content.decode()
    assert page.post(f"{url}keep/", {**body, "reason": "A quotation."}).status_code == 302
    assert "1 to settle" in page.get(url).content.decode()
    assert page.post(f"{url}take-back/", body).status_code == 302
    assert "2 to settle" in page.get(url).content.decode()
