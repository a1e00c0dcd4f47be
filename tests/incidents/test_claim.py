"""Taking command: one commander at a time (clauses principle.chain-of-command, roles.ic-assigns)."""

from typing import Any

import pytest

from tests.incidents.scene import Scene

pytestmark = pytest.mark.servers


@pytest.mark.clause("principle.chain-of-command")
def test_one_commander_at_a_time(scene: Scene) -> None:
    ref = scene.declare()
    assert scene.verb("amira", ref, "claim").status_code == 200
    refused = scene.verb("jon", ref, "claim")
    assert refused.status_code == 409
    assert refused.json()["code"] == "commanded"
    assert refused.json()["clause"] == "principle.chain-of-command"
    assert "Amira Ahmadi holds command" in refused.json()["detail"]


@pytest.mark.clause("roles.ic-authority")
def test_every_decision_of_the_room_is_the_commanders_and_refused_to_others_with_who_commands(scene: Scene) -> None:
    ref = scene.mobilised()
    decisions: dict[str, dict[str, Any]] = {
        "assign": {"role": "scribe", "person": scene.email("admin")},
        "severity": {"severity": "SEV2", "reason": "Calmer"},
        "advance": {"to": "mitigation"},
        "assess": {"text": "One in five orders fails"},
        "rhythm": {"minutes": 10},
        "false-positive": {"reason": "It was none"},
        "handover": {"to": scene.email("admin")},
        "impact": {"end": scene.clock.now.isoformat()},
    }
    for verb, body in decisions.items():
        for who in ("jon", "mei"):
            refused = scene.verb(who, ref, verb, **body)
            assert (refused.status_code, refused.json()["code"]) == (403, "not_commander"), (who, verb)
            assert "Amira Ahmadi holds command" in refused.json()["detail"]
        assert scene.would("amira", ref, verb, **body).status_code == 200, verb


def test_taking_command_says_so_and_brings_one_into_the_room(scene: Scene) -> None:
    ref = scene.declare()
    room = scene.do("amira", ref, "claim")
    assert {"Amira Ahmadi", "Mei Martin"} == {person["name"] for person in room["participants"]}
    assert next(r for r in room["roles"] if r["role"] == "ic")["person"]["email"] == "amira@acme.example"
    entry = scene.told(ref, "incident.claimed")[0]
    assert (entry["text"], entry["actor"]) == ("I have command.", "Amira Ahmadi")


def test_claiming_twice_is_refused_to_the_commander_too(scene: Scene) -> None:
    refused = scene.verb("amira", scene.commanded(), "claim")
    assert refused.json()["code"] == "commanded"
    assert "You hold command" in refused.json()["detail"]


@pytest.mark.clause("people.practitioner")
@pytest.mark.parametrize("who", ["support", "exec", "director", "owner"])
def test_only_practitioners_take_command(scene: Scene, who: str) -> None:
    refused = scene.verb(who, scene.declare(), "claim")
    assert (refused.status_code, refused.json()["clause"]) == (403, "people.practitioner")
    assert scene.events("incident.claimed") == []


def test_nobody_commands_what_has_ended(scene: Scene) -> None:
    ref = scene.ready()
    scene.do("amira", ref, "resolve", summary="Rolled back")
    refused = scene.verb("jon", ref, "claim")
    assert (refused.status_code, refused.json()["code"]) == (409, "ended")


def test_a_body_is_not_expected(scene: Scene) -> None:
    refused = scene.verb("amira", scene.declare(), "claim", role="king")
    assert (refused.status_code, list(refused.json()["fields"])) == (422, ["role"])


def test_an_outsider_finds_nothing(scene: Scene) -> None:
    ref = scene.declare()
    assert scene.door(scene.globex.amira).post(f"incidents/{ref}/claim/").status_code == 404
