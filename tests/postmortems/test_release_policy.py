"""An organisation may forbid that a reason lets out what the check finds in a public rendering: the process owner's switch."""

from typing import Any

import pytest

from ledger.models import Event
from postmortems.models import Release, ReleasePolicy
from tests.incidents.scene import Scene
from tests.postmortems.learning import ask, done
from tests.postmortems.test_let_out import LEAKY, QUOTES, WHY, out, ready, shown_on

pytestmark = pytest.mark.servers

PATH, PAGE = "postmortem-release-policy/", "/o/acme/postmortems/policy/"
RULE = "Our lawyers want it so"


def forbid(scene: Scene, who: str = "owner", **body: Any) -> Any:
    return scene.api(who).post(PATH, {"overrides_allowed": False, "reason": RULE, **body})


def test_forbidden_no_reason_lets_anything_out_and_the_refusal_says_so(scene: Scene) -> None:
    ref = ready(scene)
    assert scene.api("jon").get(PATH).json() == {"overrides_allowed": True, "reason": ""}
    assert forbid(scene).json() == {"overrides_allowed": False, "reason": RULE}
    given = {**LEAKY, "overrides": {"gives_away": WHY}, "covers": QUOTES}
    refused = ask(scene, "amira", ref, "release", given)
    assert (refused.status_code, refused.json()["code"]) == (422, "gives_away")
    assert [one.get("overridable", False) for one in refused.json()["reasons"]] == [False] * 3
    assert "No reason lets it out here: the process owner decided so." in refused.json()["detail"]
    with scene.acme.scope():
        assert not Release.objects.exists()
    assert ask(scene, "amira", ref, "release", {"title": "Payments failed", "text": "A lock was held."}).status_code == 201
    assert forbid(scene, overrides_allowed=True).json()["overrides_allowed"] is True
    done(scene, "amira", ref, "release", **given)
    assert [told["overrides"] for told in out(scene, ref)] == [{}, {"gives_away": WHY}]


def test_forbidden_the_page_of_the_release_asks_for_no_reason(scene: Scene) -> None:
    ref = ready(scene)
    forbid(scene)
    client, url = scene.page("amira"), f"/o/acme/incidents/{ref}/postmortem/release/"
    assert "unless you say why they stay" not in client.get(url).content.decode()
    refused = client.post(url, {**LEAKY, "override": WHY, "covers": QUOTES})
    page = refused.content.decode()
    assert (refused.status_code, "No reason lets it out here" in page, "Why does it stay?" in page) == (422, True, False)
    again = client.post(url, LEAKY).content.decode()
    assert (shown_on(again), "Why does it stay?" in again) == ([], False)


def test_it_is_the_process_owners_with_a_reason_and_leaves_its_event_and_history(scene: Scene) -> None:
    for who in ("admin", "amira", "exec", "support", "auditor"):
        assert forbid(scene, who).status_code == 403, who
        assert scene.page(who).get(PAGE).status_code == 403, who
        assert PAGE not in scene.page(who).get("/o/acme/postmortems/").content.decode(), who
    assert list(forbid(scene, reason=" ").json()["fields"]) == ["reason"]
    assert forbid(scene, overrides_allowed=True).json()["code"] == "unchanged"
    with scene.acme.scope():
        assert not ReleasePolicy.objects.exists()
    assert forbid(scene).status_code == 200
    with scene.acme.scope():
        event = Event.objects.get(kind="release_policy.changed")
        assert (event.data["before"], event.data["overrides_allowed"], event.data["reason"]) == (True, False, RULE)
        assert event.actor_name == "Olga Owner"
        assert ReleasePolicy.objects.get().history.count() == 1
    assert scene.door(scene.globex.owner).get(PATH).json()["overrides_allowed"] is True, "another organisation's is its own"


def test_on_its_page_too_and_nothing_typed_is_lost(scene: Scene) -> None:
    client = scene.page("owner")
    assert PAGE in client.get("/o/acme/postmortems/").content.decode()
    refused = client.post(PAGE, {"overrides_allowed": "yes", "reason": RULE})
    assert (refused.status_code, "It is so already." in refused.content.decode(), RULE in refused.content.decode()) == (
        422,
        True,
        True,
    )
    assert client.post(PAGE, {"overrides_allowed": "no", "reason": RULE}).status_code == 302
    assert scene.api("owner").get(PATH).json() == {"overrides_allowed": False, "reason": RULE}
    shown = client.get(PAGE).content.decode()
    assert 'value="no"' in shown
    assert "checked" in shown.split('value="no"')[1].split(">")[0]
