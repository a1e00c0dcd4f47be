"""The page for everybody: there or not, what stands on it, and how it is kept."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from incidents import actions
from incidents.states import Audience, Severity
from status.actions import put_up
from tests.conftest import Cast, Installation
from tests.incidents.scene import Scene
from tests.status.public import HOME, every, make_public, read, say, stranger, summary, text, thread

pytestmark = pytest.mark.servers

MOST_QUERIES = 8


@pytest.mark.clause("tools.statuspage-public")
def test_there_is_none_until_an_administrator_says_so(scene: Scene) -> None:
    """Off, it answers as an organisation that is not there, to members too; and off again once it was there."""
    ref = scene.commanded()
    say(scene, ref)
    unknown = {path: read(home=path.replace("acme", "nowhere")) for path in every(scene.acme, "x" * 12, "2026-01")}

    def is_off() -> None:
        for path, nowhere in unknown.items():
            found, member = stranger().get(path), scene.page("admin").get(path)
            assert (found.status_code, found.content) == (404, nowhere.content), path
            assert (member.status_code, member.content) == (404, nowhere.content), path

    is_off()
    make_public(scene.acme)
    assert read().status_code == 200
    make_public(scene.acme, False)
    is_off()


@pytest.mark.clause("tools.statuspage-public")
@pytest.mark.clause("tools.components")
def test_one_glance_says_how_it_is(scene: Scene) -> None:
    make_public(scene.acme)
    assert "All systems operational" in text()
    ref = scene.commanded()
    say(scene, ref)
    assert "An incident is being looked into" in text()
    say(scene, ref, components={"api": "degraded_performance"})
    assert "Degraded performance: API" in text()
    say(scene, ref, "identified", components={"payments": "major_outage", "web-app": "major_outage"})
    page = text()
    assert re.search(r"<h1[^>]*>Major outage: Web App and Payments</h1>", page)
    assert page.count("Degraded performance") >= 1
    say(scene, ref, "resolved")
    assert "All systems operational" in text()


@pytest.mark.clause("roles.cl-status-page")
@pytest.mark.clause("tools.statuspage-public")
def test_what_was_said_stands_there_the_newest_first_in_four_steps(scene: Scene) -> None:
    make_public(scene.acme)
    ref = scene.commanded()
    for status in ("investigating", "identified", "monitoring", "resolved"):
        say(
            scene,
            ref,
            status,
            known=f"Known while {status}.",
            components={"payments": "partial_outage"} if status == "identified" else {},
        )
        scene.clock.advance(minutes=5)
    found = thread(scene.acme, ref)
    page = text(f"incidents/{found.public_id}/")
    assert re.findall(r"Known while (\w+)", page) == ["resolved", "monitoring", "identified", "investigating"]
    assert "Partial outage: Payments" in page
    assert f'href="{HOME}incidents/{found.public_id}/"' in text()
    told = thread(scene.acme, ref)
    assert told.ended_at == scene.clock.now - timedelta(minutes=5)


def test_while_it_goes_on_the_page_has_all_of_it_and_afterwards_a_line(scene: Scene) -> None:
    make_public(scene.acme)
    ref = scene.commanded()
    say(scene, ref, next_update_at=(scene.clock.now + timedelta(minutes=20)).isoformat())
    page = text()
    assert "Nobody can pay." in page
    assert "Next update by" in page
    assert f"{scene.clock.now + timedelta(minutes=20):%H:%M} UTC" in page
    say(scene, ref, "resolved")
    page = text()
    assert "Nobody can pay." not in page
    assert "Next update by" not in page
    assert thread(scene.acme, ref).public_id in page


def test_nothing_of_who_and_which_is_in_it(scene: Scene) -> None:
    """No name, number, severity, title or service: the words are those that were written for the public."""
    make_public(scene.acme)
    ref = scene.commanded()
    scene.do("amira", ref, "note", text="secretnote")
    for audience in ("internal", "executive", "support"):
        scene.do("amira", ref, "update", audience=audience, known=f"secret{audience}", impact="secretimpact", doing="secretdoing")
    say(scene, ref, components={"payments": "major_outage"})
    found = thread(scene.acme, ref)
    for path in every(scene.acme, found.public_id, f"{scene.clock.now:%Y-%m}"):
        answer = stranger().get(path)
        said = (answer.content + str(answer.headers).encode()).lower()
        for word in (b"secret", b"amira", b"inc-1", b"sev", b"checkout", b"@acme.example", str(found.pk).zfill(9).encode()):
            assert word not in said, (path, word)


def test_nothing_of_another_organisation_is_in_it(scene: Scene) -> None:
    make_public(scene.acme)
    make_public(scene.globex)
    ref = scene.commanded()
    say(scene, ref, known="acmesword")
    found = thread(scene.acme, ref)
    assert "acmesword" in text()
    for path in every(scene.globex, found.public_id, f"{scene.clock.now:%Y-%m}"):
        answer = stranger().get(path)
        assert b"acmesword" not in answer.content, path
        assert answer.status_code == (404 if found.public_id in path else 200), path


@pytest.mark.parametrize(
    "hostile",
    [
        "<script>alert(1)</script>",
        "[x](javascript:alert(1))",
        "<img src=x onerror=alert(1)>",
        "![x](http://evil.example/x.png)",
        "]]></content><x>",
        "{{ organisation }}{% now 'Y' %}",
        '"><svg onload=alert(1)>',
    ],
)
def test_hostile_words_stay_words(scene: Scene, hostile: str) -> None:
    make_public(scene.acme)
    ref = scene.commanded()
    say(scene, ref, known=hostile, impact=hostile, doing=hostile)
    found = thread(scene.acme, ref)
    for path in ("", f"incidents/{found.public_id}/"):
        page = text(path).lower()
        assert "<script" not in page, path
        assert not re.search(r"<(img|svg|x)\b", page), path
        assert not re.search(r"""href=["']?javascript:""", page), path
        assert not re.search(r"<[^>]*\son\w+=", page), path


