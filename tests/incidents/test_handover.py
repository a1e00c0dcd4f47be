"""Command changes hands in five steps, in this order, and is vacant at no instant (clauses handover.*)."""

from datetime import datetime
from typing import Any

import pytest

from incidents.models import RoleHolding
from incidents.sentences.kind import at_time
from tests.incidents.scene import UPDATE, Scene

pytestmark = pytest.mark.servers

STEPS = ("handover", "shadow", "sitrep", "announce", "take-command")


def commander(room: dict[str, Any]) -> str:
    return str(next(role["person"]["name"] for role in room["roles"] if role["role"] == "ic"))


def spoken(scene: Scene, ref: str) -> list[tuple[str, str, str]]:
    """(kind, who, text) of the handover's entries."""
    kinds = ("incident.handover_", "incident.shadowing", "incident.sitrep", "incident.command_taken")
    return [(e["kind"], e["actor"], e["text"]) for e in scene.part(ref, "timeline") if e["kind"].startswith(kinds)]


@pytest.mark.clause("handover.announce")
@pytest.mark.clause("handover.shadow-15")
@pytest.mark.clause("handover.sitrep")
def test_five_steps_in_order(scene: Scene) -> None:
    ref = scene.handing_over("announce")
    assert commander(scene.incident(ref)) == "Amira Ahmadi"
    scene.clock.advance(minutes=15)
    assert commander(scene.do("mei", ref, "take-command")) == "Mei Martin"
    assert spoken(scene, ref) == [
        ("incident.handover_offered", "Amira Ahmadi", "Offers command to Mei Martin."),
        ("incident.shadowing", "Mei Martin", "Shadows Amira Ahmadi."),
        ("incident.sitrep", "Amira Ahmadi", "So it stands"),
        ("incident.handover_announced", "Amira Ahmadi", "Handing over command to Mei Martin."),
        ("incident.command_taken", "Mei Martin", "I have command."),
    ]
    assert scene.told(ref, "incident.command_taken")[0]["data"]["overridden"] == []
    assert scene.incident(ref)["handover"] is None


@pytest.mark.clause("handover.announce")
def test_there_is_a_commander_at_every_instant(scene: Scene) -> None:
    ref = scene.handing_over("announce")
    moment = scene.clock.advance(minutes=15)
    scene.do("mei", ref, "take-command")
    with scene.acme.scope(scene.acme.amira):
        seats = list(RoleHolding.objects.filter(role="ic").order_by("id").values_list("user_id", "since", "until"))
    assert [user for user, _, _ in seats] == [scene.acme.amira.user_id, scene.acme.mei.user_id]
    assert [seats[0][2], seats[1][1], seats[1][2]] == [moment, moment, None]


@pytest.mark.clause("handover.after-4h")
def test_each_commander_has_four_hours_of_their_own(scene: Scene) -> None:
    ref = scene.handing_over("announce")
    scene.clock.advance(hours=3)
    scene.do("mei", ref, "take-command")
    clock = scene.running(ref, "handover.after-4h")
    spans = [
        (datetime.fromisoformat(clock[name]) - scene.clock.now).total_seconds() for name in ("started_at", "prompt_at", "due_at")
    ]
    assert spans == [0, 3.5 * 3600, 4 * 3600]
    states = [c["state"] for c in scene.part(ref, "clocks") if c["clause"] == "handover.after-4h"]
    assert states == ["kept", "running"]


@pytest.mark.clause("handover.after-4h")
def test_past_four_hours_it_is_prompted_and_then_broken(scene: Scene) -> None:
    ref = scene.commanded()
    scene.later(hours=3, minutes=30)
    assert scene.running(ref, "handover.after-4h")["state"] == "prompted"
    scene.later(minutes=30)
    assert scene.running(ref, "handover.after-4h")["state"] == "broken"
    assert "handover.after-4h" in [entry["data"]["clause"] for entry in scene.told(ref, "clock.broken")]


@pytest.mark.clause("handover.shadow-15")
def test_taking_command_before_the_shadowing_has_lasted_needs_a_reason(scene: Scene) -> None:
    ref = scene.handing_over("announce")
    scene.clock.advance(minutes=11, seconds=40)
    refused = scene.verb("mei", ref, "take-command", reason=" ")
    assert (refused.status_code, refused.json()["code"], refused.json()["clause"]) == (
        409,
        "shadow_too_short",
        "handover.shadow-15",
    )
    assert "3 min 20 s to go" in refused.json()["detail"]
    assert refused.json()["reasons"][0]["overridable"] is True
    scene.do("mei", ref, "take-command", reason="Amira is ill")
    entry = scene.told(ref, "incident.command_taken")[0]
    assert (entry["data"]["overridden"], entry["data"]["reason"]) == (["shadow_too_short"], "Amira is ill")
    cut = next(c for c in scene.part(ref, "clocks") if c["clause"] == "handover.shadow-15")
    assert (cut["state"], cut["stopped_at"]) == ("broken", cut["broken_at"])


