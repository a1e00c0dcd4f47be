"""When it really was: a key time is corrected by a fact beside what was recorded (metrics.mttd, metrics.mttr)."""

from datetime import datetime, timedelta
from typing import Any

import psycopg
import pytest
from django.db import DatabaseError, connection

from incidents.models import Incident, TimeCorrection
from tests.incidents.scene import Scene

pytestmark = [pytest.mark.servers, pytest.mark.clause("metrics.mttd"), pytest.mark.clause("metrics.mttr")]

WHY = "The graph of the load balancer shows it"


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def times(scene: Scene, ref: str, who: str = "amira") -> dict[str, dict[str, Any]]:
    """The key times of an incident, by their names."""
    return {row["which"]: row for row in scene.part(ref, "times", who)}


def correct(scene: Scene, ref: str, which: str, when: datetime, who: str = "amira", reason: str = WHY) -> Any:
    return scene.verb(who, ref, "correct-time", which=which, occurred_at=when.isoformat(), reason=reason)


def resolved(scene: Scene) -> str:
    ref = scene.ready()
    scene.do("amira", ref, "resolve", summary="Rolled back")
    return ref


def test_a_correction_is_a_fact_beside_what_was_recorded(scene: Scene) -> None:
    ref = resolved(scene)
    recorded = at(times(scene, ref)["mitigated"]["original"])
    really = recorded + timedelta(minutes=4)
    assert correct(scene, ref, "mitigated", really).status_code == 200
    found = times(scene, ref)["mitigated"]
    assert (at(found["at"]), at(found["original"])) == (really, recorded)
    (item,) = found["corrections"]
    assert (at(item["occurred_at"]), item["reason"], item["corrected_by"]) == (really, WHY, scene.acme.amira.name)
    with scene.acme.scope():
        assert Incident.objects.get(ref=ref).monitoring_since == recorded, "the record itself is as it was"
    (entry,) = scene.told(ref, "incident.time_corrected")
    assert entry["text"] == f"Mitigated at {really:%Y-%m-%d %H:%M:%S} UTC, not at {recorded:%Y-%m-%d %H:%M:%S} UTC."
    assert entry["data"]["reason"] == WHY


def test_the_last_correction_is_in_force_and_the_earlier_ones_stay(scene: Scene) -> None:
    ref = resolved(scene)
    start = at(times(scene, ref)["resolved"]["original"])
    for minutes in (3, 2):
        assert correct(scene, ref, "resolved", start - timedelta(minutes=minutes), reason=f"{minutes} before").status_code == 200
    found = times(scene, ref)["resolved"]
    assert at(found["at"]) == start - timedelta(minutes=2)
    assert [item["reason"] for item in found["corrections"]] == ["3 before", "2 before"]
    page = scene.page("jon").get(f"/o/acme/incidents/{ref}/").content.decode()
    assert "Times that were corrected" in page
    assert page.count("no longer in force") == 1


def test_nothing_rewrites_a_correction(scene: Scene) -> None:
    ref = resolved(scene)
    correct(scene, ref, "resolved", scene.ago(minutes=1))
    with scene.acme.scope():
        kept = TimeCorrection.objects.get()
    for change in ("UPDATE incidents_timecorrection SET reason = 'x'", "DELETE FROM incidents_timecorrection"):
        with pytest.raises(DatabaseError) as refused, scene.acme.scope(), connection.cursor() as cursor:
            cursor.execute(change)
        assert isinstance(refused.value.__cause__, psycopg.errors.InsufficientPrivilege)
    with scene.acme.scope():
        assert TimeCorrection.objects.get().reason == kept.reason


def test_what_was_said_of_the_first_end_does_not_hold_for_the_second(scene: Scene) -> None:
    ref = resolved(scene)
    correct(scene, ref, "resolved", scene.ago(minutes=1))
    scene.do("amira", ref, "reopen", reason="It is back")
    assert times(scene, ref)["resolved"]["at"] is None
    scene.do("amira", ref, "advance", to="monitoring", reason="It mended itself again")
    scene.do("amira", ref, "impact", end=scene.clock.now.isoformat())
    scene.clock.advance(minutes=15)
    scene.do("amira", ref, "resolve", summary="Rolled back for good")
    found = times(scene, ref)["resolved"]
    assert found["at"] == found["original"]
    assert len(found["corrections"]) == 1, "the old fact is kept"


def test_a_time_that_nobody_recorded_can_be_said_afterwards(scene: Scene) -> None:
    """When the harm began is often found out last; while it runs, the verb `impact` says so."""
    ref = scene.ended("resolve", "SEV3")
    answer = correct(scene, ref, "mitigated", scene.clock.now)
    assert answer.status_code == 200, answer.content
    assert times(scene, ref)["mitigated"]["original"] is None
    (entry,) = scene.told(ref, "incident.time_corrected")
    assert entry["text"].endswith("which was not known before.")
    running = scene.commanded()
    refused = correct(scene, running, "impact_start", scene.ago(minutes=9))
    assert (refused.status_code, refused.json()["code"]) == (422, "not_yet")


