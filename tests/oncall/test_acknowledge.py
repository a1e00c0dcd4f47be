"""Acknowledging: by whoever was paged, once, on any surface; it stops the escalation everywhere (oncall.escalate-15-30)."""

import re

import pytest
from django.core import signing

from oncall.links import SALT
from tests.conftest import client_of_ours
from tests.incidents.scene import Scene, alert

pytestmark = [pytest.mark.servers, pytest.mark.clause("oncall.escalate-15-30")]


@pytest.fixture
def paged(scene: Scene) -> int:
    """A page that calls Amira."""
    scene.declare(severity="SEV2")
    scene.follow()
    return int(scene.calls("amira")[0]["id"])


def token(scene: Scene) -> list[object]:
    """What the link in Amira's e-mail carries."""
    found: list[object] = signing.loads(scene.link("amira").split("/")[2], salt=SALT)
    return found


def test_by_api(scene: Scene, paged: int) -> None:
    answer = scene.api("amira").post(f"pages/{paged}/acknowledge/")
    assert (answer.status_code, answer.json()["state"], answer.json()["acknowledged_by"]) == (200, "acknowledged", "Amira Ahmadi")


def test_by_the_inbox(scene: Scene, paged: int) -> None:
    client = scene.page("amira")
    shown = client.get("/o/acme/inbox/").content.decode()
    assert "SEV 2 INC-1: Checkout fails" in shown
    answer = client.post(f"/o/acme/inbox/{paged}/acknowledge/")
    assert (answer.status_code, answer.headers["Location"]) == (302, "/o/acme/inbox/")
    assert "Acknowledged by Amira Ahmadi" in client.get("/o/acme/inbox/").content.decode()
    scene.later(hours=1)
    assert scene.calls("jon") == []


def test_by_the_link_in_the_mail_without_signing_in(scene: Scene, paged: int) -> None:
    link = scene.link("amira")
    stranger = client_of_ours()
    shown = stranger.get(link)
    assert shown.status_code == 200
    assert re.search(r'<form[^>]*method="post"', shown.content.decode())
    answer = stranger.post(link)
    assert answer.status_code == 200
    assert "The escalation has stopped" in answer.content.decode()
    told = scene.told("INC-1", "page.acknowledged")[0]
    assert (told["actor"], told["via"]) == ("Amira Ahmadi", "email")
    scene.later(hours=1)
    assert scene.calls("jon") == []


def test_opening_the_link_never_acknowledges(scene: Scene, paged: int) -> None:
    stranger = client_of_ours()
    for _ in range(3):
        assert stranger.get(scene.link("amira")).status_code == 200
        assert stranger.head(scene.link("amira")).status_code in (200, 405)
    assert scene.calls("amira")[0]["state"] == "open"
    scene.later(minutes=15)
    assert len(scene.calls("jon")) == 1


def test_a_link_is_good_for_one_acknowledgement(scene: Scene, paged: int) -> None:
    stranger = client_of_ours()
    stranger.post(scene.link("amira"))
    again = stranger.post(scene.link("amira"))
    assert again.status_code == 409
    assert "Acknowledged" in again.content.decode()
    assert len(scene.told("INC-1", "page.acknowledged")) == 1


class TestAskedAgain:
    """Acknowledged and forgotten: what was sent before that answers no more."""

    @pytest.fixture
    def first(self, scene: Scene, paged: int) -> str:
        """The link of the first asking, by which it was acknowledged; half an hour later it is asked again."""
        link = scene.link("amira")
        assert client_of_ours().post(link).status_code == 200
        scene.later(minutes=31)
        assert scene.calls("amira")[0]["state"] == "open"
        assert scene.link("amira") != link
        return link

    @pytest.mark.parametrize("answer", [{}, {"answer": "decline"}])
    def test_a_replayed_link_does_not_silence_it(self, scene: Scene, paged: int, first: str, answer: dict[str, str]) -> None:
        replayed = client_of_ours().post(first, answer)
        assert replayed.status_code == 409
        assert "asked again since this link was sent" in replayed.content.decode()
        assert scene.calls("amira")[0]["state"] == "open"
        assert len(scene.told("INC-1", "page.acknowledged")) == 1
        assert scene.told("INC-1", "page.declined") == []

    def test_it_shows_no_button_and_the_newer_link_works(self, scene: Scene, paged: int, first: str) -> None:
        shown = client_of_ours().get(first)
        assert (shown.status_code, "<form" in shown.content.decode()) == (200, False)
        assert "asked again since this link was sent" in shown.content.decode()
        assert client_of_ours().post(scene.link("amira")).status_code == 200
        assert scene.calls("amira")[0]["state"] == "acknowledged"

    def test_one_that_names_no_asking_is_of_the_first(self, scene: Scene, paged: int) -> None:
        """Such lie in inboxes."""
        old = f"/ack/{signing.dumps(token(scene)[:3], salt=SALT)}/"
        assert client_of_ours().post(old).status_code == 200
        scene.later(minutes=31)
        assert client_of_ours().post(old).status_code == 409
        assert scene.calls("amira")[0]["state"] == "open"


