"""Declaring it resolved: impact over, alerts cleared, stable, by the commander (clauses resolve.*)."""

import pytest

from tests.incidents.scene import Scene, alert

pytestmark = pytest.mark.servers


def codes(answer: object) -> set[str]:
    return {reason["code"] for reason in answer.json()["reasons"]}  # type: ignore[attr-defined]


@pytest.mark.clause("resolve.ic-declares")
def test_the_commander_resolves_and_the_record_says_so(scene: Scene) -> None:
    ref = scene.ready()
    incident = scene.do("amira", ref, "resolve", summary="A bad deployment, rolled back")
    assert (incident["state"], incident["summary"]) == ("resolved", "A bad deployment, rolled back")
    assert incident["resolved_at"] == scene.clock.now.isoformat().replace("+00:00", "Z")
    told = scene.told(ref, "incident.resolved")[0]
    assert (told["actor"], told["data"]["overrides"]) == ("Amira Ahmadi", {})
    assert told["data"]["detected_to_resolved_seconds"] == 900


@pytest.mark.clause("resolve.ic-declares")
def test_nobody_else_resolves_a_sev_1(scene: Scene) -> None:
    ref = scene.ready()
    refused = scene.verb("jon", ref, "resolve", summary="Done")
    assert (refused.status_code, refused.json()["code"]) == (403, "not_commander")
    assert refused.json()["clause"] == "resolve.ic-declares"
    assert scene.incident(ref)["state"] == "monitoring"


@pytest.mark.clause("resolve.ic-declares")
def test_without_a_commander_there_is_no_resolving(scene: Scene) -> None:
    refused = scene.verb("jon", scene.declare(), "resolve", summary="Done")
    assert (refused.status_code, refused.json()["code"]) == (409, "no_commander")


@pytest.mark.clause("resolve.ic-declares")
def test_on_sev_3_a_practitioner_of_the_owner_team_resolves_without_a_commander(scene: Scene) -> None:
    ref = scene.declare("support", severity="SEV3")
    refused = scene.verb("admin", ref, "resolve", summary="Done")
    assert (refused.status_code, refused.json()["code"]) == (403, "not_owner")
    scene.do("jon", ref, "impact", end=scene.clock.now.isoformat())
    assert scene.do("jon", ref, "resolve", summary="A new build")["state"] == "resolved"


@pytest.mark.clause("resolve.impact-ceased")
def test_the_impact_ends_first_and_no_reason_helps(scene: Scene) -> None:
    ref = scene.monitored()
    scene.clock.advance(minutes=15)
    refused = scene.verb("amira", ref, "resolve", summary="Done", overrides={"impact_not_ended": "It surely has"})
    assert (refused.status_code, refused.json()["code"]) == (409, "impact_not_ended")
    assert refused.json()["clause"] == "resolve.impact-ceased"
    scene.do("amira", ref, "impact", end=scene.clock.now.isoformat())
    scene.do("amira", ref, "resolve", summary="Done")


@pytest.mark.clause("resolve.alerts-cleared")
def test_a_firing_alert_is_named_and_the_commander_may_pass_over_it(scene: Scene) -> None:
    ref = scene.ready()
    scene.fire(alert(started=scene.clock.now, name="HighErrorRate"))
    scene.api("jon").post(f"triage/{scene.signals()[0]['id']}/attach/", {"incident": ref})
    refused = scene.verb("amira", ref, "resolve", summary="Done")
    assert (refused.status_code, codes(refused)) == (409, {"alerts_firing"})
    assert "Still firing: HighErrorRate (checkout)" in refused.json()["detail"]
    assert refused.json()["reasons"][0]["overridable"] is True
    for empty in ("", "   "):
        assert scene.verb("amira", ref, "resolve", summary="Done", overrides={"alerts_firing": empty}).status_code == 422
    scene.do("amira", ref, "resolve", summary="Done", overrides={"alerts_firing": "A faulty probe"})
    told = scene.told(ref, "incident.resolved")[0]["data"]
    assert told["overrides"] == {"alerts_firing": "A faulty probe"}
    assert told["firing"] == ["HighErrorRate (checkout)"]
    page = scene.page("amira").get(f"/o/acme/incidents/{ref}/").content.decode()
    assert "Despite alerts firing" in page
    assert "A faulty probe" in page


@pytest.mark.clause("resolve.alerts-cleared")
def test_once_the_alert_clears_nothing_is_in_the_way(scene: Scene) -> None:
    began = scene.clock.now
    scene.fire(alert(started=began))
    ref = scene.ready()
    scene.api("jon").post(f"triage/{scene.signals()[0]['id']}/attach/", {"incident": ref})
    assert codes(scene.verb("amira", ref, "resolve", summary="Done")) == {"alerts_firing"}
    scene.fire(alert(started=began, ended=scene.clock.now))
    scene.do("amira", ref, "resolve", summary="Done")