def test_it_may_be_kept_for_seconds_and_says_when_it_is_as_it_was(scene: Scene) -> None:
    make_public(scene.acme)
    ref = scene.commanded()
    say(scene, ref)
    found = thread(scene.acme, ref)
    for path in (
        "",
        f"incidents/{found.public_id}/",
        f"history/{scene.clock.now:%Y-%m}/",
        "api/v2/summary.json",
        "history.atom",
        "history.rss",
    ):
        answer = read(path)
        assert answer["Cache-Control"] == "public, max-age=15", path
        assert "Set-Cookie" not in answer.headers
        assert "Cookie" not in answer.get("Vary", ""), path
        again = read(path, **{"If-None-Match": answer["ETag"]})
        assert (again.status_code, again.content, again["ETag"]) == (304, b"", answer["ETag"]), path
        assert again["Access-Control-Allow-Origin"] == "*"
    before = read()["ETag"]
    say(scene, ref, "identified")
    assert read(**{"If-None-Match": before}).status_code == 200


def test_a_member_reads_what_a_stranger_reads(scene: Scene) -> None:
    make_public(scene.acme)
    say(scene, scene.commanded())
    assert scene.page("admin").get(HOME).content == read().content
    assert scene.page("admin").get(HOME, headers={"Cookie": "theme=dark"}).content == read().content


def test_it_is_only_read(scene: Scene) -> None:
    make_public(scene.acme)
    for path in every(scene.acme, "x" * 12, "2026-01"):
        for method in ("POST", "PUT", "PATCH", "DELETE"):
            assert stranger().generic(method, path).status_code == 405, (method, path)
    head = stranger().head(HOME)
    assert (head.status_code, head.content) == (200, b"")


@pytest.mark.parametrize("month", ["2026-13", "9999-01", "2026-1", "last", "2026-01-01"])
def test_a_month_that_is_none_is_not_there(scene: Scene, month: str) -> None:
    make_public(scene.acme)
    assert read(f"history/{month}/").status_code == 404


def test_history_goes_back_month_by_month_as_far_as_something_was_said(scene: Scene) -> None:
    make_public(scene.acme)
    began = scene.clock.now
    ref = scene.commanded()
    say(scene, ref, "investigating")
    say(scene, ref, "resolved", components={})
    assert "Earlier" not in text()
    scene.clock.advance(days=150)
    page = text()
    assert "Nothing was said of any incident in these three months." in page
    path, hops = re.findall(r'href="/status/acme/(history/[^"]+)">Earlier', page)[0], 0
    while f"history/{began:%Y-%m}/" != path:
        assert "Nothing was said" in text(path)
        path, hops = re.findall(r'href="/status/acme/(history/[^"]+)">Earlier', text(path))[0], hops + 1
    assert thread(scene.acme, ref).public_id in text(path)
    assert "Earlier" not in text(path)
    assert "Later" in text(path)
    assert 0 < hops < 4


def test_it_costs_the_same_with_one_incident_and_with_fifty(own_database: Installation) -> None:
    """The page and the summary: a constant number of queries, eight at most, on a connection of their own."""
    acme = own_database.acme
    make_public(acme)
    costs: dict[str, list[int]] = {}
    for more in (1, 49):
        for number in range(more):
            _said(acme, number)
        for path in ("", "api/v2/summary.json", "api/v2/incidents.json", "history.atom"):
            with CaptureQueriesContext(connection) as captured:
                assert read(path).status_code == 200
            asked = [q["sql"] for q in captured.captured_queries if q["sql"] not in ("BEGIN", "COMMIT")]
            costs.setdefault(path, []).append(len(asked))
            assert len(asked) <= MOST_QUERIES, asked
    assert all(few == many for few, many in costs.values()), costs
    assert len(summary()["incidents"]) == 50


def _said(cast: Cast, number: int) -> None:
    amira = cast.amira.actor()
    with cast.scope(cast.amira):
        incident = actions.declare(by=amira, title=f"Nr {number}", severity=Severity.SEV3)
        words: dict[str, Any] = {"known": f"Known {number}", "impact": "Some", "doing": "All"}
        actions.update(
            incident,
            by=amira,
            audience=Audience.PUBLIC,
            status="investigating",
            components={"api": "degraded_performance"},
            **words,
        )
        put_up(incident.pk)


def test_it_reads_what_is_public_and_nothing_else(scene: Scene) -> None:
    """The tables that a stranger's page reads: its own, the organisation, and the components with how they are."""
    make_public(scene.acme)
    say(scene, scene.commanded(), components={"api": "degraded_performance"})
    with CaptureQueriesContext(connection) as captured:
        text()
    read_ = {table for q in captured.captured_queries for table in re.findall(r'(?:FROM|JOIN) "(\w+)"', q["sql"])}
    assert read_ == {
        *("status_statuspage", "status_publicincident", "status_publicupdate", "status_takenoff", "status_publicpostmortem"),
        *("tenants_organisation", "incidents_component", "incidents_componentstate"),
    }
