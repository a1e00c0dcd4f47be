"""Resolving a SEV 1/2 opens its post-mortem, filled from the record and due in 24 hours."""

from datetime import timedelta

import pytest

from incidents.gravity import counting, is_learnt_from, worst
from incidents.models import Incident
from ledger.actions import record
from postmortems.gate import postmortem_for
from postmortems.models import PostMortem
from postmortems.people import writers
from postmortems.seats import required
from postmortems.states import ReviewSeat
from standard.models import Clock
from tests.incidents.scene import Scene
from tests.postmortems.filing import filed, sprint_end
from tests.postmortems.paper import Paper


def _drafts(scene: Scene) -> list[PostMortem]:
    with scene.acme.scope():
        return list(PostMortem.objects.select_related("author", "incident"))


@pytest.mark.clause("postmortem.draft-24h")
def test_resolving_a_sev_1_opens_a_draft_due_24_hours_after(scene: Scene) -> None:
    ref = scene.ended("resolve")
    resolved = scene.clock.now
    scene.follow()
    (draft,) = _drafts(scene)
    assert (draft.incident.ref, draft.state, draft.author and draft.author.email) == (ref, "draft", "amira@acme.example")
    running = scene.running(ref, "postmortem.draft-24h")
    assert running["due_at"] == (resolved + timedelta(hours=24)).isoformat().replace("+00:00", "Z")


def test_a_sev_3_has_none(scene: Scene) -> None:
    scene.ended("resolve", severity="SEV3")
    scene.follow()
    assert _drafts(scene) == []


def lowered(scene: Scene, to: str = "SEV3") -> str:
    """A SEV 1 that was lowered once it was mitigated, and is resolved as that."""
    ref = scene.commanded()
    scene.clock.advance(minutes=20)
    scene.do("amira", ref, "severity", severity=to, reason="It is down to one shop")
    scene.do("mei", ref, "impact", end=scene.clock.now.isoformat())
    scene.do("mei", ref, "resolve", summary="Rolled back")
    scene.follow()
    return ref


@pytest.mark.clause("postmortem.draft-24h")
@pytest.mark.clause("postmortem.review-5-days")
def test_what_was_a_sev_1_and_was_lowered_before_its_end_owes_all_that_a_sev_1_owes(scene: Scene) -> None:
    """The draft with its clock, the review with its, items with a limit; and it is closed once they are done, or waived."""
    ref = lowered(scene)
    (draft,) = _drafts(scene)
    assert draft.author is not None
    assert draft.author.email == "amira@acme.example", "who commanded last, though nobody commands a SEV 3"
    with scene.acme.scope():
        summary = draft.sections.get(key="summary")
    assert summary.text.startswith(f"SEV 3 (SEV 1 at its worst) {ref}: "), "why it is there, though its badge says SEV 3"
    assert [(row["severity"], row["worst"]) for row in scene.api("mei").get("postmortems/").json()["results"]] == [
        ("SEV3", "SEV1")
    ]
    browser, at = scene.page("mei"), f"/o/acme/incidents/{ref}/postmortem"
    for page in ("/o/acme/postmortems/", f"{at}/", f"{at}/read/"):
        assert b'<span class="tag">SEV 1 at its worst</span>' in browser.get(page).content, page
    written = browser.get(f"{at}.md").content.decode()
    assert written.startswith(f"# Post-mortem of SEV 3 (SEV 1 at its worst) {ref}: ")
    due = scene.clock.now + timedelta(hours=24)
    assert scene.running(ref, "postmortem.draft-24h")["due_at"] == due.isoformat().replace("+00:00", "Z")
    assert scene.running(ref, "postmortem.review-5-days")
    item = filed(scene, ref)
    assert item["due_at"] == sprint_end(scene.clock.now, 1).isoformat().replace("+00:00", "Z"), "a SEV 1's sprint"
    refused = scene.verb("mei", ref, "close").json()
    assert [reason["code"] for reason in refused["reasons"]] == ["postmortem_missing"]
    Paper(scene, ref).do("owner", "waive", reason="The severity was a slip")
    assert scene.do("mei", ref, "close")["state"] == "closed"


def test_the_worst_counts_over_a_reopening_too_and_what_was_raised_only_after_it_was_reopened(scene: Scene) -> None:
    """A SEV 3 owes nothing; what comes back as a SEV 2, and is lowered again, does."""
    ref = scene.ended("resolve", severity="SEV3")
    scene.follow()
    assert _drafts(scene) == []
    scene.do("amira", ref, "reopen", reason="It is back")
    scene.do("mei", ref, "severity", severity="SEV2", reason="Half of all orders")
    scene.do("amira", ref, "severity", severity="SEV4", reason="A label")
    scene.do("mei", ref, "impact", end=scene.clock.now.isoformat())
    scene.do("mei", ref, "resolve", summary="Rolled back")
    scene.follow()
    assert [draft.incident.ref for draft in _drafts(scene)] == [ref]


def test_what_was_resolved_before_resolutions_said_how_bad_it_was_owes_what_its_people_were_told(scene: Scene) -> None:
    """Its entry has no `worst`: nothing was opened, nobody could waive it, and it is closed as it ever was."""
    ref = scene.ended("resolve", severity="SEV3")
    with scene.acme.scope():
        incident = Incident.objects.get(ref=ref)
        record("incident.severity_changed", incident, by=scene.acme.amira.actor(), incident_id=incident.pk, before=3, severity=1)
        record("incident.severity_changed", incident, by=scene.acme.amira.actor(), incident_id=incident.pk, before=1, severity=3)
        record("incident.resolved", incident, by=scene.acme.amira.actor(), incident_id=incident.pk, summary="As it was told then")
        assert (worst(incident), counting(incident), is_learnt_from(incident)) == (1, 3, False)
    scene.follow()
    assert _drafts(scene) == []
    assert scene.do("amira", ref, "close")["state"] == "closed"