@pytest.mark.clause("handover.shadow-15")
def test_shadowing_that_lasts_is_no_breach_and_presses_nobody(scene: Scene) -> None:
    ref = scene.handing_over("shadow")
    scene.later(minutes=20)
    assert scene.running(ref, "handover.shadow-15")["state"] == "running"
    assert "handover.shadow-15" not in [entry["data"]["clause"] for entry in scene.told(ref, "clock.broken")]
    page = scene.page("amira").get(f"/o/acme/incidents/{ref}/").content.decode()
    assert "was due at" in page  # the roles are late; the shadowing is not
    assert "Shadowing, at least until was due" not in page
    for who, step, body in (("amira", "sitrep", {"text": "So"}), ("amira", "announce", {}), ("mei", "take-command", {})):
        scene.do(who, ref, step, **body)
    kept = next(c for c in scene.part(ref, "clocks") if c["clause"] == "handover.shadow-15")
    assert (kept["state"], kept["broken_at"]) == ("kept", None)


@pytest.mark.clause("handover.announce")
@pytest.mark.clause("handover.sitrep")
@pytest.mark.parametrize(
    ("until", "who", "step", "code", "clause"),
    [
        ("", "mei", "shadow", "no_handover", "handover.announce"),
        ("", "amira", "sitrep", "no_handover", "handover.announce"),
        ("", "amira", "announce", "no_handover", "handover.announce"),
        ("", "mei", "take-command", "no_handover", "handover.announce"),
        ("", "mei", "call-off", "no_handover", "handover.announce"),
        ("handover", "amira", "sitrep", "not_shadowed", "handover.shadow-15"),
        ("handover", "amira", "announce", "no_sitrep", "handover.sitrep"),
        ("handover", "mei", "take-command", "no_sitrep", "handover.sitrep"),
        ("shadow", "amira", "announce", "no_sitrep", "handover.sitrep"),
        ("shadow", "mei", "take-command", "no_sitrep", "handover.sitrep"),
        ("shadow", "mei", "shadow", "shadowing", "handover.shadow-15"),
        ("sitrep", "mei", "take-command", "not_announced", "handover.announce"),
        ("announce", "amira", "sitrep", "announced", "handover.announce"),
        ("announce", "amira", "announce", "announced", "handover.announce"),
        ("announce", "amira", "handover", "handing_over", "handover.announce"),
    ],
)
def test_a_step_out_of_its_order_is_refused(scene: Scene, until: str, who: str, step: str, code: str, clause: str) -> None:
    ref = scene.handing_over(until) if until else scene.commanded()
    bodies = {"sitrep": {"text": "So"}, "handover": {"to": scene.email("jon")}, "take-command": {"reason": "Now"}}
    refused = scene.verb(who, ref, step, **bodies.get(step, {}))
    assert (refused.status_code, refused.json()["code"], refused.json()["clause"]) == (409, code, clause)
    assert commander(scene.incident(ref)) == "Amira Ahmadi"


@pytest.mark.clause("principle.chain-of-command")
@pytest.mark.parametrize(
    ("until", "who", "step", "code"),
    [
        ("", "jon", "handover", "not_commander"),
        ("handover", "jon", "shadow", "not_incoming"),
        ("handover", "amira", "shadow", "not_incoming"),
        ("shadow", "mei", "sitrep", "not_outgoing"),
        ("sitrep", "mei", "announce", "not_outgoing"),
        ("announce", "jon", "take-command", "not_incoming"),
        ("announce", "amira", "take-command", "not_incoming"),
        ("announce", "jon", "call-off", "not_handing_over"),
    ],
)
def test_each_step_is_one_persons(scene: Scene, until: str, who: str, step: str, code: str) -> None:
    ref = scene.handing_over(until) if until else scene.commanded()
    bodies = {"sitrep": {"text": "So"}, "handover": {"to": scene.email("mei")}, "take-command": {"reason": "Now"}}
    refused = scene.verb(who, ref, step, **bodies.get(step, {}))
    assert (refused.status_code, refused.json()["code"]) == (403, code)
    assert refused.json()["clause"] == "principle.chain-of-command"


