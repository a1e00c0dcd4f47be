"""Roles are the commander's to give and the asked one's to take (roles.ic-assigns, mobilize.roles-assigned, roles.ic-head-up)."""

from typing import Any

import pytest

from ledger.actions import configure
from tenants.models import Membership
from tests.incidents.scene import Scene

pytestmark = pytest.mark.servers

LEADS = (("ol", "jon", "Operations Lead"), ("cl", "mei", "Communications Lead"), ("scribe", "admin", "Scribe"))


def holders(scene: Scene, ref: str) -> dict[str, str]:
    return {r["role"]: r["person"]["name"] for r in scene.incident(ref)["roles"] if r["person"]}


def leaves_the_organisation(scene: Scene, who: str, **changes: object) -> None:
    with scene.acme.scope(scene.acme.admin):
        membership = Membership.objects.get(user_id=getattr(scene.acme, who).user_id)
        configure(membership, changes or {"is_active": False}, by=scene.acme.admin.actor())


@pytest.mark.clause("roles.ic-assigns")
@pytest.mark.clause("roles.scribe")
@pytest.mark.parametrize(("role", "who", "label"), LEADS)
def test_the_commander_offers_and_the_one_asked_accepts(scene: Scene, role: str, who: str, label: str) -> None:
    ref = scene.commanded()
    asked = scene.do("amira", ref, "assign", role=role, person=scene.email(who))
    assert [(offer["role"], offer["person"]["email"]) for offer in asked["offers"]] == [(role, scene.email(who))]
    assert role not in holders(scene, ref)
    scene.follow()
    assert len(scene.mails(who, "Role: SEV 1")) == 1
    scene.do(who, ref, "accept", role=role)
    name = getattr(scene.acme, who).name
    assert holders(scene, ref)[role] == name
    assert [entry["text"] for entry in scene.told(ref, "role.assigned")] == [f"Asks {name} to be {label}."]
    assert [(e["text"], e["actor"]) for e in scene.told(ref, "role.accepted")] == [(f"{name} is {label}.", name)]
    assert scene.incident(ref)["offers"] == []
    assert name in {person["name"] for person in scene.incident(ref)["participants"]}


@pytest.mark.clause("roles.ic-assigns")
def test_others_do_not_assign_and_are_told_who_commands(scene: Scene) -> None:
    ref = scene.commanded()
    refused = scene.verb("jon", ref, "assign", role="ol", person=scene.email("jon"))
    assert (refused.status_code, refused.json()["code"]) == (403, "not_commander")
    assert refused.json()["clause"] == "roles.ic-assigns"
    assert "Amira Ahmadi holds command" in refused.json()["detail"]
    uncommanded = scene.verb("jon", scene.declare(), "assign", role="ol", person=scene.email("jon"))
    assert (uncommanded.status_code, uncommanded.json()["code"]) == (409, "no_commander")
    assert scene.events("role.assigned") == []


@pytest.mark.clause("mobilize.roles-assigned")
def test_the_old_holder_stays_until_the_new_one_accepts(scene: Scene) -> None:
    ref = scene.mobilised()
    scene.do("amira", ref, "assign", role="ol", person=scene.email("admin"))
    assert holders(scene, ref)["ol"] == "Jon Jensen"
    scene.do("admin", ref, "accept", role="ol")
    assert holders(scene, ref)["ol"] == "Ada Admin"
    assert scene.told(ref, "role.accepted")[-1]["data"]["instead_of"] == "Jon Jensen"


def test_a_later_offer_takes_the_place_of_an_earlier_one(scene: Scene) -> None:
    ref = scene.commanded(ask={"ol": "jon"})
    scene.do("amira", ref, "assign", role="ol", person=scene.email("mei"))
    refused = scene.verb("jon", ref, "accept", role="ol")
    assert (refused.status_code, refused.json()["code"]) == (403, "not_asked")
    assert "Mei Martin was asked" in refused.json()["detail"]
    scene.do("mei", ref, "accept", role="ol")


