"""The review of the process each quarter: it opens by itself, is prepared, asked for, signed off, or late where everybody sees it."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.core import mail

from ledger.models import Event
from standard import reviewing
from standard.models import Calendar, Clock, ProcessReview, ReviewOpening
from standard.quarters import quarter_of
from tests.incidents.scene import Scene

pytestmark = [pytest.mark.servers, pytest.mark.clause("improve.quarterly-review")]


def the_review(scene: Scene) -> Any:
    return scene.api("owner").get("process-reviews/").json()["results"][-1]


def decided(scene: Scene, words: str = "Nothing changes.") -> Any:
    """The running quarter's review, with something decided."""
    review = scene.api("owner").get(f"process-reviews/{the_review(scene)['id']}/").json()
    scene.api("owner").post(f"process-reviews/{review['id']}/write/", {"revision": review["revision"], "decisions": words})
    return review


def sign(scene: Scene, review: Any, who: str = "owner", **body: Any) -> Any:
    return scene.api(who).post(f"process-reviews/{review['id']}/sign/", body)


@pytest.mark.parametrize(
    ("zone", "at", "start", "end"),
    [
        ("UTC", datetime(2026, 11, 25, tzinfo=UTC), "2026-10-01T00:00:00+00:00", "2027-01-01T00:00:00+00:00"),
        # Midnight by the wall clock, on both sides of daylight saving.
        ("Europe/Berlin", datetime(2026, 3, 31, 22, 30, tzinfo=UTC), "2026-03-31T22:00:00+00:00", "2026-06-30T22:00:00+00:00"),
        ("Europe/Berlin", datetime(2026, 3, 31, 21, 30, tzinfo=UTC), "2025-12-31T23:00:00+00:00", "2026-03-31T22:00:00+00:00"),
        ("Pacific/Auckland", datetime(2026, 9, 30, 12, tzinfo=UTC), "2026-09-30T11:00:00+00:00", "2026-12-31T11:00:00+00:00"),
    ],
)
def test_a_quarter_is_the_organisations_own(zone: str, at: datetime, start: str, end: str) -> None:
    quarter = quarter_of(ZoneInfo(zone), at)
    assert (quarter.start.isoformat(), quarter.end.isoformat()) == (start, end)
    assert quarter.due(1) == quarter.end
    assert quarter.due(5) == quarter.later(5).start


def test_an_organisation_begins_with_the_running_quarters_review(scene: Scene) -> None:
    review = the_review(scene)
    quarter = quarter_of(ZoneInfo("UTC"), scene.clock.now)
    assert datetime.fromisoformat(review["starts_at"]) == quarter.start
    assert datetime.fromisoformat(review["due_at"]) == quarter.end
    with scene.acme.scope():
        clock = Clock.objects.get(clause="improve.quarterly-review")
        left = quarter.end - clock.started_at
        asked = left - timedelta(days=14) if left > timedelta(days=14) else left / 2
        assert (clock.due_at, clock.prompt_at, clock.owner_role) == (quarter.end, clock.started_at + asked, "process_owner")


def test_the_quarters_end_opens_the_next_and_what_was_not_signed_is_late(scene: Scene) -> None:
    """The clock breaks, process owners are told, the page says so, and the next quarter's review is there. Twice makes no second."""
    review = the_review(scene)
    scene.clock.advance(seconds=(datetime.fromisoformat(review["due_at"]) - scene.clock.now).total_seconds() + 5)
    scene.sweep()
    scene.sweep()
    rows = scene.api("auditor").get("process-reviews/").json()["results"]
    assert [row["starts_at"] for row in rows] == [review["ends_at"], review["starts_at"]]
    assert scene.api("auditor").get(f"process-reviews/{review['id']}/").json()["broken"] is True
    assert b"past its time" in scene.page("jon").get(f"/o/acme/reviews/{review['id']}/").content
    scene.follow()
    assert any("is past its time" in message.subject and "owner@acme.example" in message.to[0] for message in mail.outbox)
    with scene.acme.scope():
        broken = Event.objects.filter(kind="clock.broken", data__clause="improve.quarterly-review")
        assert broken.count() == 1


