"""The organisation's standard as a page that people read: all of it, searched, with how well each clause was kept this quarter."""

import pytest

from standard.law import Law, shipped
from tests.incidents.scene import Scene

pytestmark = [pytest.mark.servers, pytest.mark.clause("people.process-owner")]


@pytest.mark.parametrize("who", ["amira", "exec", "support", "auditor", "owner"])
def test_everybody_reads_all_of_it(scene: Scene, who: str) -> None:
    shown = scene.page(who).get("/o/acme/standard/").content.decode()
    law = Law.from_data(shipped())
    for clause in law.clauses:
        assert f'id="clause-{clause.id}"' in shown, clause.id
    for words in (
        "Version 1",
        "SRE Directorate",
        "Whoever is on call is paged, at any hour",
        "within 15 minutes",
        "Subject Matter Expert",
    ):
        assert words in shown, words
    assert 'href="/o/acme/standard/" aria-current="page"' in shown, "it is in the navigation"


def test_it_is_searched_by_words(scene: Scene) -> None:
    page = scene.page("amira")
    found = page.get("/o/acme/standard/", {"q": "SHADOWING timed"}).content.decode()
    assert 'id="clause-handover.shadow-15"' in found
    assert 'id="clause-breach.sev1"' not in found
    none = page.get("/o/acme/standard/", {"q": "<b>zebra"}).content.decode()
    assert "Nothing in the standard has “&lt;b&gt;zebra” in it." in none


def test_each_clause_says_how_well_it_was_kept_this_quarter(scene: Scene) -> None:
    """Exercises do not count, and of a restricted incident those outside see nothing."""
    kept = scene.declare()
    scene.do("mei", kept, "claim")
    scene.do("mei", kept, "update", known="a", impact="b", doing="c")
    scene.declare(exercise=True)
    scene.declare(who="amira", flags=["personal_data"])
    scene.later(minutes=40)
    measured = scene.api("jon").get("standard/").json()["kept"]["severity.sev1-cadence"]
    assert measured == {"kept": 1, "broken": 1, "n": 2, "percent": 50}
    named = scene.api("amira").get("standard/").json()["kept"]["severity.sev1-cadence"]
    assert named["n"] == 3
    shown = scene.page("jon").get("/o/acme/standard/").content.decode()
    assert "50 % kept (1 of 2)" in shown
    unmeasured = shown[shown.index('id="clause-postmortem.five-whys"') :]
    assert "Not measured by a clock in" in unmeasured[: unmeasured.index("</li>")], (
        "what no clock measures is not said to be kept"
    )


def test_an_old_version_is_read_and_compared(scene: Scene) -> None:
    owner = scene.api("owner")
    content = owner.post("standard/draft/").json()["content"]
    owner.put("standard/draft/", {"revision": 1, "content": {**content, "contact": "us@acme.example"}})
    owner.post("standard/draft/publish/", {"revision": 2, "summary": "Ask us."})
    page = scene.page("jon")
    assert b"not in force now" in page.get("/o/acme/standard/versions/1/").content
    listed = page.get("/o/acme/standard/versions/").content
    assert (b"Ask us." in listed, b"in force" in listed, b"Only a process owner may" in listed) == (True, True, True)
    compared = page.get("/o/acme/standard/compare/?from=2&to=1").content
    assert b"<del>us@acme.example</del>" in compared
    assert page.get("/o/acme/standard/compare/?from=9&to=1").status_code == 404
    assert page.get("/o/acme/standard/versions/1/standard.json").json()["contact"] == "sre-help@company.org"
    kept = page.get("/o/acme/standard/versions/2/standard.yaml")
    assert (kept["Content-Disposition"], b"contact: us@acme.example" in kept.content) == (
        'attachment; filename="standard-2.yaml"',
        True,
    )


def test_a_clause_on_another_page_leads_to_it(scene: Scene) -> None:
    assert b'href="/o/acme/standard/#clause-' in scene.page("admin").get("/o/acme/readiness/").content