@pytest.mark.clause("roles.ic-head-up")
def test_an_operations_lead_takes_command_with_a_reason_or_after_being_replaced(scene: Scene) -> None:
    ref = scene.handing_over("announce", incoming="jon")
    scene.give(ref, ol="jon")
    scene.clock.advance(minutes=15)
    refused = scene.verb("jon", ref, "take-command")
    assert (refused.status_code, refused.json()["code"]) == (409, "ic_is_ol")
    assert scene.would("jon", ref, "take-command", reason="Two of us are awake").status_code == 200
    scene.give(ref, ol="mei")
    assert commander(scene.do("jon", ref, "take-command")) == "Jon Jensen"


@pytest.mark.parametrize("who", ["amira", "mei"])
@pytest.mark.parametrize("until", STEPS[:-1])
def test_either_calls_it_off_at_any_step(scene: Scene, until: str, who: str) -> None:
    ref = scene.handing_over(until)
    room = scene.do(who, ref, "call-off", reason="Not now")
    assert (commander(room), room["handover"]) == ("Amira Ahmadi", None)
    assert scene.told(ref, "incident.handover_called_off")[0]["data"]["reason"] == "Not now"
    assert [c for c in scene.part(ref, "clocks") if c["clause"] == "handover.shadow-15" and c["stopped_at"] is None] == []
    assert scene.verb("mei", ref, "take-command", reason="Now").json()["code"] == "no_handover"
    scene.do("amira", ref, "handover", to=scene.email("mei"))


def test_whom_command_is_offered_to(scene: Scene) -> None:
    ref = scene.commanded()
    for email, code in (
        (scene.email("amira"), "handover_to_oneself"),
        (scene.email("exec"), "no_practitioner"),
        (scene.globex.mei.email, "no_such_person"),
    ):
        refused = scene.verb("amira", ref, "handover", to=email)
        assert (refused.status_code, refused.json()["code"], list(refused.json()["fields"])) == (422, code, ["to"])
    scene.do("amira", ref, "handover", to=scene.email("mei"))
    scene.follow()
    assert "Offers command to Mei Martin" in scene.mails("mei", "Handover:")[0].body


def test_a_newer_report_takes_the_place_of_an_older_one(scene: Scene) -> None:
    ref = scene.handing_over("sitrep")
    assert scene.do("amira", ref, "sitrep", text="It got worse")["handover"]["sitrep"] == "It got worse"
    assert [e["text"] for e in scene.told(ref, "incident.sitrep")] == ["So it stands", "It got worse"]


@pytest.mark.clause("handover.sitrep")
def test_the_report_is_drafted_from_the_record(scene: Scene) -> None:
    ref = scene.mobilised()
    scene.do("amira", ref, "impact", start=scene.ago(minutes=9).isoformat())
    scene.do("mei", ref, "update", **UPDATE)
    scene.do("amira", ref, "bridge", url="https://meet.example/room")
    scene.do("amira", ref, "assign", role="scribe", person=scene.email("admin"))
    scene.clock.advance(minutes=31)
    today = scene.clock.now.date()
    for kind, media in (("md", "text/markdown"), ("txt", "text/plain")):
        answer = scene.api("mei").get(f"incidents/{ref}/sitrep.{kind}")
        assert (answer.status_code, answer["Content-Type"]) == (200, f"{media}; charset=utf-8")
        text = answer.content.decode()
        for line in (
            f"SITREP {ref}: Checkout fails",
            f"As of {scene.clock.now:%Y-%m-%d %H:%M:%S} UTC",
            "- Severity: SEV 1",
            "- State: investigation, 31 min 0 s since it was detected",
            f"- Impact: since {at_time(scene.ago(minutes=40), today)}, goes on",
            "- Bridge: https://meet.example/room",
            f"- Incident Commander: Amira Ahmadi, since {at_time(scene.ago(minutes=31), today)}",
            "- Scribe: OPEN (Ada Admin is asked and has not answered)",
            "Payments time out",
            "- Being done: Rolling back",
            "- Update: LATE by 1 min 0 s",
        ):
            assert line in text, line
        page = scene.page("mei").get(f"/o/acme/incidents/{ref}/sitrep.{kind}")
        assert (page["Content-Type"], page.content.decode()) == (f"{media}; charset=utf-8", text)
    assert scene.door(scene.globex.amira).get(f"incidents/{ref}/sitrep.md").status_code == 404


@pytest.mark.clause("handover.sitrep")
def test_the_form_offers_the_draft(scene: Scene) -> None:
    ref = scene.handing_over("shadow")
    page = scene.page("amira").get(f"/o/acme/incidents/{ref}/").content.decode()
    assert f"SITREP {ref}: Checkout fails" in page