def test_quarters_that_were_passed_over_are_owed_each(scene: Scene) -> None:
    scene.clock.advance(days=300)
    scene.sweep()
    rows = scene.api("owner").get("process-reviews/").json()["results"]
    assert len(rows) == 4
    assert [row["ends_at"] for row in rows[1:]] == [row["starts_at"] for row in rows[:-1]]


def test_an_organisation_without_any_review_begins_with_the_running_quarter(scene: Scene) -> None:
    """What a migration left behind: an opening that is due. The sweep makes it a review, once."""
    globex = scene.globex
    with globex.scope():
        row = ReviewOpening.objects.get()
        ProcessReview.objects.get()
        row.next_at = scene.clock.now - timedelta(days=1)
        row.save()
    assert reviewing.sweep() == 1
    assert reviewing.sweep() == 0
    with globex.scope():
        assert ProcessReview.objects.count() == 1
        assert ReviewOpening.objects.get().next_at == quarter_of(ZoneInfo("UTC"), scene.clock.now).end


def test_process_owners_are_asked_two_weeks_before(scene: Scene) -> None:
    with scene.acme.scope():
        asked = Clock.objects.get(clause="improve.quarterly-review").prompt_at
    assert asked is not None
    scene.clock.advance(seconds=(asked - scene.clock.now).total_seconds() + 1)
    scene.sweep()
    scene.follow()
    told = [message.to for message in mail.outbox if "is due soon" in message.subject]
    assert len([to for to in told if "owner@acme.example" in to[0]]) == 1
    assert all("owner@" in to[0] for to in told)
    assert b"Process review of" in scene.page("owner").get("/o/acme/inbox/").content
    assert b"Process review of" not in scene.page("jon").get("/o/acme/inbox/").content


def test_the_page_lays_out_figures_feedback_and_versions(scene: Scene) -> None:
    """Clocks kept and broken by clause, incidents by severity; an exercise counts in neither."""
    ref = scene.declare()
    scene.declare(exercise=True)
    scene.do("mei", ref, "claim")
    scene.later(minutes=40)
    scene.api("jon").post("feedback/", {"text": "Shorter updates, please."})
    review = scene.api("owner").get(f"process-reviews/{the_review(scene)['id']}/").json()
    tables = {table["title"]: table for table in review["figures"]}
    severities = {row[0]: row[1:] for row in tables["Incidents by severity"]["rows"]}
    assert severities["SEV 1"][0] == "1"
    kept = {row[0]: row[1:] for row in tables["Clauses kept"]["rows"]}
    assert kept["severity.sev1-cadence"] == ["0", "1", "1", "0 %"]
    assert [row["text"] for row in review["feedback"]] == ["Shorter updates, please."]
    page = scene.page("owner").get(f"/o/acme/reviews/{review['id']}/").content
    for words in (b"Clauses kept", b"severity.sev1-cadence", b"Shorter updates, please.", b"Sign off"):
        assert words in page


def test_signing_off_stops_the_clock_and_opens_the_next(scene: Scene) -> None:
    review = decided(scene)
    answer = sign(scene, review)
    assert (answer.status_code, answer.json()["signed_by"], answer.json()["broken"]) == (200, "Olga Owner", False)
    rows = scene.api("owner").get("process-reviews/").json()["results"]
    assert [row["starts_at"] for row in rows] == [review["ends_at"], review["starts_at"]]
    with scene.acme.scope():
        done, running = Clock.objects.filter(clause="improve.quarterly-review").order_by("id")
        assert (done.stopped_at, running.stopped_at) == (scene.clock.now, None)
    again = sign(scene, review)
    assert (again.status_code, again.json()["code"]) == (409, "signed")
    write = scene.api("owner").post(f"process-reviews/{review['id']}/write/", {"revision": 2, "notes": "later"})
    assert write.json()["code"] == "signed"


def table(found: Any, title: str, key: str = "signed_figures") -> dict[str, list[str]]:
    """A table of a review's figures: what a row is about -> its figures."""
    return {row[0]: row[1:] for one in found[key] if one["title"] == title for row in one["rows"]}


