"""People first: a war room from the first second, its three leading roles found within five minutes.

Clauses principle.mobilize-first, mobilize.war-room, mobilize.roles-assigned, mobilize.page-out.
"""

from datetime import timedelta

import pytest

from tests.incidents.scene import Scene
from tests.incidents.test_roles import leaves_the_organisation

pytestmark = pytest.mark.servers

ROLES = "mobilize.roles-assigned"


def running(scene: Scene, ref: str, clause: str = ROLES) -> bool:
    return any(c["clause"] == clause and c["stopped_at"] is None for c in scene.part(ref, "clocks"))


@pytest.mark.clause("mobilize.war-room")
def test_a_war_room_has_a_channels_name_of_date_and_title(scene: Scene) -> None:
    day = f"{scene.clock.now:%Y-%m-%d}"
    first = scene.declare(title="Checkout fails: ÄÖÜ & 500s!")
    assert scene.incident(first)["channel"] == f"incident-{day}-checkout-fails-aou-500s"
    assert scene.told(first, "incident.declared")[0]["data"]["channel"] == f"incident-{day}-checkout-fails-aou-500s"
    second = scene.declare(title="Checkout fails: ÄÖÜ & 500s!")
    assert scene.incident(second)["channel"] == f"incident-{day}-checkout-fails-aou-500s-{second.split('-')[1]}"
    assert len(scene.incident(scene.declare(title="x" * 200))["channel"]) == 80
    nameless = scene.declare(title="結帳失敗")
    assert scene.incident(nameless)["channel"] == f"incident-{day}-{nameless.lower()}"


@pytest.mark.clause("mobilize.war-room")
def test_a_small_one_gets_its_channel_when_it_is_raised(scene: Scene) -> None:
    ref = scene.declare(severity="SEV3")
    assert scene.incident(ref)["channel"] == ""
    scene.do("mei", ref, "severity", severity="SEV2", reason="It grows")
    channel = f"incident-{scene.clock.now:%Y-%m-%d}-checkout-fails"
    assert scene.incident(ref)["channel"] == channel
    assert scene.told(ref, "incident.severity_changed")[0]["data"]["channel"] == channel
    assert channel in scene.page("mei").get(f"/o/acme/incidents/{ref}/").content.decode()


@pytest.mark.clause("principle.mobilize-first")
@pytest.mark.clause("mobilize.roles-assigned")
def test_mobilisation_ends_by_itself_once_the_three_lead(scene: Scene) -> None:
    ref = scene.commanded()
    scene.give(ref, ol="jon")
    assert scene.incident(ref)["state"] == "mobilization"
    scene.give(ref, cl="mei")
    assert scene.incident(ref)["state"] == "investigation"
    entry = scene.told(ref, "incident.mobilised")[0]
    assert (entry["actor"], entry["text"].startswith("Mobilised: ")) == ("Muster", True)
    assert entry["data"]["roles"] == {"ic": "Amira Ahmadi", "ol": "Jon Jensen", "cl": "Mei Martin"}
    assert entry["data"]["people"] == 3


@pytest.mark.clause("mobilize.roles-assigned")
def test_it_ends_with_the_claim_where_the_others_lead_already(scene: Scene) -> None:
    ref = scene.commanded()
    scene.give(ref, ol="jon")
    scene.do("amira", ref, "assign", role="cl", person=scene.email("mei"))
    leaves_the_organisation(scene, "amira")
    scene.do("mei", ref, "accept", role="cl")
    assert scene.incident(ref, "mei")["state"] == "mobilization"
    assert scene.do("admin", ref, "claim")["state"] == "investigation"


@pytest.mark.clause("mobilize.roles-assigned")
@pytest.mark.parametrize("severity", ["SEV1", "SEV2"])
def test_five_minutes_are_counted_until_all_three_are_filled(scene: Scene, severity: str) -> None:
    ref = scene.declare(severity=severity)
    clock = scene.running(ref, ROLES)
    assert clock["due_at"] == (scene.clock.now + timedelta(minutes=5)).isoformat().replace("+00:00", "Z")
    scene.clock.advance(minutes=2)
    scene.do("amira", ref, "claim")
    scene.give(ref, ol="jon")
    assert running(scene, ref)
    scene.clock.advance(minutes=1)
    scene.give(ref, cl="mei")
    kept = next(c for c in scene.part(ref, "clocks") if c["clause"] == ROLES)
    assert (kept["state"], kept["stopped_at"]) == ("kept", scene.clock.now.isoformat().replace("+00:00", "Z"))


