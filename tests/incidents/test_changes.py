"""Changes: proposed, approved by the IC, executed by somebody else, checked. What was done without approval shows as a deviation."""

from collections.abc import Callable
from threading import Barrier, Thread
from typing import Any

import pytest
from django.db import connection

from incidents.states import RoomRole
from tests.conftest import Door, Installation, Person
from tests.incidents.scene import Scene

pytestmark = pytest.mark.servers


def led(scene: Scene, severity: str = "SEV1") -> str:
    """Amira commands, Jon is Operations Lead, Mei is in the room."""
    ref = scene.commanded(severity)
    scene.appoint(ref, RoomRole.OL, "jon")
    return ref


def proposed(scene: Scene, severity: str = "SEV1") -> str:
    """The same, with change 1 proposed by Jon."""
    ref = led(scene, severity)
    scene.do("jon", ref, "propose", text="Roll back to 41", eta_minutes=5)
    return ref


@pytest.mark.clause("roles.ol-leads")
@pytest.mark.clause("warroom.clear-concise")
def test_the_lead_proposes_executes_and_checks(scene: Scene) -> None:
    ref = proposed(scene)
    assert scene.part(ref, "changes")[0]["expected_at"] is None
    scene.do("amira", ref, "approve", change=1)
    assert (
        scene.part(ref, "changes")[0]["expected_at"][:19] == scene.ago(minutes=-5).isoformat()[:19]
    )  # what the room counts down to
    scene.clock.advance(minutes=3)
    scene.do("jon", ref, "execute", change=1, outcome="41 is live")
    scene.clock.advance(minutes=1)
    scene.do("jon", ref, "verify-fix", change=1, worked=True, seen="Errors are at 0.1 %")
    (change,) = scene.part(ref, "changes")
    assert (change["state"], change["text"], change["eta_minutes"]) == ("verified", "Roll back to 41", 5)
    assert [change[who] for who in ("proposed_by", "decided_by", "executed_by", "verified_by")] == [
        "Jon Jensen",
        "Amira Ahmadi",
        "Jon Jensen",
        "Jon Jensen",
    ]
    assert (change["outcome"], change["seen"], change["deviation"]) == ("41 is live", "Errors are at 0.1 %", False)
    told = [(e["actor"], e["text"]) for e in scene.part(ref, "timeline")][-4:]
    assert told == [
        ("Jon Jensen", "Roll back to 41"),
        ("Amira Ahmadi", "Approved change 1."),
        ("Jon Jensen", "Executed change 1."),
        ("Jon Jensen", "Change 1 worked."),
    ]
    page = scene.page("mei").get(f"/o/acme/incidents/{ref}/").content.decode()
    assert "5 min" in page  # the ETA


@pytest.mark.clause("roles.ol-no-rogue")
def test_nothing_is_executed_before_the_commander_approves(scene: Scene) -> None:
    ref = proposed(scene)
    refused = scene.verb("jon", ref, "execute", change=1)
    assert (refused.status_code, refused.json()["code"]) == (409, "not_approved")
    assert refused.json()["clause"] == "roles.ol-no-rogue"
    assert "Amira Ahmadi has to approve it first" in refused.json()["detail"]
    assert scene.part(ref, "changes")[0]["state"] == "proposed"
    for who in ("jon", "mei"):
        refused = scene.verb(who, ref, "approve", change=1)
        assert (refused.status_code, refused.json()["code"]) == (403, "not_commander"), who
    scene.do("amira", ref, "approve", change=1)
    scene.do("jon", ref, "execute", change=1)
    again = scene.verb("mei", ref, "execute", change=1).json()
    assert (again["code"], "Jon Jensen executed change 1" in again["detail"]) == ("executed", True)


@pytest.mark.clause("roles.ol-no-rogue")
def test_what_was_rejected_stays_undone(scene: Scene) -> None:
    ref = proposed(scene)
    assert "reason" in scene.verb("amira", ref, "reject", change=1, reason=" ").json()["fields"]
    scene.do("amira", ref, "reject", change=1, reason="41 has the leak")
    refused = scene.verb("jon", ref, "execute", change=1).json()
    assert (refused["code"], "Amira Ahmadi rejected change 1" in refused["detail"]) == ("rejected", True)
    (change,) = scene.part(ref, "changes")
    assert (change["state"], change["decision_reason"], change["executed_at"]) == ("rejected", "41 has the leak", None)
    assert scene.told(ref, "incident.change_rejected")[0]["data"]["reason"] == "41 has the leak"
    for verb in ("approve", "reject"):
        again = scene.verb("amira", ref, verb, change=1, **({"reason": "x"} if verb == "reject" else {}))
        assert (again.status_code, again.json()["code"]) == (409, "decided"), verb
    assert scene.verb("jon", ref, "verify-fix", change=1, worked=True, seen="x").json()["code"] == "not_executed"


