"""What keeps a room going: assessment, bridge, check-ins, and calling people in.

Clauses roles.ic-assesses, mobilize.war-room, roles.ic-rhythm, roles.ol-leads, severity.sev4-ticket, checklist.ic.
"""

from datetime import timedelta
from typing import Any

import pytest

from incidents.models import ChecklistTick
from tests.incidents.scene import Scene

pytestmark = pytest.mark.servers

RHYTHM = "roles.ic-rhythm"


def running(scene: Scene, ref: str) -> list[dict[str, Any]]:
    return [c for c in scene.part(ref, "clocks") if c["clause"] == RHYTHM and c["stopped_at"] is None]


def iso(moment: Any) -> str:
    return str(moment.isoformat().replace("+00:00", "Z"))


def ticked(scene: Scene, role: str) -> set[str]:
    with scene.acme.scope(scene.acme.amira):
        return set(ChecklistTick.objects.filter(role=role).values_list("key", flat=True))


@pytest.mark.clause("roles.ic-assesses")
@pytest.mark.clause("checklist.ic")
def test_the_commander_assesses(scene: Scene) -> None:
    ref = scene.commanded()
    assert scene.verb("jon", ref, "assess", text="Bad").json()["code"] == "not_commander"
    scene.do("amira", ref, "assess", text="One in **five** orders fails")
    entry = scene.told(ref, "incident.assessed")[0]
    assert (entry["text"], entry["data"]["severity"]) == ("One in **five** orders fails", 1)
    assert {"claim", "severity"} <= ticked(scene, "ic")


@pytest.mark.clause("mobilize.war-room")
def test_the_bridge_is_opened_and_shown(scene: Scene) -> None:
    ref = scene.commanded()
    assert scene.verb("jon", ref, "bridge", url="https://meet.example/a").json()["code"] == "not_in_the_room"
    assert scene.do("mei", ref, "bridge", url=" https://meet.example/a?pwd=1 ")["bridge_url"] == "https://meet.example/a?pwd=1"
    scene.do("amira", ref, "bridge", url="https://meet.example/b")
    assert [e["data"]["before"] for e in scene.told(ref, "incident.bridge_opened")] == ["", "https://meet.example/a?pwd=1"]
    assert 'href="https://meet.example/b"' in scene.page("mei").get(f"/o/acme/incidents/{ref}/").content.decode()
    assert "bridge" in ticked(scene, "ic")


@pytest.mark.clause("mobilize.war-room")
@pytest.mark.parametrize(
    "url",
    [
        "",
        "meet",
        "http://meet.example/a",
        "javascript:alert(1)",
        "https://",
        "https:///a",
        "https://a b.example/",
        "https://me:secret@meet.example/",
        "https://me@meet.example/",
        "https://xn--\u0430.example/",
        "https://meet.example:port/",
        "https://[::1",
        "https://meet.example/" + "x" * 500,
        "https://meet.example/\u202egpj",
        'https://meet".example/',
    ],
)
def test_an_address_that_is_no_bridges_is_refused(scene: Scene, url: str) -> None:
    refused = scene.verb("mei", scene.commanded(), "bridge", url=url)
    assert (refused.status_code, list(refused.json()["fields"])) == (422, ["url"])


@pytest.mark.clause("roles.ic-rhythm")
def test_the_room_counts_down_to_the_next_check_in(scene: Scene) -> None:
    ref = scene.mobilised()
    assert scene.verb("jon", ref, "rhythm", minutes=10).json()["code"] == "not_commander"
    assert scene.do("amira", ref, "rhythm", minutes=10)["check_in_minutes"] == 10
    assert scene.running(ref, RHYTHM)["due_at"] == iso(scene.clock.now + timedelta(minutes=10))
    assert scene.running(ref, RHYTHM)["owner_role"] == "ol"
    assert "cadence" in ticked(scene, "ic")
    scene.clock.advance(minutes=7)
    refused = scene.verb("mei", ref, "check-in", text="As before")
    assert (refused.status_code, refused.json()["code"]) == (403, "not_operations_lead")
    assert "Jon Jensen is Operations Lead" in refused.json()["detail"]
    scene.do("jon", ref, "check-in", text="The pool is draining")
    assert scene.running(ref, RHYTHM)["due_at"] == iso(scene.clock.now + timedelta(minutes=10))
    assert [c["state"] for c in scene.part(ref, "clocks") if c["clause"] == RHYTHM] == ["kept", "running"]
    assert scene.told(ref, "incident.checked_in")[0]["text"] == "The pool is draining"


