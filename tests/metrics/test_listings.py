"""Where the other numbers lead: the clocks, calls, action items and outages that each counts, as many as it says, filtered as it is."""

import csv
import io
import re
from datetime import timedelta
from html import unescape
from typing import Any

import pytest

from tests.incidents.scene import UPDATE, Scene
from tests.metrics.test_ageing import item
from tests.metrics.test_availability import PUBLIC
from tests.metrics.test_figures import resolved
from tests.metrics.test_pages import HOME, html, words

pytestmark = [pytest.mark.servers, pytest.mark.clause("metrics.mttr")]

KINDS = ("clocks-counted", "pages-counted", "items-counted", "outages")
LINK = re.compile(rf'href="(/o/acme/metrics/({"|".join(KINDS)})/\?[^"]+)">([^<]+)<span class="visually-hidden">')


def lived(scene: Scene) -> list[str]:
    """A quarter: clocks kept and broken, people called by day and by night, action items of every age, two outages, and a drill."""
    ref = scene.commanded()
    scene.do("amira", ref, "impact", start=scene.ago(minutes=20).isoformat())
    scene.do("amira", ref, "update", **PUBLIC, components={"payments": "major_outage"})
    for minutes in (10, 45, 10):  # the second comes too late
        scene.later(minutes=minutes)
        scene.do("amira", ref, "update", **UPDATE)
    other = scene.commanded("SEV2", services=["search"])
    scene.do("amira", other, "update", **PUBLIC, components={"payments": "partial_outage", "api": "partial_outage"})
    scene.later(hours=12)
    drill = scene.declare(exercise=True)
    scene.follow()
    for number, days in enumerate((1, 6, 8, 29, 31, 300), start=1):
        item(scene, ref, number, filed=days, due=20 if days > 20 else None)
    item(scene, ref, 7, filed=30, due=10, ended=12)
    item(scene, other, 1, filed=30, due=10, ended=2)
    item(scene, other, 2, filed=30, ended=28, kind="detection")
    item(scene, other, 3, filed=30, ended=28, state="dropped", kind="detection")
    item(scene, drill, 1, filed=30)
    return [ref, other]


def file(scene: Scene, link: str, kind: str, who: str = "amira") -> list[dict[str, str]]:
    """A listing as its file has it."""
    answer = scene.page(who).get(link.replace(f"/{kind}/", f"/{kind}.csv"))
    assert answer.status_code == 200, answer.content
    return list(csv.DictReader(io.StringIO(answer.content.decode())))


def led(scene: Scene, page: str, who: str = "amira") -> dict[str, int]:
    """Follow every number of a page of figures. Returns kind -> how many were followed; each list has as many as its number says."""
    followed = dict.fromkeys(KINDS, 0)
    for escaped, kind, text in set(LINK.findall(page)):
        link = unescape(escaped)
        wanted = (
            int(found[1].replace(",", ""))
            if (found := re.fullmatch(r"(?:[0-9.]+ % of )?([0-9,]+)(?: too late)?", text))
            else None
        )
        listed = html(scene, link, who)
        rows = file(scene, link, kind, who)
        said = re.search(r": ([0-9,]+) (clock|page|action item|outage)", words(listed))
        assert said is not None, link
        n = len(rows)
        assert int(said[1].replace(",", "")) == n, link
        assert wanted in (None, n), (link, text)
        assert wanted is not None or kind == "outages", (link, text)
        assert listed.count('scope="row"') == min(len(rows), 50), link
        followed[kind] += 1
    return followed


