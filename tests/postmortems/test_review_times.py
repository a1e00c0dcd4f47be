"""The two times of a review meeting: when it took place, which judges it, and when that was written down (postmortem.review-5-days)."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.incidents.scene import Scene
from tests.postmortems.learning import ask, called, done, resolved, shown

pytestmark = pytest.mark.servers

DUE = "postmortem.review-5-days"


def late_by_days(scene: Scene, ref: str, days: int) -> dict[str, Any]:
    """The meeting is called for an hour from now, and nobody writes anything down for some days."""
    review = called(scene, ref)
    scene.clock.advance(days=days)
    while scene.sweep():
        pass
    scene.follow()
    return review


@pytest.mark.clause(DUE)
def test_written_down_days_later_it_is_judged_by_when_it_took_place_and_is_seen_to_be_late(scene: Scene) -> None:
    ref = resolved(scene)
    review = late_by_days(scene, ref, 9)
    assert [c["state"] for c in scene.part(ref, "clocks") if c["clause"] == DUE] == ["broken"]
    came = [{"person": one["email"], "came": True} for one in review["people"]]
    unsaid = ask(scene, "amira", ref, "review/hold", {"attendance": came, "decisions": "A lock timeout."})
    assert (unsaid.status_code, list(unsaid.json()["fields"])) == (422, ["reason"]), "nobody takes a miss back without a word"
    assert "say why it is written down only now" in unsaid.json()["detail"]
    said = {"decisions": "A lock timeout.", "reason": "The minutes lay in a drawer"}
    found = done(scene, "amira", ref, "review/hold", attendance=came, **said)
    assert found["record_reason"] == said["reason"]
    assert (found["held_at"], found["recorded_late"]) == (review["starts_at"], True)
    assert datetime.fromisoformat(found["recorded_at"]) == scene.clock.now
    (clock,) = [c for c in scene.part(ref, "clocks") if c["clause"] == DUE]
    assert (clock["broken_at"], clock["stopped_at"]) == (None, review["starts_at"])
    (entry,) = scene.told(ref, "review.held")
    assert entry["at"] == review["starts_at"]
    assert (entry["data"]["recorded_late"], entry["data"]["clock_righted"]) == (True, True)
    page = scene.page("jon").get(f"/o/acme/incidents/{ref}/postmortem/review/").content.decode()
    assert ("Written down late" in page, "Why only then: The minutes lay in a drawer" in page) == (True, True)
    assert entry["data"]["reason"] == said["reason"]


@pytest.mark.clause(DUE)
def test_half_an_hour_after_its_time_too_a_miss_is_taken_back_with_a_reason_alone(scene: Scene) -> None:
    ref = resolved(scene)
    due = datetime.fromisoformat(scene.running(ref, DUE)["due_at"])
    scene.clock.advance(seconds=(due - scene.clock.now).total_seconds() - 7200)
    review = called(scene, ref)
    scene.clock.advance(minutes=150)
    came = [{"person": one["email"], "came": True} for one in review["people"]]
    assert list(ask(scene, "amira", ref, "review/hold", {"attendance": came, "decisions": "x"}).json()["fields"]) == ["reason"]
    typed = {f"came_{one}": "yes" for one in (scene.acme.amira.user_id, scene.acme.jon.user_id)}
    typed |= {f"came_{one}": "no" for one in (scene.acme.admin.user_id, scene.acme.owner.user_id)}
    url = f"/o/acme/incidents/{ref}/postmortem/review/"
    refused = scene.page("amira").post(f"{url}hold/", {**typed, "decisions": "Typed with care"})
    assert (refused.status_code, "Typed with care" in refused.content.decode()) == (422, True)
    assert scene.page("amira").post(f"{url}hold/", {**typed, "decisions": "x", "reason": "It ran long"}).status_code == 302
    assert "Why only then: It ran long" in scene.page("jon").get(url).content.decode()


@pytest.mark.clause(DUE)
def test_it_is_written_down_where_it_took_place_before_it_was_called_for(scene: Scene) -> None:
    ref = resolved(scene)
    review = called(scene, ref, starts_at=(scene.clock.now + timedelta(days=2)).isoformat())
    scene.clock.advance(hours=3)
    came = [{"person": one["email"], "came": True} for one in review["people"]]
    early = ask(scene, "amira", ref, "review/hold", {"attendance": came, "decisions": "x"})
    assert (early.status_code, early.json()["code"]) == (409, "not_begun")
    moment = scene.ago(hours=1).replace(second=0, microsecond=0)
    found = done(scene, "amira", ref, "review/hold", attendance=came, decisions="x", held_at=moment.isoformat())
    assert (datetime.fromisoformat(found["held_at"]), found["uncalled"], found["starts_at"]) == (
        moment,
        False,
        review["starts_at"],
    )
    (clock,) = [c for c in scene.part(ref, "clocks") if c["clause"] == DUE]
    assert (clock["broken_at"], datetime.fromisoformat(clock["stopped_at"])) == (None, moment)


@pytest.mark.clause(DUE)
@pytest.mark.clause("postmortem.attendance")
def test_it_is_written_down_where_nobody_had_called_it_with_the_seats_as_they_are(scene: Scene) -> None:
    ref = resolved(scene)
    scene.clock.advance(hours=3)
    moment = scene.ago(hours=1).replace(second=0, microsecond=0)
    body = {"decisions": "A lock timeout.", "held_at": moment.isoformat()}
    refused = ask(scene, "amira", ref, "review/hold", {**body, "attendance": []})
    assert (refused.status_code, list(refused.json()["fields"])) == (422, ["attendance"])
    assert "Ada Admin" in refused.json()["detail"]
    assert shown(scene, "amira", ref)["reviews"] == [], "nothing is kept of what was refused"
    acme, url = scene.acme, f"/o/acme/incidents/{ref}/postmortem/review/"
    assert "Did Ada Admin (Engineering Manager) come?" in scene.page("amira").get(url).content.decode()
    typed = {f"came_{who.user_id}": "yes" for who in (acme.amira, acme.jon, acme.admin)} | {f"came_{acme.owner.user_id}": "no"}
    said = {**typed, "decisions": "A lock timeout."}
    unsaid = scene.page("amira").post(f"{url}hold/", said)
    assert (unsaid.status_code, "Then say when it took place" in unsaid.content.decode()) == (409, True)
    assert scene.page("amira").post(f"{url}hold/", {**said, "held_at": f"{moment:%Y-%m-%dT%H:%M}"}).status_code == 302
    (review,) = shown(scene, "amira", ref)["reviews"]
    assert (review["uncalled"], review["missing"], review["vacant"]) == (True, ["Olga Owner (Product Owner)"], [])
    assert datetime.fromisoformat(review["held_at"]) == moment
    assert "Nobody had called it." in scene.page("jon").get(url).content.decode()


@pytest.mark.clause(DUE)
def test_said_to_have_taken_place_after_its_time_it_was_missed(scene: Scene) -> None:
    ref = resolved(scene)
    review = late_by_days(scene, ref, 12)
    came = [{"person": one["email"], "came": True} for one in review["people"]]
    moment = (scene.clock.now - timedelta(hours=2)).replace(second=0, microsecond=0)
    found = done(scene, "amira", ref, "review/hold", attendance=came, decisions="x", held_at=moment.isoformat())
    assert (datetime.fromisoformat(found["held_at"]), found["recorded_late"]) == (moment, False)
    (clock,) = [c for c in scene.part(ref, "clocks") if c["clause"] == DUE]
    assert clock["broken_at"] is not None
    assert datetime.fromisoformat(clock["stopped_at"]) == moment


@pytest.mark.clause(DUE)
def test_it_took_place_in_the_past_and_after_the_resolution_and_nothing_typed_is_lost(scene: Scene) -> None:
    ref = resolved(scene)
    review = called(scene, ref)
    scene.clock.advance(hours=2)
    body = {"attendance": [{"person": one["email"], "came": True} for one in review["people"]], "decisions": "x"}
    for held_at in (scene.ago(hours=-1), scene.ago(hours=3), scene.ago(days=400)):
        refused = ask(scene, "amira", ref, "review/hold", {**body, "held_at": held_at.isoformat()})
        assert (refused.status_code, refused.json()["code"], list(refused.json()["fields"])) == (422, "no_such_time", ["held_at"])
    assert list(ask(scene, "amira", ref, "review/hold", {**body, "held_at": "yesterday"}).json()["fields"]) == ["held_at"]
    acme, url = scene.acme, f"/o/acme/incidents/{ref}/postmortem/review/"
    assert f'value="{review["starts_at"][:16]}"' in scene.page("amira").get(url).content.decode(), "when it was called for"
    typed = {f"came_{who.user_id}": "yes" for who in (acme.amira, acme.jon, acme.admin, acme.owner)}
    said = {**typed, "decisions": "A lock timeout.", "held_at": f"{scene.ago(days=3):%Y-%m-%dT%H:%M}"}
    refused_page = scene.page("amira").post(f"{url}hold/", said)
    assert refused_page.status_code == 422
    assert (
        "say when its review took place" in refused_page.content.decode(),
        said["held_at"] in refused_page.content.decode(),
    ) == (True, True)
    moment = scene.ago(minutes=30).replace(second=0, microsecond=0)
    assert scene.page("amira").post(f"{url}hold/", {**said, "held_at": f"{moment:%Y-%m-%dT%H:%M}"}).status_code == 302
    assert datetime.fromisoformat(shown(scene, "amira", ref)["reviews"][0]["held_at"]) == moment