@pytest.mark.clause("roles.ic-rhythm")
def test_each_missed_check_in_asks_the_operations_lead_and_is_kept(scene: Scene) -> None:
    ref = scene.mobilised()
    scene.do("amira", ref, "rhythm", minutes=10)
    for missed in (1, 2):
        scene.later(minutes=10)
        asked = scene.mails("jon", f"{ref}: time is past")
        assert len(asked) == missed
        assert "Answer with a check-in" in asked[-1].body
        assert [c["state"] for c in scene.part(ref, "clocks") if c["clause"] == RHYTHM] == [*["broken"] * missed, "running"]
    assert scene.mails("mei", "time is past") == []


@pytest.mark.clause("roles.ic-rhythm")
def test_it_rests_while_we_watch_and_goes_on_with_a_relapse(scene: Scene) -> None:
    ref = scene.mobilised()
    scene.do("amira", ref, "rhythm", minutes=10)
    scene.do("amira", ref, "advance", to="monitoring", reason="It mended itself")
    assert running(scene, ref) == []
    scene.do("jon", ref, "check-in", text="Quiet")
    assert running(scene, ref) == []
    scene.do("amira", ref, "advance", to="investigation", reason="Errors are back")
    assert len(running(scene, ref)) == 1
    scene.do("amira", ref, "rhythm", minutes=1)
    assert [c["due_at"] for c in running(scene, ref)] == [iso(scene.clock.now + timedelta(minutes=1))]


@pytest.mark.clause("warroom.mode")
def test_a_small_one_has_no_rhythm(scene: Scene) -> None:
    refused = scene.verb("amira", scene.commanded("SEV3"), "rhythm", minutes=10)
    assert (refused.status_code, refused.json()["code"], refused.json()["clause"]) == (409, "no_war_room", "warroom.mode")


@pytest.mark.clause("roles.ol-leads")
@pytest.mark.clause("mobilize.page-out")
def test_commander_and_operations_lead_call_a_person(scene: Scene) -> None:
    ref = scene.mobilised()
    scene.do("jon", ref, "page", person=scene.email("admin"), reason="You know the pool")
    scene.follow()
    assert scene.calls("admin")[0]["reason"] == "You know the pool"
    assert len(scene.mails("admin", "Page: SEV 1")) == 1
    assert [e["actor"] for e in scene.told(ref, "page.person_paged") if e["data"]["person"] == "Ada Admin"] == ["Jon Jensen"]
    refused = scene.verb("mei", ref, "page", person=scene.email("admin"), reason="You know the pool")
    assert (refused.status_code, refused.json()["code"]) == (403, "not_commander")
    assert "The Operations Lead pages too" in refused.json()["detail"]
    scene.do("amira", ref, "page", person=scene.email("admin"), reason="Please")
    assert len(scene.calls("admin")) == 1  # called again, not twice at once


@pytest.mark.clause("mobilize.page-out")
def test_paging_a_service_starts_its_escalation(scene: Scene) -> None:
    ref = scene.declare(severity="SEV3")
    scene.do("amira", ref, "page", service="search", reason="Have a look")
    assert [(page["team"], page["state"]) for page in scene.part(ref, "pages")] == [("Shop", "open")]
    assert scene.running(ref, "oncall.escalate-15-30")["due_at"] == iso(scene.clock.now + timedelta(minutes=15))
    scene.do("amira", ref, "page", service="search", reason="Still there?")
    assert [page["summary"] for page in scene.part(ref, "pages")] == ["Still there?"]


@pytest.mark.clause("mobilize.page-out")
def test_paging_a_duty_calls_whoever_sits_on_it(scene: Scene) -> None:
    ref = scene.commanded("SEV2")
    for duty, who in (("legal_counsel", "exec"), ("engineering_manager", "admin"), ("product_owner", "owner")):
        scene.do("amira", ref, "page", duty=duty, reason="A question")
        assert scene.calls(who)[0]["reason"] == "A question", duty


@pytest.mark.clause("severity.sev4-ticket")
def test_nobody_is_paged_on_a_sev_4(scene: Scene) -> None:
    ref = scene.declare(severity="SEV4")
    refused = scene.verb("amira", ref, "page", person=scene.email("jon"), reason="A typo")
    assert (refused.status_code, refused.json()["code"], refused.json()["clause"]) == (
        409,
        "pages_nobody",
        "severity.sev4-ticket",
    )
    scene.follow()
    assert scene.part(ref, "pages") == []