def whole(scene: Scene, review: Any, who: str = "auditor") -> Any:
    return scene.api(who).get(f"process-reviews/{review['id']}/").json()


def test_the_figures_that_were_signed_off_stay_as_they_were_signed_beside_todays(scene: Scene) -> None:
    ref = scene.mobilised("SEV2")
    scene.clock.advance(minutes=1)
    review = decided(scene)
    assert whole(scene, review)["signed_figures"] is None
    page = scene.page("owner").get(f"/o/acme/reviews/{review['id']}/").content.decode()
    assert "as they were signed off" not in page
    signed = sign(scene, review).json()
    assert table(signed, "Incidents by severity")["SEV 2"][0] == "1"
    assert datetime.fromisoformat(signed["covers_until"]) == scene.clock.now
    assert table(signed, "Incidents by severity", "figures") == table(signed, "Incidents by severity")
    scene.clock.advance(minutes=1)
    scene.do("amira", ref, "severity", severity="SEV1", reason="Worse")
    later = whole(scene, review)
    assert later["signed_figures"] == signed["signed_figures"], "what was signed does not change"
    assert (table(later, "Incidents by severity")["SEV 1"][0], table(later, "Incidents by severity", "figures")["SEV 1"][0]) == (
        "0",
        "1",
    )
    shown = scene.page("jon").get(f"/o/acme/reviews/{review['id']}/").content.decode()
    for words in ("as they were signed off", "stands beside them", "today 1"):
        assert words in shown, words


def test_nothing_restricted_is_in_the_figures_that_are_kept_for_all_to_read(scene: Scene) -> None:
    """Though the one who signs is named on it, and counts it on the page before and after."""
    ref = scene.mobilised()
    new = scene.do("amira", ref, "flag", flag="personal_data", kinds=["pii"], reason="Names leaked")["ref"]
    scene.follow()
    assert "owner@acme.example" in {row["email"] for row in scene.part(new, "need-to-know")}
    scene.clock.advance(minutes=1)
    review = decided(scene)
    assert table(whole(scene, review, "owner"), "Incidents by severity", "figures")["SEV 1"][0] == "1"
    signed = sign(scene, review).json()
    assert table(signed, "Incidents by severity")["SEV 1"][0] == "0"
    assert table(signed, "Incidents by severity", "figures")["SEV 1"][0] == "1"
    assert table(whole(scene, review, "jon"), "Clauses kept") == table(signed, "Clauses kept")


def test_what_comes_after_a_sign_off_is_the_next_reviews_to_the_quarters_end(scene: Scene) -> None:
    """Signed off before the quarter is over, its end is covered by the next, to the instant: nothing is looked at by no review, or by two."""
    review = decided(scene)
    sign(scene, review)
    signed_at = scene.clock.now
    scene.clock.advance(minutes=5)
    scene.declare("amira", "SEV3")  # after the sign-off, in the quarter that was signed off
    end = datetime.fromisoformat(review["ends_at"])
    scene.clock.advance(seconds=(end - scene.clock.now).total_seconds() + 60)
    scene.sweep()
    coming = scene.api("owner").get("process-reviews/").json()["results"][0]
    found = whole(scene, coming, "owner")
    assert (datetime.fromisoformat(found["starts_at"]), datetime.fromisoformat(found["covers_from"])) == (end, signed_at)
    assert found["covers_until"] == found["ends_at"]
    assert table(found, "Incidents by severity", "figures")["SEV 3"][0] == "1"
    shown = scene.page("owner").get(f"/o/acme/reviews/{coming['id']}/").content.decode()
    assert "from where the review before it ended" in shown


def test_signed_off_late_it_covers_its_quarter_to_the_end_and_the_next_begins_there(scene: Scene) -> None:
    review = decided(scene)
    end = datetime.fromisoformat(review["ends_at"])
    scene.clock.advance(seconds=(end - scene.clock.now).total_seconds() + 3600)
    scene.sweep()
    signed = sign(scene, review).json()
    assert datetime.fromisoformat(signed["covers_until"]) == end
    coming = scene.api("owner").get("process-reviews/").json()["results"][0]
    assert whole(scene, coming, "owner")["covers_from"] == coming["starts_at"]


