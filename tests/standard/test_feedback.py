"""What people say of the process: from every page of it, by API and in chat; answered at the next review; the author is told."""

import re
from typing import Any

import pytest
from django.core import mail

from notifications.models import Delivery
from tests.incidents.scene import Scene
from tests.postmortems.filing import filed
from tests.postmortems.paper import paper

pytestmark = [pytest.mark.servers, pytest.mark.clause("improve.feedback")]


def give(scene: Scene, who: str = "jon", **body: Any) -> Any:
    answer = scene.api(who).post("feedback/", {"text": "The IC checklist is too long.", **body})
    assert answer.status_code == 201, answer.content
    return answer.json()


@pytest.mark.parametrize("path", ["standard/", "reviews/", "feedback/", "incidents/{ref}/"])
def test_every_page_of_the_process_has_the_form(scene: Scene, path: str) -> None:
    ref = scene.declare()
    shown = scene.page("jon").get(f"/o/acme/{path.format(ref=ref)}").content
    assert b'action="/o/acme/feedback/"' in shown


_PART = "incidents/{ref}/postmortem/"
LEARNING = {
    "postmortem": [
        "postmortems/",
        *(
            f"{_PART}{below}"
            for below in ("", "read/", "review/", "wording/", "print/", "versions/1/", "sections/summary/history/")
        ),
        f"{_PART}waive/",
    ],
    "action_items": ["actions/", "actions/of/{ref}/", "actions/{ref}-1/", "similar/{ref}/"],
    "metrics": ["metrics/", "metrics/incidents/"],
    "standard": [
        "standard/versions/",
        "standard/compare/",
        *(f"standard/draft/{below}" for below in ("", "whole/", "part/about/")),
    ],
}


def test_so_has_every_page_of_learning_and_measuring_once_and_it_leads_back(scene: Scene) -> None:
    page = paper(scene)
    page.published()
    filed(scene, page.ref)
    assert scene.page("owner").post("/o/acme/standard/draft/start/").status_code == 302
    for about, paths in LEARNING.items():
        for path in paths:
            url = f"/o/acme/{path.format(ref=page.ref)}"
            answer = scene.page("owner").get(url)
            shown = answer.content.decode()
            assert answer.status_code == 200, url
            assert shown.count('action="/o/acme/feedback/"') == 1, url
            assert f'name="about" value="{about}"' in shown, url
            assert f'name="next" value="{url}"' in shown, url
            assert 'action="/o/acme/feedback/"' not in scene.page("auditor").get(url).content.decode(), url


PROCESS = [
    "standard/",
    "reviews/",
    "incidents/{ref}/",
    "incidents/{ref}/conformance/",
    "conformance/",
    "conformance/incidents/",
]


def test_each_form_as_it_stands_is_taken(scene: Scene) -> None:
    """Whatever page of the process it is on: what its hidden fields say is something that feedback may be about."""
    page = paper(scene)
    page.published()
    filed(scene, page.ref)
    jon, found = scene.page("jon"), 0
    for path in (*PROCESS, *(path for paths in LEARNING.values() for path in paths)):
        shown = jon.get(f"/o/acme/{path.format(ref=page.ref)}").content.decode()
        for form in re.findall(r'<form [^>]*action="/o/acme/feedback/".*?</form>', shown, re.DOTALL):
            hidden = dict(re.findall(r'<input type="hidden" name="([a-z_]+)" value="([^"]*)"', form))
            answer = jon.post(
                "/o/acme/feedback/",
                {**hidden, "text": f"Of {path}"},
                headers={"X-CSRFToken": hidden.get("csrfmiddlewaretoken", "")},
            )
            assert answer.status_code == 302, (path, hidden)
            found += 1
    assert found >= 15


def test_an_answer_to_a_form_leads_to_the_feedback_itself(scene: Scene) -> None:
    page = paper(scene)
    refused = scene.page("amira").post(f"/o/acme/incidents/{page.ref}/postmortem/do/add-why/", {"text": ""})
    assert refused.status_code == 422
    assert 'name="next" value=""' in refused.content.decode()


def test_a_form_sends_it_and_leads_back(scene: Scene) -> None:
    typed = {"about": "checklists", "clause": "checklist.ic", "text": "Too long.", "next": "/o/acme/standard/"}
    answer = scene.page("support").post("/o/acme/feedback/", typed)
    assert (answer.status_code, answer["Location"]) == (302, "/o/acme/standard/")
    (row,) = scene.api("owner").get("feedback/", open="true").json()["results"]
    assert (row["about"], row["clause"], row["text"], row["author"]) == ("checklists", "checklist.ic", "Too long.", "Sam Support")


@pytest.mark.parametrize("elsewhere", ["https://evil.example/", "//evil.example/", "javascript:alert(1)"])
def test_it_leads_nowhere_else(scene: Scene, elsewhere: str) -> None:
    answer = scene.page("jon").post("/o/acme/feedback/", {"about": "standard", "text": "x", "next": elsewhere})
    assert answer["Location"] == "/o/acme/feedback/"