@pytest.mark.clause("resolve.stable")
def test_monitoring_lasts_its_minimum_or_has_a_reason(scene: Scene) -> None:
    ref = scene.monitored()
    scene.do("amira", ref, "impact", end=scene.clock.now.isoformat())
    scene.clock.advance(minutes=14, seconds=59)
    refused = scene.verb("amira", ref, "resolve", summary="Done")
    assert (refused.status_code, codes(refused)) == (409, {"monitoring_too_short"})
    assert "0 min 1 s to go" in refused.json()["detail"]
    assert refused.json()["clause"] == "resolve.stable"
    scene.do("amira", ref, "resolve", summary="Done", overrides={"monitoring_too_short": "Traffic is moved away"})
    assert scene.told(ref, "incident.resolved")[0]["data"]["overrides"] == {"monitoring_too_short": "Traffic is moved away"}


@pytest.mark.clause("resolve.stable")
def test_a_relapse_starts_monitoring_anew(scene: Scene) -> None:
    ref = scene.ready()
    scene.do("amira", ref, "advance", to="investigation", reason="Errors are back")
    scene.do("amira", ref, "advance", to="monitoring", reason="Gone again")
    scene.do("amira", ref, "impact", end=scene.clock.now.isoformat())
    assert codes(scene.verb("amira", ref, "resolve", summary="Done")) == {"monitoring_too_short"}


@pytest.mark.clause("lifecycle.phases")
def test_monitoring_comes_before_it(scene: Scene) -> None:
    ref = scene.commanded()
    scene.do("amira", ref, "impact", end=scene.clock.now.isoformat())
    refused = scene.verb("amira", ref, "resolve", summary="Done")
    assert (refused.status_code, codes(refused)) == (409, {"not_monitoring"})


def test_every_reason_is_said_at_once_and_a_needless_override_is_not_recorded(scene: Scene) -> None:
    ref = scene.monitored()
    refused = scene.verb("amira", ref, "resolve", summary="Done")
    assert codes(refused) == {"impact_not_ended", "monitoring_too_short"}
    scene.do("amira", ref, "impact", end=scene.clock.now.isoformat())
    scene.clock.advance(minutes=20)
    scene.do("amira", ref, "resolve", summary="Done", overrides={"alerts_firing": "Just in case"})
    assert scene.told(ref, "incident.resolved")[0]["data"]["overrides"] == {}


def test_everything_is_let_go(scene: Scene) -> None:
    ref = scene.ready()
    scene.follow()
    scene.do("amira", ref, "resolve", summary="Done")
    assert [p["state"] for p in scene.part(ref, "pages")] == ["ended", "ended"]
    scene.follow()
    before = len(scene.part(ref, "timeline"))
    scene.later(hours=5)
    left = [c["clause"] for c in scene.part(ref, "clocks") if c["stopped_at"] is None]
    assert [
        clause for clause in left if not clause.startswith(("postmortem.", "evidence."))
    ] == []  # what is owed afterwards runs from now on
    assert len(scene.part(ref, "timeline")) == before


def test_what_fires_after_the_end_is_asked_about_anew(scene: Scene) -> None:
    began = scene.clock.now
    scene.fire(alert("f1", started=began))
    ref = scene.ready()
    scene.api("jon").post(f"triage/{scene.signals()[0]['id']}/attach/", {"incident": ref})
    scene.fire(alert("f1", started=began, ended=scene.clock.now))
    scene.do("amira", ref, "resolve", summary="Done")
    scene.fire(alert("f1", started=scene.clock.now))
    assert len(scene.signals()) == 1


def test_a_page_that_was_still_to_go_out_does_not(scene: Scene) -> None:
    ref = scene.ready()
    scene.do("amira", ref, "resolve", summary="Done")
    scene.follow()
    assert scene.mails("amira", "Page:") == []


@pytest.mark.clause("resolve.ic-declares")
def test_resolving_twice_is_refused(scene: Scene) -> None:
    ref = scene.ready()
    scene.do("amira", ref, "resolve", summary="Done")
    refused = scene.verb("amira", ref, "resolve", summary="Done")
    assert (refused.status_code, refused.json()["code"]) == (409, "ended")


@pytest.mark.clause("people.practitioner")
def test_an_executive_does_not_resolve(scene: Scene) -> None:
    assert scene.verb("exec", scene.ready(), "resolve", summary="Done").json()["code"] == "not_a_practitioner"


def test_bad_text_is_refused(scene: Scene) -> None:
    ref = scene.ready()
    for body in ({}, {"summary": " "}, {"summary": "x" * 20_001}, {"summary": "x", "overrides": "all"}):
        assert scene.verb("amira", ref, "resolve", **body).status_code == 422, body


def test_an_outsider_finds_nothing(scene: Scene) -> None:
    assert scene.door(scene.globex.amira).post(f"incidents/{scene.ready()}/resolve/", {"summary": "x"}).status_code == 404