def test_whom_one_cannot_page(scene: Scene) -> None:
    from ledger.actions import configure
    from tenants.models import DutyHolder
    from tests.incidents.test_roles import leaves_the_organisation

    ref = scene.commanded()
    leaves_the_organisation(scene, "mei")
    with scene.acme.scope(scene.acme.admin):
        configure(DutyHolder.objects.get(duty="pr"), {}, by=scene.acme.admin.actor(), delete=True)
    for body, field, code in (
        ({"person": scene.email("mei")}, "person", "has_left"),
        ({"person": scene.globex.jon.email}, "person", "no_such_person"),
        ({"service": "toaster"}, "service", "no_such_service"),
        ({"duty": "pr"}, "duty", "duty_unfilled"),
        ({}, "person", "exactly_one"),
        ({"person": scene.email("jon"), "service": "search"}, "person", "exactly_one"),
        ({"person": scene.email("jon"), "duty": "cfo"}, "person", "exactly_one"),
    ):
        refused = scene.verb("amira", ref, "page", **body, reason="Help")
        assert (refused.status_code, refused.json()["code"], next(iter(refused.json()["fields"]))) == (422, code, field), body


@pytest.mark.clause("breach.need-to-know")
def test_on_a_restricted_one_only_those_named_are_asked_anything(scene: Scene) -> None:
    from incidents.models import Incident, NeedToKnow

    ref = scene.commanded()
    with scene.acme.scope(scene.acme.amira):
        hidden, me = Incident.objects.get(ref=ref), scene.acme.amira.user_id
        for person, until in ((me, None), (scene.acme.mei.user_id, scene.ago(minutes=1))):
            NeedToKnow.objects.create(incident=hidden, user_id=person, added_by_id=me, reason="IC", expires_at=until)
        hidden.restricted = True
        hidden.save()
    for who in ("jon", "mei"):
        for verb, body in (
            ("assign", {"role": "ol", "person": scene.email(who)}),
            ("handover", {"to": scene.email(who)}),
            ("page", {"person": scene.email(who), "reason": "x"}),
            ("page", {"service": "search", "reason": "x"}),
        ):
            refused = scene.verb("amira", ref, verb, **body)
            assert (refused.status_code, refused.json()["code"]) == (422, "not_admitted"), (who, verb)
            assert refused.json()["clause"] == "breach.need-to-know"


BAD: dict[str, list[dict[str, Any]]] = {
    "assess": [{}, {"text": " "}, {"text": "x" * 20_001}, {"text": "a\u202eb"}, {"text": 5}],
    "bridge": [{}, {"url": None}, {"url": 5}],
    "rhythm": [{}, {"minutes": 0}, {"minutes": 121}, {"minutes": -1}, {"minutes": "ten"}, {"minutes": 1.5}, {"minutes": None}],
    "check-in": [{}, {"text": " "}, {"text": "x" * 20_001}, {"text": "a\u202eb"}],
    "page": [
        {},
        {"person": "jon@acme.example"},
        {"person": "jon@acme.example", "reason": " "},
        {"duty": "king", "reason": "x"},
        {"person": "jon@acme.example", "reason": "x" * 121},
    ],
}


@pytest.mark.parametrize("verb", BAD)
def test_bad_bodies_are_refused(scene: Scene, verb: str) -> None:
    ref = scene.mobilised()
    for body in BAD[verb]:
        assert scene.verb("jon" if verb == "check-in" else "amira", ref, verb, **body).status_code == 422, body


@pytest.mark.parametrize("verb", BAD)
def test_nothing_of_it_is_done_to_what_has_ended_by_executives_or_by_outsiders(scene: Scene, verb: str) -> None:
    good: dict[str, dict[str, Any]] = {"bridge": {"url": "https://meet.example/a"}, "rhythm": {"minutes": 10}}
    body = good.get(verb, {"text": "x"} if verb != "page" else {"person": scene.email("jon"), "reason": "x"})
    ref = scene.ended("false-positive")
    assert scene.verb("amira", ref, verb, **body).json()["code"] == "ended"
    assert scene.verb("exec", ref, verb, **body).json()["code"] == "not_a_practitioner"
    assert scene.door(scene.globex.amira).post(f"incidents/{ref}/{verb}/", body).status_code == 404


def test_an_incidents_own_document_says_of_its_running_clocks_what_their_list_says(scene: Scene) -> None:
    """They are read with the room's facts there, and as they stand here."""
    ref = scene.commanded()
    scene.do("jon", ref, "join")
    scene.do("amira", ref, "order", to=scene.email("jon"), text="Look at the cache")
    states = set()
    for minutes in (1, 26, 40):
        scene.later(minutes=minutes)
        shown = scene.api("amira").get(f"incidents/{ref}/").json()["clocks"]
        listed = [clock for clock in scene.part(ref, "clocks") if clock["stopped_at"] is None]
        assert sorted(map(str, shown)) == sorted(map(str, listed))
        states |= {clock["state"] for clock in shown}
    assert states == {"running", "prompted", "broken"}