@pytest.mark.clause("roles.ic-assigns")
def test_declining_leaves_the_role_open_and_tells_the_commander(scene: Scene) -> None:
    ref = scene.commanded(ask={"ol": "jon"})
    scene.do("jon", ref, "decline", role="ol", reason="I am in a tunnel")
    assert "ol" not in holders(scene, ref)
    assert scene.told(ref, "role.declined")[0]["data"]["reason"] == "I am in a tunnel"
    scene.follow()
    assert "I am in a tunnel" in scene.mails("amira", "Role:")[-1].body
    assert scene.verb("jon", ref, "accept", role="ol").json()["code"] == "no_offer"


@pytest.mark.parametrize("verb", ["accept", "decline"])
def test_an_answer_is_given_once_and_only_by_the_one_asked(scene: Scene, verb: str) -> None:
    ref = scene.commanded(ask={"ol": "jon"})
    assert scene.verb("mei", ref, verb, role="ol").json()["code"] == "not_asked"
    assert scene.verb("jon", ref, verb, role="cl").json()["code"] == "no_offer"
    scene.do("jon", ref, verb, role="ol")
    assert scene.verb("jon", ref, verb, role="ol").json()["code"] == "no_offer"


def test_assigning_oneself_needs_no_answer(scene: Scene) -> None:
    ref = scene.commanded()
    scene.do("amira", ref, "assign", role="scribe", person=scene.email("amira"))
    assert holders(scene, ref)["scribe"] == "Amira Ahmadi"


def test_a_small_one_has_nobody_wait_for_answers(scene: Scene) -> None:
    ref = scene.declare(severity="SEV3")
    scene.do("amira", ref, "assign", role="ol", person=scene.email("jon"))
    assert holders(scene, ref)["ol"] == "Jon Jensen"


@pytest.mark.clause("roles.ic-head-up")
def test_the_commander_is_operations_lead_only_with_a_reason(scene: Scene) -> None:
    ref = scene.commanded("SEV2")
    refused = scene.verb("amira", ref, "assign", role="ol", person=scene.email("amira"))
    assert (refused.status_code, refused.json()["code"], refused.json()["clause"]) == (409, "ic_is_ol", "roles.ic-head-up")
    assert refused.json()["reasons"][0]["overridable"] is True
    scene.do("amira", ref, "assign", role="ol", person=scene.email("amira"), reason="Two of us are awake")
    assert holders(scene, ref)["ol"] == "Amira Ahmadi"
    entry = scene.told(ref, "role.assigned")[0]
    assert (entry["data"]["overridden"], entry["data"]["reason"]) == (["ic_is_ol"], "Two of us are awake")


@pytest.mark.clause("roles.ic-head-up")
def test_the_operations_lead_claims_only_with_a_reason(scene: Scene) -> None:
    ref = scene.mobilised()
    leaves_the_organisation(scene, "amira")
    refused = scene.verb("jon", ref, "claim")
    assert (refused.status_code, refused.json()["code"]) == (409, "ic_is_ol")
    scene.do("jon", ref, "claim", reason="Nobody else is awake")
    assert scene.told(ref, "incident.claimed", "jon")[-1]["data"]["overridden"] == ["ic_is_ol"]


@pytest.mark.clause("roles.ic-head-up")
def test_an_old_offer_does_not_make_a_commander_the_operations_lead(scene: Scene) -> None:
    ref = scene.handing_over("announce", incoming="jon")
    scene.do("amira", ref, "assign", role="ol", person=scene.email("jon"))
    scene.do("jon", ref, "take-command", reason="Now")
    refused = scene.verb("jon", ref, "accept", role="ol")
    assert (refused.json()["code"], refused.json()["clause"]) == ("ic_is_ol", "roles.ic-head-up")


def test_on_a_small_one_one_person_may_do_all(scene: Scene) -> None:
    ref = scene.commanded("SEV3")
    scene.do("amira", ref, "assign", role="ol", person=scene.email("amira"))
    assert holders(scene, ref) == {"ic": "Amira Ahmadi", "ol": "Amira Ahmadi"}


