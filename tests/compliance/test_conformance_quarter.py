"""A quarter's conformance: how often each clause was kept, of how many, what is behind a figure, and who may count what."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import call_command

from compliance.actions.conformance import judge_all
from compliance.conformance import quarter as counting
from compliance.conformance.quarter import Counts
from compliance.conformance_pages import key_of, quarter_for
from compliance.models import ConformanceFigure
from incidents.models import Incident
from tests.incidents.scene import Scene

pytestmark = pytest.mark.servers


def asked(scene: Scene, who: str = "amira", **query: Any) -> dict[str, Any]:
    """The quarter as the API gives it."""
    answer = scene.api(who).get("conformance/", **query)
    assert answer.status_code == 200, answer.content
    found: dict[str, Any] = answer.json()
    return found


def clause(found: dict[str, Any], name: str) -> dict[str, Any]:
    """One clause of it."""
    return next(row for section in found["sections"] for row in section["clauses"] if row["clause"] == name)


def own(found: dict[str, Any], name: str) -> dict[str, Any]:
    """One clause that is judged over the quarter itself."""
    rows: list[dict[str, Any]] = found["organisation"]
    return next(row for row in rows if row["clause"] == name)


def hurried(scene: Scene) -> str:
    """A SEV 1 that was resolved early, with a reason."""
    ref = scene.monitored()
    scene.do("amira", ref, "impact", end=scene.clock.now.isoformat())
    scene.do("amira", ref, "resolve", summary="Over", overrides={"monitoring_too_short": "The cause is gone"})
    return ref


def test_each_clause_counts_once_an_incident_with_its_denominator(scene: Scene) -> None:
    scene.ended("resolve")
    hurried(scene)
    scene.declare("mei", severity="SEV3")
    scene.follow()
    found = asked(scene)
    assert found["incidents"] == 3
    stable = clause(found, "resolve.stable")
    assert {name: stable[name] for name in ("kept", "broken", "overridden", "n", "kept_percent")} == {
        "kept": 1,
        "broken": 0,
        "overridden": 1,
        "n": 2,
        "kept_percent": 50,
    }
    section = next(one for one in found["sections"] if one["section"] == "2")
    assert section["n"] == sum(row["n"] for row in section["clauses"])
    assert [one["n"] for one in section["before"]] == [0, 0, 0]


@pytest.mark.clause("improve.quarterly-review")
def test_a_figure_leads_to_its_incidents_with_who_and_when(scene: Scene) -> None:
    ref = hurried(scene)
    scene.follow()
    page = scene.page("amira").get("/o/acme/conformance/").content.decode()
    leads = re.search(r'href="([^"]*clause=resolve\.stable&amp;verdict=overridden)"', page)
    assert leads is not None
    behind = scene.page("amira").get(leads[1].replace("&amp;", "&")).content.decode()
    assert f"/incidents/{ref}/conformance/" in behind
    assert "Because: The cause is gone" in behind
    assert "by Amira Ahmadi" in behind


def test_quarters_are_chosen_and_stand_beside_each_other(scene: Scene) -> None:
    scene.ended("resolve")
    scene.follow()
    with scene.acme.scope(scene.acme.amira):
        running = quarter_for("")
        then, ahead = key_of(running), running.end
    scene.clock.advance(seconds=(ahead - scene.clock.now + timedelta(days=3)).total_seconds())
    assert asked(scene)["incidents"] == 0
    found = asked(scene, quarter=then)
    assert found["incidents"] == 1
    scene.declare("mei", severity="SEV3")
    beside = asked(scene)["sections"][0]["before"]
    assert beside[0]["quarter"] == then
    assert beside[0]["n"] == found["sections"][0]["n"]
    page = scene.page("amira").get("/o/acme/conformance/").content.decode()
    assert f"?quarter={then}" in page


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ({"quarter": "2026-Q5"}, "A quarter is named by its year and number"),
        ({"quarter": "2999-Q1"}, "This quarter has not begun."),
        ({"quarter": "\x00"}, "A quarter is named by its year and number"),
    ],
)
def test_what_is_no_quarter_is_refused_in_a_sentence(scene: Scene, query: dict[str, str], says: str) -> None:
    answer = scene.api("amira").get("conformance/", **query)
    assert answer.status_code == 422
    assert says in answer.json()["detail"] or says in str(answer.json())
    page = scene.page("amira").get("/o/acme/conformance/", query)
    assert (page.status_code, says in page.content.decode()) == (422, True)


@pytest.mark.parametrize("query", [{"clause": "no.such"}, {"clause": "resolve.stable", "verdict": "nonsense"}])
def test_what_is_no_figure_is_refused(scene: Scene, query: dict[str, str]) -> None:
    assert scene.page("amira").get("/o/acme/conformance/incidents/", query).status_code == 422


@pytest.mark.clause("breach.need-to-know")
def test_a_restricted_incident_is_counted_for_those_alone_who_may_know_of_it(scene: Scene) -> None:
    ref = scene.commanded()
    scene.do("amira", ref, "flag", flag="personal_data", kinds=["pii"], reason="A bucket")
    scene.follow()
    with scene.acme.scope(scene.acme.amira):
        judge_all()
    assert (asked(scene)["incidents"], asked(scene, who="admin")["incidents"]) == (1, 0)
    assert clause(asked(scene), "breach.sev1")["kept"] == 1
    assert asked(scene, who="admin")["sections"] == []


def test_verdicts_are_kept_when_it_ends_and_count_until_it_goes_on(scene: Scene) -> None:
    """What was kept is not asked about again; an incident that has a later entry is judged on the spot; exercises count nowhere."""
    ref = scene.ended("resolve")
    scene.declare("mei", severity="SEV1", exercise=True)
    scene.follow()
    with scene.acme.scope(scene.acme.amira):
        kept = ConformanceFigure.objects.get(incident__ref=ref)
        assert kept.verdicts["resolve.stable"] == "kept"
        kept.verdicts["resolve.stable"] = "broken"  # so that it is seen where the figure comes from
        kept.save()
        quarter = quarter_for("")
        assert counting.counted(quarter).clauses["resolve.stable"] == Counts({"broken": 1})
    scene.do("amira", ref, "reopen", reason="Back")
    with scene.acme.scope(scene.acme.amira):
        found = counting.counted(quarter)
        assert found.clauses["resolve.stable"] == Counts({"kept": 1})
        assert (found.incidents, found.unjudged) == (1, 0)


def test_manage_judge_judges_again(scene: Scene, capsys: pytest.CaptureFixture[str]) -> None:
    scene.ended("resolve")
    with scene.acme.scope(scene.acme.amira):
        ConformanceFigure.objects.all().delete()
        call_command("judge", "acme")
        figure = ConformanceFigure.objects.get()
        assert (figure.incident_id, figure.verdicts["resolve.ic-declares"]) == (Incident.objects.get().pk, "kept")
    assert "acme: 1 incidents judged" in capsys.readouterr().out


def test_what_nobody_could_judge_in_time_is_said(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counting, "ON_THE_SPOT", 1)
    for _ in range(3):
        scene.declare("mei", severity="SEV3")
    found = asked(scene)
    assert (found["incidents"], found["unjudged"]) == (3, 2)
    assert "2 incidents of the quarter went on since" in scene.page("amira").get("/o/acme/conformance/").content.decode()


@pytest.mark.clause("oncall.escalate-15-30")
@pytest.mark.clause("people.practitioner")
@pytest.mark.clause("triage.is-it-an-incident")
@pytest.mark.clause("people.auditor")
def test_what_is_no_incidents_is_judged_over_the_quarter(scene: Scene) -> None:
    """A report that nobody answers, a call that is passed on in time, a room of practitioners, an auditor who reads."""
    assert own(asked(scene), "triage.is-it-an-incident")["verdict"] == "no_evidence"
    assert scene.api("mei").post("reports/", {"title": "Search is slow", "service": "checkout"}).status_code == 201
    scene.follow()
    scene.later(minutes=15)
    scene.commanded()
    scene.page("auditor").get("/o/acme/incidents/")
    found = asked(scene)
    assert own(found, "triage.is-it-an-incident")["verdict"] == "open"
    assert own(found, "oncall.escalate-15-30")["verdict"] == "kept"
    assert "1 of them not acknowledged in time" in own(found, "oncall.escalate-15-30")["why"]
    assert own(found, "people.practitioner")["verdict"] == "kept"
    assert own(found, "people.auditor")["verdict"] == "kept"
    assert own(found, "people.process-owner")["verdict"] == "no_evidence"
