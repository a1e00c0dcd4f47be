"""Who is called and who is told when SEV 1 or 2 is declared (severity.sev1-page, severity.sev2-page)."""

from collections.abc import Iterator
from html import unescape
from typing import Any

import pytest

from notifications.actions import MAX_ATTEMPTS
from notifications.transports import TransportError
from tests.incidents.scene import Scene, alert
from tests.notifications.outside import Outside, by_email

pytestmark = pytest.mark.servers


@pytest.fixture
def outside() -> Iterator[type[Outside]]:
    """E-mail goes to a far side that the test commands."""
    with by_email() as far_side:
        yield far_side


def ways(notice: dict[str, Any]) -> dict[str, list[tuple[int, str]]]:
    """The tries of a notice by their channel: (number, the last word on it)."""
    return {way["channel"]: [(one["number"], one["outcome"]) for one in way["attempts"]] for way in notice["ways"]}


def panel(scene: Scene, ref: str, who: str = "mei") -> str:
    """What the room says of who was told; "" where it says nothing."""
    html = unescape(scene.page(who).get(f"/o/acme/incidents/{ref}/").content.decode())
    _, found, rest = html.partition('id="notices"')
    return rest.partition("</details>")[0] if found else ""


@pytest.mark.clause("severity.sev1-page")
def test_sev_1_pages_on_call_and_the_director_and_tells_the_executives(scene: Scene) -> None:
    ref = scene.declare()
    scene.follow()
    assert scene.calls("amira")[0]["clause"] == "mobilize.page-out"
    assert (scene.calls("director")[0]["clause"], scene.calls("director")[0]["reason"]) == (
        "severity.sev1-page",
        "Engineering director",
    )
    assert len(scene.mails("director", f"Page: SEV 1 {ref}")) == 1
    assert len(scene.mails("exec", f"Declared: SEV 1 {ref}: Checkout fails")) == 1
    assert scene.calls("exec") == []
    assert scene.mails("admin") == []


@pytest.mark.clause("severity.sev2-page")
def test_sev_2_pages_on_call_and_tells_the_manager(scene: Scene) -> None:
    ref = scene.declare(severity="SEV2")
    scene.follow()
    assert len(scene.calls("amira")) == 1
    assert scene.calls("director") == []
    assert len(scene.mails("admin", f"Declared: SEV 2 {ref}")) == 1
    assert scene.calls("admin") == []
    assert scene.mails("exec") == []


@pytest.mark.clause("severity.sev1-page")
@pytest.mark.clause("severity.sev2-page")
@pytest.mark.parametrize("severity", ["SEV1", "SEV2"])
def test_each_page_shows_when_it_was_sent_and_acknowledged(scene: Scene, severity: str) -> None:
    ref = scene.declare(severity=severity)
    scene.follow()
    page = next(p for p in scene.part(ref, "pages") if p["team"] == "Shop")
    assert [(a["outcome"], a["number"]) for a in page["people"][0]["attempts"]] == [("Handed over", 1)]
    scene.clock.advance(minutes=2)
    scene.api("amira").post(f"pages/{page['id']}/acknowledge/")
    page = next(p for p in scene.part(ref, "pages") if p["team"] == "Shop")
    assert page["acknowledged_by"] == "Amira Ahmadi"
    shown = scene.page("mei").get(f"/o/acme/incidents/{ref}/").content.decode()
    assert "Acknowledged by Amira Ahmadi" in shown
    assert "Attempt 1" in shown


@pytest.mark.clause("severity.sev1-page")
def test_the_executives_notice_shows_when_it_was_sent_and_that_they_looked(scene: Scene) -> None:
    ref = scene.declare()
    assert scene.part(ref, "notices") == []
    scene.follow()
    (notice,) = scene.part(ref, "notices")
    assert (notice["name"], notice["duty"], notice["because"]) == ("Eve Executive", "Executive team", "Declared as SEV 1")
    assert ways(notice) == {"email": [(1, "Handed over")], "inbox": [(1, "Handed over")]}
    assert (notice["gave_up"], notice["looked_at"], notice["in_the_room"]) == (False, None, False)
    shown = panel(scene, ref)
    assert "Eve Executive" in shown
    assert "as Executive team. Declared as SEV 1" in shown
    assert "in the portal's inbox" in shown
    assert "Looked at the incident" not in shown
    scene.clock.advance(minutes=3)
    scene.page("exec").get(f"/o/acme/incidents/{ref}/")
    assert scene.part(ref, "notices")[0]["looked_at"] is not None
    assert "Looked at the incident, last at" in panel(scene, ref)


@pytest.mark.clause("severity.sev2-page")
def test_a_notice_that_is_refused_for_good_says_so(scene: Scene, outside: type[Outside]) -> None:
    outside.broken[scene.email("admin")] = TransportError("550 no such mailbox")
    ref = scene.declare(severity="SEV2")
    for _ in range(MAX_ATTEMPTS + 2):
        scene.follow()
        scene.clock.advance(minutes=2, seconds=1)
    (notice,) = scene.part(ref, "notices")
    assert (notice["name"], notice["duty"], notice["gave_up"]) == ("Ada Admin", "Engineering manager", True)
    tried = [(number, "Failed") for number in range(1, MAX_ATTEMPTS)]
    assert ways(notice) == {"email": [*tried, (MAX_ATTEMPTS, "Gave up")], "inbox": [(1, "Handed over")]}
    shown = panel(scene, ref)
    assert "rung-failed" in shown
    assert "550 no such mailbox" in shown
    assert f"Gave up (after {MAX_ATTEMPTS} attempts)" in shown
    assert "Is in the room" not in shown


