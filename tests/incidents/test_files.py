"""Files: known by what is in them, hashed, kept once, handed out as downloads and as nothing else."""

import gzip
import hashlib
import io
import json
import zipfile
from collections.abc import Callable
from threading import Barrier, Thread
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection

from tests.conftest import Door, Installation, Person
from tests.incidents.scene import Scene

pytestmark = [pytest.mark.servers, pytest.mark.clause("roles.scribe")]

MIB = 1024 * 1024
PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 20


def attach(door: Door, ref: str, name: str, body: bytes, *, caption: str = "", said: str = "text/html", **headers: str) -> Any:
    """File something by API; whatever the answer is. `said` is what the sender says it were."""
    typed = {"file": SimpleUploadedFile(name, body, content_type=said), **({"caption": caption} if caption else {})}
    bearer = {"Authorization": f"Bearer {door.person.token}", **headers}
    return door.client.post(f"/api/v1/incidents/{ref}/attach/", typed, headers=bearer)


def fetch(scene: Scene, ref: str, number: int = 1, who: str = "mei") -> Any:
    """Download by API."""
    return scene.api(who).get(f"incidents/{ref}/files/{number}/")


def zipped() -> bytes:
    """A zip archive."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("a.txt", "a")
    return buffer.getvalue()


def test_what_is_filed_stands_in_the_record_with_its_hash(scene: Scene) -> None:
    ref, body = scene.commanded(), b"10:02 error 500\n"
    answer = attach(scene.api("jon"), ref, "web-1.log", body, caption="From **web-1**")
    assert answer.status_code == 200, answer.content
    assert "Jon Jensen" in {person["name"] for person in answer.json()["participants"]}
    digest = hashlib.sha256(body).hexdigest()
    (file,) = scene.part(ref, "files")
    assert (file["number"], file["name"], file["content_type"]) == (1, "web-1.log", "text/plain")
    assert (file["size"], file["sha256"], file["uploaded_by"]) == (len(body), digest, "Jon Jensen")
    (entry,) = scene.told(ref, "incident.file_attached")
    assert entry["data"] | {"text": ""} == {
        "number": 1,
        "name": "web-1.log",
        "content_type": "text/plain",
        "size": len(body),
        "sha256": digest,
        "text": "",
    }
    assert entry["text"] == "From **web-1**"
    got = scene.api("mei").client.get(file["url"], headers={"Authorization": f"Bearer {scene.acme.mei.token}"})
    assert (got.content, got["X-SHA-256"]) == (body, digest)


def test_it_is_a_download_and_nothing_else(scene: Scene) -> None:
    ref = scene.commanded()
    attach(scene.api("jon"), ref, "page.html", b"<script>alert(1)</script>", said="text/html")
    page = scene.page("mei").get(f"/o/acme/incidents/{ref}/files/1/")
    for got in (fetch(scene, ref), page):
        assert got.status_code == 200
        assert got["Content-Type"] == "text/plain"
        assert got["Content-Disposition"] == 'attachment; filename="page.html"'
        assert got["X-Content-Type-Options"] == "nosniff"
        assert got["Content-Security-Policy"] == "default-src 'none'; frame-ancestors 'none'; sandbox"
        assert got["Cross-Origin-Resource-Policy"] == "same-origin"
        assert "no-store" in got["Cache-Control"]


@pytest.mark.parametrize(
    ("name", "body", "kind"),
    [
        ("a.exe", PNG, "image/png"),
        ("a.txt", b"\xff\xd8\xff\xe0" + b"\x00" * 9, "image/jpeg"),
        ("a", b"GIF89a" + b"\x00" * 9, "image/gif"),
        ("a.png", b"RIFF\x00\x00\x00\x00WEBPVP8 ", "image/webp"),
        ("a.png", b"RIFF\x00\x00\x00\x00WAVEfmt ", "application/octet-stream"),
        ("a.doc", b"%PDF-1.7\n%\xe2\xe3", "application/pdf"),
        ("a.txt", zipped(), "application/zip"),
        ("a.log", gzip.compress(b"x", mtime=0), "application/gzip"),
        ("a.png", b'{"a": [1, 2]}', "application/json"),
        ("a.json", b"{a: 1}", "text/plain"),
        ("a.json", b"[" * 100_000, "text/plain"),
        ("a.csv", "a;b\n1;ü\n".encode(), "text/plain"),
        ("a.log", b"\x1b[31mred\x1b[0m\n", "text/plain"),
        ("a.svg", b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", "text/plain"),
        ("a.txt", b"MZ\x90\x00\x03", "application/octet-stream"),
        ("a.txt", b"\xff\xfe<\x00s\x00", "application/octet-stream"),
    ],
)
def test_its_type_is_what_is_in_it(scene: Scene, name: str, body: bytes, kind: str) -> None:
    ref = scene.commanded()
    assert attach(scene.api("jon"), ref, name, body, said="text/html").status_code == 200
    assert scene.part(ref, "files")[0]["content_type"] == kind
    got = fetch(scene, ref)
    assert (got["Content-Type"], got.content) == (kind, body)


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\Windows\\win.ini", "win.ini"),
        ("a; filename=b.html", "a; filename=b.html"),
        ("invoice\u202egnp.exe", "invoicegnp.exe"),
        ("a\u200bb\u2066c.log", "abc.log"),
        (".htaccess", "htaccess"),
        ("  two   words .txt ", "two words .txt"),
        ("x" * 300 + ".log", "x" * 116 + ".log"),
        ("***", "file"),
        ("größe.log", "größe.log"),
    ],
)
def test_a_hostile_name_is_made_harmless(scene: Scene, name: str, kept: str) -> None:
    ref, door = scene.commanded(), scene.api("jon")
    answer = raw(door, ref, f'Content-Disposition: form-data; name="file"; filename="{name}"\r\n\r\nx')
    assert answer.status_code == 200, answer.content
    assert scene.part(ref, "files")[0]["name"] == kept
    disposition = fetch(scene, ref)["Content-Disposition"]
    assert disposition.startswith("attachment; filename")
    assert "\n" not in disposition


def raw(door: Door, ref: str, *parts: str, boundary: str = "muster", content_type: str = "") -> Any:
    """Send a form as it stands on the wire."""
    body = "".join(f"--{boundary}\r\n{part}\r\n" for part in parts) + f"--{boundary}--\r\n"
    return door.client.post(
        f"/api/v1/incidents/{ref}/attach/",
        body.encode(),
        content_type=content_type or f"multipart/form-data; boundary={boundary}",
        headers={"Authorization": f"Bearer {door.person.token}"},
    )


def test_what_is_no_form_or_no_file_is_refused(scene: Scene) -> None:
    ref, door = scene.commanded(), scene.api("jon")
    file = 'Content-Disposition: form-data; name="file"; filename="a.txt"\r\n\r\nx'
    caption = 'Content-Disposition: form-data; name="caption"\r\n\r\n{}'
    for answer, status, field in (
        (attach(door, ref, "empty.txt", b""), 422, "file"),
        (attach(door, ref, "a.txt", b"x", caption="x" * 2_001), 422, "caption"),
        (attach(door, ref, "a.txt", b"x", caption="a\u202eb"), 422, "caption"),
        (raw(door, ref, file, caption.format("a\x00b")), 422, "caption"),
        (raw(door, ref, caption.format("no file")), 422, "file"),
        (raw(door, ref, 'Content-Disposition: form-data; name="file"\r\n\r\nno file name'), 422, "file"),
        (raw(door, ref, 'Content-Disposition: form-data; name="file"; filename=".."\r\n\r\nx'), 422, "file"),
        (raw(door, ref, file, file), 422, "file"),
        (raw(door, ref, file, caption.format("a"), caption.format("b")), 422, "caption"),
        (raw(door, ref, file, 'Content-Disposition: form-data; name="sha256"\r\n\r\nx'), 422, "sha256"),
        (raw(door, ref, *[caption.format("a")] * 2_000), 422, ""),
        (raw(door, ref, file, content_type="multipart/form-data"), 422, ""),
        (raw(door, ref, file, content_type="multipart/form-data; boundary=other"), 422, "file"),
        (raw(door, ref, file, content_type="application/json"), 415, ""),
        (door.post(f"incidents/{ref}/attach/", {"file": "a"}), 415, ""),
    ):
        told = answer.json()
        assert (answer.status_code, list(told.get("fields", {}))) == (status, [field] if field else []), told
        assert len(told["detail"]) > 10
    assert scene.part(ref, "files") == []
    assert scene.told(ref, "incident.file_attached") == []


def test_eight_mebibytes_are_the_most(scene: Scene) -> None:
    ref, door = scene.commanded(), scene.api("jon")
    assert attach(door, ref, "large.bin", b"\x00" * (8 * MIB)).status_code == 200
    assert (scene.part(ref, "files")[0]["size"], len(fetch(scene, ref).content)) == (8 * MIB, 8 * MIB)
    over = attach(door, ref, "larger.bin", b"\x00" * (8 * MIB + 1))
    assert (over.status_code, over.json()["code"], list(over.json()["fields"])) == (422, "too_large", ["file"])
    far = attach(door, ref, "huge.bin", b"\x00" * (9 * MIB))
    assert (far.status_code, far.json()["code"]) == (413, "too_large")
    assert "8,256 KiB" in far.json()["detail"]
    elsewhere = door.post(f"incidents/{ref}/note/", {"text": "x" * (2 * MIB)})
    assert (elsewhere.status_code, "1,024 KiB" in elsewhere.json()["detail"]) == (413, True)


def test_a_page_takes_a_file_too_and_a_double_click_files_it_once(scene: Scene) -> None:
    ref, page = scene.commanded(), scene.page("jon")
    form = page.get(f"/o/acme/incidents/{ref}/").content.decode()
    assert 'enctype="multipart/form-data"' in form

    def send(body: bytes) -> Any:
        typed = {"file": SimpleUploadedFile("a.txt", body), "caption": "The log", "idempotency_key": "one"}
        return page.post(f"/o/acme/incidents/{ref}/attach/", typed)

    assert [send(b"same").status_code for _ in range(2)] == [302, 302]
    assert len(scene.part(ref, "files")) == 1
    assert send(b"other").status_code == 302  # the same form with another file in it
    assert [file["number"] for file in scene.part(ref, "files")] == [1, 2]
    empty = page.post(f"/o/acme/incidents/{ref}/attach/", {"file": SimpleUploadedFile("a.txt", b""), "caption": "Typed"})
    assert empty.status_code == 422
    assert "This file is empty." in empty.content.decode()
    assert "Typed" in empty.content.decode()
    assert page.post(f"/o/acme/incidents/{ref}/attach/", {"caption": "Typed"}).status_code == 422


def test_a_key_files_once(scene: Scene) -> None:
    ref, door = scene.commanded(), scene.api("jon")
    key = {"Idempotency-Key": "file-1"}
    first, second = (attach(door, ref, "a.txt", b"x", caption="c", **key) for _ in range(2))
    assert (first.json(), second.json(), second["Idempotent-Replay"]) == (first.json(), first.json(), "true")
    for name, body, caption in (("a.txt", b"y", "c"), ("b.txt", b"x", "c"), ("a.txt", b"x", "d")):
        other = attach(door, ref, name, body, caption=caption, **key)
        assert (other.status_code, other.json()["code"]) == (422, "key_reused"), (name, body, caption)
    assert len(scene.part(ref, "files")) == 1


def test_files_are_filed_after_the_end_too_and_never_changed(scene: Scene) -> None:
    from incidents.models import Attachment

    ref = scene.ready()
    scene.do("amira", ref, "resolve", summary="Gone")
    assert attach(scene.api("jon"), ref, "a.txt", b"x").status_code == 200
    for attempt in ("delete", "update"):
        with (
            pytest.raises(Exception, match=r"(?i)append-only|written once|permission|cannot"),
            scene.acme.scope(scene.acme.amira),
        ):
            rows = Attachment.objects.filter(incident__ref=ref)
            rows.delete() if attempt == "delete" else rows.update(body=b"y")
    assert fetch(scene, ref).content == b"x"


def test_a_caption_is_corrected_like_a_note(scene: Scene) -> None:
    ref = scene.commanded()
    attach(scene.api("jon"), ref, "a.txt", b"x", caption="From web-1")
    seq = scene.told(ref, "incident.file_attached")[0]["seq"]
    scene.do("jon", ref, "correct", entry=seq, text="From web-2")
    assert scene.told(ref, "incident.file_attached")[0]["restated"] == "From web-2"


@pytest.mark.clause("people.practitioner")
def test_who_may_and_who_may_not(scene: Scene) -> None:
    ref = scene.commanded()
    for who in ("support", "exec"):
        refused = attach(scene.api(who), ref, "a.txt", b"x")
        assert (refused.status_code, refused.json()["code"]) == (403, "not_a_practitioner"), who
    attach(scene.api("jon"), ref, "a.txt", b"secret")
    outside = scene.door(scene.globex.amira)
    assert attach(outside, ref, "a.txt", b"x").status_code == 404
    assert outside.get(f"incidents/{ref}/files/1/").status_code == 404
    assert outside.get(f"incidents/{ref}/files/").status_code == 404
    own = outside.post("incidents/", {"title": "Theirs", "severity": "SEV3"}).json()["ref"]
    assert outside.get(f"incidents/{own}/files/1/").status_code == 404
    for number in ("2", "0", str(2**31), str(2**70)):
        assert scene.api("mei").get(f"incidents/{ref}/files/{number}/").status_code == 404, number


@pytest.mark.clause("people.auditor")
def test_the_auditor_reads_files_and_files_none(own_database: Installation, api: Callable[[Person], Door]) -> None:
    acme = own_database.acme
    ref = api(acme.mei).post("incidents/", {"title": "Checkout fails", "severity": "SEV1"}).json()["ref"]
    assert attach(api(acme.jon), ref, "a.txt", b"seen").status_code == 200
    got = api(acme.auditor).get(f"incidents/{ref}/files/1/")
    assert (got.status_code, got.content) == (200, b"seen")
    with acme.scope(acme.admin):
        from ledger.models import Event

        assert Event.objects.filter(kind="auditor.read").latest("id").data["path"].endswith(f"/incidents/{ref}/files/1/")
    refused = attach(api(acme.auditor), ref, "a.txt", b"x")
    assert (refused.status_code, refused.json()["code"]) == (403, "read_only")


def test_many_at_once_are_numbered_without_a_gap(own_database: Installation, api: Callable[[Person], Door]) -> None:
    acme, barrier, answers = own_database.acme, Barrier(4), []
    ref = api(acme.mei).post("incidents/", {"title": "Checkout fails", "severity": "SEV1"}).json()["ref"]

    def file(number: int) -> None:
        barrier.wait()
        answers.append(attach(api(acme.jon), ref, f"{number}.txt", json.dumps(number).encode()).status_code)
        connection.close()

    threads = [Thread(target=file, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [200] * 4
    assert [f["number"] for f in api(acme.mei).get(f"incidents/{ref}/files/").json()["results"]] == [1, 2, 3, 4]
