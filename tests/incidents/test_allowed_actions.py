"""What the API says one may do is what one then can: every verb, for every person, in every state."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from incidents.doors import DOORS
from incidents.models import UpdatePolicy
from incidents.states import ADVANCES, RoomRole, State
from ledger.actions import configure
from tests.conftest import Cast, Door, Installation, Person
from tests.incidents.scene import UPDATE, Scene, alert

pytestmark = pytest.mark.servers

PUBLIC = {**UPDATE, "audience": "public", "status": "investigating"}
PEOPLE = ("amira", "jon", "support", "mei", "admin", "exec")  # the first three differ most in what they may
WHOLE_CAST = ("nobody commands", "led", "at work", "restricted", "updates wait")


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


def at_work(scene: Scene) -> str:
    """A room in which every part of the work stands at every stage; Mei is Operations Lead."""
    ref = scene.commanded()
    scene.appoint(ref, RoomRole.OL, "mei")
    for number in (1, 2):
        scene.do("mei", ref, "hypothesis", text=f"Hypothesis {number}")
    scene.do("mei", ref, "verify", hypothesis=1, verdict="refuted", seen="Nothing")
    for number in range(1, 5):
        scene.do("mei", ref, "propose", text=f"Change {number}")
    for number in (1, 2):
        scene.do("amira", ref, "approve", change=number)
    scene.do("mei", ref, "execute", change=1)
    scene.do("amira", ref, "reject", change=3, reason="No")
    for to in ("jon", "jon", "mei"):
        scene.do("amira", ref, "order", to=f"{to}@acme.example", text="Watch")
    scene.do("jon", ref, "acknowledge", order=1)
    scene.do("jon", ref, "note", text="Written by Jon")
    return ref


def over(scene: Scene) -> str:
    """The same, where all of it is over."""
    ref = at_work(scene)
    scene.do("mei", ref, "verify", hypothesis=2, verdict="confirmed", seen="It is")
    scene.do("mei", ref, "verify-fix", change=1, worked=True, seen="It did")
    scene.do("mei", ref, "execute", change=2)
    scene.do("mei", ref, "verify-fix", change=2, worked=True, seen="It did")
    scene.do("amira", ref, "reject", change=4, reason="No")
    for order in (1, 2, 3):
        scene.do("amira", ref, "withdraw", order=order)
    scene.do("jon", ref, "correct", entry=scene.told(ref, "incident.noted")[0]["seq"], text="Otherwise")
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


def waiting(scene: Scene) -> str:
    """Two updates wait: one for Legal or PR, and one for the IC as well."""
    ref = led(scene)
    with scene.acme.scope(scene.acme.admin):
        configure(UpdatePolicy(), {"approved_audiences": ["public"]}, by=scene.acme.admin.actor())
    for states_cause in (False, True):
        scene.do("mei", ref, "update", **PUBLIC, states_cause=states_cause)
    return ref


def merged(scene: Scene) -> str:
    ref, into = scene.commanded("SEV2"), scene.commanded("SEV1")
    scene.do("amira", ref, "merge", into=into)
    return ref


def closed(scene: Scene) -> str:
    ref = scene.ended("resolve", severity="SEV3")
    scene.do("amira", ref, "close")
    return ref


STATES: dict[str, Callable[[Scene], str]] = {
    "nobody commands": uncommanded,
    "commanded": advanced(),
    "led": led,
    "at work": at_work,
    "the work is over": over,
    "mitigation": advanced("investigation", "mitigation"),
    "monitoring, too short": advanced("investigation", "monitoring"),
    "monitoring, ready": lambda scene: scene.ready(),
    "monitoring, firing": firing,
    "backlog": lambda scene: scene.declare("support", severity="SEV3"),
    "the lowest": lambda scene: scene.declare("support", severity="SEV4", services=()),
    "restricted": restricted,
    "resolved": resolved,
    "a role is offered": lambda scene: scene.commanded("SEV2", ask={"ol": "jon"}),
    "a handover is offered": lambda scene: scene.handing_over("handover"),
    "a handover is shadowed": lambda scene: scene.handing_over("shadow"),
    "a handover is reported": lambda scene: scene.handing_over("sitrep"),
    "a handover is announced": lambda scene: scene.handing_over("announce"),
    "small and resolved": lambda scene: scene.ended("resolve", severity="SEV3"),
    "closed": closed,
    "merged": merged,
    "a false positive": lambda scene: scene.ended("false-positive"),
    "updates wait": waiting,
}
OTHER = {"title": "Another one", "severity": "SEV1"}  # what can be merged into, and into what


def hour_before(moment: str) -> str:
    return (datetime.fromisoformat(moment) - timedelta(hours=1)).isoformat()


def bodies(verb: str, incident: dict[str, Any], why: list[dict[str, Any]], moment: str) -> list[dict[str, Any]]:
    """Bodies of which one must do, where the verb is open (and where only a written reason is asked for)."""
    if verb == "advance":
        moves = ADVANCES.get(State(incident["state"]), {}) or {State.INVESTIGATION: False}
        return [{"to": to.value, "reason": "Because"} for to in moves]
    if verb == "severity":
        return [{"severity": f"SEV{n}", "reason": "Because"} for n in (1, 2, 3, 4) if f"SEV{n}" != incident["severity"]]
    if verb in ("assign", "accept", "decline", "step-down"):
        roles = [{"role": role, "reason": "Because"} for role in ("ol", "cl", "scribe", "ic")]
        if verb == "assign":
            return [{**body, "person": f"{who}@acme.example"} for body in roles for who in ("jon", "mei", "amira")]
        return [{"role": body["role"]} for body in roles] if verb == "accept" else roles
    overrides = {reason["code"]: "Because" for reason in why if reason.get("overridable")}
    if verb == "update":
        return [PUBLIC, UPDATE]
    if verb in ("approve-update", "reject-update"):
        more = {"reason": "Because"} if verb == "reject-update" else {}
        return [{"update": row["id"], **more} for row in incident["waiting_updates"]] or [{"update": 1, **more}]
    if verb in ("flag", "unflag"):
        return [{"flag": flag, "reason": "Because"} for flag in ("personal_data", "financial_loss")]
    if verb in ("admit", "remove"):
        people = ("director", "jon", "mei", "admin", "support", "owner")
        return [{"person": f"{who}@acme.example", "reason": "Because"} for who in people]
    one: dict[str, dict[str, Any]] = {
        "ask": {"text": "When?"},
        "snapshot": {"what": "The ledger"},
        "fulfil": {"snapshot": 1, "location": "The vault"},
        "impact": {"end": moment},
        "note": {"text": "A note"},
        "correct-time": {"which": "detected", "occurred_at": hour_before(moment), "reason": "Because"},
        "decide": {"text": "We stay", "reason": "Because"},
        "hypothesis": {"text": "The cache"},
        "propose": {"text": "Roll back"},
        "deviation": {"text": "Restarted", "reason": "It burned"},
        "attach": {"file": SimpleUploadedFile("a.txt", b"a")},
        "claim": {"reason": "Because"},
        "take-command": {"reason": "Because"},
        "assess": {"text": "One in five orders fails"},
        "bridge": {"url": "https://meet.example/room"},
        "rhythm": {"minutes": 10},
        "check-in": {"text": "As before"},
        "page": {"person": "mei@acme.example", "reason": "We need you"},
        "handover": {"to": "jon@acme.example"},
        "sitrep": {"text": "So it stands"},
        "merge": {"into": "INC-1"},
        "reopen": {"reason": "Because"},
        "false-positive": {"reason": "Because"},
        "resolve": {"summary": "Done", **({"overrides": overrides} if overrides else {})},
    }
    if verb == "order":
        return [{"to": f"{to}@acme.example", "text": "Watch"} for to in ("mei", "jon")]
    if verb in PARTS:
        what, rest = PARTS[verb]
        return [{what: number, **rest} for number in (999, *range(1, 40))]  # the first is not there: whether there is any
    if verb == "tick":
        return [
            {"role": "ic", "key": "nothing"},
            *({"role": r, "key": k} for r in ("ic", "ol", "cl") for k in ("bridge", "gather", "sentiment")),
        ]
    return [one.get(verb, {})]


PARTS: dict[str, tuple[str, dict[str, Any]]] = {
    "verify": ("hypothesis", {"verdict": "refuted", "seen": "Nothing"}),
    "approve": ("change", {}),
    "reject": ("change", {"reason": "Because"}),
    "execute": ("change", {"reason": "Because"}),
    "verify-fix": ("change", {"worked": True, "seen": "It did"}),
    "acknowledge": ("order", {}),
    "done": ("order", {}),
    "withdraw": ("order", {}),
    "correct": ("entry", {"text": "Otherwise"}),
}


@pytest.mark.parametrize("state", STATES)
def test_what_is_allowed_is_done_and_what_is_not_is_refused_for_the_same_reasons(scene: Scene, state: str) -> None:
    assert scene.api("mei").post("incidents/", OTHER).json()["ref"] == "INC-1"
    ref = STATES[state](scene)
    moment = scene.clock.now.isoformat()
    for who in PEOPLE if state in WHOLE_CAST else PEOPLE[:3]:
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
                refused = (scene.would(who, ref, verb, **body).json() for body in wanted)
                told = ([reason["code"] for reason in answer["reasons"]] for answer in refused)
                assert [reason["code"] for reason in why if not reason.get("overridable")] in told, case


@pytest.mark.clause("people.auditor")
def test_the_auditor_may_nothing_and_is_told_why(own_database: Installation, api: Callable[[Person], Door]) -> None:
    acme: Cast = own_database.acme
    ref = api(acme.mei).post("incidents/", {"title": "Checkout fails", "severity": "SEV1"}).json()["ref"]
    for verb, said in api(acme.auditor).get(f"incidents/{ref}/").json()["allowed_actions"].items():
        assert [reason["code"] for reason in said["why_not"]] == ["read_only"], verb
        assert said["why_not"][0]["clause"] == "people.auditor"
        assert api(acme.auditor).post(f"incidents/{ref}/{verb}/", {}).json()["code"] == "read_only"


def test_a_token_that_may_only_read_is_told_so(scene: Scene) -> None:
    ref = scene.commanded()
    scene.follow()
    reader = scene.reading("amira")
    for verb, said in reader.get(f"incidents/{ref}/").json()["allowed_actions"].items():
        assert [reason["code"] for reason in said["why_not"]] == ["scope"], verb
    assert reader.post(f"incidents/{ref}/note/", {"text": "x"}).json()["code"] == "scope"
    assert reader.post("incidents/", {"title": "x", "severity": "SEV1"}).json()["code"] == "scope"
    assert reader.post(f"pages/{scene.calls('amira')[0]['id']}/acknowledge/").json()["code"] == "read_only"
