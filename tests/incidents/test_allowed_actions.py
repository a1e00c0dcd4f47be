"""What the API says one may do is what one then can: every verb, for every person, in every state."""

from collections.abc import Callable
from typing import Any

import pytest

from incidents.doors import DOORS
from incidents.states import ADVANCES, RoomRole, State
from tests.conftest import Cast, Door, Installation, Person
from tests.incidents.scene import UPDATE, Scene, alert

pytestmark = pytest.mark.servers

PEOPLE = ("amira", "jon", "mei", "admin", "support")


def uncommanded(scene: Scene) -> str:
    return scene.declare()


def advanced(*way: str) -> Callable[[Scene], str]:
    def made(scene: Scene) -> str:
        ref = scene.commanded("SEV2")
        for to in way:
            scene.do("amira", ref, "advance", to=to, reason="Go")
        return ref

    return made


def led(scene: Scene) -> str:
    ref = scene.commanded()
    for role, who in ((RoomRole.OL, "jon"), (RoomRole.CL, "mei"), (RoomRole.SCRIBE, "admin")):
        scene.appoint(ref, role, who)
    return ref


def firing(scene: Scene) -> str:
    ref = scene.ready()
    scene.fire(alert(started=scene.clock.now))
    scene.api("jon").post(f"triage/{scene.signals()[0]['id']}/attach/", {"incident": ref})
    return ref


def restricted(scene: Scene) -> str:
    ref = scene.commanded()
    for who in ("jon", "admin"):
        scene.do(who, ref, "join")
    ref = str(scene.do("amira", ref, "flag", flag="personal_data", reason="A bucket")["ref"])
    scene.do("amira", ref, "admit", person=scene.acme.support.email, reason="Answers customers")
    return ref


def resolved(scene: Scene) -> str:
    ref = scene.ready()
    scene.do("amira", ref, "resolve", summary="Done")
    return ref


STATES: dict[str, Callable[[Scene], str]] = {
    "nobody commands": uncommanded,
    "commanded": advanced(),
    "led": led,
    "mitigation": advanced("investigation", "mitigation"),
    "monitoring, too short": advanced("investigation", "monitoring"),
    "monitoring, ready": lambda scene: scene.ready(),
    "monitoring, firing": firing,
    "backlog": lambda scene: scene.declare("support", severity="SEV3"),
    "the lowest": lambda scene: scene.declare("support", severity="SEV4", services=()),
    "restricted": restricted,
    "resolved": resolved,
}


def bodies(verb: str, incident: dict[str, Any], why: list[dict[str, Any]], moment: str) -> list[dict[str, Any]]:
    """Bodies of which one must do, where the verb is open (and where only a written reason is asked for)."""
    if verb == "advance":
        moves = ADVANCES.get(State(incident["state"]), {}) or {State.INVESTIGATION: False}
        return [{"to": to.value, "reason": "Because"} for to in moves]
    if verb == "severity":
        return [{"severity": f"SEV{n}", "reason": "Because"} for n in (1, 2, 3, 4) if f"SEV{n}" != incident["severity"]]
    overrides = {reason["code"]: "Because" for reason in why if reason.get("overridable")}
    if verb in ("flag", "unflag"):
        return [{"flag": flag, "reason": "Because"} for flag in ("personal_data", "financial_loss")]
    if verb in ("admit", "remove"):
        people = ("director", "jon", "mei", "admin", "support", "owner")
        return [{"person": f"{who}@acme.example", "reason": "Because"} for who in people]
    one: dict[str, dict[str, Any]] = {
        "snapshot": {"what": "The ledger"},
        "fulfil": {"snapshot": 1, "location": "The vault"},
        "update": UPDATE,
        "impact": {"end": moment},
        "note": {"text": "A note"},
        "resolve": {"summary": "Done", **({"overrides": overrides} if overrides else {})},
    }
    return [one.get(verb, {})]


@pytest.mark.parametrize("state", STATES)
def test_what_is_allowed_is_done_and_what_is_not_is_refused_for_the_same_reasons(scene: Scene, state: str) -> None:
    ref = STATES[state](scene)
    moment = scene.clock.now.isoformat()
    for who in PEOPLE:
        incident = scene.incident(ref, who)
        assert set(incident["allowed_actions"]) == set(DOORS)
        for verb, said in incident["allowed_actions"].items():
            case = f"{who} {verb} ({state})"
            why = said["why_not"]
            wanted = bodies(verb, incident, why, moment)
            assert said["allowed"] is (why == []), case
            if said["allowed"] or all(reason.get("overridable") for reason in why):
                assert any(scene.would(who, ref, verb, **body).status_code == 200 for body in wanted), case
            else:
                refused = scene.would(who, ref, verb, **wanted[0]).json()
                told = [reason["code"] for reason in refused["reasons"]]
                assert [reason["code"] for reason in why if not reason.get("overridable")] == told, (case, refused)


@pytest.mark.clause("people.auditor")
def test_the_auditor_may_nothing_and_is_told_why(own_database: Installation, api: Callable[[Person], Door]) -> None:
    acme: Cast = own_database.acme
    ref = api(acme.mei).post("incidents/", {"title": "Checkout fails", "severity": "SEV1"}).json()["ref"]
    for verb, said in api(acme.auditor).get(f"incidents/{ref}/").json()["allowed_actions"].items():
        assert [reason["code"] for reason in said["why_not"]] == ["read_only"], verb
        assert said["why_not"][0]["clause"] == "people.auditor"
        assert api(acme.auditor).post(f"incidents/{ref}/{verb}/", {}).json()["code"] == "read_only"


def test_a_token_that_may_only_read_is_told_so(scene: Scene) -> None:
    from dataclasses import replace

    from ledger import people
    from tenants.models import User

    ref = scene.commanded()
    scene.follow()
    amira = scene.acme.amira
    with scene.acme.scope(amira):
        _, token = people.issue_token(User.objects.get(pk=amira.user_id), "reader", by=amira.actor(), scopes=("read",))
    reader = scene.door(replace(amira, token=token))
    for verb, said in reader.get(f"incidents/{ref}/").json()["allowed_actions"].items():
        assert [reason["code"] for reason in said["why_not"]] == ["scope"], verb
    assert reader.post(f"incidents/{ref}/note/", {"text": "x"}).json()["code"] == "scope"
    assert reader.post("incidents/", {"title": "x", "severity": "SEV1"}).json()["code"] == "scope"
    assert reader.post(f"pages/{scene.calls('amira')[0]['id']}/acknowledge/").json()["code"] == "read_only"
