"""Times that were corrected: what was recorded and why it counts otherwise stand beside them; what is not known yet is said to be."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from incidents.models import Incident
from postmortems.models import Publication
from tests.incidents.scene import Scene
from tests.postmortems.paper import Paper, paper

pytestmark = [pytest.mark.servers, pytest.mark.clause("postmortem.timeline"), pytest.mark.clause("metrics.mttr")]

WHY = "The graph shows it"


def correct(page: Paper, which: str, at: datetime, reason: str = WHY) -> None:
    page.scene.do("amira", page.ref, "correct-time", which=which, occurred_at=at.isoformat(), reason=reason)


def shown(page: Paper, path: str) -> str:
    answer = page.scene.page("jon").get(f"/o/acme/incidents/{page.ref}/{path}")
    assert answer.status_code == 200, answer.content
    return str(answer.content.decode())


def utc(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC"


def recorded(page: Paper) -> Incident:
    with page.scene.acme.scope(page.scene.acme.amira):
        return Incident.objects.get(ref=page.ref)


def told(page: Paper, kind: str) -> dict[str, Any]:
    """The line of the timeline that tells an entry of a kind."""
    (seq,) = [entry["seq"] for entry in page.scene.part(page.ref, "timeline") if entry["kind"] == kind][-1:]
    (line,) = [line for line in page.read()["timeline"] if line["seq"] == seq]
    found: dict[str, Any] = line
    return found


def test_the_recorded_time_and_the_reason_stand_beside_the_corrected_one(scene: Scene) -> None:
    """In the facts and in the timeline; on the pages, on paper, as Markdown and by API. The record's own entries stay as they were."""
    page = paper(scene)
    before = recorded(page)
    assert before.resolved_at is not None
    right = before.resolved_at - timedelta(minutes=7)
    correct(page, "resolved", right + timedelta(minutes=1), "A first guess")
    correct(page, "resolved", right)
    assert before.monitoring_since is not None
    correct(page, "mitigated", before.monitoring_since + timedelta(seconds=20), "By the log")
    document = page.read()
    held = {one["which"]: one for one in document["corrections"] if one["holds"]}
    assert set(held) == {"resolved", "mitigated"}
    assert [one["reason"] for one in document["corrections"] if one["which"] == "resolved"] == ["A first guess", WHY]
    assert datetime.fromisoformat(held["resolved"]["original"]) == before.resolved_at
    assert datetime.fromisoformat(held["resolved"]["at"]) == right
    line = told(page, "incident.resolved")
    assert datetime.fromisoformat(line["at"]) == before.resolved_at, "it is not rewritten"
    assert [(one["which"], one["reason"]) for one in line["corrected_times"]] == [("resolved", WHY)]
    assert [one["which"] for one in told(page, "incident.advanced")["corrected_times"]] == ["mitigated"]
    said = f"{utc(right)} (recorded as {utc(before.resolved_at)}; corrected by Amira Ahmadi: {WHY})"
    assert f"- Resolved: {said.replace('_', chr(92) + '_')}" in shown(page, "postmortem.md")
    assert shown(page, "postmortem.md").count(said) == 2, "among the facts, and in the timeline"
    assert shown(page, "postmortem/print/").count(said) == 2
    for path in ("postmortem/", "postmortem/read/"):
        html = shown(page, path)
        assert html.count(f"corrected by Amira Ahmadi: {WHY}") == 2, path
        assert html.count("no longer in force") == 1, path
    page.published()
    assert shown(page, "postmortem.md").count(said) == 2, "kept word for word with what was published"


@pytest.mark.clause("postmortem.impact")
def test_of_the_impact_too(scene: Scene) -> None:
    page = paper(scene)
    start = recorded(page).impact_start
    assert start is not None
    correct(page, "impact_start", start - timedelta(minutes=20))
    said = f"{utc(start - timedelta(minutes=20))} (recorded as {utc(start)}; corrected by Amira Ahmadi: {WHY})"
    assert f"- Began: {said}" in shown(page, "postmortem.md")
    assert f"<dt>Began</dt><dd>{said}</dd>" in shown(page, "postmortem/print/")
    assert f"corrected by Amira Ahmadi: {WHY}" in shown(page, "postmortem/").split('id="impact"')[1].split("Lasted")[0]
    assert [one["which"] for one in told(page, "incident.impact_set")["corrected_times"]] == ["impact_start"]


def test_what_was_published_before_corrections_were_kept_with_it_still_shows(scene: Scene) -> None:
    page = paper(scene)
    content = page.published()
    with scene.acme.scope(scene.acme.amira):
        row = Publication.objects.get()
        older = {name: value for name, value in row.content.items() if name != "corrections"}
        older["timeline"] = [
            {name: value for name, value in line.items() if name != "corrected_times"} for line in row.content["timeline"]
        ]
        Publication.objects.create(incident=row.incident, postmortem=row.postmortem, number=2, content=older)
        row.postmortem.version = 2
        row.postmortem.save()
    assert content["corrections"] == []
    for path in ("postmortem/versions/2/", "postmortem/print/?version=2", "postmortem.md?version=2"):
        assert scene.page("jon").get(f"/o/acme/incidents/{page.ref}/{path}").status_code == 200, path
    answer = scene.api("jon").get(f"incidents/{page.ref}/postmortem/published/2/")
    assert answer.status_code == 200
    assert "corrections" not in answer.json()["content"]


@pytest.mark.clause("postmortem.impact")
def test_what_is_not_known_yet_is_said_to_be_and_a_correction_makes_it_known(scene: Scene) -> None:
    """Nothing of the impact is recorded: no number, no blank, no zero anywhere; then it is said afterwards, and it can be published."""
    page = paper(scene)
    with scene.acme.scope(scene.acme.amira):
        incident = Incident.objects.get(ref=page.ref)
        incident.impact_start = incident.impact_end = None
        incident.save()
    document = page.read()
    impact, took = document["impact"], document["durations"]
    assert {name for name, value in impact.items() if value is None} == set(impact["not_known"])
    assert set(impact["not_known"]) == {"start", "end", "seconds", "users_affected", "cost_amount"}
    assert took["detect"] is None
    assert took["not_known"]["detect"] == "Not known yet: nobody has said when the impact began."
    assert took["not_known"].keys() == {name for name, value in took.items() if value is None}
    text = shown(page, "postmortem.md")
    for name in ("Began", "Ended", "Lasted", "Users affected", "Cost", "To detect"):
        assert f"- {name}: not known yet" in text, name
    for path in ("postmortem/print/", "postmortem/read/", "postmortem/"):
        html = shown(page, path)
        assert "not known yet" in html
        assert "not said" not in html
    page.fill()
    assert {reason["code"] for reason in page.ask("amira", "publish").json()["reasons"]} == {"impact_missing"}
    ended = incident.detected_at + timedelta(minutes=2)
    for which, at in (("impact_start", incident.detected_at - timedelta(minutes=3)), ("impact_end", ended)):
        correct(page, which, at)
    found = page.do("amira", "publish")
    assert (found["state"], found["impact"]["seconds"]) == ("published", 300)
    assert found["impact"]["not_known"] == {}
    assert f"(not recorded then; corrected by Amira Ahmadi: {WHY})" in shown(page, "postmortem.md")