def test_a_quarter_that_has_not_begun_is_not_signed(scene: Scene) -> None:
    sign(scene, decided(scene))
    coming = scene.api("owner").get("process-reviews/").json()["results"][0]
    scene.api("owner").post(f"process-reviews/{coming['id']}/write/", {"revision": 1, "decisions": "x"})
    assert sign(scene, coming).json()["code"] == "not_begun"


def test_nothing_is_signed_before_something_is_decided(scene: Scene) -> None:
    assert sign(scene, the_review(scene)).json()["code"] == "no_decisions"


def test_feedback_is_answered_first_or_a_reason_given(scene: Scene) -> None:
    review = decided(scene)
    scene.api("jon").post("feedback/", {"text": "Shorter updates, please."})
    refused = sign(scene, review)
    assert (refused.status_code, refused.json()["code"], refused.json()["reasons"][0]["overridable"]) == (
        409,
        "feedback_unsettled",
        True,
    )
    shown = scene.page("owner").post(f"/o/acme/reviews/{review['id']}/sign/", {})
    assert (shown.status_code, b"1 piece of feedback is not answered yet" in shown.content) == (409, True)
    answer = sign(scene, review, overrides={"feedback_unsettled": "Jon explains it next week."})
    assert (answer.status_code, answer.json()["unsettled_reason"]) == (200, "Jon explains it next week.")
    coming = scene.api("owner").get("process-reviews/").json()["results"][0]
    later = scene.api("owner").get(f"process-reviews/{coming['id']}/").json()
    assert [row["text"] for row in later["feedback"]] == ["Shorter updates, please."], "it waits for the next one"


@pytest.mark.parametrize("who", ["admin", "jon", "exec", "support"])
def test_nobody_else_writes_or_signs(scene: Scene, who: str) -> None:
    review = decided(scene)
    assert sign(scene, review, who).json()["code"] == "not_process_owner"
    answer = scene.api(who).post(f"process-reviews/{review['id']}/write/", {"revision": 2, "notes": "x"})
    assert (answer.status_code, "Olga Owner may" in answer.json()["detail"]) == (403, True)
    assert scene.page(who).post(f"/o/acme/reviews/{review['id']}/sign/", {}).status_code == 403
    assert scene.page(who).get(f"/o/acme/reviews/{review['id']}/").status_code == 200


def test_an_auditor_reads_it_all(scene: Scene) -> None:
    review = decided(scene, "We shorten the checklist.")
    page = scene.page("auditor").get(f"/o/acme/reviews/{review['id']}/").content
    assert b"We shorten the checklist." in page
    assert b"<textarea" not in page
    assert sign(scene, review, "auditor").status_code == 403


def test_who_writes_over_another_is_shown_both(scene: Scene) -> None:
    review = decided(scene, "Theirs.")
    answer = scene.api("owner").post(
        f"process-reviews/{review['id']}/write/", {"revision": 1, "notes": "n", "decisions": "Mine."}
    )
    assert (answer.status_code, answer.json()["current"]["decisions"]) == (409, "Theirs.")
    shown = scene.page("owner").post(
        f"/o/acme/reviews/{review['id']}/write/", {"revision": 1, "notes": "n", "decisions": "Mine."}
    )
    assert (shown.status_code, b"Theirs." in shown.content, b"Mine." in shown.content) == (409, True, True)


def test_a_review_counts_by_the_calendars_zone(scene: Scene) -> None:
    with scene.acme.scope(scene.acme.admin):
        row = Calendar.objects.get()
        row.time_zone = "Asia/Tokyo"
        row.save()
    sign(scene, decided(scene))
    coming = scene.api("owner").get("process-reviews/").json()["results"][0]
    assert datetime.fromisoformat(coming["ends_at"]).astimezone(ZoneInfo("Asia/Tokyo")).hour == 0


def test_an_outsider_finds_none_of_it(scene: Scene) -> None:
    review = decided(scene)
    outsider = scene.door(scene.globex.owner)
    assert outsider.get(f"process-reviews/{review['id']}/").status_code == 404
    assert outsider.post(f"process-reviews/{review['id']}/sign/").status_code == 404
