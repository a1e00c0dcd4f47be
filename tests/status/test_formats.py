"""What machines read: the shape of Statuspage, and the feeds."""

import re
from datetime import datetime
from typing import Any
from xml.etree import ElementTree

import pytest
from django.conf import settings

from incidents.states import Condition, PublicStatus
from tests.incidents.scene import Scene
from tests.status.public import make_public, read, say, summary, thread

pytestmark = [pytest.mark.servers, pytest.mark.clause("tools.statuspage-public")]

ATOM = "{http://www.w3.org/2005/Atom}"
LISTS = {
    "summary": {"page", "status", "components", "incidents", "scheduled_maintenances"},
    "status": {"page", "status"},
    "components": {"page", "components"},
    "incidents": {"page", "incidents"},
    "incidents/unresolved": {"page", "incidents"},
    "scheduled-maintenances": {"page", "scheduled_maintenances"},
    "scheduled-maintenances/upcoming": {"page", "scheduled_maintenances"},
    "scheduled-maintenances/active": {"page", "scheduled_maintenances"},
}


def json_of(what: str) -> Any:
    answer = read(f"api/v2/{what}.json")
    assert (answer.status_code, answer["Content-Type"], answer["Access-Control-Allow-Origin"]) == (
        200,
        "application/json",
        "*",
    ), what
    return answer.json()


def instant(text: str) -> datetime:
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", text), text
    return datetime.fromisoformat(text)


def test_each_document_has_its_parts_and_the_page(scene: Scene) -> None:
    make_public(scene.acme)
    say(scene, scene.commanded())
    for what, parts in LISTS.items():
        found = json_of(what)
        assert set(found) == parts, what
        page = found["page"]
        assert set(page) == {"id", "name", "url", "time_zone", "updated_at"}
        assert (page["name"], page["url"], page["time_zone"]) == ("Acme", f"{settings.BASE_URL}/status/acme/", "Etc/UTC")
        instant(page["updated_at"])
        assert found.get("scheduled_maintenances", []) == []


