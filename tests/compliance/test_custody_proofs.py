"""What a custodian attaches as proof: a member, and Legal for somebody outside, by page and API; and what they may be told (breach.preserve-logs)."""

import hashlib
from typing import Any

import pytest

from compliance.models import CustodianFile
from tests.compliance.test_custody import MIB, WHAT, asked, file, hold, of_restricted, task, told
from tests.compliance.test_duties import decided, flagged, listed, loaded, started
from tests.conftest import Door
from tests.incidents.scene import Scene

pytestmark = [pytest.mark.servers, pytest.mark.clause("breach.preserve-logs")]

BODY = b"the proxy's list\n"
KEY = "gdpr.authority"


def of_jon(scene: Scene) -> int:
    """Legal asks Jon, a member. Returns the task's number."""
    found = scene.api("exec").post(f"holds/{hold(scene)}/custodians/", {"what": WHAT, "person": scene.email("jon")})
    assert found.status_code == 201, found.content
    return int(found.json()["id"])


def by_api(door: Door, number: int, **typed: Any) -> Any:
    """File a proof by API, as a form of several parts."""
    bearer = {"Authorization": f"Bearer {door.person.token}"}
    return door.client.post(f"/api/v1/custodian-tasks/{number}/attach/", typed, headers=bearer)


def by_page(scene: Scene, who: str, number: int, **typed: Any) -> Any:
    """File it on the page."""
    return scene.page(who).post(f"/o/acme/holds/custodians/{number}/prove/", typed)


@pytest.mark.parametrize("door", ["page", "api"])
@pytest.mark.parametrize("who", ["jon", "exec"])
def test_members_and_legal_attach_a_file(scene: Scene, who: str, door: str) -> None:
    """Jon to what he was asked himself, Legal to what somebody outside was: known by its bytes, hashed, handed out as a download."""
    number = of_jon(scene) if who == "jon" else asked(scene)
    filed = by_page(scene, who, number, file=file(BODY)) if door == "page" else by_api(scene.api(who), number, file=file(BODY))
    assert filed.status_code == (302 if door == "page" else 200), filed.content
    found = task(scene, number)
    digest = hashlib.sha256(BODY).hexdigest()
    assert (found["answer"], found["location"]) == ("proven", "Attached: copy.log")
    assert found["proven_by"] == getattr(scene.acme, who).name
    assert (found["file"]["content_type"], found["file"]["sha256"]) == ("text/plain", digest)
    got = scene.api(who).get(f"custodian-files/{found['file']['id']}/")
    assert (got.content, got["X-SHA-256"]) == (BODY, digest)
    assert got["Content-Disposition"].startswith("attachment")
    assert scene.api("amira").get(f"custodian-files/{found['file']['id']}/").status_code == 404
    (event,) = told("custodian.proven", scene)
    assert (event.actor_id, event.data["file_sha256"]) == (getattr(scene.acme, who).user_id, digest)


@pytest.mark.clause("evidence.export")
@pytest.mark.parametrize("door", ["page", "api"])
@pytest.mark.parametrize("who", ["jon", "exec"])
def test_who_downloads_it_is_on_record_before_they_have_it(scene: Scene, who: str, door: str) -> None:
    """By its number and the hash of its bytes, whoever may read the task; what it was called is not told. Who is refused leaves nothing."""
    number = of_jon(scene)
    assert by_api(scene.api("jon"), number, file=file(BODY, "jon-doe.txt")).status_code == 200
    kept = task(scene, number)["file"]["id"]
    path = f"custodian-files/{kept}/" if door == "api" else f"/o/acme/holds/custodians/files/{kept}/"
    ask = scene.reading if door == "api" else scene.page
    assert ask("amira").get(path).status_code == 404
    assert told("export.given", scene) == []
    got = ask(who).get(path)
    assert (got.status_code, got.content) == (200, BODY)
    (event,) = told("export.given", scene)
    digest = hashlib.sha256(BODY).hexdigest()
    assert (event.data["name"], event.data["sha256"], event.data["size"]) == (f"custodian-file-{kept}", digest, len(BODY))
    assert (event.actor_id, event.via) == (getattr(scene.acme, who).user_id, "api" if door == "api" else "web")
    assert (event.subject_type, event.subject_id) == ("compliance.custodianfile", kept)