@pytest.mark.clause("postmortem.attendance")
def test_what_was_a_sev_1_and_was_merged_into_a_sev_3_is_learnt_from_there(scene: Scene) -> None:
    """By those who led it: nobody takes roles in a SEV 3. Over two mergings too."""
    into, last, ref = scene.declare("mei", "SEV3"), scene.declare("mei", "SEV3"), scene.commanded()
    scene.give(ref, ol="jon")
    scene.do("amira", ref, "severity", severity="SEV3", reason="Down to one shop")
    scene.do("mei", ref, "merge", into=into)
    scene.do("mei", into, "merge", into=last)
    scene.do("mei", last, "impact", end=scene.clock.now.isoformat())
    scene.do("mei", last, "resolve", summary="Rolled back")
    scene.follow()
    (draft,) = _drafts(scene)
    assert draft.author is not None
    assert (draft.incident.ref, draft.author.email) == (last, "amira@acme.example")
    with scene.acme.scope():
        seats = {seat.seat: [user.email for user in seat.people] for seat in required(draft.incident)}
        assert [writer.email for writer in writers(draft)] == ["amira@acme.example", "jon@acme.example"]
    assert (seats[ReviewSeat.IC], seats[ReviewSeat.OL]) == (["amira@acme.example"], ["jon@acme.example"])


@pytest.mark.clause("postmortem.draft-24h")
def test_what_a_flag_raises_to_a_sev_1_after_it_was_resolved_has_one_due_24_hours_after_the_flag(scene: Scene) -> None:
    ref = scene.ended("resolve", severity="SEV3")
    scene.follow()
    scene.clock.advance(hours=30)
    flagged = scene.clock.now
    answer = scene.verb("amira", ref, "flag", flag="personal_data", kinds=["pii"], reason="The export had addresses")
    assert answer.status_code == 200, answer.content
    scene.follow()
    (draft,) = _drafts(scene)
    due = flagged + timedelta(hours=24)
    assert scene.running(answer.json()["ref"], "postmortem.draft-24h")["due_at"] == due.isoformat().replace("+00:00", "Z")
    assert draft.incident.restricted


def test_a_flag_on_what_has_a_post_mortem_leaves_its_time_as_it_is(scene: Scene) -> None:
    ref = scene.ended("resolve")
    scene.follow()
    due = scene.running(ref, "postmortem.draft-24h")["due_at"]
    scene.clock.advance(hours=1)
    ref = scene.verb("amira", ref, "flag", flag="financial_loss", reason="Charged twice").json()["ref"]
    scene.follow()
    assert scene.running(ref, "postmortem.draft-24h")["due_at"] == due


def test_a_false_positive_and_what_was_merged_have_none(scene: Scene) -> None:
    scene.ended("false-positive")
    scene.follow()
    assert _drafts(scene) == []


@pytest.mark.parametrize("ending", ["false-positive", "merge"])
def test_what_was_none_after_all_or_went_on_elsewhere_keeps_its_draft_as_it_was(scene: Scene, ending: str) -> None:
    """It was resolved, reopened, and ended otherwise: nobody writes, publishes or gives its draft away any more."""
    page = Paper(scene, scene.ended("resolve"))
    scene.follow()
    before = page.section("summary")
    scene.do("amira", page.ref, "reopen", reason="It came back")
    scene.do("amira", page.ref, ending, **{"merge": {"into": scene.commanded()}}.get(ending, {"reason": "A drill"}))
    scene.follow()
    refused = [
        page.save("amira", "summary", "After all", version=before["version"]),
        page.ask("amira", "facts", users_affected=1),
        page.ask("amira", "add-why", text="Because"),
        page.ask("amira", "publish"),
        page.ask("amira", "take-up", reason="A typo"),
    ]
    assert [(answer.status_code, answer.json()["reasons"][0]["code"]) for answer in refused] == [(409, "no_postmortem")] * 5
    assert {answer.json()["reasons"][0]["clause"] for answer in refused} == {"lifecycle.phases"}
    assert page.section("summary") == before


def test_reopening_stops_its_clock_and_resolving_again_starts_it_afresh_with_the_document_as_it_was(scene: Scene) -> None:
    ref = scene.ended("resolve")
    scene.follow()
    scene.do("amira", ref, "reopen", reason="It came back")
    scene.follow()
    with scene.acme.scope():
        assert not Clock.objects.filter(clause="postmortem.draft-24h", stopped_at=None).exists()
    scene.do("amira", ref, "advance", to="monitoring", reason="Again")
    scene.do("amira", ref, "impact", end=scene.clock.now.isoformat())
    scene.clock.advance(minutes=15)
    scene.do("amira", ref, "resolve", summary="Now for good")
    scene.follow()
    assert len(_drafts(scene)) == 1
    due = scene.clock.now + timedelta(hours=24)
    assert scene.running(ref, "postmortem.draft-24h")["due_at"] == due.isoformat().replace("+00:00", "Z")


@pytest.mark.clause("postmortem.timeline")
def test_its_timeline_begins_with_the_entries_that_tell_the_story(scene: Scene) -> None:
    ref = scene.ended("resolve")
    scene.follow()
    with scene.acme.scope(scene.acme.amira):
        found = postmortem_for(scene.acme.amira.actor(), ref)
        kinds = {entry["seq"]: entry["kind"] for entry in scene.part(ref, "timeline")}
        picked = [kinds[pick.seq] for pick in found.picks.order_by("occurred_at", "seq") if pick.seq]
    assert picked[0] == "incident.declared"
    assert picked[-1] == "incident.resolved"
    assert "incident.impact_set" in picked
    assert "incident.joined" not in picked