def test_a_component_and_an_incident_as_the_format_has_them(scene: Scene) -> None:
    make_public(scene.acme)
    ref = scene.commanded()
    say(scene, ref, "investigating", components={"payments": "degraded_performance"})
    scene.clock.advance(minutes=3)
    say(scene, ref, "identified", known="We know *why*.", components={"payments": "major_outage", "api": "partial_outage"})
    found, told = thread(scene.acme, ref), summary()
    assert told["status"] == {"indicator": "critical", "description": "Major Service Outage"}
    (payments,) = [one for one in told["components"] if one["name"] == "Payments"]
    assert payments["id"] == "payments"
    assert payments["status"] == "major_outage"
    assert instant(payments["updated_at"]) == scene.clock.now.replace(microsecond=scene.clock.now.microsecond // 1000 * 1000)
    assert [one["position"] for one in told["components"]] == sorted(one["position"] for one in told["components"])
    (incident,) = told["incidents"]
    assert incident["id"] == found.public_id
    assert incident["name"] == "Major outage: API and Payments"
    assert (incident["status"], incident["impact"], incident["resolved_at"]) == ("identified", "critical", None)
    assert incident["shortlink"] == f"{settings.BASE_URL}/status/acme/incidents/{found.public_id}/"
    assert [one["id"] for one in incident["components"]] == ["api", "payments"]
    newest, first = incident["incident_updates"]
    assert newest["body"] == "We know *why*.\n\nNobody can pay.\n\nWe look into it."
    assert newest["incident_id"] == found.public_id
    assert instant(newest["created_at"]) > instant(first["created_at"])
    assert newest["affected_components"] == [
        {"code": "api", "name": "API", "old_status": "operational", "new_status": "partial_outage"},
        {"code": "payments", "name": "Payments", "old_status": "degraded_performance", "new_status": "major_outage"},
    ]
    assert first["affected_components"] == [
        {"code": "payments", "name": "Payments", "old_status": "operational", "new_status": "degraded_performance"}
    ]


def test_one_that_is_over_is_no_more_unresolved(scene: Scene) -> None:
    make_public(scene.acme)
    ref = scene.commanded()
    say(scene, ref, "monitoring", components={"payments": "partial_outage"})
    assert [one["status"] for one in json_of("incidents/unresolved")["incidents"]] == ["monitoring"]
    say(scene, ref, "resolved")
    assert json_of("incidents/unresolved")["incidents"] == []
    assert summary()["incidents"] == []
    (over,) = json_of("incidents")["incidents"]
    assert (over["status"], over["impact"]) == ("resolved", "major")
    assert over["resolved_at"] is not None
    assert over["monitoring_at"] is not None
    assert over["incident_updates"][0]["affected_components"] == [
        {"code": "payments", "name": "Payments", "old_status": "partial_outage", "new_status": "operational"}
    ]


def test_every_word_is_one_of_the_format(scene: Scene) -> None:
    make_public(scene.acme)
    known = {"operational", "degraded_performance", "partial_outage", "major_outage", "under_maintenance"}
    assert {one.value for one in Condition} == known
    assert {one.value for one in PublicStatus} == {"investigating", "identified", "monitoring", "resolved"}
    indicators = []
    for condition in ("under_maintenance", "degraded_performance", "partial_outage", "major_outage"):
        say(scene, scene.commanded(), components={"web-app": condition})
        indicators.append(json_of("status")["status"]["indicator"])
    assert indicators == ["maintenance", "minor", "major", "critical"]


def test_without_components_an_incident_shows_at_a_glance_too(scene: Scene) -> None:
    make_public(scene.acme)
    assert json_of("status")["status"] == {"indicator": "none", "description": "All Systems Operational"}
    say(scene, scene.commanded())
    assert json_of("status")["status"] == {"indicator": "minor", "description": "An incident is being looked into"}
    assert [(one["name"], one["impact"]) for one in summary()["incidents"]] == [("Incident", "none")]


def test_what_is_not_there_is_said_as_json(scene: Scene) -> None:
    answer = read("api/v2/summary.json", home="/status/nowhere/")
    assert (answer.status_code, answer.json()) == (404, {"status": 404, "detail": "There is nothing at this address."})
    assert answer["Access-Control-Allow-Origin"] == "*"


@pytest.mark.parametrize("kind", ["atom", "rss"])
def test_the_feeds_tell_of_each_incident_with_all_that_was_said(scene: Scene, kind: str) -> None:
    make_public(scene.acme)
    empty = read(f"history.{kind}")
    ElementTree.fromstring(empty.content)
    assert read(f"history.{kind}")["ETag"] == empty["ETag"]
    ref = scene.commanded()
    say(scene, ref, known="<b>One</b> & two ]]>", components={"payments": "major_outage"})
    scene.clock.advance(minutes=2)
    say(scene, ref, "resolved", known="Over.")
    answer = read(f"history.{kind}")
    assert answer["Content-Type"] == f"application/{kind}+xml; charset=utf-8"
    tree = ElementTree.fromstring(answer.content)
    address = f"{settings.BASE_URL}/status/acme/incidents/{thread(scene.acme, ref).public_id}/"
    if kind == "atom":
        (entry,) = tree.findall(f"{ATOM}entry")
        assert entry.findtext(f"{ATOM}title") == "Major outage: Payments"
        assert entry.findtext(f"{ATOM}id") == address
        words = entry.findtext(f"{ATOM}summary") or ""
        assert (entry.findtext(f"{ATOM}updated") or "") > (entry.findtext(f"{ATOM}published") or "")
    else:
        (entry,) = tree.findall("channel/item")
        assert entry.findtext("title") == "Major outage: Payments"
        assert entry.findtext("link") == address
        words = entry.findtext("description") or ""
    assert words.index("Over.") < words.index("two ]]")
    assert "&lt;b&gt;One" in words
