"""Updates, structured and in time (principle.communicate, severity.sev1-cadence, severity.sev2-cadence)."""

from datetime import datetime, timedelta

import pytest

from incidents.sentences.kind import at_time
from incidents.states import RoomRole
from tests.incidents.scene import UPDATE, Scene

pytestmark = pytest.mark.servers

CADENCES = [("SEV1", "severity.sev1-cadence", 15, 30), ("SEV2", "severity.sev2-cadence", 30, 60)]


@pytest.mark.clause("principle.communicate")
def test_an_update_says_four_things_and_reaches_the_room(scene: Scene) -> None:
    ref = scene.commanded()
    scene.do("jon", ref, "join")
    promised = scene.clock.now + timedelta(minutes=20)
    scene.do("amira", ref, "update", **UPDATE, next_update_at=promised.isoformat())
    scene.follow()
    row = scene.part(ref, "updates")[0]
    assert [row[name] for name in ("known", "impact", "doing")] == list(UPDATE.values())
    assert row["author"] == "Amira Ahmadi"
    for who in ("jon", "mei"):
        message = scene.mails(who, "Update on SEV 1")[0].body
        assert all(said in message for said in UPDATE.values())
        assert f"Next update at {at_time(promised, scene.clock.now.date(), seconds=False)}." in message
    assert scene.mails("amira", "Update on") == []
    assert scene.told(ref, "incident.updated")[0]["actor"] == "Amira Ahmadi"


@pytest.mark.clause("principle.communicate")
def test_the_commander_updates_until_somebody_leads_communications(scene: Scene) -> None:
    ref = scene.commanded()
    refused = scene.verb("mei", ref, "update", **UPDATE)
    assert (refused.status_code, refused.json()["code"]) == (403, "not_commander")
    scene.do("amira", ref, "update", **UPDATE)
    scene.appoint(ref, RoomRole.CL, "mei")
    scene.do("mei", ref, "update", **UPDATE)
    refused = scene.verb("amira", ref, "update", **UPDATE)
    assert (refused.status_code, refused.json()["code"]) == (403, "not_communications_lead")
    assert "Mei Martin is Communications Lead" in refused.json()["detail"]


@pytest.mark.clause("principle.communicate")
def test_the_clock_runs_on_each_level_that_asks_for_one(scene: Scene) -> None:
    for severity, clause, prompt, broken in CADENCES:
        clock = scene.running(scene.declare(severity=severity), clause)
        began = datetime.fromisoformat(clock["started_at"])
        assert datetime.fromisoformat(clock["prompt_at"]) - began == timedelta(minutes=prompt)
        assert datetime.fromisoformat(clock["due_at"]) - began == timedelta(minutes=broken)
        assert clock["owner_role"] == "cl"
    cadences = {clause for _, clause, _, _ in CADENCES}
    for severity in ("SEV3", "SEV4"):
        assert not cadences & {clock["clause"] for clock in scene.part(scene.declare(severity=severity), "clocks")}


@pytest.mark.clause("severity.sev1-cadence")
@pytest.mark.clause("severity.sev2-cadence")
@pytest.mark.parametrize(("severity", "clause", "prompt", "broken"), CADENCES)
def test_its_owner_is_prompted_then_it_is_broken(scene: Scene, severity: str, clause: str, prompt: int, broken: int) -> None:
    ref = scene.commanded(severity)
    scene.appoint(ref, RoomRole.CL, "jon")
    scene.later(minutes=prompt, seconds=-1)
    assert scene.told(ref, "clock.prompted") == []
    scene.later(seconds=1)
    told = scene.told(ref, "clock.prompted")
    assert [entry["data"]["clause"] for entry in told] == [clause]
    assert len(scene.mails("jon", "time is running out")) == 1
    assert scene.mails("amira", "time is running out") == []
    scene.later(minutes=broken - prompt)
    assert [entry["data"]["clause"] for entry in scene.told(ref, "clock.broken") if entry["data"]["clause"] == clause] == [clause]
    assert scene.running(ref, clause)["state"] == "broken"
    assert len(scene.mails("jon", "time is past")) == 1


