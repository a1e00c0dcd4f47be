"""A storm leaves more waiting than one page holds: all of it can be reached, it says how many they are, and costs no more."""

import re
from html import unescape
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.incidents.scene import Scene, alert, delivery

pytestmark = [pytest.mark.servers, pytest.mark.clause("triage.is-it-an-incident")]

TRIAGE = "/o/acme/triage/"
STORM = 137
SEEN = 14  # queries of a page of triage, signing in and opening the scope included


def storm(scene: Scene, many: int = STORM) -> None:
    """So many questions at once, each of one alert."""
    bodies = [
        delivery(alert(f"f{number}", started=scene.clock.now, name=f"Storm{number}"), group=f"g{number}")
        for number in range(many)
    ]
    assert set(scene.hook(*bodies)) == {None}


def text(answer: Any, status: int = 200) -> str:
    """What a page holds, in plain characters."""
    assert answer.status_code == status
    return unescape(answer.content.decode())


def shown(html: str) -> list[int]:
    return [int(found) for found in re.findall(r'<li class="signal[^"]*" id="signal-(\d+)"', html)]


def asked(client: Client, path: str) -> int:
    """How many queries a page asks, but the savepoints that only a test's outer transaction makes."""
    with CaptureQueriesContext(connection) as captured:
        assert client.get(path).status_code == 200
    return sum(not query["sql"].startswith(("SAVEPOINT", "RELEASE", "ROLLBACK")) for query in captured.captured_queries)


def test_all_that_waits_is_reached_page_by_page_and_counted(scene: Scene) -> None:
    storm(scene)
    client, path, found = scene.page("mei"), TRIAGE, list[int]()
    for _ in range(3):
        page = text(client.get(path))
        assert "137 signals wait, the longest first" in re.sub(r"</?strong>", "", page)
        found += shown(page)
        onward = re.search(r'rel="next" href="([^"]*)"', page)
        path = onward[1] if onward else ""
    assert path == "", "the third page is the last"
    assert len(found) == len(set(found)) == STORM
    assert found == sorted(found), "those that wait longest come first"
    first = text(client.get(TRIAGE))
    assert "Here are 1 to 50; " in first
    (newest,) = set(re.findall(r'href="([^"]*)">(?:the newest are on the last page|Newest)<', first))
    assert shown(text(client.get(newest)))[-1] == found[-1]
    assert "Storm136" in text(client.get(newest))


def test_a_nonsense_page_is_some_page(scene: Scene) -> None:
    storm(scene, 51)
    client = scene.page("mei")
    for number, many in (("2", 1), ("9" * 30, 1), ("-1", 1), ("0", 1), ("9" * 5000, 50), ("1.5", 50), ("a\x00b", 50), ("", 50)):
        assert len(shown(text(client.get(TRIAGE, {"page": number})))) == many, number[:40]


def test_whoever_answers_on_a_later_page_stays_there_and_loses_nothing(scene: Scene) -> None:
    storm(scene)
    client = scene.page("mei")
    *_, last = shown(text(client.get(f"{TRIAGE}?page=3")))
    (address,) = re.findall(rf'action="({TRIAGE}{last}/dismiss/[^"]*)"', text(client.get(f"{TRIAGE}?page=3")))
    assert address.endswith("?page=3")
    for path in (address, address.removesuffix("?page=3")):  # the page that it is on now, whatever the form said
        refused = text(client.post(path, {"reason": "Typed with care\u202e"}), 422)
        assert last in shown(refused)
        assert "Typed with care" in refused
        assert f'href="{TRIAGE}?page=2"' in refused, "its links lead to triage, and not to where answers go"
    done = client.post(address, {"reason": "A load test"})
    assert (done.status_code, done.headers["Location"]) == (302, f"{TRIAGE}?page=3")
    late = text(client.post(address, {"reason": "Again, with care"}), 409)
    assert "Again, with care" in late
    assert "dismissed this" in late


def test_who_reports_in_a_storm_sees_the_report(scene: Scene) -> None:
    storm(scene, 60)
    client = scene.page("support")
    answer = client.post("/o/acme/report/", {"title": "Cannot pay"})
    assert answer.status_code == 302
    assert "Cannot pay" in text(client.get(answer.headers["Location"]))


def test_a_signal_says_how_many_of_its_alerts_are_shown(scene: Scene) -> None:
    scene.fire(*(alert(f"f{number}", started=scene.clock.now) for number in range(500)))
    page = text(scene.page("mei").get(TRIAGE))
    assert "<summary>20 of 500 alerts</summary>" in page
    assert "1 signal waits." in re.sub(r"</?strong>", "", page)


def test_all_of_a_few_are_shown_and_none_is_counted_twice(scene: Scene) -> None:
    scene.fire(*(alert(f"f{number}", started=scene.clock.now) for number in range(2)))
    assert "<summary>2 alerts</summary>" in text(scene.page("mei").get(TRIAGE))


def test_a_page_costs_the_same_however_many_wait(scene: Scene) -> None:
    client = scene.page("mei")
    storm(scene, 2)
    client.get(TRIAGE)
    few = asked(client, TRIAGE)
    storm(scene, STORM)
    assert asked(client, TRIAGE) == few == asked(client, f"{TRIAGE}?page=3")
    assert few <= SEEN + 1  # one gives the outer transaction of a test its context back