def test_every_number_leads_to_as_many_as_it_says(scene: Scene) -> None:
    """All of them, and with each filter: severity, service, team, month."""
    lived(scene)
    with scene.acme.scope():
        from oncall.models import Service

        team = Service.objects.select_related("team").get(slug="search").team.slug
    day = scene.clock.now.date()
    months = (f"from={day - timedelta(days=20)}&to={day}", f"from={day - timedelta(days=400)}&to={day - timedelta(days=100)}")
    for asked in ("", "severity=1", "severity=2&severity=3", "service=search", "service=-", f"team={team}", *months):
        followed = {
            name: led(scene, html(scene, f"{HOME}{path}?{asked}"))
            for name, path in (
                ("home", ""),
                ("clocks", "clocks/"),
                ("pages", "pages/"),
                ("items", "items/"),
                ("out", "availability/"),
            )
        }
        if not asked:
            assert followed["home"]["clocks-counted"] == 2, "the tile's n, and what came too late"
            assert followed["clocks"]["clocks-counted"] >= 6
            assert followed["pages"]["pages-counted"] >= 2
            assert followed["items"]["items-counted"] == 11, "eight of prevention, three of detection"
            assert followed["out"]["outages"] == 4, "how many, and how long, of two components"


def test_no_number_of_these_pages_but_a_zero_leads_nowhere(scene: Scene) -> None:
    lived(scene)
    for path in ("clocks/", "pages/", "items/", "availability/"):
        page = html(scene, f"{HOME}{path}")
        body = page[page.index("<tbody") : page.index("</tbody")]
        assert set(re.findall(r"<td[^>]*><span>([0-9,]+)</span>", body)) <= {"0"}, path


def test_what_is_listed_is_what_it_is(scene: Scene) -> None:
    ref, other = lived(scene)
    late = words(html(scene, f"{HOME}clocks-counted/?clause=updates&outcome=broken"))
    assert "Clocks of updates: broken" in late
    assert ref in late
    every = file(scene, f"{HOME}clocks-counted/?clause=updates&severity=1", "clocks-counted")
    assert {(row["clause"], row["incident"].split()[0]) for row in every} == {("severity.sev1-cadence", ref)}
    for row in every:
        in_time = row["done_at"] != "" and row["done_at"] <= row["due_at"]
        assert (row["outcome"], row["started_at"] < row["due_at"]) == ("kept" if in_time else "broken", True), row
    assert {row["outcome"] for row in every} == {"kept", "broken"}
    assert "not yet" in late, "an update is owed still"
    (overdue,) = [
        row for row in file(scene, f"{HOME}items-counted/?which=overdue&kind=prevention", "items-counted") if "-4" in row["item"]
    ]
    assert (overdue["state"], overdue["ended_at"], overdue["owner"]) == ("open", "", scene.acme.jon.name)
    outages = file(scene, f"{HOME}outages/?component=payments", "outages")
    assert [row["incident"].split()[0] for row in outages] == [other, ref]
    assert [row["until"] for row in outages] == ["", ""], "both are down still"
    told = next(one for one in scene.api("amira").get("metrics/availability/").json()["components"] if one["slug"] == "payments")
    assert told["incidents"] == 2
    assert sum(float(row["down_seconds"]) for row in outages) > told["down_seconds"], "they overlap, and count once"
    assert "still down" in words(html(scene, f"{HOME}outages/?component=payments"))
    nights = file(scene, f"{HOME}pages-counted/?night=1", "pages-counted")
    assert {row["at_night"] for row in nights} <= {"yes"}
    every = file(scene, f"{HOME}pages-counted/", "pages-counted")
    assert len(nights) == sum(row["at_night"] == "yes" for row in every)
    assert len(every) == sum(one["pages"] for one in scene.api("amira").get("metrics/").json()["pages"])


@pytest.mark.clause("breach.need-to-know")
def test_what_is_restricted_is_listed_for_those_who_may_see_it(scene: Scene) -> None:
    """The figures of each and the lists behind them agree, for those who are named on it and for those who are not."""
    ref, _ = lived(scene)
    restricted = str(scene.do("amira", ref, "flag", flag="personal_data", kinds=["pii"], reason="Names leaked")["ref"])
    scene.follow()
    for who in ("amira", "support", "auditor", "director"):
        shown = ""
        for path in ("", "clocks/", "pages/", "items/", "availability/"):
            page = html(scene, f"{HOME}{path}", who)
            assert sum(led(scene, page, who).values()) > 0 or path == "availability/", (who, path)
        for kind in KINDS:
            shown += html(scene, f"{HOME}{kind}/", who)
        assert (restricted in shown) == (scene.api(who).get(f"incidents/{restricted}/").status_code == 200), who
        assert restricted not in shown or who not in ("support", "auditor"), who
        assert restricted in shown or who != "amira"


