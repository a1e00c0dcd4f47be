"""A quarter's review and the next one: whatever happens counts in one of them, and each of their figures leads to as many as it says."""

import csv
import io
import re
from datetime import datetime, timedelta
from html import unescape
from typing import Any

import pytest
from django.conf import settings

from tests.incidents.scene import UPDATE, Scene
from tests.metrics.test_ageing import item
from tests.metrics.test_availability import PUBLIC
from tests.metrics.test_pages import HOME, html, words
from tests.standard.test_reviews import decided, sign, table, whole

pytestmark = [pytest.mark.servers, pytest.mark.clause("improve.quarterly-review")]

LINK = re.compile(r'href="(/o/acme/metrics/[^"]+)">(?:[0-9]+ % kept \([0-9]+ of )?([0-9,]+)\)?<span class="visually-hidden">')
SECOND = timedelta(seconds=1)


def rows(scene: Scene, link: str) -> list[dict[str, str]]:
    """What a link lists, as its file has it."""
    answer = scene.page("owner").get(re.sub(r"/metrics/([a-z-]+)/", r"/metrics/\1.csv", link))
    assert answer.status_code == 200, answer.content
    return list(csv.DictReader(io.StringIO(answer.content.decode())))


def led(scene: Scene, page: str) -> dict[str, int]:
    """Follow every number that leads to a list. Returns the lists' names -> how many were followed; each has as many as its number says."""
    followed: dict[str, int] = {}
    for escaped, text in set(LINK.findall(page)):
        link, n = unescape(escaped), int(text.replace(",", ""))
        kind = link.split("/metrics/")[1].split("/")[0]
        shown = words(html(scene, link, "owner"))
        assert len(rows(scene, link)) == n, (link, text)
        assert re.search(rf": {n:,} (?:incident|clock|page|action item|outage)", shown), (link, text)
        followed[kind] = followed.get(kind, 0) + 1
    return followed


def an_hour(scene: Scene, severity: str) -> str:
    """An incident that is run for an hour: its clocks come to their ends, people are called, it has an outage and an item."""
    ref = scene.commanded(severity)
    scene.do("amira", ref, "update", **PUBLIC, components={"payments": "major_outage"})
    for minutes in (10, 50):
        scene.later(minutes=minutes)
        scene.do("amira", ref, "update", **UPDATE)
    item(scene, ref, 1, filed=0)
    scene.do("amira", ref, "impact", start=scene.ago(minutes=90).isoformat(), end=scene.clock.now.isoformat())
    scene.follow()
    return ref


def signed_in_the_middle(scene: Scene) -> tuple[Any, Any]:
    """A day with an incident before its quarter's review is signed off, and two after. Returns the two reviews."""
    an_hour(scene, "SEV1")
    scene.clock.advance(minutes=1)
    review = decided(scene)
    assert sign(scene, review).status_code == 200
    scene.clock.advance(seconds=1)
    an_hour(scene, "SEV1")
    an_hour(scene, "SEV2")
    end = datetime.fromisoformat(review["ends_at"])
    assert scene.clock.now.date() == (scene.clock.now - timedelta(hours=3)).date() or scene.clock.now < end
    scene.clock.advance(seconds=(end - scene.clock.now).total_seconds() + 60)
    scene.sweep()
    scene.follow()
    coming = scene.api("owner").get("process-reviews/").json()["results"][0]
    return whole(scene, review, "owner"), whole(scene, coming, "owner")


def test_what_happens_on_the_day_of_a_sign_off_counts_once(scene: Scene) -> None:
    """Before it in the one, after it in the other: incidents, pages and items."""
    first, second = signed_in_the_middle(scene)
    assert first["covers_until"] == second["covers_from"]
    assert first["covers_until"] != first["ends_at"]
    one, other = (table(found, "Figures", "figures") for found in (first, second))
    for name, counts in {
        "Incidents": (1, 2),
        "Incidents of SEV 1": (1, 1),
        "Incidents of SEV 2": (0, 1),
        "Action items, prevention": (1, 3),  # what was filed before the sign-off waits still
    }.items():
        assert (int(one[name][-1]), int(other[name][-1])) == counts, name
    calls = scene.api("owner").get("metrics/", **{"from": "2020-01-01"}).json()["pages"]
    assert int(one["Pages"][-1]) + int(other["Pages"][-1]) == sum(person["pages"] for person in calls)
    assert int(one["Pages"][-1]) > 0
    signed = table(first, "Figures")
    assert signed["Incidents"][-1] == "1"
    clauses = [table(found, "Clauses kept", "figures") for found in (first, second)]
    every = {c["clause"]: c["n"] for c in scene.api("owner").get("metrics/", **{"from": "2020-01-01"}).json()["clauses"]}
    for clause, n in every.items():
        assert sum(int(found.get(clause, ["0", "0", "0"])[2]) for found in clauses) == n, clause