@pytest.mark.clause("handover.announce")
def test_command_is_not_assigned(scene: Scene) -> None:
    refused = scene.verb("amira", scene.commanded(), "assign", role="ic", person=scene.email("jon"))
    assert (refused.status_code, refused.json()["code"]) == (409, "command_is_handed_over")
    assert refused.json()["clause"] == "handover.announce"


@pytest.mark.clause("people.practitioner")
def test_whom_one_cannot_ask(scene: Scene) -> None:
    ref = scene.commanded()
    leaves_the_organisation(scene, "mei")
    for email, code in (
        (scene.email("exec"), "no_practitioner"),
        (scene.email("auditor"), "no_practitioner"),
        (scene.email("mei"), "has_left"),
        (scene.globex.jon.email, "no_such_person"),
        ("nobody@acme.example", "no_such_person"),
    ):
        refused = scene.verb("amira", ref, "assign", role="ol", person=email)
        assert (refused.status_code, refused.json()["code"], list(refused.json()["fields"])) == (422, code, ["person"]), email
    assert scene.incident(ref)["offers"] == []


def test_one_is_not_asked_twice_for_the_same(scene: Scene) -> None:
    ref = scene.commanded(ask={"ol": "jon"})
    assert scene.verb("amira", ref, "assign", role="ol", person=scene.email("jon")).json()["code"] == "offered_already"
    scene.do("jon", ref, "accept", role="ol")
    assert scene.verb("amira", ref, "assign", role="ol", person=scene.email("jon")).json()["code"] == "holds_it"


@pytest.mark.clause("mobilize.roles-assigned")
def test_whoever_holds_a_role_gives_it_up_and_its_clock_runs_again(scene: Scene) -> None:
    ref = scene.mobilised()
    assert scene.verb("mei", ref, "step-down", role="ol").json()["code"] == "not_the_holder"
    assert scene.verb("mei", ref, "step-down", role="scribe").json()["code"] == "not_the_holder"
    assert scene.verb("admin", ref, "step-down", role="ol").status_code == 403
    scene.do("jon", ref, "step-down", role="ol", reason="My train comes")
    assert "ol" not in holders(scene, ref)
    assert scene.running(ref, "mobilize.roles-assigned")["owner_role"] == "ic"
    assert scene.incident(ref)["state"] == "investigation"
    scene.follow()
    assert "My train comes" in scene.mails("amira", "Role:")[-1].body


@pytest.mark.clause("principle.chain-of-command")
@pytest.mark.clause("handover.announce")
def test_command_of_a_running_sev_1_never_lapses(scene: Scene) -> None:
    ref = scene.commanded()
    refused = scene.verb("amira", ref, "step-down", role="ic")
    assert (refused.status_code, refused.json()["code"]) == (409, "command_never_lapses")
    assert "hand it over" in refused.json()["detail"]
    small = scene.commanded("SEV3")
    scene.do("amira", small, "step-down", role="ic")
    assert holders(scene, small) == {}
    assert [c for c in scene.part(small, "clocks") if c["stopped_at"] is None and c["clause"] == "handover.after-4h"] == []


def test_who_holds_nothing_gives_nothing_up(scene: Scene) -> None:
    why = scene.incident(scene.commanded(), "mei")["allowed_actions"]["step-down"]["why_not"]
    assert [reason["code"] for reason in why] == ["not_the_holder"]


@pytest.mark.clause("principle.chain-of-command")
@pytest.mark.parametrize("changes", [{"is_active": False}, {"roles": ["executive"]}])
def test_command_of_somebody_who_has_left_is_claimed(scene: Scene, changes: dict[str, object]) -> None:
    ref = scene.commanded()
    scene.do("amira", ref, "handover", to=scene.email("mei"))
    leaves_the_organisation(scene, "amira", **changes)
    refused = scene.verb("jon", ref, "assign", role="ol", person=scene.email("jon"))
    assert (refused.json()["code"], "Amira Ahmadi, who held command, has left" in refused.json()["detail"]) == (
        "no_commander",
        True,
    )
    room = scene.do("jon", ref, "claim")
    assert (holders_of(room), room["handover"]) == ({"ic": "Jon Jensen"}, None)
    assert scene.told(ref, "incident.claimed", "jon")[-1]["data"]["instead_of"] == "Amira Ahmadi"
    assert (
        len([c for c in scene.part(ref, "clocks", "jon") if c["clause"] == "handover.after-4h" and c["stopped_at"] is None]) == 1
    )


