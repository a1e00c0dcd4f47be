"""The pages of figures, their files and their API: what they show, where each number leads, who sees them, what cannot be asked."""

import csv
import io
import re
from datetime import timedelta
from html import unescape
from typing import Any

import pytest

from incidents.models import Incident
from tests.incidents.scene import UPDATE, Scene
from tests.metrics.test_figures import resolved

pytestmark = [pytest.mark.servers, pytest.mark.clause("metrics.mttr")]

HOME = "/o/acme/metrics/"
PAGES = (HOME, f"{HOME}clocks/", f"{HOME}pages/", f"{HOME}items/", f"{HOME}availability/")
TABLES = ("mttd", "mtta", "ttm", "mttr", "times", "clocks", "pages", "items", "availability", "incidents")


def html(scene: Scene, path: str = HOME, who: str = "amira", status: int = 200) -> str:
    answer = scene.page(who).get(path)
    assert answer.status_code == status, answer.content.decode()[:2000]
    return str(answer.content.decode())


def words(page: str) -> str:
    """A page without its tags."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page)).split())


def rows(scene: Scene, table: str, **query: Any) -> list[dict[str, str]]:
    """A table as its file has it."""
    answer = scene.page("amira").get(f"{HOME}{table}.csv", query)
    assert answer.status_code == 200, answer.content
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert re.fullmatch(rf'attachment; filename="{table}-[0-9-]{{21}}\.csv"', answer["Content-Disposition"])
    return list(csv.DictReader(io.StringIO(answer.content.decode())))


@pytest.mark.clause("metrics.mttd")
def test_each_figure_has_its_n_its_definition_and_its_incidents(scene: Scene) -> None:
    ref = resolved(scene)
    page = html(scene)
    told = words(page)
    assert "Time to resolve MTTR 15 min mean; median 15 min, p90 15 min n = 1" in told
    assert "From detection to its resolution. After a reopening the last one counts." in told
    assert "Exercises, false positives and incidents merged into others are in no figure." in told
    assert "1 without" in told, "nobody acknowledged a page"
    link = re.search(r'href="(/o/acme/metrics/incidents/\?[^"]*figure=mttr[^"]*)"', page)
    assert link is not None
    behind = words(html(scene, unescape(link[1])))
    assert ref in behind
    assert "15 min" in behind
    lacking = words(html(scene, f"{HOME}incidents/?figure=mtta&missing=1"))
    assert ref in lacking
    assert "It is missing where no page of it was acknowledged." in lacking


def test_every_cell_leads_to_the_incidents_that_it_counts(scene: Scene) -> None:
    """By each of the four ways of laying out: as many incidents are listed as the cell says."""
    resolved(scene)
    resolved(scene, severity="SEV2", services=["search", "payments"])
    scene.declare(severity="SEV4", services=[])
    scene.follow()
    for by in ("month", "severity", "service", "team"):
        page = html(scene, f"{HOME}?by={by}")
        cells = set(re.findall(r'href="(/o/acme/metrics/incidents/\?[^"]+)">([0-9,]+)<span', page))
        assert len(cells) > 8, by
        for link, count in cells:
            listed = html(scene, unescape(link))
            assert f"{count} incident" in words(listed), (by, link)
            assert listed.count('class="data-title"><a') == int(count), (by, link)


def test_charts_are_pictures_with_words_and_a_table_each(scene: Scene) -> None:
    resolved(scene)
    for by in ("month", "service"):
        page = html(scene, f"{HOME}?by={by}")
        pictures = re.findall(r'<svg class="chart-picture"[^>]*>.*?</svg>', page, re.DOTALL)
        assert len(pictures) == 2, "nobody acknowledged a page, and it was mitigated at once: there is nothing to draw of those"
        for picture in pictures:
            assert 'role="img"' in picture
            assert "<title" in picture
            assert "style=" not in picture
            (title,) = re.findall(r"<title[^>]*>(.*?)</title>", picture)
            assert f'role="group" aria-label="{title}"' in page, "who moves through the page by keys hears which chart it is"
        assert page.count("<table") == 4


def test_the_files_say_the_same_in_seconds(scene: Scene) -> None:
    ref = resolved(scene)
    (by_severity,) = [row for row in rows(scene, "mttr", by="severity") if row["n"] == "1" and row["severity"] != "All"]
    assert by_severity["severity"] == "SEV 1"
    assert float(by_severity["median_seconds"]) == pytest.approx(900, abs=5)
    (listed,) = rows(scene, "incidents")
    assert (listed["incident"], listed["severity"]) == (ref, "SEV1")
    assert float(listed["to_resolve_seconds"]) == pytest.approx(900, abs=5)
    assert {row["figure"] for row in rows(scene, "times")} == {"mttd", "mtta", "ttm", "mttr"}
    for table in TABLES:
        rows(scene, table)
    html(scene, f"{HOME}lunch.csv", status=404)


def test_a_file_holds_no_formula(scene: Scene) -> None:
    resolved(scene, title='=HYPERLINK("http://evil.example")')
    (listed,) = rows(scene, "incidents")
    assert listed["title"].startswith("'=HYPERLINK")


def test_the_api_gives_json_or_a_file(scene: Scene) -> None:
    resolved(scene)
    scene.do("amira", scene.commanded(), "update", **UPDATE)
    scene.follow()
    door = scene.api("amira")
    told = door.get("metrics/", by="team").json()
    assert told["by"] == "team"
    assert told["incidents"] == 2
    assert told["updates"] == {"n": 1, "kept": 1, "broken": 0, "share": 1.0}, "resolving is no update"
    assert {"clause", "kept", "broken", "share", "n"} == set(told["clauses"][0])
    assert "linear interpolation" in told["definitions"]["statistics"]
    assert (told["period"]["time_zone"], told["period"]["to"]) == ("UTC", f"{scene.clock.now:%Y-%m-%d}")
    for answer in (
        door.get("metrics/", format="csv"),
        door.client.get("/api/v1/metrics/", headers={"Authorization": f"Bearer {door.person.token}", "Accept": "text/csv"}),
    ):
        assert answer["Content-Type"] == "text/csv; charset=utf-8"
        assert answer.content.decode().startswith("figure,month,n,missing,mean_seconds,median_seconds,p90_seconds\r\n")


@pytest.mark.parametrize("who", ["jon", "owner", "exec", "support", "admin", "auditor"])
def test_every_member_sees_them(scene: Scene, who: str) -> None:
    resolved(scene)
    for path in PAGES:
        assert "Metrics" in html(scene, path, who)
    assert scene.api(who).get("metrics/").json()["incidents"] == 1
    assert f'href="{HOME}"' in html(scene, "/o/acme/incidents/", who), "there is a way to them from everywhere"


def test_an_outsider_sees_nothing(scene: Scene) -> None:
    resolved(scene)
    assert scene.browse(scene.globex.amira).get(HOME).status_code == 404
    assert scene.door(scene.globex.amira).get("metrics/").json()["incidents"] == 0


@pytest.mark.parametrize(
    ("query", "field", "code"),
    [
        ({"from": "2026-03-02", "to": "2026-03-01"}, "to", "ends_before_it_starts"),
        ({"from": "yesterday"}, "from", "invalid"),
        ({"to": "2026-02-30"}, "to", "invalid"),
        ({"from": "1999-01-01"}, "from", "invalid"),
        ({"to": "9999-12-31"}, "to", "invalid"),
        ({"from": "2001-01-01", "to": "2026-01-01"}, "from", "too_long"),
        ({"severity": "5"}, "severity", "invalid"),
        ({"severity": ["1", "high"]}, "severity", "invalid"),
        ({"service": "no-such"}, "service", "no_such_service"),
        ({"team": "a\x00b"}, "team", "no_such_team"),
        ({"by": "moon"}, "by", "invalid"),
    ],
)
def test_what_cannot_be_asked_is_said_beside_its_field(scene: Scene, query: dict[str, Any], field: str, code: str) -> None:
    refused = scene.api("amira").get("metrics/", **query)
    assert (refused.status_code, refused.json()["code"]) == (422, code)
    assert list(refused.json()["fields"]) == [field]
    assert refused["Content-Type"] == "application/problem+json"
    answer = scene.page("amira").get(HOME, query)
    assert answer.status_code == 422
    page = answer.content.decode()
    assert unescape(page).count(refused.json()["fields"][field]) >= 2, "in the summary and beside the field"
    typed = query[field] if isinstance(query[field], str) else query[field][-1]
    assert "\x00" in typed or typed in page, "nothing typed is lost"
    assert scene.page("amira").get(f"{HOME}incidents/", query).status_code in (409, 422)


def test_a_problem_stays_a_problem_where_a_file_was_asked_for(scene: Scene) -> None:
    refused = scene.api("amira").get("metrics/", by="moon", format="csv")
    assert refused.status_code == 422
    assert refused["Content-Type"] == "application/problem+json"
    assert refused.json()["code"] == "invalid"


def test_without_an_incident_the_page_says_so(scene: Scene) -> None:
    page = words(html(scene))
    assert "No incident in this period" in page
    assert "n = 0" in page
    for path in PAGES[1:]:
        html(scene, path)


def test_the_months_are_the_organisations_own(scene: Scene) -> None:
    """An incident of the last hour of a month in UTC is of the next one, east of it."""
    ref = resolved(scene)
    with scene.acme.scope(scene.acme.admin):
        from ledger.actions import configure
        from standard.models import Calendar

        configure(Calendar.objects.get(), {"time_zone": "Pacific/Kiritimati"}, by=scene.acme.admin.actor())
        detected = Incident.objects.get(ref=ref).detected_at
    told = scene.api("amira").get("metrics/").json()
    counted = [group["key"] for group in told["groups"] if group["incidents"]]
    assert counted == [f"{detected + timedelta(hours=14):%Y-%m}"]
    assert told["period"]["time_zone"] == "Pacific/Kiritimati"
