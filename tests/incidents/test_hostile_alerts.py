"""What monitoring sends is somebody else's text: it deceives no reader, breaks no message, and stands in no one's way at 3 a.m."""

from typing import Any

import pytest

from incidents.models import Inbound
from tests.incidents.scene import Scene, alert, delivery

pytestmark = [pytest.mark.servers, pytest.mark.clause("detection.automated")]

# The rest of a line turned round, a terminal's colours, a bell; a subject that goes on as a header; a script.
SUMMARY = "Disk \u202efull\x1b[31m\x07\r\nBcc: all@acme.example\n\n<script>alert(1)</script> \u2067on db-2"
SHOWN = "Disk full[31m Bcc: all@acme.example <script>alert(1)</script> on db-2"
DECEIVING = ("\u202e", "\u2067", "\x1b", "\x07")


def hostile(scene: Scene, **more: str) -> dict[str, Any]:
    """An alert whose every text is hostile."""
    one = alert(started=scene.clock.now, name="Disk\u202eFull", host="db\u202e-2\x1b[0m")
    return {**one, "annotations": {"summary": SUMMARY, "description": SUMMARY, **more}}


def test_it_is_one_plain_line_wherever_it_is_a_title(scene: Scene) -> None:
    scene.fire(hostile(scene))
    assert [signal["title"] for signal in scene.signals()] == [SHOWN]
    assert [(row["name"], row["labels"]["host"]) for row in scene.alerts()] == [("DiskFull", "db-2[0m")]


def test_no_page_and_no_message_holds_what_deceives(scene: Scene) -> None:
    scene.fire(hostile(scene))
    scene.follow()
    page = scene.page("amira").get("/o/acme/triage/").content.decode()
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    (sent,) = scene.mails("amira", "Page:")
    assert sent.to == [scene.acme.amira.email]
    assert sent.message()["Bcc"] is None
    told = (page, str(sent.subject), str(sent.body), scene.api("amira").get("alerts/").content.decode())
    assert [(found, text[:80]) for text in told for found in DECEIVING if found in text] == []


def test_declaring_from_it_asks_for_no_other_title(scene: Scene) -> None:
    """The title of what waits is one that an incident may have."""
    scene.fire(hostile(scene))
    answer = scene.api("mei").post(f"triage/{scene.signals()[0]['id']}/declare/", {"severity": "SEV2"})
    assert (answer.status_code, answer.json()["title"]) == (201, SHOWN)


def test_a_summary_of_nothing_is_none(scene: Scene) -> None:
    scene.fire(hostile(scene, summary=" \n\u202e ", description=""))
    assert scene.signals()[0]["title"] == "DiskFull: checkout"


def test_the_request_itself_is_kept_as_it_came(scene: Scene) -> None:
    body = delivery(hostile(scene))
    assert scene.hook(body) == [None]
    with scene.acme.scope():
        assert b"\\u202e" in bytes(Inbound.objects.get().body)