@pytest.mark.clause("warroom.exec-swoop")
def test_who_reads_summaries_sees_how_many_items_there_are_and_not_their_words(scene: Scene) -> None:
    lived(scene)
    for who in ("exec", "support"):
        page = html(scene, f"{HOME}items-counted/", who)
        assert "A limit" not in page
        assert "You read summaries, not rooms" in page
        assert scene.acme.jon.name not in page[page.index("<main") :]
        assert {row["title"] + row["owner"] for row in file(scene, f"{HOME}items-counted/", "items-counted", who)} == {""}
    assert "A limit" in html(scene, f"{HOME}items-counted/", "auditor")


@pytest.mark.parametrize(
    "asked",
    [
        "clocks-counted/?outcome=lost",
        "clocks-counted/?clause=a%00b",
        "clocks-counted/?alone=2",
        "clocks-counted/?from=2026-11-01T10:00:00",
        "clocks-counted/?from=2026-11-01Tsoon",
        "clocks-counted/?from=2026-11-02T10:00:00Z&to=2026-11-02T09:00:00Z",
        "pages-counted/?night=2",
        "pages-counted/?person=%00",
        f"pages-counted/?person={'x' * 300}",
        "items-counted/?which=old",
        "items-counted/?kind=cure",
        "outages/?component=moon",
        "outages/?from=yesterday",
    ],
)
def test_what_cannot_be_asked_is_said(scene: Scene, asked: str) -> None:
    for path in (asked, asked.replace("/?", ".csv?")):
        assert scene.page("amira").get(f"{HOME}{path}").status_code == 422, path


def test_nothing_is_listed_where_there_is_nothing(scene: Scene) -> None:
    for kind in KINDS:
        assert "Nothing matches" in html(scene, f"{HOME}{kind}/")
        assert file(scene, f"{HOME}{kind}/", kind) == []
    assert "Nothing matches" in html(scene, f"{HOME}pages-counted/?person=nobody@example.com")
    assert scene.browse(scene.globex.amira).get(f"{HOME}outages/").status_code == 404


def test_a_running_incident_has_no_number_where_none_is_known(scene: Scene) -> None:
    """Not 0, not blank and not "none": on the pages, in the files, by API."""
    ref: Any = scene.commanded()
    scene.follow()
    home = words(html(scene))
    for name in ("Time to mitigate TTM", "Time to resolve MTTR"):
        assert f"{name} not known yet n = 0" in home
    listed = html(scene, f"{HOME}incidents/")
    assert listed.count("not known yet") >= 3
    assert ">none<" not in listed
    (row,) = csv.DictReader(io.StringIO(scene.page("amira").get(f"{HOME}incidents.csv").content.decode()))
    assert (row["to_mitigate_seconds"], row["to_resolve_seconds"], row["resolved_at"]) == ("", "", "")
    told = scene.api("amira").get("metrics/").json()
    assert told["figures"]["ttm"]["mean_seconds"] is None
    assert "it is not in monitoring yet" in told["definitions"]["ttm"]
    assert "not known yet" in told["definitions"]["null"]
    for path in ("", "clocks/", "items/", "availability/"):
        page = html(scene, f"{HOME}{path}")
        assert ">none<" not in page, path
    (kind, *_) = csv.DictReader(io.StringIO(scene.page("amira").get(f"{HOME}items.csv").content.decode()))
    assert (kind["in_time_share"], kind["median_to_done_seconds"]) == ("", "")
    earlier = words(html(scene, f"{HOME}?from=2020-01-01&to=2020-01-31"))
    assert "no incidents" in earlier
    resolved(scene)
    assert ref in words(html(scene, f"{HOME}incidents/?figure=mttr&missing=1"))
