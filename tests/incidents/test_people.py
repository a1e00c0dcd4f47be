"""Who may what: the practitioner follows the process, the auditor reads it and writes nothing (people.practitioner, people.auditor)."""

from collections.abc import Callable

import pytest
from django.test import Client

from incidents.doors import DOORS
from ledger.models import Event
from tests.conftest import Cast, Door, Installation, Person
from tests.incidents.scene import UPDATE, Scene

pytestmark = pytest.mark.servers

BODIES = {
    "update": UPDATE,
    "advance": {"to": "investigation", "reason": "Go"},
    "severity": {"severity": "SEV2", "reason": "Small"},
    "resolve": {"summary": "Done"},
    "note": {"text": "Hello"},
    "impact": {"end": "2024-01-01T00:00:00Z"},
}


@pytest.mark.clause("people.practitioner")
def test_a_practitioner_does_the_whole_of_it(scene: Scene) -> None:
    ref = scene.ready("SEV2")
    scene.do("amira", ref, "update", **UPDATE)
    scene.do("amira", ref, "resolve", summary="Rolled back")
    actors = {entry["actor"] for entry in scene.part(ref, "timeline") if entry["kind"].startswith("incident.")}
    assert actors == {"Mei Martin", "Amira Ahmadi"}


@pytest.mark.clause("people.practitioner")
def test_others_do_none_of_it_in_a_room(scene: Scene) -> None:
    ref = scene.commanded()
    before = len(scene.part(ref, "timeline"))
    for verb in DOORS:
        for who in ("support", "exec", "director", "owner"):
            refused = scene.verb(who, ref, verb, **BODIES.get(verb, {}))
            assert (refused.status_code, refused.json()["code"]) == (403, "not_a_practitioner"), (who, verb)
        data = BODIES.get(verb, {}) | ({"severity": "2"} if verb == "severity" else {"end": ""} if verb == "impact" else {})
        assert scene.page("support").post(f"/o/acme/incidents/{ref}/{verb}/", data).status_code == 403, verb
    assert len(scene.part(ref, "timeline")) == before


@pytest.mark.clause("people.auditor")
def test_the_auditor_reads_everything_and_each_reading_is_recorded(
    own_database: Installation, api: Callable[[Person], Door], browse: Callable[[Person], Client]
) -> None:
    acme: Cast = own_database.acme
    ref = api(acme.mei).post("incidents/", {"title": "Checkout fails", "severity": "SEV1"}).json()["ref"]
    auditor, session = api(acme.auditor), browse(acme.auditor)
    read = [f"incidents/{ref}/", f"incidents/{ref}/timeline/", f"incidents/{ref}/pages/", "incidents/", "triage/", "alerts/"]
    for path in read:
        assert auditor.get(path).status_code == 200, path
    seen = [f"/o/acme/incidents/{ref}/", "/o/acme/incidents/", "/o/acme/triage/", "/o/acme/integrations/"]
    for path in seen:
        answer = session.get(path)
        assert answer.status_code == 200, path
    assert b'method="post" action="/o/acme/incidents/' not in session.get(f"/o/acme/incidents/{ref}/").content
    with acme.scope():
        told = Event.objects.filter(kind="auditor.read").order_by("id")
        paths = [event.data["path"] for event in told]
        assert {event.actor_name for event in told} == {"Ines Inspector"}
    assert paths[: len(read)] == [f"/api/v1/{path}" for path in read]
    assert [path for path in paths if path in seen][: len(seen)] == seen


@pytest.mark.clause("people.auditor")
def test_the_auditor_writes_nothing_by_any_door(
    own_database: Installation, api: Callable[[Person], Door], browse: Callable[[Person], Client]
) -> None:
    acme: Cast = own_database.acme
    ref = api(acme.mei).post("incidents/", {"title": "Checkout fails", "severity": "SEV1"}).json()["ref"]
    signal = api(acme.mei).post("reports/", {"title": "Cannot pay"}).json()["id"]
    auditor, session = api(acme.auditor), browse(acme.auditor)
    before = _count(acme)
    for verb in DOORS:
        assert auditor.post(f"incidents/{ref}/{verb}/", BODIES.get(verb, {})).status_code == 403
        assert session.post(f"/o/acme/incidents/{ref}/{verb}/", BODIES.get(verb, {})).status_code == 403
    for path, body in (
        ("incidents/", {"title": "x", "severity": "SEV1"}),
        ("reports/", {"title": "x"}),
        (f"triage/{signal}/dismiss/", {"reason": "x"}),
        ("pages/1/acknowledge/", {}),
    ):
        answer = auditor.post(path, body)
        assert (answer.status_code, answer.json()["code"], answer.json()["clause"]) == (403, "read_only", "people.auditor")
    for path in ("/o/acme/incidents/declare/", "/o/acme/report/", "/o/acme/me/", f"/o/acme/triage/{signal}/dismiss/"):
        assert session.post(path, {"title": "x", "reason": "x", "name": "x"}).status_code == 403, path
    assert _count(acme) == before


def _count(acme: Cast) -> int:
    with acme.scope():
        return Event.objects.exclude(kind="auditor.read").count()


@pytest.mark.clause("people.auditor")
def test_an_auditors_reading_is_recorded_even_where_nothing_is_found(
    own_database: Installation, api: Callable[[Person], Door]
) -> None:
    acme = own_database.acme
    assert api(acme.auditor).get("incidents/INC-99/").status_code == 404
    with acme.scope():
        assert Event.objects.filter(kind="auditor.read").latest("id").data["path"] == "/api/v1/incidents/INC-99/"