@pytest.mark.parametrize("step", STEPS)
def test_bad_bodies_are_refused(scene: Scene, step: str) -> None:
    ref = scene.handing_over(STEPS[STEPS.index(step) - 1]) if step != "handover" else scene.commanded()
    bad: dict[str, list[dict[str, Any]]] = {
        "handover": [{}, {"to": ""}, {"to": None}, {"to": "x" * 300}, {"to": "<script>"}],
        "sitrep": [{}, {"text": " "}, {"text": "x" * 20_001}, {"text": "a\u202eb"}, {"text": 5}],
        "take-command": [{"reason": "x" * 2001}, {"reason": "a\u202eb"}],
    }
    who = "mei" if step in ("shadow", "take-command") else "amira"
    for body in [*bad.get(step, []), {"nonsense": 1}]:
        assert scene.verb(who, ref, step, **body).status_code == 422, body


@pytest.mark.parametrize("step", [*STEPS, "call-off"])
def test_nothing_of_it_is_done_to_what_has_ended_by_executives_or_by_outsiders(scene: Scene, step: str) -> None:
    ref = scene.ended("false-positive")
    body = {"handover": {"to": scene.email("mei")}, "sitrep": {"text": "So"}}.get(step, {})
    assert scene.verb("amira", ref, step, **body).json()["code"] == "ended"
    assert scene.verb("exec", ref, step, **body).json()["code"] == "not_a_practitioner"
    assert scene.door(scene.globex.amira).post(f"incidents/{ref}/{step}/", body).status_code == 404


def small_handover(scene: Scene) -> str:
    """A SEV 3 that Amira commands and hands over to Mei, announced."""
    ref = scene.commanded("SEV3")
    for who, step, body in (
        ("amira", "handover", {"to": scene.email("mei")}),
        ("mei", "shadow", {}),
        ("amira", "sitrep", {"text": "So it stands"}),
        ("amira", "announce", {}),
    ):
        scene.do(who, ref, step, **body)
    return ref


@pytest.mark.clause("handover.announce")
def test_whoever_steps_down_hands_nothing_over_any_more(scene: Scene) -> None:
    ref = small_handover(scene)
    room = scene.do("amira", ref, "step-down", role="ic", reason="Off to bed")
    assert room["handover"] is None
    assert scene.told(ref, "role.left")[0]["data"]["called_off"] == "Mei Martin"
    assert [c for c in scene.part(ref, "clocks") if c["clause"] == "handover.shadow-15" and c["stopped_at"] is None] == []
    refused = scene.verb("mei", ref, "take-command", reason="Now")
    assert (refused.status_code, refused.json()["code"]) == (409, "no_handover")
    scene.do("jon", ref, "claim")
    assert scene.verb("mei", ref, "take-command", reason="Now").json()["code"] == "no_handover"
    assert commander(scene.incident(ref)) == "Jon Jensen"


@pytest.mark.clause("principle.chain-of-command")
@pytest.mark.parametrize(
    ("who", "step"), [("mei", "shadow"), ("amira", "sitrep"), ("amira", "announce"), ("mei", "take-command")]
)
@pytest.mark.parametrize("claimed", [False, True])
def test_a_handover_of_a_command_that_is_gone_leads_nowhere(scene: Scene, claimed: bool, who: str, step: str) -> None:
    """Rows as an earlier release left them: the commander had stepped down, and the handover stayed open."""
    ref = small_handover(scene)
    with scene.acme.scope(scene.acme.amira):
        seat = RoleHolding.objects.get(role="ic", until=None)
        seat.until = scene.clock.now
        seat.save()
        if claimed:
            RoleHolding.objects.create(incident=seat.incident, role="ic", user_id=scene.acme.jon.user_id)
    body = {"sitrep": {"text": "So"}, "take-command": {"reason": "Now"}}.get(step, {})
    refused = scene.verb(who, ref, step, **body)
    assert (refused.status_code, refused.json()["code"]) == (409, "handover_lapsed")
    assert ("Jon Jensen holds command" if claimed else "Nobody holds command") in refused.json()["detail"]
    if claimed:
        assert scene.verb("jon", ref, "handover", to=scene.email("mei")).json()["code"] == "handing_over"
        scene.do("jon", ref, "call-off", reason="It was Amira's")
        scene.do("jon", ref, "handover", to=scene.email("mei"))
    else:
        assert scene.do("jon", ref, "claim")["handover"] is None