@pytest.mark.clause("severity.sev1-cadence")
def test_without_a_communications_lead_the_commander_is_prompted_and_before_them_the_declarer(scene: Scene) -> None:
    ref = scene.declare()
    scene.later(minutes=15)
    assert len(scene.mails("mei", f"{ref}: time is running out")) == 1
    scene.do("amira", ref, "claim")
    scene.later(minutes=15)
    updates = "no half hour passes without an update"
    assert len([m for m in scene.mails("amira", f"{ref}: time is past") if updates in m.body]) == 1
    assert len([m for m in scene.mails("mei", "time is") if updates in m.body]) == 1


@pytest.mark.clause("severity.sev1-cadence")
@pytest.mark.clause("severity.sev2-cadence")
@pytest.mark.parametrize(("severity", "clause", "prompt", "broken"), CADENCES)
def test_an_update_restarts_the_clock(scene: Scene, severity: str, clause: str, prompt: int, broken: int) -> None:
    ref = scene.commanded(severity)
    scene.later(minutes=prompt)
    scene.do("amira", ref, "update", **UPDATE)
    assert datetime.fromisoformat(scene.running(ref, clause)["started_at"]) == scene.clock.now
    scene.later(minutes=prompt, seconds=-1)
    assert len(scene.told(ref, "clock.prompted")) == 1
    assert [c["state"] for c in scene.part(ref, "clocks") if c["clause"] == clause] == ["kept", "running"]


@pytest.mark.clause("severity.sev1-cadence")
@pytest.mark.clause("severity.sev2-cadence")
@pytest.mark.parametrize(("severity", "clause", "prompt", "broken"), CADENCES)
def test_resolving_stops_it(scene: Scene, severity: str, clause: str, prompt: int, broken: int) -> None:
    ref = scene.ready(severity)
    scene.do("amira", ref, "update", **UPDATE)
    scene.do("amira", ref, "resolve", summary="Rolled back")
    prompted = len(scene.told(ref, "clock.prompted"))
    scene.later(minutes=broken * 3)
    running = {c["clause"] for c in scene.part(ref, "clocks") if c["stopped_at"] is None}
    assert running == {
        "postmortem.draft-24h",
        "postmortem.review-5-days",
        "evidence.access-review",
    }, "only what begins with the resolution"
    assert len(scene.told(ref, "clock.prompted")) == prompted
    assert [entry["data"]["clause"] for entry in scene.told(ref, "clock.broken")] == ["mobilize.roles-assigned"]  # nobody led


@pytest.mark.clause("principle.chain-of-command")
def test_nobody_updates_before_somebody_commands(scene: Scene) -> None:
    refused = scene.verb("mei", scene.declare(), "update", **UPDATE)
    assert (refused.status_code, refused.json()["code"]) == (409, "no_commander")


def test_on_sev_3_the_owner_team_updates(scene: Scene) -> None:
    ref = scene.declare("support", severity="SEV3")
    scene.do("jon", ref, "update", **UPDATE)
    refused = scene.verb("admin", ref, "update", **UPDATE)
    assert (refused.status_code, refused.json()["code"]) == (403, "not_owner")


@pytest.mark.parametrize("missing", ["known", "impact", "doing"])
def test_each_part_is_needed_and_readable(scene: Scene, missing: str) -> None:
    ref = scene.commanded()
    for text in ("", "  \n", None, "x" * 20_001, "a\x00b", "a\u202eb"):
        body = {**UPDATE, missing: text} if text is not None else {k: v for k, v in UPDATE.items() if k != missing}
        refused = scene.verb("amira", ref, "update", **body)
        assert refused.status_code == 422, text
        assert missing in refused.json()["fields"], text


def test_the_next_update_lies_ahead(scene: Scene) -> None:
    refused = scene.verb("amira", scene.commanded(), "update", **UPDATE, next_update_at=scene.clock.now.isoformat())
    assert (refused.status_code, refused.json()["code"]) == (422, "past")


def test_what_has_ended_is_updated_no_more(scene: Scene) -> None:
    ref = scene.ready()
    scene.do("amira", ref, "resolve", summary="Rolled back")
    assert scene.verb("amira", ref, "update", **UPDATE).json()["code"] == "ended"


@pytest.mark.clause("people.practitioner")
def test_support_does_not_update(scene: Scene) -> None:
    assert scene.verb("support", scene.commanded(), "update", **UPDATE).json()["code"] == "not_a_practitioner"


def test_an_outsider_finds_nothing(scene: Scene) -> None:
    assert scene.door(scene.globex.amira).post(f"incidents/{scene.declare()}/update/", UPDATE).status_code == 404