def holders_of(room: dict[str, object]) -> dict[str, str]:
    roles: list[dict[str, dict[str, str]]] = room["roles"]  # type: ignore[assignment]
    return {str(r["role"]): r["person"]["name"] for r in roles if r["person"]}


@pytest.mark.clause("mobilize.roles-assigned")
def test_a_role_of_somebody_who_has_left_counts_as_open(scene: Scene) -> None:
    ref = scene.commanded()
    scene.give(ref, ol="jon")
    leaves_the_organisation(scene, "jon")
    scene.give(ref, cl="mei")
    assert scene.incident(ref)["state"] == "mobilization"
    assert "OL is not filled" in scene.verb("amira", ref, "advance", to="investigation").json()["detail"]


def test_one_leaves_the_room_but_not_with_a_role_in_hand(scene: Scene) -> None:
    ref = scene.mobilised()
    refused = scene.verb("jon", ref, "leave")
    assert (refused.status_code, refused.json()["code"]) == (409, "holds_a_role")
    assert "Operations Lead" in refused.json()["detail"]
    scene.do("jon", ref, "step-down", role="ol")
    room = scene.do("jon", ref, "leave")
    assert "Jon Jensen" not in {person["name"] for person in room["participants"]}
    assert scene.verb("jon", ref, "leave").json()["code"] == "not_in_the_room"
    scene.do("jon", ref, "join")
    assert [len(scene.told(ref, kind)) for kind in ("incident.left", "incident.joined")] == [1, 1]


def test_who_takes_over_does_not_leave(scene: Scene) -> None:
    assert scene.verb("mei", scene.handing_over("shadow"), "leave").json()["code"] == "taking_over"


@pytest.mark.parametrize("verb", ["assign", "accept", "decline", "step-down"])
def test_bad_bodies_are_refused(scene: Scene, verb: str) -> None:
    ref = scene.commanded(ask={"ol": "jon"})
    good: dict[str, Any] = {"role": "ol", **({"person": scene.email("mei")} if verb == "assign" else {})}
    bad: list[dict[str, Any]] = [{"role": "king"}, {"role": None}, {"role": 7}, {"whom": "me"}]
    if verb != "accept":
        bad += [{"reason": "x" * 2001}, {"reason": "a\u202eb"}, {"reason": ["x"]}]
    if verb == "assign":
        bad += [{"person": ""}, {"person": "x" * 255}, {"person": 5}, {"person": "<b>x</b>"}]
    who = "jon" if verb in ("accept", "decline") else "amira"
    if verb == "step-down":
        scene.do("amira", ref, "assign", role="ol", person=scene.email("amira"), reason="Alone")
    for wrong in bad:
        assert scene.verb(who, ref, verb, **{**good, **wrong}).status_code == 422, wrong
    assert scene.verb(who, ref, verb).status_code == 422


@pytest.mark.parametrize("verb", ["assign", "accept", "decline", "step-down", "leave", "claim"])
def test_nothing_of_it_is_done_to_what_has_ended_by_executives_or_by_outsiders(scene: Scene, verb: str) -> None:
    bodies = {"assign": {"role": "ol", "person": scene.email("jon")}, "leave": {}, "claim": {}}
    body = bodies.get(verb, {"role": "ol"})
    ref = scene.ended("false-positive")
    assert scene.verb("exec", ref, verb, **body).json()["code"] == "not_a_practitioner"
    assert scene.door(scene.globex.amira).post(f"incidents/{ref}/{verb}/", body).status_code == 404
    if verb != "leave":
        assert scene.verb("amira", ref, verb, **body).json()["code"] == "ended"
    else:
        scene.do("amira", ref, "leave")  # a role in what has ended keeps nobody in the room