def test_a_forged_link_opens_nothing(scene: Scene, paged: int) -> None:
    link = scene.link("amira")
    forged = signing.dumps(token(scene), salt=SALT, key="another-installation's-key")
    for path in (
        link[:-5] + "AAAA/",
        "/ack/nonsense/",
        f"/ack/{forged}/",
        f"/ack/{signing.dumps(7, salt=SALT)}/",
        f"/ack/{signing.dumps([*token(scene), 1], salt=SALT)}/",
    ):
        for ask in (client_of_ours().get, client_of_ours().post):
            answer = ask(path)
            assert answer.status_code == 404, path
            assert "Sign in and open your inbox" in answer.content.decode()
    assert scene.calls("amira")[0]["state"] == "open"


def test_a_link_ends_after_a_day(scene: Scene, paged: int, monkeypatch: pytest.MonkeyPatch) -> None:
    import time

    link, moment = scene.link("amira"), time.time()
    monkeypatch.setattr(time, "time", lambda: moment + 24 * 3600 + 5)
    assert client_of_ours().get(link).status_code == 404
    monkeypatch.setattr(time, "time", lambda: moment + 24 * 3600 - 60)
    assert client_of_ours().get(link).status_code == 200


def test_a_link_opens_its_own_organisation_only(scene: Scene, paged: int) -> None:
    public, page_id, user_id, _ = token(scene)
    other = scene.globex.key.split("_")[1]
    assert public != other
    for user in (user_id, scene.globex.amira.user_id):
        crafted = signing.dumps([other, page_id, user], salt=SALT)
        assert client_of_ours().post(f"/ack/{crafted}/").status_code == 404
    assert scene.calls("amira")[0]["state"] == "open"


def test_a_link_of_somebody_who_was_not_paged_is_refused(scene: Scene, paged: int) -> None:
    public, page_id, *_ = token(scene)
    crafted = signing.dumps([public, page_id, scene.acme.mei.user_id], salt=SALT)
    assert client_of_ours().post(f"/ack/{crafted}/").status_code == 403
    assert scene.calls("amira")[0]["state"] == "open"


@pytest.mark.parametrize("who", ["jon", "mei", "support", "admin"])
def test_only_whoever_was_paged_acknowledges(scene: Scene, paged: int, who: str) -> None:
    refused = scene.api(who).post(f"pages/{paged}/acknowledge/")
    assert (refused.status_code, refused.json()["code"]) == (403, "not_paged")


def test_the_second_is_told_who_was_first(scene: Scene, paged: int) -> None:
    scene.later(minutes=15)
    scene.api("amira").post(f"pages/{paged}/acknowledge/")
    for who in ("jon", "amira"):
        refused = scene.api(who).post(f"pages/{paged}/acknowledge/")
        assert (refused.status_code, refused.json()["code"]) == (409, "already_acknowledged")
        assert "Amira Ahmadi acknowledged this page at" in refused.json()["detail"]
    answer = scene.page("jon").post(f"/o/acme/inbox/{paged}/acknowledge/")
    assert answer.status_code == 409
    assert "Amira Ahmadi acknowledged this page at" in answer.content.decode()


def test_what_has_ended_is_acknowledged_no_more(scene: Scene) -> None:
    scene.fire(alert(started=scene.clock.now))
    scene.follow()
    paged = scene.calls("amira")[0]["id"]
    link = scene.link("amira")
    scene.api("jon").post(f"triage/{scene.signals()[0]['id']}/dismiss/", {"reason": "A load test"})
    refused = scene.api("amira").post(f"pages/{paged}/acknowledge/")
    assert (refused.status_code, refused.json()["code"]) == (409, "page_ended")
    assert "no longer needed" in client_of_ours().get(link).content.decode()
    assert client_of_ours().post(link).status_code == 409


def test_the_director_acknowledges_their_own_page(scene: Scene) -> None:
    ref = scene.declare()
    scene.follow()
    scene.api("director").post(f"pages/{scene.calls('director')[0]['id']}/acknowledge/")
    states = {p["team"]: p["state"] for p in scene.part(ref, "pages")}
    assert states == {"": "acknowledged", "Shop": "open"}


def test_an_outsider_finds_nothing(scene: Scene, paged: int) -> None:
    assert scene.door(scene.globex.amira).post(f"pages/{paged}/acknowledge/").status_code == 404
    assert scene.api("amira").post("pages/999999999999999999999/acknowledge/").status_code == 404


def test_repeating_the_key_answers_as_the_first_time(scene: Scene, paged: int) -> None:
    key = {"Idempotency-Key": "ack-once"}
    first = scene.api("amira").post(f"pages/{paged}/acknowledge/", {}, **key)
    again = scene.api("amira").post(f"pages/{paged}/acknowledge/", {}, **key)
    assert (first.status_code, again.status_code, again.headers["Idempotent-Replay"]) == (200, 200, "true")
