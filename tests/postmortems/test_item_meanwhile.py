"""Two people change an action item from pages that both have open: neither undoes unseen what the other did."""

from html.parser import HTMLParser
from typing import Any

import pytest

from tests.incidents.scene import Scene
from tests.postmortems.filing import filed, item_do

pytestmark = pytest.mark.servers


class _Form(HTMLParser):
    """The form of the verb `change` on an item's page: what a browser would send of it, untouched."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.fields: dict[str, str] = {}
        self._within, self._area, self._select = False, "", ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        name, value = given.get("name") or "", given.get("value") or ""
        if tag == "form":
            self._within = given.get("id") == "do-change"
        elif not self._within:
            return
        elif tag == "select":
            self._select = name
        elif tag == "option" and "selected" in given:
            self.fields[self._select] = value
        elif tag == "textarea":
            self._area, self.fields[name] = name, ""
        elif tag == "input" and (given.get("type") != "radio" or "checked" in given):
            self.fields[name] = value

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea" and self._area:  # HTML drops its first line end, and browsers send the others as two characters
            self.fields[self._area] = self.fields[self._area].removeprefix("\n").replace("\n", "\r\n")
            self._area = ""

    def handle_data(self, data: str) -> None:
        if self._area:
            self.fields[self._area] += data


def opened(scene: Scene, who: str, item: str) -> dict[str, str]:
    """The form of an item's page as somebody opens it."""
    return _Form(scene.page(who).get(f"/o/acme/actions/{item}/").content.decode()).fields


def sent(scene: Scene, who: str, item: str, form: dict[str, str], **typed: str) -> Any:
    """Send a form that was opened, with some fields typed anew."""
    return scene.page(who).post(f"/o/acme/actions/{item}/change/", form | typed)


def read(scene: Scene, item: str) -> dict[str, Any]:
    """An item by API."""
    found: dict[str, Any] = scene.api("amira").get(f"action-items/{item}/").json()
    return found


@pytest.fixture
def item(scene: Scene) -> str:
    """An item of Jon's, with details of some lines."""
    return str(filed(scene, scene.mobilised(), details="One line\n\nAnother")["ref"])


@pytest.mark.clause("postmortem.action-items")
def test_a_field_that_was_left_alone_is_not_put_back(scene: Scene, item: str) -> None:
    form = opened(scene, "amira", item)
    due = read(scene, item)["due_at"]
    owners = opened(scene, "owner", item)
    item_do(scene, "jon", item, "change", owner="mei@acme.example", kind="detection", ticket_url="https://t.example/1")
    assert sent(scene, "amira", item, form, title="Time out locks").status_code == 302
    assert sent(scene, "owner", item, owners, details="Of all tables").status_code == 302
    now = read(scene, item)
    assert (now["owner"]["email"], now["title"], now["kind"]) == ("mei@acme.example", "Time out locks", "detection")
    assert (now["ticket_url"], now["details"], now["due_at"]) == ("https://t.example/1", "Of all tables", due)


@pytest.mark.clause("postmortem.action-items")
def test_of_two_who_change_the_same_the_second_is_told_and_keeps_what_they_typed(scene: Scene, item: str) -> None:
    form = opened(scene, "amira", item)
    item_do(scene, "jon", item, "change", title="Jon's words", owner="mei@acme.example")
    answer = sent(scene, "amira", item, form, title="Amira's words", ticket_url="https://t.example/2")
    page = answer.content.decode()
    assert answer.status_code == 409
    assert f"{scene.acme.jon.name} changed the title after this page was shown" in page
    assert "it is “Jon&#x27;s words” now" in page
    assert "changed the owner" not in page, "they have nothing to do with that"
    assert read(scene, item)["title"] == "Jon's words"

    # The form stands there with what was typed, and goes over what they know of now; the rest of it follows what Jon did.
    again = _Form(page).fields
    assert (again["title"], again["owner"], again["ticket_url"]) == ("Amira's words", "mei@acme.example", "https://t.example/2")
    item_do(scene, "mei", item, "change", kind="detection")
    assert sent(scene, "amira", item, again).status_code == 302
    now = read(scene, item)
    assert (now["title"], now["owner"]["email"], now["kind"]) == ("Amira's words", "mei@acme.example", "detection")
    assert now["ticket_url"] == "https://t.example/2"


def test_a_form_that_is_sent_as_it_is_changes_nothing(scene: Scene, item: str) -> None:
    for who in ("amira", "owner"):
        answer = sent(scene, who, item, opened(scene, who, item))
        assert answer.status_code == 422
        assert "Nothing of it would be another" in answer.content.decode()


@pytest.mark.clause("actions.sla")
def test_a_day_that_was_moved_meanwhile_is_not_moved_unseen(scene: Scene, item: str) -> None:
    form = opened(scene, "owner", item)
    first, second = (f"{scene.ago(days=-days):%Y-%m-%d}" for days in (70, 80))
    assert sent(scene, "owner", item, form, due_on=first, reason="The vendor is late").status_code == 302
    moved = read(scene, item)["due_at"]
    refused = sent(scene, "owner", item, form, due_on=second, reason="The vendor is later")
    assert refused.status_code == 409
    assert "changed the day on which it is due" in refused.content.decode()
    assert _Form(refused.content.decode()).fields["due_on"] == second
    assert sent(scene, "owner", item, form, title="Another title").status_code == 302
    assert read(scene, item)["due_at"] == moved
