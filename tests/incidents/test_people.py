"""Who may what: the practitioner follows the process, the auditor reads it and writes nothing (people.practitioner, people.auditor)."""

from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from incidents.doors import DOORS
from ledger.models import Event
from tests.conftest import Cast, Door, Installation, Person
from tests.incidents.leak import Writer
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


# What others do too: ask, and what belongs to the duties of Legal, Privacy, PR and the CFO (tests of their own).
FOR_OTHERS_TOO = {
    "ask",
    "approve-update",
    "reject-update",
    "flag",
    "unflag",
    "admit",
    "remove",
    "snapshot",
    "fulfil",
    "correct-time",
}
MORE: dict[str, dict[str, Any]] = {"attach": {"file": SimpleUploadedFile("a.txt", b"a")}, "page": {"service": None, "duty": None}}


@pytest.mark.clause("people.practitioner")
def test_a_practitioner_does_the_whole_of_it(scene: Scene) -> None:
    ref = scene.ready("SEV2")
    scene.do("amira", ref, "update", **UPDATE)
    scene.do("amira", ref, "resolve", summary="Rolled back")
    actors = {entry["actor"] for entry in scene.part(ref, "timeline") if entry["kind"].startswith("incident.")}
    assert actors == {"Mei Martin", "Amira Ahmadi"}


@pytest.mark.clause("people.practitioner")
def test_others_do_none_of_it_in_a_room(scene: Scene) -> None:
    other, ref = scene.declare(), scene.commanded()
    before = len(scene.part(ref, "timeline"))
    for verb, door in DOORS.items():
        if verb in FOR_OTHERS_TOO:
            continue
        for who in ("support", "exec", "director", "owner"):
            values = {"to": "investigation" if verb == "advance" else scene.acme.mei.email, "role": "ol", "verdict": "refuted"}
            values |= {"into": other}
            body = {**Writer().body(door, scene.acme.mei.email, values), **MORE.get(verb, {})}
            body = {name: value for name, value in body.items() if value is not None}
            refused = scene.verb(who, ref, verb, **body)
            assert (refused.status_code, refused.json()["code"]) == (403, "not_a_practitioner"), (who, verb, refused.content)
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