@pytest.mark.clause("roles.ol-no-rogue")
def test_what_was_done_without_approval_is_reported_and_shows_as_a_deviation(scene: Scene) -> None:
    ref = led(scene)
    scene.clock.advance(minutes=10)
    done = scene.ago(minutes=4)
    scene.do("mei", ref, "deviation", text="Restarted db-2", reason="It was on fire", occurred_at=done.isoformat())
    (change,) = scene.part(ref, "changes")
    assert (change["state"], change["deviation"], change["deviation_reason"]) == ("executed", True, "It was on fire")
    assert (change["proposed_by"], change["executed_by"], change["decided_by"]) == ("Mei Martin", "", "")
    assert change["executed_at"].replace("Z", "+00:00") == done.isoformat()
    entry = scene.told(ref, "incident.change_deviated")[0]
    assert (entry["at"], entry["data"]["reason"]) == (done.isoformat().replace("+00:00", "Z"), "It was on fire")
    page = scene.page("amira").get(f"/o/acme/incidents/{ref}/").content.decode()
    assert "Done without approval" in page
    assert "Why without approval" in page
    for verb, code in (("approve", "decided"), ("execute", "executed")):
        told = scene.verb("amira", ref, verb, change=1, **({"reason": "x"} if verb == "execute" else {})).json()
        assert (told["code"], "Mei Martin reported change 1 as done" in told["detail"]) == (code, True)
    scene.do("jon", ref, "verify-fix", change=1, worked=False, seen="Still on fire")
    assert scene.part(ref, "changes")[0]["state"] == "failed"


def test_a_deviation_has_a_reason_and_a_time_that_can_be(scene: Scene) -> None:
    ref = led(scene)
    for body, field in (
        ({"text": "x", "reason": ""}, "reason"),
        ({"text": "x", "reason": "x", "occurred_at": scene.ago(days=31).isoformat()}, "occurred_at"),
        ({"text": "x", "reason": "x", "occurred_at": scene.ago(minutes=-5).isoformat()}, "occurred_at"),
    ):
        refused = scene.verb("jon", ref, "deviation", **body)
        assert (refused.status_code, list(refused.json()["fields"])) == (422, [field]), body
    assert scene.part(ref, "changes") == []


@pytest.mark.clause("roles.ic-head-up")
@pytest.mark.parametrize("severity", ["SEV1", "SEV2"])
def test_the_commander_executes_nothing_without_a_reason(scene: Scene, severity: str) -> None:
    ref = proposed(scene, severity)
    scene.do("amira", ref, "approve", change=1)
    refused = scene.verb("amira", ref, "execute", change=1)
    assert (refused.status_code, refused.json()["code"]) == (403, "commander_executes")
    assert (refused.json()["clause"], refused.json()["reasons"][0]["overridable"]) == ("roles.ic-head-up", True)
    scene.do("amira", ref, "execute", change=1, reason="Two of us are awake")
    told = scene.told(ref, "incident.change_executed")[0]["data"]
    assert told["overrides"] == {"commander_executes": "Two of us are awake"}
    assert "Two of us are awake" in scene.page("mei").get(f"/o/acme/incidents/{ref}/").content.decode()


@pytest.mark.clause("roles.ic-head-up")
def test_a_reason_of_somebody_else_passes_nothing_over(scene: Scene) -> None:
    ref = proposed(scene)
    scene.do("amira", ref, "approve", change=1)
    scene.do("jon", ref, "execute", change=1, reason="Because I can")
    assert scene.told(ref, "incident.change_executed")[0]["data"]["overrides"] == {}
    other = proposed(scene)
    refused = scene.verb("amira", other, "execute", change=1, reason="Now").json()
    assert refused["code"] == "not_approved"  # no reason passes over the approval


@pytest.mark.clause("roles.ic-head-up")
def test_on_the_lower_levels_the_commander_may_execute(scene: Scene) -> None:
    ref = scene.declare(severity="SEV3")
    scene.do("amira", ref, "claim")
    scene.do("mei", ref, "propose", text="Fix the typo")
    scene.do("amira", ref, "approve", change=1)
    scene.do("amira", ref, "execute", change=1)
    assert scene.told(ref, "incident.change_executed")[0]["data"]["overrides"] == {}


