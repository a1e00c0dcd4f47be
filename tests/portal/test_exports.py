"""A file that leaves the portal is in the ledger before it is given: its name, its SHA-256 and what was asked for (docs/evidence.md)."""

import hashlib
from collections.abc import Callable
from typing import Any

import pytest

from compliance.models import AccessReview
from ledger.models import Event
from tests.conftest import Cast, Door, Installation, Person, as_owner
from tests.incidents.proven import proven
from tests.incidents.scene import Scene
from tests.incidents.test_files import attach

pytestmark = [pytest.mark.servers, pytest.mark.clause("evidence.export")]

# The address of each file, below the organisation, and as what it is told.
FILES = {
    "metrics/times.csv?by=service&severity=1": ("times-", "by=service&severity=1"),
    "metrics/availability.csv": ("availability-", ""),
    "metrics/incidents.csv?from=2026-01-01": ("incidents-", "from=2026-01-01"),
    "actions/export.csv?sort=-due&late=on": ("action-items.csv", "sort=-due&late=on"),
    "duties/breaches/export.csv": ("breaches.csv", ""),
}


def given(cast: Cast) -> list[Event]:
    with cast.scope():
        return list(Event.objects.filter(kind="export.given").order_by("id"))


def taken(scene: Scene, who: str, way: str, path: str) -> Event:
    """Somebody takes a file, by the page or by the API. Returns what tells of it, once, with the hash of its bytes."""
    before = len(given(scene.acme))
    answer = scene.page(who).get(f"/o/acme/{path}") if way == "web" else scene.reading(who).get(path)
    assert answer.status_code == 200, path
    (event,) = given(scene.acme)[before:]
    assert event.data["sha256"] == hashlib.sha256(answer.content).hexdigest(), path
    return event


@pytest.mark.parametrize(("address", "told"), FILES.items(), ids=FILES)
def test_a_file_is_told_with_the_hash_of_its_bytes(scene: Scene, address: str, told: tuple[str, str]) -> None:
    scene.declare()
    answer = scene.page("admin").get(f"/o/acme/{address}")
    assert (answer.status_code, answer["Content-Type"]) == (200, "text/csv; charset=utf-8")
    (event,) = given(scene.acme)
    name, asked = told
    assert event.data["name"].startswith(name)
    assert event.data["name"].endswith(".csv")
    assert event.data["name"] in answer["Content-Disposition"]
    assert (event.data["sha256"], event.data["size"]) == (hashlib.sha256(answer.content).hexdigest(), len(answer.content))
    assert event.data["asked"] == asked
    assert (event.actor_id, event.via, event.incident_id) == (scene.acme.admin.user_id, "web", None)
    assert event.request_id == answer["X-Request-Id"]


@pytest.mark.parametrize("path", ["metrics/", "metrics/availability/"])
def test_figures_by_api_are_told_as_a_file_and_not_as_figures(scene: Scene, path: str) -> None:
    """JSON is reading, CSV is a file; by a token that only reads too."""
    door = scene.reading("jon")
    assert door.get(path).status_code == 200
    assert given(scene.acme) == []
    answer = door.get(path, format="csv")
    assert answer["Content-Type"].startswith("text/csv")
    (event,) = given(scene.acme)
    assert event.data["sha256"] == hashlib.sha256(answer.content).hexdigest()
    assert (event.actor_id, event.via) == (scene.acme.jon.user_id, "api")


def test_an_access_review_is_told_on_its_incident(scene: Scene) -> None:
    """Its name tells which incident it is of, so that it is behind that incident's wall, and on its timeline."""
    ref = proven(scene)[0]
    with scene.acme.scope():
        review = AccessReview.objects.get(incident__ref=ref)
    before = len(given(scene.acme))
    assert scene.page("admin").get(f"/o/acme/access/reviews/{review.pk}/review.csv").status_code == 200
    event = given(scene.acme)[before]
    assert (event.incident_id, event.subject_id, event.data["name"]) == (
        *(review.incident_id, review.pk),
        f"access-review-{ref}-{review.number}.csv",
    )
    assert scene.told(ref, "export.given")[-1]["text"] == f"access-review-{ref}-{review.number}.csv is downloaded."


