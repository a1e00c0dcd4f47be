"""Copies of databases on the page of who reads no room: the CFO files one there, by what it is and not by a number (finance.audit-trail)."""

import re
from html import unescape
from typing import Any

import pytest

from incidents.models import SnapshotRequest
from tests.incidents.scene import Scene

pytestmark = [pytest.mark.servers, pytest.mark.clause("finance.audit-trail")]

LOSS = {"flag": "financial_loss", "reason": "Refunds were paid twice"}
WHAT = "Every database behind Checkout, as it is now."
DIGEST = "ab" * 32


def text(answer: Any, status: int = 200) -> str:
    """What a page holds, in plain characters."""
    assert answer.status_code == status
    return unescape(answer.content.decode())


def panel(html: str) -> str:
    """The part of the page that shows the copies, or ""."""
    found = re.search(r'<section[^>]*id="copies".*?</section>', html, re.DOTALL)
    return found[0] if found else ""


def values(html: str) -> dict[str, str]:
    """What stands in the inputs."""
    pairs = [
        (re.search(r'\bname="([^"]*)"', tag), re.search(r'\bvalue="([^"]*)"', tag)) for tag in re.findall(r"<input[^>]*>", html)
    ]
    return {name[1]: value[1] if value else "" for name, value in pairs if name}


@pytest.fixture
def lost(scene: Scene) -> str:
    """An incident in which money was lost: one copy is asked for. Nobody restricted it."""
    ref = scene.commanded()
    scene.do("amira", ref, "flag", **LOSS)
    return ref


def test_the_cfo_files_the_copy_that_their_page_shows(scene: Scene, lost: str) -> None:
    client, path = scene.page("exec"), f"/o/acme/incidents/{lost}/"
    page = text(client.get(path))
    assert "The latest for executives" in page
    assert WHAT in panel(page)
    assert "not made yet" in panel(page)
    assert "Which copy" not in page, "nobody is asked for a number"
    assert page.count(f'action="{path}fulfil/"') == 1
    sent = values(panel(page)) | {"location": "vault/checkout-1.dump", "sha256": DIGEST}
    assert int(sent["snapshot"]) > 0
    assert client.post(f"{path}fulfil/", sent).status_code == 302
    page = text(client.get(path))
    assert "Filed by Eve Executive at vault/checkout-1.dump" in panel(page)
    assert DIGEST in panel(page)
    assert "fulfil/" not in page
    with scene.acme.scope():
        assert SnapshotRequest.objects.get().location == "vault/checkout-1.dump"


@pytest.mark.parametrize(
    "typed", [{"location": "vault/1.dump", "sha256": "no digest"}, {"location": "", "sha256": DIGEST}, {"location": "x" * 501}]
)
def test_a_refusal_stands_beside_the_copy_with_what_was_typed(scene: Scene, lost: str, typed: dict[str, str]) -> None:
    scene.do("amira", lost, "snapshot", what="The ledger at 10:43")
    client, path = scene.page("exec"), f"/o/acme/incidents/{lost}/"
    asked = [row["id"] for row in scene.part(lost, "snapshots")]
    page = text(client.post(f"{path}fulfil/", {"snapshot": str(asked[0]), **typed}), 422)
    forms = re.findall(r"<form[^>]*fulfil/.*?</form>", page, re.DOTALL)
    assert [values(form)["snapshot"] for form in forms] == [str(number) for number in asked] == list(map(str, sorted(asked)))
    kept = [{name: values(form)[name] for name in typed} for form in forms]
    assert kept == [typed, dict.fromkeys(typed, "")], "beside the one that it was about, and no other"
    assert "error-summary" in panel(page)


def test_who_was_slower_reads_who_filed_it_and_keeps_what_they_typed(scene: Scene, lost: str) -> None:
    (asked,) = scene.part(lost, "snapshots")
    scene.do("amira", lost, "fulfil", snapshot=asked["id"], location="vault/1.dump")
    typed = {"snapshot": str(asked["id"]), "location": "vault/2.dump"}
    page = text(scene.page("exec").post(f"/o/acme/incidents/{lost}/fulfil/", typed), 409)
    assert "Amira Ahmadi filed this copy" in panel(page)
    assert values(panel(page))["location"] == "vault/2.dump"


def test_whoever_does_not_answer_for_copies_sees_none(scene: Scene, lost: str) -> None:
    for who in ("director", "support"):
        page = text(scene.page(who).get(f"/o/acme/incidents/{lost}/"))
        assert panel(page) == ""
        assert WHAT not in page
        assert "fulfil" not in page


def test_the_room_shows_the_same_copies(scene: Scene, lost: str) -> None:
    page = text(scene.page("amira").get(f"/o/acme/incidents/{lost}/"))
    assert f"{WHAT}</strong>" in page
    assert page.count(f'action="/o/acme/incidents/{lost}/fulfil/"') == 1