def test_each_clause_leads_to_its_form(scene: Scene) -> None:
    page = scene.page("jon")
    assert b"feedback/?about=standard&amp;clause=checklist.ic" in page.get("/o/acme/standard/").content
    assert b'value="checklist.ic"' in page.get("/o/acme/feedback/?about=standard&clause=checklist.ic").content


def test_chat_takes_it_too(scene: Scene) -> None:
    answer = scene.api("amira").post("commands/", {"text": "/incident feedback the handover takes too long"})
    assert (answer.status_code, answer.json()["verb"]) == (200, "feedback")
    (row,) = scene.api("owner").get("feedback/").json()["results"]
    assert (row["about"], row["text"]) == ("chat", "the handover takes too long")
    assert scene.api("amira").post("commands/", {"text": "/incident feedback"}).json()["code"] == "not_understood"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"text": ""}, "text"),
        ({"text": "x" * 4_001}, "text"),
        ({"text": "a\u202eb"}, "text"),
        ({"text": "x", "clause": "no.such"}, "clause"),
        ({"text": "x", "about": "lunch"}, "about"),
    ],
)
def test_what_cannot_be_is_refused_and_what_was_typed_stays(scene: Scene, body: dict[str, str], field: str) -> None:
    answer = scene.api("jon").post("feedback/", body)
    assert (answer.status_code, answer.json()["reasons"][0]["field"]) == (422, field)
    shown = scene.page("jon").post("/o/acme/feedback/", {"about": "standard", **body})
    assert shown.status_code == 422
    assert not body["text"] or body["text"].encode() in shown.content


def test_hostile_markdown_is_shown_as_it_was_typed_and_does_nothing(scene: Scene) -> None:
    hostile = '<script>alert(1)</script> [x](javascript:alert(1)) <img src=x onerror=alert(1)> <b hx-get="/">b</b>'
    give(scene, text=hostile)
    shown = scene.page("jon").get("/o/acme/feedback/").content
    assert b"&lt;script&gt;alert(1)&lt;/script&gt;" in shown
    assert b"<script>alert" not in shown
    assert b"<b hx-get" not in shown
    assert b'href="javascript' not in shown


def test_the_process_owner_answers_and_the_author_is_told(scene: Scene) -> None:
    given = give(scene)
    answer = scene.api("owner").post(f"feedback/{given['id']}/settle/", {"answer": "We merge two steps."})
    assert (answer.status_code, answer.json()["answer"], answer.json()["settled_by"]) == (
        200,
        "We merge two steps.",
        "Olga Owner",
    )
    scene.follow()
    with scene.acme.scope():
        told = set(Delivery.objects.filter(template="feedback").values_list("recipient_id", "channel"))
    assert told == {(scene.acme.jon.user_id, "email"), (scene.acme.jon.user_id, "inbox")}
    assert "We merge two steps." in mail.outbox[-1].body
    again = scene.api("owner").post(f"feedback/{given['id']}/settle/", {"answer": "Again."})
    assert (again.status_code, again.json()["code"]) == (409, "settled")


@pytest.mark.parametrize("who", ["admin", "jon", "exec"])
def test_nobody_else_answers(scene: Scene, who: str) -> None:
    given = give(scene)
    answer = scene.api(who).post(f"feedback/{given['id']}/settle/", {"answer": "No."})
    assert (answer.status_code, answer.json()["code"]) == (403, "not_process_owner")
    assert scene.page(who).post(f"/o/acme/feedback/{given['id']}/", {"answer": "No."}).status_code == 403
    assert scene.page(who).get(f"/o/acme/feedback/{given['id']}/").status_code == 200


def test_an_auditor_reads_it_all_and_says_nothing(scene: Scene) -> None:
    give(scene)
    page = scene.page("auditor").get("/o/acme/feedback/").content
    assert b"too long" in page
    assert b"Send feedback" not in page
    answer = scene.api("auditor").post("feedback/", {"text": "x"})
    assert (answer.status_code, answer.json()["code"]) == (403, "read_only")
    assert answer.json()["reasons"][0]["clause"] == "people.auditor"


def test_a_token_that_may_only_read_gives_none_and_changes_no_standard(scene: Scene) -> None:
    for who, path, body in (("jon", "feedback/", {"text": "x"}), ("owner", "standard/draft/", {})):
        answer = scene.reading(who).post(path, body)
        assert (answer.status_code, answer.json()["code"]) == (403, "scope"), path
    assert scene.api("owner").get("feedback/").json()["results"] == []
    assert scene.api("owner").get("standard/draft/").status_code == 404


def test_an_outsider_finds_none_of_it(scene: Scene) -> None:
    given = give(scene)
    outsider = scene.door(scene.globex.owner)
    assert outsider.post(f"feedback/{given['id']}/settle/", {"answer": "Mine."}).status_code == 404
    assert outsider.get("feedback/").json()["results"] == []