@pytest.mark.parametrize("way", ["web", "api"])
def test_what_leaves_of_an_incident_is_told_on_it(scene: Scene, way: str) -> None:
    """Its post-mortem as a file, and what is filed with it: behind its wall, and by its number, since what a file is called may name somebody."""
    ref = scene.ended("resolve")
    scene.follow()
    assert attach(scene.api("mei"), ref, "jon-doe.txt", b"who called").status_code == 200
    paper = f"{ref}-postmortem-draft"
    files = {"postmortem.md": f"{paper}.md", "postmortem.pdf": f"{paper}.pdf", "files/1/": f"{ref}-file-1"}
    for address, name in files.items():
        assert taken(scene, "mei", way, f"incidents/{ref}/{address}").data["name"] == name
        assert scene.told(ref, "export.given")[-1]["text"] == f"{name} is downloaded."


def test_the_words_that_somebody_looks_for_are_not_kept(scene: Scene) -> None:
    """They may name people, or an incident that is restricted later."""
    query = f"q=Jon+Doe&owner={scene.email('jon')}&incident=INC-1&kind=mitigate"
    assert scene.page("admin").get(f"/o/acme/actions/export.csv?{query}").status_code == 200
    (event,) = given(scene.acme)
    assert event.data["asked"] == "q=(words)&owner=(words)&incident=(words)&kind=mitigate"


@pytest.mark.clause("people.auditor")
def test_what_an_auditor_downloads_is_their_record_of_reading(scene: Scene) -> None:
    """It was written before the request was looked at; their transaction writes nothing, and the file is given all the same."""
    answer = scene.page("auditor").get("/o/acme/metrics/times.csv?by=service")
    assert answer.status_code == 200
    assert given(scene.acme) == []
    with scene.acme.scope():
        assert Event.objects.filter(kind="auditor.read", data__path="/o/acme/metrics/times.csv?by=service").count() == 1


def test_what_is_asked_for_by_head_is_neither_given_nor_told(scene: Scene) -> None:
    """HEAD asks for the answer without its file: a record that somebody has it would lie. Refused, as on the pages; and so is a pack's."""
    ref = scene.ended("resolve")
    scene.follow()
    assert attach(scene.api("mei"), ref, "shot.txt", b"who called").status_code == 200
    door = scene.reading("admin")
    of_it = [f"incidents/{ref}/{path}" for path in ("postmortem.md", "postmortem.pdf", "files/1/")]
    for path in (*of_it, "metrics/?format=csv", "standard/versions/1/standard.yaml"):
        answer = door.client.head(f"/api/v1/{path}", headers={"Authorization": f"Bearer {door.person.token}"})
        assert (answer.status_code, "HEAD" in answer["Allow"]) == (405, False), path
        assert "X-SHA-256" not in answer
    assert scene.page("admin").head(f"/o/acme/incidents/{ref}/files/1/").status_code == 405
    assert given(scene.acme) == []


@pytest.mark.parametrize("way", ["web", "api"])
def test_the_standard_as_a_file_is_told(scene: Scene, way: str) -> None:
    """A version as YAML or JSON, and the draft as it stands."""
    assert scene.api("owner").post("standard/draft/").status_code == 201
    files = {"versions/1/standard.yaml": "standard-1.yaml", "draft/standard.yaml": "standard-draft-1.yaml"}
    if way == "web":
        files["versions/1/standard.json"] = "standard-1.json"
    for address, name in files.items():
        event = taken(scene, "owner", way, f"standard/{address}")
        assert event.data["name"] == name
        assert (event.actor_id, event.via, event.incident_id) == (scene.acme.owner.user_id, way, None)


def test_what_is_refused_is_no_export(scene: Scene) -> None:
    assert scene.page("admin").get("/o/acme/metrics/nothing.csv").status_code == 404
    assert given(scene.acme) == []


def test_what_cannot_be_put_on_record_is_not_given(
    own_database: Installation, browse: Callable[[Person], Any], api: Callable[[Person], Door]
) -> None:
    """The record comes first: where the database takes no event, there is no file."""
    client = browse(own_database.acme.admin)
    client.raise_request_exception = False
    as_owner("REVOKE INSERT ON ledger_event FROM PUBLIC, muster_app", database=own_database.name)
    assert client.get("/o/acme/metrics/times.csv").status_code == 500