@pytest.mark.parametrize(
    ("which", "moved", "code"),
    [
        ("impact_end", {"days": -1}, "out_of_order"),  # before its start
        ("mitigated", {"days": -1}, "out_of_order"),  # before it was detected
        ("resolved", {"hours": -5}, "out_of_order"),
        ("detected", {"minutes": 10}, "out_of_order"),  # after it was mitigated
        ("impact_start", {"minutes": 20}, "out_of_order"),
        ("resolved", {"hours": 2}, "future"),
        ("impact_start", {"days": -4000}, "too_early"),
        ("detected", {"days": -40}, "too_early"),
        ("resolved", {}, "unchanged"),
    ],
)
def test_what_cannot_be_is_refused(scene: Scene, which: str, moved: dict[str, float], code: str) -> None:
    ref = scene.commanded()
    scene.do("amira", ref, "impact", start=scene.ago(minutes=5).isoformat())
    scene.clock.advance(minutes=3)
    scene.do("amira", ref, "advance", to="investigation", reason="The leads are on their way")
    scene.do("amira", ref, "advance", to="monitoring", reason="It mended itself")
    scene.do("amira", ref, "impact", end=scene.clock.now.isoformat())
    scene.clock.advance(minutes=30)
    scene.do("amira", ref, "resolve", summary="Rolled back")
    before = times(scene, ref)
    refused = correct(scene, ref, which, at(before[which]["at"]) + timedelta(**moved))
    assert (refused.status_code, refused.json()["code"]) == (422, code), refused.content
    assert times(scene, ref) == before


def test_bad_input_is_named(scene: Scene) -> None:
    ref = resolved(scene)
    good = {"which": "resolved", "occurred_at": scene.ago(minutes=1).isoformat(), "reason": WHY}
    for name, value in (("which", "lunch"), ("occurred_at", "soon"), ("reason", "  "), ("reason", "x" * 2_001)):
        refused = scene.verb("amira", ref, "correct-time", **{**good, name: value})
        assert refused.status_code == 422, (name, refused.content)
        assert list(refused.json()["fields"]) == [name], refused.json()
    page = scene.page("amira")
    typed = {
        "which": "resolved",
        "occurred_at": (scene.clock.now + timedelta(days=1)).strftime("%Y-%m-%dT%H:%M:%S"),
        "reason": WHY,
    }
    answer = page.post(f"/o/acme/incidents/{ref}/correct-time/", typed)
    assert answer.status_code == 422
    assert WHY in answer.content.decode(), "nothing typed is lost"


def test_who_corrects(scene: Scene) -> None:
    """The IC and the Scribe; the OL once it is over; the process owner at any time; nobody else."""
    ref = scene.ready()
    scene.give(ref, ol="jon", scribe="mei")
    when = scene.ago(minutes=1)
    assert correct(scene, ref, "detected", scene.ago(hours=1), "jon").json()["code"] == "not_commander"
    assert correct(scene, ref, "detected", scene.ago(minutes=20), "mei").status_code == 200
    assert correct(scene, ref, "detected", scene.ago(minutes=21), "owner").status_code == 200
    for who, code in (("support", "not_a_practitioner"), ("exec", "not_a_practitioner"), ("auditor", "read_only")):
        refused = correct(scene, ref, "detected", scene.ago(minutes=22), who)
        assert (refused.status_code, refused.json()["code"]) == (403, code), who
    scene.do("amira", ref, "resolve", summary="Rolled back")
    assert correct(scene, ref, "resolved", when, "jon").status_code == 200


def test_an_outsider_finds_nothing(scene: Scene) -> None:
    body = {"which": "resolved", "occurred_at": scene.clock.now.isoformat(), "reason": WHY}
    assert scene.door(scene.globex.amira).post(f"incidents/{scene.declare()}/correct-time/", body).status_code == 404


@pytest.mark.clause("breach.need-to-know")
def test_a_restricted_incident_hides_its_corrections(scene: Scene) -> None:
    ref = resolved(scene)
    correct(scene, ref, "resolved", scene.ago(minutes=1))
    scene.do("amira", ref, "flag", flag="personal_data", reason="Names leaked")
    with scene.acme.scope(scene.acme.support):
        assert not TimeCorrection.objects.exists()
    with scene.acme.scope(scene.acme.amira):
        assert TimeCorrection.objects.count() == 1


def test_chat_says_it_too(scene: Scene) -> None:
    ref = resolved(scene)
    door = scene.api("amira")
    really = at(times(scene, ref)["resolved"]["original"]) - timedelta(minutes=2)
    text = f"correct-time resolved {really.replace(tzinfo=None).isoformat()} because {WHY}"
    answer = door.post("commands/", {"text": text, "incident": ref})
    assert answer.status_code == 200, answer.content
    assert at(times(scene, ref)["resolved"]["at"]) == really
    for wrong in ("correct-time resolved 10:43", "correct-time lunch 10:43 because x", "correct-time resolved soon because x"):
        refused = door.post("commands/", {"text": wrong, "incident": ref})
        assert refused.status_code == 422, wrong
        assert "correct-time mitigated 10:43 because" in refused.json()["detail"], refused.json()