def test_each_figure_of_a_review_leads_to_as_many_as_it_says(scene: Scene) -> None:
    """On the page of the one that was signed, and of the one that is open; the lists are of that stretch to the instant."""
    for review in signed_in_the_middle(scene):
        page = scene.page("owner").get(f"/o/acme/reviews/{review['id']}/").content.decode()
        followed = led(scene, page)
        assert set(followed) == {"incidents", "clocks-counted", "pages-counted", "items-counted", "outages"}
        assert followed["clocks-counted"] >= 6
        assert followed["incidents"] >= 3


def test_the_api_has_the_same_links_as_the_page(scene: Scene) -> None:
    """Each cell's; null where it leads nowhere; none beside what was signed off, which counts what is no more."""
    for review in signed_in_the_middle(scene):
        page = scene.page("owner").get(f"/o/acme/reviews/{review['id']}/").content.decode()
        here = {unescape(link) for link, _ in LINK.findall(page)}
        every = {link for one in review["figures"] for row in one["links"] for link in row if link}
        assert all(link.startswith(f"{settings.BASE_URL}/o/acme/") for link in every)
        there = {link.removeprefix(settings.BASE_URL) for link in every if "/metrics/" in link}
        assert there >= here
        assert len(here) > 10
        for one in review["figures"]:
            assert [len(row) for row in one["links"]] == [len(row) for row in one["rows"]], one["title"]
        assert all("links" not in one for one in review["signed_figures"] or [])
        for link in sorted(there)[:5]:
            assert scene.page("owner").get(link).status_code == 200, link


@pytest.mark.clause("people.process-owner")
def test_the_standards_page_leads_to_the_clocks_it_counts(scene: Scene) -> None:
    """Those of no incident among them: the review of the process itself."""
    an_hour(scene, "SEV1")
    sign(scene, decided(scene))
    page = scene.page("owner").get("/o/acme/standard/").content.decode()
    followed = led(scene, page)
    assert list(followed) == ["clocks-counted"]
    assert followed["clocks-counted"] >= 3
    link = unescape(next(link for link, _ in LINK.findall(page) if "improve.quarterly-review" in link))
    (row,) = rows(scene, link)
    assert (row["incident"], row["outcome"], row["detected_at"]) == ("", "kept", "")
    assert "a review of the process" in words(html(scene, link, "owner"))
    assert rows(scene, link.replace("alone=1", "alone=")) == []


def test_a_period_between_two_instants_is_asked_for_on_the_page_and_by_api(scene: Scene) -> None:
    ref = scene.declare()
    scene.follow()
    at = scene.clock.now
    stamp = {name: moment.isoformat().replace("+00:00", "Z") for name, moment in (("at", at), ("after", at + SECOND))}
    early = {"from": (at - SECOND).isoformat(), "to": stamp["at"]}
    late = {"from": stamp["at"], "to": stamp["after"]}
    found = [scene.api("amira").get("metrics/", **asked).json() for asked in (early, late)]
    assert [one["incidents"] for one in found] == [0, 1], "the first instant counts, the last does not"
    assert datetime.fromisoformat(found[1]["period"]["start"]) == at
    assert datetime.fromisoformat(found[1]["period"]["end"]) == at + SECOND
    page = html(scene, f"{HOME}?from={stamp['at']}&to={stamp['after']}")
    assert f"{at:%H:%M:%S} to" in words(page)
    assert f'value="{stamp["at"]}"' in page, "the form asks for the same again"
    listed = re.search(r'href="(/o/acme/metrics/incidents/\?[^"]+)">1 incident<', page)
    assert listed is not None
    assert ref in html(scene, unescape(listed[1]))