@pytest.mark.clause("severity.sev1-page")
def test_an_incident_that_is_raised_tells_the_executives_of_that(scene: Scene) -> None:
    ref = scene.commanded("SEV2")
    scene.follow()
    scene.do("amira", ref, "severity", severity="SEV1", reason="Everybody is out")
    scene.follow()
    told = [(n["name"], n["duty"], n["because"]) for n in scene.part(ref, "notices")]
    assert told == [
        ("Ada Admin", "Engineering manager", "Declared as SEV 2"),
        ("Eve Executive", "Executive team", "Raised to SEV 1"),
    ]


@pytest.mark.clause("finance.notify-cfo")
def test_the_cfos_notice_shows_beside_the_pages(scene: Scene) -> None:
    ref = scene.commanded("SEV3")
    scene.do("amira", ref, "flag", flag="financial_loss", reason="Paid twice")
    scene.follow()
    (notice,) = scene.part(ref, "notices")
    assert (notice["name"], notice["duty"]) == ("Eve Executive", "CFO")
    assert notice["because"] == "Flagged: Money lost or wrongly moved"
    assert "as CFO. Flagged: Money lost" in panel(scene, ref)


@pytest.mark.clause("breach.need-to-know")
def test_who_may_not_see_the_room_reads_no_notice(scene: Scene) -> None:
    ref = scene.declare()
    scene.follow()
    for who in ("exec", "support"):
        assert scene.api(who).get(f"incidents/{ref}/notices/").status_code == 403
        assert panel(scene, ref, who) == ""
    assert scene.api("mei").get(f"incidents/{ref}/notices/").status_code == 200
    hidden = scene.do("mei", ref, "flag", flag="personal_data", kinds=["pii"], reason="An open bucket")["ref"]
    scene.follow()
    assert [n["name"] for n in scene.part(hidden, "notices", "mei")] == ["Eve Executive"]
    assert scene.api("jon").get(f"incidents/{hidden}/notices/").status_code == 404


@pytest.mark.clause("severity.sev1-page")
@pytest.mark.clause("severity.sev2-page")
@pytest.mark.parametrize("severity", ["SEV1", "SEV2"])
def test_who_acknowledged_the_signals_page_is_not_called_again(scene: Scene, severity: str) -> None:
    scene.fire(alert(started=scene.clock.now))
    scene.follow()
    scene.api("amira").post(f"pages/{scene.calls('amira')[0]['id']}/acknowledge/")
    scene.api("amira").post(f"triage/{scene.signals()[0]['id']}/declare/", {"severity": severity})
    scene.follow()
    assert len(scene.mails("amira", "Page:")) == 1
    assert len(scene.calls("amira")) == 1


@pytest.mark.clause("severity.sev1-page")
@pytest.mark.clause("severity.sev2-page")
@pytest.mark.parametrize("severity", ["SEV1", "SEV2"])
def test_who_has_not_acknowledged_is_called_again_for_the_incident(scene: Scene, severity: str) -> None:
    scene.fire(alert(started=scene.clock.now))
    scene.follow()
    scene.later(minutes=15)
    ref = scene.api("mei").post(f"triage/{scene.signals()[0]['id']}/declare/", {"severity": severity}).json()["ref"]
    scene.follow()
    for who in ("amira", "jon"):
        assert [m.subject.split(":")[1].strip()[:5] for m in scene.mails(who, "Page:")] == [
            "Alert",
            "SEV 1" if severity == "SEV1" else "SEV 2",
        ]
    assert [p["state"] for p in scene.calls("amira")] == ["open"]  # one page, so one button and one escalation
    again = [entry["text"] for entry in scene.told(ref, "page.person_paged") if "again" in entry["text"]]
    assert again == ["Amira Ahmadi paged again.", "Jon Jensen paged again."]
    scene.api("jon").post(f"pages/{scene.calls('jon')[0]['id']}/acknowledge/")
    scene.later(hours=1)
    assert scene.calls("admin") == []


@pytest.mark.clause("severity.sev1-page")
def test_a_reaction_that_comes_after_the_end_calls_nobody(scene: Scene) -> None:
    ref = scene.commanded()
    scene.do("amira", ref, "severity", severity="SEV4", reason="A typo after all")
    scene.follow()
    assert (scene.calls("director"), scene.calls("amira")) == ([], [])


@pytest.mark.clause("severity.sev1-page")
def test_the_outsiders_director_hears_nothing(scene: Scene) -> None:
    scene.declare()
    scene.follow()
    assert scene.door(scene.globex.director).get("pages/").json()["results"] == []
    assert scene.door(scene.globex.amira).get("pages/").json()["results"] == []