@pytest.mark.clause("mobilize.roles-assigned")
def test_a_small_one_has_no_such_clock_until_it_is_raised(scene: Scene) -> None:
    ref = scene.declare(severity="SEV3")
    assert not running(scene, ref)
    scene.do("mei", ref, "severity", severity="SEV1", reason="It grows")
    assert running(scene, ref)
    scene.do("amira", ref, "claim")
    scene.do("amira", ref, "severity", severity="SEV3", reason="It does not")
    assert not running(scene, ref)


@pytest.mark.clause("mobilize.roles-assigned")
def test_open_roles_are_chased_with_whoever_could_claim(scene: Scene) -> None:
    ref = scene.declare("jon")
    scene.follow()
    scene.later(minutes=5)
    told = [who for who in ("amira", "jon", "director", "mei", "exec") if scene.mails(who, f"{ref}: time is past")]
    assert told == ["amira", "jon", "director"]  # the on-call and the duty who were paged, and the declarer
    assert "claim command" in scene.mails("amira", "time is past")[0].body
    assert [e["data"]["clause"] for e in scene.told(ref, "clock.broken")] == [ROLES]
    assert scene.running(ref, ROLES)["state"] == "broken"
    page = scene.page("amira").get(f"/o/acme/incidents/{ref}/").content.decode()
    assert "Roles filled was due at" in page


@pytest.mark.clause("mobilize.roles-assigned")
def test_a_commander_is_chased_and_so_is_who_has_not_answered(scene: Scene) -> None:
    ref = scene.commanded(ask={"ol": "jon"})
    scene.later(minutes=5)
    assert [w for w in ("amira", "jon", "mei", "director") if scene.mails(w, f"{ref}: time is past")] == ["amira", "jon"]


@pytest.mark.clause("severity.sev2-page")
def test_lowering_stands_the_war_room_down(scene: Scene) -> None:
    ref = scene.mobilised()
    scene.do("amira", ref, "rhythm", minutes=10)
    scene.do("amira", ref, "handover", to=scene.email("mei"))
    scene.do("amira", ref, "assign", role="scribe", person=scene.email("admin"))
    room = scene.do("amira", ref, "severity", severity="SEV3", reason="One user only")
    assert (room["state"], room["offers"], room["handover"]) == ("backlog", [], None)
    assert all(role["person"] is None for role in room["roles"])
    assert [c for c in scene.part(ref, "clocks") if c["stopped_at"] is None and c["clause"] != "severity.sev3-fix"] == []
    assert scene.told(ref, "incident.severity_changed")[0]["text"].endswith("The war room stands down, and its roles end.")


@pytest.mark.clause("breach.sev1")
def test_what_a_flag_holds_is_not_lowered(scene: Scene) -> None:
    from incidents.models import Flag, Incident

    ref = scene.commanded()
    with scene.acme.scope(scene.acme.amira):
        Flag.objects.create(
            incident=Incident.objects.get(ref=ref), key="personal_data", reason="Names", raised_by_id=scene.acme.amira.user_id
        )
    refused = scene.verb("amira", ref, "severity", severity="SEV2", reason="Calmer")
    assert (refused.status_code, refused.json()["code"], refused.json()["clause"]) == (409, "flag_stands", "breach.sev1")
    assert scene.incident(ref)["allowed_actions"]["severity"]["allowed"] is False
    for verb, body in (("false-positive", {"reason": "None"}), ("merge", {"into": scene.declare()})):
        assert scene.verb("amira", ref, verb, **body).json()["code"] == "flag_stands"


@pytest.mark.clause("roles.ic-head-up")
def test_raising_is_never_refused_but_says_that_one_person_does_both(scene: Scene) -> None:
    ref = scene.commanded("SEV3")
    scene.do("amira", ref, "assign", role="ol", person=scene.email("amira"))
    scene.do("amira", ref, "severity", severity="SEV1", reason="It grows")
    entry = scene.told(ref, "incident.severity_changed")[0]
    assert entry["data"]["ic_is_ol"] is True
    assert "needs another holder" in entry["text"]
