"""Resolving a SEV 1/2 opens its post-mortem, filled from the record and due in 24 hours."""

from datetime import timedelta

import pytest

from postmortems.gate import postmortem_for
from postmortems.models import PostMortem
from standard.models import Clock
from tests.incidents.scene import Scene


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
