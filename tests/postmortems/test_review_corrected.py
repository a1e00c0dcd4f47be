"""When a review took place is corrected beside what was written down, and its clock is judged by it (postmortem.review-5-days)."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from postmortems.models import Review
from tests.incidents.scene import Scene
from tests.postmortems.learning import ask, called, done, held, resolved, shown
from tests.postmortems.test_review import invitation

pytestmark = pytest.mark.servers

DUE, WHY = "postmortem.review-5-days", "The calendar says so; I typed the wrong day"


def clock(scene: Scene, ref: str) -> Any:
    (found,) = [c for c in scene.part(ref, "clocks") if c["clause"] == DUE]
    return found


def kept_share(scene: Scene) -> list[tuple[int, int]]:
    """(kept, broken) of the clause, as the API of figures has it."""
    scene.follow()
    found = scene.api("owner").get("metrics/").json()["clauses"]
    return [(one["kept"], one["broken"]) for one in found if one["clause"] == DUE]


def page(scene: Scene, ref: str) -> str:
    text: str = scene.page("jon").get(f"/o/acme/incidents/{ref}/postmortem/review/").content.decode()
    return text


@pytest.mark.clause(DUE)
def test_a_miss_that_there_was_none_of_is_taken_back_and_what_was_written_down_stays(scene: Scene) -> None:
    ref = resolved(scene)
    review = called(scene, ref)
    scene.clock.advance(days=12)
    while scene.sweep():
        pass
    came = [{"person": one["email"], "came": True} for one in review["people"]]
    wrong = (scene.clock.now - timedelta(hours=2)).replace(second=0, microsecond=0)
    done(scene, "amira", ref, "review/hold", attendance=came, decisions="A lock timeout.", held_at=wrong.isoformat())
    assert clock(scene, ref)["state"] == "broken"
    assert kept_share(scene) == [(0, 1)]
    found = done(scene, "amira", ref, "review/correct-time", held_at=review["starts_at"], reason=WHY)
    assert (found["held_at"], datetime.fromisoformat(found["first_said_at"])) == (review["starts_at"], wrong)
    assert found["recorded_late"], "by the time in force it was written down days later"
    (kept,) = found["corrections"]
    assert (kept["held_at"], kept["reason"], kept["by"]) == (review["starts_at"], WHY, "Amira Ahmadi")
    assert (clock(scene, ref)["state"], clock(scene, ref)["stopped_at"]) == ("kept", review["starts_at"])
    assert kept_share(scene) == [(1, 0)]
    (entry,) = scene.told(ref, "review.time_corrected")
    assert (entry["data"]["before"], entry["data"]["clock"]) == (wrong.isoformat(), "righted")
    assert "Corrected when the review took place" in entry["text"]
    assert (WHY in page(scene, ref), "written down first as" in page(scene, ref)) == (True, True)
    assert len([e for e in scene.told(ref, "clock.broken") if e["data"]["clause"] == DUE]) == 1, "the first verdict stays told"
    with scene.acme.scope():
        assert Review.objects.get().held_at == wrong


@pytest.mark.clause(DUE)
def test_a_miss_that_a_mistyped_time_hid_is_one(scene: Scene) -> None:
    ref = resolved(scene)
    review = held(scene, ref)
    assert (clock(scene, ref)["state"], kept_share(scene)) == ("kept", [(1, 0)])
    due = datetime.fromisoformat(clock(scene, ref)["due_at"])
    scene.clock.advance(days=12)
    really = (scene.clock.now - timedelta(hours=3)).replace(second=0, microsecond=0)
    found = done(scene, "owner", ref, "review/correct-time", held_at=really.isoformat(), reason=WHY, review=review["id"])
    assert datetime.fromisoformat(found["held_at"]) == really
    assert (clock(scene, ref)["state"], datetime.fromisoformat(clock(scene, ref)["stopped_at"])) == ("broken", really)
    (told,) = [e for e in scene.told(ref, "clock.broken") if e["data"]["clause"] == DUE]
    assert told["data"]["late_seconds"] == (really - due).total_seconds()
    assert kept_share(scene) == [(0, 1)]
    back = done(scene, "owner", ref, "review/correct-time", held_at=review["held_at"], reason="It was right after all")
    assert (back["held_at"], [one["reason"] for one in back["corrections"]]) == (
        review["held_at"],
        [WHY, "It was right after all"],
    )
    assert (clock(scene, ref)["state"], kept_share(scene)) == ("kept", [(1, 0)])


@pytest.mark.clause(DUE)
def test_the_first_of_two_meetings_judges_the_clock_whichever_is_corrected(scene: Scene) -> None:
    ref = resolved(scene)
    first = held(scene, ref)
    scene.clock.advance(days=12)
    second = held(scene, ref)
    moved = (datetime.fromisoformat(second["held_at"]) + timedelta(minutes=5)).isoformat()
    done(scene, "amira", ref, "review/correct-time", held_at=moved, reason=WHY)
    rows = {one["id"]: one for one in shown(scene, "amira", ref)["reviews"]}
    assert (len(rows[second["id"]]["corrections"]), rows[first["id"]]["corrections"]) == (1, []), "without an id, the last one"
    assert clock(scene, ref)["state"] == "kept"
    choice = page_of(scene, "amira", ref)
    assert "Which meeting?" in choice
    really = (scene.clock.now - timedelta(hours=1)).isoformat()
    done(scene, "amira", ref, "review/correct-time", held_at=really, reason=WHY, review=first["id"])
    assert clock(scene, ref)["state"] == "broken"


def page_of(scene: Scene, who: str, ref: str) -> str:
    text: str = scene.page(who).get(f"/o/acme/incidents/{ref}/postmortem/review/").content.decode()
    return text


def test_what_is_published_after_it_has_the_time_in_force(scene: Scene) -> None:
    ref = resolved(scene)
    review = held(scene, ref)
    really = (datetime.fromisoformat(review["held_at"]) + timedelta(minutes=7)).replace(second=0, microsecond=0)
    done(scene, "amira", ref, "review/correct-time", held_at=really.isoformat(), reason=WHY)
    text = scene.api("amira").get(f"incidents/{ref}/postmortem.md").content.decode()
    assert f"{really:%Y-%m-%d %H:%M}" in text
    assert f"{datetime.fromisoformat(review['held_at']):%Y-%m-%d %H:%M}" not in text.partition("Review")[2]


@pytest.mark.clause(DUE)
def test_it_takes_a_reason_a_writer_a_meeting_that_was_held_and_a_time_that_can_be(scene: Scene) -> None:
    ref = resolved(scene)
    good = {"held_at": scene.ago(minutes=10).isoformat(), "reason": WHY}
    unheld = ask(scene, "amira", ref, "review/correct-time", good)
    assert (unheld.status_code, unheld.json()["code"]) == (409, "not_held")
    assert "Correct when it took place" not in page_of(scene, "amira", ref)
    review = held(scene, ref)
    good["held_at"] = scene.ago(minutes=10).isoformat()
    for who, status in (("mei", 403), ("auditor", 403), ("support", 403)):
        assert ask(scene, who, ref, "review/correct-time", good).status_code == status, who
    assert scene.door(scene.globex.amira).post(f"incidents/{ref}/postmortem/review/correct-time/", good).status_code == 404
    for change, code, field in (
        ({"reason": " "}, "required", "reason"),
        ({"held_at": scene.ago(hours=-1).isoformat()}, "no_such_time", "held_at"),
        ({"held_at": scene.ago(days=2).isoformat()}, "no_such_time", "held_at"),
        ({"held_at": review["held_at"]}, "unchanged", "held_at"),
    ):
        refused = ask(scene, "amira", ref, "review/correct-time", {**good, **change})
        assert (refused.status_code, list(refused.json()["fields"])) == (422, [field]), (change, refused.json())
        assert code in (refused.json()["code"], "required"), refused.json()
    assert ask(scene, "amira", ref, "review/correct-time", {**good, "review": 999_999}).json()["code"] == "not_held"
    assert shown(scene, "amira", ref)["reviews"][0]["corrections"] == []
    assert "correct-time" in shown(scene, "amira", ref)["allowed_actions"]
    assert "correct-time" not in shown(scene, "mei", ref)["allowed_actions"]
    scene.do("amira", ref, "reopen", reason="Errors are back")
    assert ask(scene, "amira", ref, "review/correct-time", good).json()["code"] == "not_resolved"


@pytest.mark.clause(DUE)
def test_on_the_page_too_and_nothing_typed_is_lost(scene: Scene) -> None:
    ref = resolved(scene)
    review = held(scene, ref)
    url = f"/o/acme/incidents/{ref}/postmortem/review/"
    assert "Correct when it took place" in page_of(scene, "amira", ref)
    ahead = f"{scene.ago(days=-3):%Y-%m-%dT%H:%M}"
    refused = scene.page("amira").post(f"{url}correct-time/", {"held_at": ahead, "reason": WHY})
    assert (refused.status_code, WHY in refused.content.decode(), ahead in refused.content.decode()) == (422, True, True)
    really = (datetime.fromisoformat(review["held_at"]) + timedelta(minutes=9)).replace(second=0, microsecond=0)
    answer = scene.page("amira").post(f"{url}correct-time/", {"held_at": f"{really:%Y-%m-%dT%H:%M}", "reason": WHY})
    assert answer.status_code == 302, answer.content
    assert datetime.fromisoformat(shown(scene, "amira", ref)["reviews"][0]["held_at"]) == really
    assert WHY in page_of(scene, "jon", ref)


@pytest.mark.clause(DUE)
def test_held_before_its_slot_the_calendars_of_those_invited_let_the_slot_go(scene: Scene) -> None:
    ref = resolved(scene)
    review = called(scene, ref, starts_at=(scene.clock.now + timedelta(days=2)).isoformat())
    scene.follow()
    _, asked = invitation(scene.mails("jon", "Post-mortem review")[0])
    scene.clock.advance(hours=3)
    came = [{"person": one["email"], "came": True} for one in review["people"]]
    earlier = scene.ago(hours=1).replace(second=0, microsecond=0).isoformat()
    said = {"attendance": came, "decisions": "x", "held_at": earlier, "guests": [scene.email("mei")]}
    done(scene, "amira", ref, "review/hold", **said)
    scene.follow()
    for who in ("amira", "jon", "admin", "owner"):
        (mail,) = scene.mails(who, "Held earlier")
        method, event = invitation(mail)
        assert (method, str(event["status"])) == ("CANCEL", "CANCELLED")
        assert (event["uid"], event["sequence"] > asked["sequence"]) == (asked["uid"], True)
        assert "It took place already" in mail.body
    assert scene.mails("mei", "Held earlier") == [], "who came unasked has nothing to let go"
    (entry,) = scene.told(ref, "review.held")
    assert len(entry["data"]["slot_freed"]) == 4


@pytest.mark.clause(DUE)
def test_held_when_it_was_called_for_nothing_is_called_off(scene: Scene) -> None:
    ref = resolved(scene)
    held(scene, ref)
    scene.follow()
    assert [scene.mails(who, "Held earlier") for who in ("amira", "jon", "admin", "owner")] == [[], [], [], []]
    assert scene.told(ref, "review.held")[0]["data"]["slot_freed"] == []
