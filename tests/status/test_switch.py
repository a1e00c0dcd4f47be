"""The switch: an administrator says whether there is a page for everybody, on its page and by API."""

from typing import Any

import pytest

from ledger.models import Event
from portal import demo
from status.models import StatusPage
from tests.conftest import Installation
from tests.incidents.scene import Scene
from tests.status.public import HOME, make_public, read, say, thread

pytestmark = [pytest.mark.servers, pytest.mark.clause("tools.statuspage-public")]

PATH, PAGE, FORM = "status-page/", "/o/acme/status-page/", "/o/acme/status-page/set/"
WHY = "Customers ask"


def switch(scene: Scene, who: str = "admin", **body: Any) -> Any:
    return scene.api(who).post(PATH, {"public": True, "reason": WHY, **body})


def test_it_is_an_administrators_with_a_reason_and_leaves_its_event_and_history(scene: Scene) -> None:
    for who in ("owner", "amira", "exec", "support", "auditor"):
        assert switch(scene, who).status_code == 403, who
        assert scene.page(who).get(FORM).status_code == 403, who
        assert FORM not in scene.page(who).get(PAGE).content.decode(), who
    assert list(switch(scene, reason=" ").json()["fields"]) == ["reason"]
    assert switch(scene, public=False).json()["code"] == "unchanged"
    with scene.acme.scope():
        assert not StatusPage.objects.exists()
    answer = switch(scene)
    assert answer.json() == {"public": True, "reason": WHY, "url": answer.json()["url"]}
    assert answer.json()["url"].endswith(HOME)
    assert read().status_code == 200
    with scene.acme.scope():
        event = Event.objects.get(kind="status_page.changed")
        assert (event.data["before"], event.data["public"], event.data["reason"]) == (False, True, WHY)
        assert event.actor_name == "Ada Admin"
        assert StatusPage.objects.get().history.count() == 1
    assert scene.door(scene.globex.admin).get(PATH).json() == {"public": False, "reason": "", "url": None}
    assert read(home="/status/globex/").status_code == 404


def test_on_its_page_too_and_nothing_typed_is_lost(scene: Scene) -> None:
    client = scene.page("admin")
    shown = client.get(PAGE).content.decode()
    assert FORM in shown
    assert "once it is public" in shown
    refused = client.post(FORM, {"public": "no", "reason": WHY})
    assert (refused.status_code, "It is so already." in refused.content.decode(), WHY in refused.content.decode()) == (
        422,
        True,
        True,
    )
    assert client.post(FORM, {"public": "yes", "reason": WHY}).status_code == 302
    assert read().status_code == 200
    assert f'{HOME}"' in scene.page("jon").get(PAGE).content.decode()
    assert client.post(FORM, {"public": "no", "reason": "No more"}).status_code == 302
    assert read().status_code == 404


def test_the_room_leads_to_what_the_public_reads(scene: Scene) -> None:
    ref = scene.commanded()
    room = f"/o/acme/incidents/{ref}/"
    assert HOME not in scene.page("amira").get(room).content.decode()
    make_public(scene.acme)
    assert "Public updates appear there." in scene.page("amira").get(room).content.decode()
    say(scene, ref)
    assert f"{HOME}incidents/{thread(scene.acme, ref).public_id}/" in scene.page("amira").get(room).content.decode()


def test_the_demonstration_has_one(own_database: Installation) -> None:
    assert read().status_code == 404
    demo.show_status("acme")
    assert read().status_code == 200
    assert read(home="/status/globex/").status_code == 404