@pytest.mark.clause("principle.chain-of-command")
def test_without_a_commander_the_owner_team_approves_on_the_lower_levels_only(scene: Scene) -> None:
    ref = scene.declare("admin", severity="SEV3")
    scene.do("admin", ref, "propose", text="Fix the typo")
    refused = scene.verb("admin", ref, "approve", change=1)  # Ada manages the team, and is not of it
    assert (refused.status_code, refused.json()["code"]) == (403, "not_owner")
    scene.do("jon", ref, "approve", change=1)
    high = scene.declare()
    scene.do("mei", high, "propose", text="Roll back")
    assert scene.verb("mei", high, "approve", change=1).json()["code"] == "no_commander"
    assert "whoever takes command has to approve it" in scene.verb("mei", high, "execute", change=1).json()["detail"]


@pytest.mark.clause("principle.mitigate-first")
def test_no_change_ever_needs_a_hypothesis_and_mitigation_is_timed_apart(scene: Scene) -> None:
    ref = led(scene)
    scene.do("amira", ref, "advance", to="investigation", reason="The leads are on their way")
    scene.clock.advance(minutes=2)
    scene.do("jon", ref, "propose", text="Roll back")
    scene.do("amira", ref, "approve", change=1)
    scene.do("amira", ref, "advance", to="mitigation")
    scene.do("jon", ref, "execute", change=1)
    scene.clock.advance(minutes=3)
    scene.do("jon", ref, "verify-fix", change=1, worked=True, seen="Orders flow")
    scene.do("amira", ref, "impact", end=scene.clock.now.isoformat())
    scene.do("amira", ref, "advance", to="monitoring")
    scene.clock.advance(minutes=15)
    incident = scene.do("amira", ref, "resolve", summary="Rolled back; why is still open")
    assert scene.part(ref, "hypotheses") == []
    moves = {e["data"]["after"]: e["at"] for e in scene.told(ref, "incident.advanced")}
    mitigated, resolved = moves["monitoring"], incident["resolved_at"]
    assert mitigated == scene.ago(minutes=15).isoformat().replace("+00:00", "Z") < resolved


@pytest.mark.clause("principle.mobilize-first")
def test_the_first_change_says_who_was_there(scene: Scene) -> None:
    ref = led(scene)  # Amira and Mei in the room; IC and OL filled
    for number in (1, 2):
        scene.do("mei", ref, "propose", text=f"Change {number}")
        scene.do("amira", ref, "approve", change=number)
    scene.do("mei", ref, "execute", change=1)
    scene.appoint(ref, RoomRole.CL, "admin")
    scene.do("mei", ref, "execute", change=2)
    first, second = scene.told(ref, "incident.change_executed")
    assert first["data"]["assembled"] == {"ic": True, "ol": True, "cl": False, "people": 2}
    assert "assembled" not in second["data"]
    assert "IC, OL filled, 2 in the room" in scene.page("mei").get(f"/o/acme/incidents/{ref}/").content.decode()


@pytest.mark.clause("principle.mobilize-first")
def test_a_deviation_is_a_first_change_too_and_counts_who_was_there_then(scene: Scene) -> None:
    ref = scene.declare()
    scene.clock.advance(minutes=5)
    done = scene.ago(minutes=2)
    scene.do("amira", ref, "claim")
    scene.do("mei", ref, "deviation", text="Restarted db-2", reason="Alone", occurred_at=done.isoformat())
    told = scene.told(ref, "incident.change_deviated")[0]["data"]["assembled"]
    assert told == {"ic": False, "ol": False, "cl": False, "people": 1}


def test_what_is_not_there_is_said_so(scene: Scene) -> None:
    ref = proposed(scene)
    for verb, body, status, code in (
        ("approve", {}, 422, "no_such_change"),
        ("reject", {"reason": "x"}, 422, "no_such_change"),
        ("execute", {}, 409, "not_approved"),  # nothing can be executed, whatever its number
        ("verify-fix", {"worked": True, "seen": "x"}, 409, "not_executed"),
    ):
        refused = scene.verb("amira", ref, verb, change=9, **body)
        assert (refused.status_code, refused.json()["code"]) == (status, code), verb
    refused = scene.verb("jon", ref, "propose", text="x", hypothesis=4)
    assert (refused.status_code, refused.json()["fields"]) == (422, {"hypothesis": f"There is no hypothesis 4 on {ref}."})
    bare = scene.commanded()
    for verb in ("approve", "reject", "execute", "verify-fix"):
        why = scene.incident(bare)["allowed_actions"][verb]["why_not"]
        assert [reason["code"] for reason in why] == ["no_change"], verb


