"""Who is called and who is told when SEV 1 or 2 is declared (severity.sev1-page, severity.sev2-page)."""

import pytest

from tests.incidents.scene import Scene, alert

pytestmark = pytest.mark.servers


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
    assert [(a["outcome"], a["number"]) for a in page["people"][0]["attempts"]] == [("Sent", 1)]
    scene.clock.advance(minutes=2)
    scene.api("amira").post(f"pages/{page['id']}/acknowledge/")
    page = next(p for p in scene.part(ref, "pages") if p["team"] == "Shop")
    assert page["acknowledged_by"] == "Amira Ahmadi"
    shown = scene.page("mei").get(f"/o/acme/incidents/{ref}/").content.decode()
    assert "Acknowledged by Amira Ahmadi" in shown
    assert "Attempt 1" in shown


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