def test_the_page_offers_it(scene: Scene) -> None:
    page = scene.page("jon").get(f"/o/acme/holds/custodians/{of_jon(scene)}/prove/").content.decode()
    assert 'enctype="multipart/form-data"' in page
    assert 'type="file"' in page


def test_it_may_be_as_large_as_is_said_and_of_any_kind(scene: Scene) -> None:
    """8 MiB, by both doors; of a member an unknown type too, for a heap dump is evidence as well."""
    body = b"\x7fELF\x00\x01" + b"x" * (8 * MIB - 6)
    number = of_jon(scene)
    assert by_page(scene, "jon", number, file=file(body, "heap.bin")).status_code == 302
    assert task(scene, number)["file"]["content_type"] == "application/octet-stream"
    second = of_jon(scene)
    assert by_api(scene.api("jon"), second, location="s3://kept", file=file(body)).status_code == 200
    assert task(scene, second)["location"] == "s3://kept"
    third = of_jon(scene)
    assert by_api(scene.api("jon"), third, file=file(body + b"x")).json()["code"] == "too_large"
    assert by_page(scene, "jon", third, file=file(b"x" * (9 * MIB))).status_code == 413


def test_a_proof_says_where_or_brings_a_file(scene: Scene) -> None:
    number = of_jon(scene)
    for typed in ({}, {"location": " "}, {"said": "It is kept"}):
        assert by_api(scene.api("jon"), number, **typed).status_code == 422, "no file"
        assert scene.api("jon").post(f"custodian-tasks/{number}/prove/", typed).status_code == 422
        assert by_page(scene, "jon", number, **typed).status_code == 422
    assert by_api(scene.api("jon"), number, file=file(b"")).json()["code"] == "empty"
    assert scene.api("jon").post(f"custodian-tasks/{number}/attach/", {"file": "words"}).status_code == 415
    with scene.acme.scope():
        assert not CustodianFile.objects.exists()
    assert task(scene, number)["answer"] == "waits"


@pytest.mark.clause("breach.need-to-know")
@pytest.mark.parametrize("words", ["Logs of {}, please", "Whatever tells of CHECKOUT FAILS"])
def test_a_member_who_is_not_named_is_told_nothing_of_it(scene: Scene, words: str) -> None:
    """The incident is restricted: what names it is said to members who are named on it, and to nobody else."""
    of = of_restricted(scene)
    what = words.format(scene.api("exec").get(f"holds/{of}/").json()["incident"].lower())
    refused = scene.api("exec").post(f"holds/{of}/custodians/", {"what": what, "person": scene.email("jon")})
    assert (refused.status_code, refused.json()["code"]) == (422, "names_incident")
    named = scene.api("exec").post(f"holds/{of}/custodians/", {"what": what, "person": scene.email("amira")})
    assert named.status_code == 201, named.content


@pytest.mark.clause("breach.page-privacy-legal")
def test_the_proof_of_a_duty_may_be_as_large_as_is_said(scene: Scene) -> None:
    """8 MiB by page and API: the doors of a duty that take it are among those that let so much through, and its other doors are not."""
    loaded(scene)
    refs = [flagged(scene), flagged(scene)]
    for ref in refs:
        decided(scene, ref, KEY)
        started(scene, ref, KEY, "awareness", scene.clock.now)
    api, page = (f"incidents/{ref}/duties/{listed(scene, ref)[KEY]['id']}" for ref in refs)
    typed = {"at": scene.clock.now.isoformat(), "reference": "DPA-2026-77"}
    bearer = {"Authorization": f"Bearer {scene.api('exec').person.token}"}
    client = scene.api("exec").client
    filed = client.post(f"/api/v1/{api}/file/", {**typed, "file": file(b"x" * (8 * MIB))}, headers=bearer)
    assert filed.status_code == 200, filed.content
    browser = scene.page("exec")
    shown = browser.post(f"/o/acme/{page}/file/", {**typed, "file": file(b"x" * (8 * MIB))})
    assert shown.status_code == 302, shown.content
    assert [len(listed(scene, ref)[KEY]["filings"]) for ref in refs] == [1, 1]
    assert browser.post(f"/o/acme/{page}/decide/", {"reason": "x" * (2 * MIB)}).status_code == 413