@pytest.mark.parametrize("minutes", [0, -1, 1441, 1.5, "soon"])
def test_an_eta_is_a_number_of_minutes_within_a_day(scene: Scene, minutes: Any) -> None:
    ref = led(scene)
    for who, verb, body in (("jon", "propose", {}), ("amira", "order", {"to": "jon@acme.example"})):
        refused = scene.verb(who, ref, verb, text="x", eta_minutes=minutes, **body)
        assert (refused.status_code, list(refused.json()["fields"])) == (422, ["eta_minutes"]), verb


@pytest.mark.clause("people.practitioner")
def test_it_takes_somebody_in_the_room(scene: Scene) -> None:
    ref = proposed(scene)
    scene.do("amira", ref, "approve", change=1)
    for who, code in (("admin", "not_in_the_room"), ("support", "not_a_practitioner"), ("exec", "not_a_practitioner")):
        for verb, body in (
            ("propose", {"text": "x"}),
            ("execute", {"change": 1}),
            ("verify-fix", {"change": 1, "worked": True, "seen": "x"}),
            ("deviation", {"text": "x", "reason": "x"}),
        ):
            refused = scene.verb(who, ref, verb, **body)
            assert (refused.status_code, refused.json()["code"]) == (403, code), (who, verb)
    scene.do("mei", ref, "execute", change=1)
    assert scene.part(ref, "changes")[0]["executed_by"] == "Mei Martin"


def test_a_check_is_made_once(scene: Scene) -> None:
    ref = proposed(scene)
    scene.do("amira", ref, "approve", change=1)
    assert scene.verb("jon", ref, "verify-fix", change=1, worked=True, seen="x").json()["code"] == "not_executed"
    scene.do("jon", ref, "execute", change=1)
    scene.do("jon", ref, "verify-fix", change=1, worked=False, seen="No effect")
    refused = scene.verb("mei", ref, "verify-fix", change=1, worked=True, seen="Oh, it did").json()
    assert (refused["code"], "Jon Jensen checked change 1" in refused["detail"]) == ("verified", True)
    assert scene.part(ref, "changes")[0]["state"] == "failed"


def test_when_it_has_ended_nothing_is_changed_any_more(scene: Scene) -> None:
    ref = scene.ready()
    scene.do("amira", ref, "propose", text="x")
    scene.do("amira", ref, "resolve", summary="Gone")
    for verb, body in (("propose", {"text": "x"}), ("approve", {"change": 1}), ("reject", {"change": 1, "reason": "x"})):
        assert scene.verb("amira", ref, verb, **body).json()["code"] == "ended", verb
    assert scene.verb("amira", ref, "execute", change=1, reason="x").json()["code"] == "ended"


def test_of_two_decisions_at_once_one_holds(own_database: Installation, api: Callable[[Person], Door]) -> None:
    acme, barrier = own_database.acme, Barrier(2)
    ref = api(acme.mei).post("incidents/", {"title": "Checkout fails", "severity": "SEV1"}).json()["ref"]
    api(acme.amira).post(f"incidents/{ref}/claim/")
    api(acme.mei).post(f"incidents/{ref}/propose/", {"text": "Roll back"})
    answers: dict[str, Any] = {}

    def decide(verb: str, body: dict[str, Any]) -> None:
        barrier.wait()
        answers[verb] = api(acme.amira).post(f"incidents/{ref}/{verb}/", body)
        connection.close()

    wanted = {"approve": {"change": 1}, "reject": {"change": 1, "reason": "No"}}
    threads = [Thread(target=decide, args=item) for item in wanted.items()]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answer.status_code for answer in answers.values()) == [200, 409]
    won = next(verb for verb, answer in answers.items() if answer.status_code == 200)
    lost = next(answer for answer in answers.values() if answer.status_code == 409).json()
    said = {"approve": "Amira Ahmadi approved change 1", "reject": "Amira Ahmadi rejected change 1"}[won]
    assert (lost["code"], said in lost["detail"]) == ("decided", True)


def test_an_outsider_finds_nothing(scene: Scene) -> None:
    ref = proposed(scene)
    outside = scene.door(scene.globex.amira)
    assert outside.post(f"incidents/{ref}/approve/", {"change": 1}).status_code == 404
    assert outside.get(f"incidents/{ref}/changes/").status_code == 404
