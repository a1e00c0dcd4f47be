"""What the check finds in a public rendering goes out only with a reason, by whoever may release it; that is recorded with it."""

import re
from typing import Any

import pytest

from postmortems.models import Publication, Release
from tests.incidents.scene import Scene
from tests.postmortems.learning import ask, published, resolved

pytestmark = [pytest.mark.servers, pytest.mark.clause("postmortem.template")]

LEAKY = {"title": "Payments failed, as in INC-7", "text": "Jon Jensen undid it on db-1.internal. Jon Jensen did."}
QUOTES = ["INC-7", "Jon Jensen", "db-1.internal"]
WHY = "Jon has spoken to the press about it himself"


def ready(scene: Scene) -> str:
    ref = resolved(scene)
    published(scene, ref)
    return ref


def out(scene: Scene, ref: str) -> list[dict[str, Any]]:
    """The events of its releases."""
    return [entry["data"] for entry in scene.told(ref, "postmortem.released")]


def test_each_finding_is_named_and_a_reason_lets_all_of_them_out(scene: Scene) -> None:
    ref = ready(scene)
    refused = ask(scene, "amira", ref, "release", LEAKY)
    assert refused.status_code == 422
    found = [(one["code"], one["field"]) for one in refused.json()["reasons"]]
    assert found == [("gives_away", "title"), ("gives_away", "text"), ("gives_away", "text")]
    for quote in ("INC-7", "Jon Jensen", "db-1.internal"):
        assert f"“{quote}”" in refused.json()["detail"]
    assert ask(scene, "amira", ref, "release", {**LEAKY, "overrides": {"other": WHY}}).json()["code"] == "gives_away"
    assert ask(scene, "amira", ref, "release", {**LEAKY, "overrides": {"gives_away": " "}}).status_code == 422
    with scene.acme.scope():
        assert not Release.objects.exists()
    answer = ask(scene, "amira", ref, "release", {**LEAKY, "overrides": {"gives_away": WHY}, "covers": QUOTES})
    assert answer.status_code == 201, answer.content
    assert answer.json()["text"] == LEAKY["text"]
    (told,) = out(scene, ref)
    assert told["overrides"] == {"gives_away": WHY}
    assert told["found"] == [
        {"kind": "reference", "quote": "INC-7"},
        {"kind": "name", "quote": "Jon Jensen"},
        {"kind": "host", "quote": "db-1.internal"},
    ]
    room = scene.page("jon").get(f"/o/acme/incidents/{ref}/").content.decode()
    assert "Let out with it" in room
    assert WHY in room


def test_a_reason_covers_what_it_names_and_nothing_that_nobody_was_shown(scene: Scene) -> None:
    """Given blindly it covers nothing; what an edit adds beside it is found, and refused."""
    ref = ready(scene)
    why = {"overrides": {"gives_away": WHY}}
    for covers, left in (([], QUOTES), (QUOTES[:2], QUOTES[2:]), (["Mei Martin"], QUOTES)):
        refused = ask(scene, "amira", ref, "release", {**LEAKY, **why, "covers": covers}).json()
        assert (refused["code"], [quote for quote in QUOTES if f"“{quote}”" in refused["detail"]]) == ("gives_away", left), covers
    assert ask(scene, "amira", ref, "release", {**LEAKY, "covers": QUOTES}).json()["code"] == "gives_away", "without a reason"
    more = {**LEAKY, "text": f"{LEAKY['text']} Mei Martin saw it."}
    refused = ask(scene, "amira", ref, "release", {**more, **why, "covers": QUOTES}).json()
    assert ("“Mei Martin”" in refused["detail"], "Jon Jensen" in refused["detail"]) == (True, False)
    with scene.acme.scope():
        assert not Release.objects.exists()


def shown_on(page: str) -> list[str]:
    """The quotes that a page of a refusal shows and hands back."""
    return re.findall(r'<input type="hidden" name="covers" value="([^"]*)"', page)


def test_on_the_page_the_reason_is_asked_after_a_refusal_and_again_for_what_is_new(scene: Scene) -> None:
    ref = ready(scene)
    client, url = scene.page("amira"), f"/o/acme/incidents/{ref}/postmortem/release/"
    assert "Why does it stay?" not in client.get(url).content.decode()
    blind = client.post(url, {**LEAKY, "override": WHY})
    assert (blind.status_code, shown_on(blind.content.decode())) == (422, QUOTES)
    more = {**LEAKY, "text": f"{LEAKY['text']} Mei Martin saw it.", "override": WHY}
    again = client.post(url, {**more, "covers": QUOTES})
    page = again.content.decode()
    assert (again.status_code, shown_on(page), WHY in page) == (422, [*QUOTES, "Mei Martin"], True)
    assert client.post(url, {**more, "covers": shown_on(page)}).status_code == 302


def test_a_reason_for_nothing_is_not_recorded(scene: Scene) -> None:
    ref = ready(scene)
    good = {"title": "Payments failed", "text": "A lock was held.", "overrides": {"gives_away": WHY}}
    assert ask(scene, "amira", ref, "release", good).status_code == 201
    (told,) = out(scene, ref)
    assert (told["overrides"], told["found"]) == ({}, [])


def test_only_who_may_release_it_lets_anything_out_and_not_of_what_is_restricted(scene: Scene) -> None:
    ref = ready(scene)
    body = {**LEAKY, "overrides": {"gives_away": WHY}}
    for who in ("jon", "support", "admin"):
        assert ask(scene, who, ref, "release", body).status_code == 403, who
    restricted = str(scene.do("amira", ref, "flag", flag="personal_data", kinds=["pii"], reason="Names leaked")["ref"])
    scene.follow()
    refused = ask(scene, "amira", restricted, "release", body)
    assert (refused.status_code, refused.json()["code"]) == (409, "restricted")


def test_on_the_page_the_reason_is_asked_for_beside_what_was_found(scene: Scene) -> None:
    ref = ready(scene)
    client, url = scene.page("amira"), f"/o/acme/incidents/{ref}/postmortem/release/"
    refused = client.post(url, LEAKY)
    assert refused.status_code == 422
    page = refused.content.decode()
    for text in ("“Jon Jensen” is a person", "“INC-7” is a reference to the record", "Why does it stay?", LEAKY["text"]):
        assert text in page, text
    assert client.post(url, {**LEAKY, "override": WHY, "covers": shown_on(page)}).status_code == 302
    assert out(scene, ref)[0]["overrides"] == {"gives_away": WHY}


@pytest.mark.clause("postmortem.impact")
def test_the_draft_says_what_is_not_known_yet(scene: Scene) -> None:
    """A version that was published without them: neither a 0 nor silence."""
    ref = ready(scene)
    with scene.acme.scope(scene.acme.amira):
        row = Publication.objects.select_related("incident", "postmortem").get()
        impact = {**row.content["impact"], "seconds": None, "users_affected": None}
        older = {**row.content, "impact": impact}
        Publication.objects.create(incident=row.incident, postmortem=row.postmortem, number=2, content=older)
        row.postmortem.version = 2
        row.postmortem.save()
    text = scene.page("amira").get(f"/o/acme/incidents/{ref}/postmortem/release/").content.decode()
    assert "How long it lasted is not known yet. How many users were affected is not known yet." in text
