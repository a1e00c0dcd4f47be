"""The pages of post-mortems: who is shown what, what hostile text comes to, and that they cost the same however long they are."""

import re
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.incidents.scene import Scene
from tests.postmortems.paper import Paper, paper

HOSTILE = [
    "<script>alert(1)</script>",
    "[x](javascript:alert(1))",
    "<img src=x onerror=alert(1)>",
    '<div hx-get="/o/acme/" hx-trigger="load">x</div>',
    "[[ev-1]]<style>*{display:none}</style>",
    '[[ev-1" onmouseover="alert(1)]]',
    "`[[ev-1]]`",
    "![x](http://evil.example/x.png)",
]


def _get(scene: Scene, who: str, page: Paper, below: str = "") -> Any:
    return scene.page(who).get(f"/o/acme/incidents/{page.ref}/postmortem/{below}")


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_markdown_harms_nobody_on_any_page(scene: Scene, text: str) -> None:
    page = paper(scene)
    page.fill()
    page.save("amira", "summary", f"Words {text}")
    page.do("jon", "comment", section="summary", text=text)
    line = page.read()["timeline"][0]["id"]
    page.do("jon", "annotate", entry=line, text=text)
    page.do("amira", "publish")
    for below in ("", "read/", "versions/1/", "sections/summary/preview/", "sections/summary/history/"):
        shown = _get(scene, "jon", page, below).content.decode()
        for tag in re.findall(r"<[a-z][^>]*>", shown):  # what is no tag is text
            assert "alert(1)" not in tag, (below, tag)
            assert "hx-get" not in tag, (below, tag)
            assert "evil.example" not in tag, (below, tag)
        assert "<script>" not in shown
        assert "<style>" not in shown


def test_a_link_to_an_entry_leads_to_it_and_one_in_code_or_to_nothing_stays_text(scene: Scene) -> None:
    page = paper(scene)
    page.save("amira", "summary", "See [[ev-1]], `[[ev-2]]` and [[ev-99999]]")
    shown = _get(scene, "jon", page, "read/").content.decode()
    assert '<a href="#ev-1">ev-1</a>' in shown
    assert "<code>[[ev-2]]</code>" in shown
    assert "[[ev-99999]]" in shown
    assert "the record of" in _get(scene, "jon", page).content.decode()


def test_an_executive_reads_what_is_published_where_the_draft_would_be(scene: Scene) -> None:
    page = paper(scene)
    assert _get(scene, "exec", page).status_code == 404
    page.published()
    shown = _get(scene, "exec", page)
    assert shown.status_code == 200
    assert "Orders waited for a lock" in shown.content.decode()
    assert "do-section-summary" not in shown.content.decode()
    assert "Read the post-mortem" in scene.page("exec").get(f"/o/acme/incidents/{page.ref}/").content.decode()


def test_somebody_who_does_not_write_it_reads_and_comments(scene: Scene) -> None:
    page = paper(scene)
    shown = _get(scene, "mei", page).content.decode()
    assert "do-section-summary" not in shown
    assert "do-comment-summary" in shown
    assert "write it" in shown
    answer = scene.page("mei").post(
        f"/o/acme/incidents/{page.ref}/postmortem/do/comment/", {"section": "summary", "text": "Which lock?"}
    )
    assert answer.status_code == 302
    assert page.read()["comments"][0]["text"] == "Which lock?"


def test_what_was_typed_while_somebody_else_published_is_shown_and_not_lost(scene: Scene) -> None:
    page = paper(scene)
    page.published()
    browser = scene.page("jon")
    at = f"/o/acme/incidents/{page.ref}/postmortem/"
    answer = browser.post(f"{at}do/add-why/", {"text": "A thought that took an hour", "below": ""})
    assert answer.status_code == 409
    assert "A thought that took an hour" in answer.content.decode()
    answer = browser.post(f"{at}sections/summary/", {"text": "A long summary", "version": "1"})
    assert answer.status_code == 409
    assert "A long summary" in answer.content.decode()


def test_saving_over_an_older_version_shows_both_texts_and_loses_neither(scene: Scene) -> None:
    page = paper(scene)
    page.save("amira", "summary", "What Amira wrote")
    at = f"/o/acme/incidents/{page.ref}/postmortem/sections/summary/"
    browser = scene.page("jon")
    answer = browser.post(at, {"text": "What Jon wrote", "version": "0"})
    assert answer.status_code == 409
    shown = answer.content.decode()
    assert "What Amira wrote" in shown
    assert "What Jon wrote" in shown
    assert 'name="version" value="1"' in shown
    assert browser.post(at, {"text": "Both", "version": "1"}).status_code == 302
    assert [saved["text"] for saved in page.section("summary")["versions"]][:2] == ["Both", "What Amira wrote"]


def test_its_author_finds_it_with_their_work_and_whoever_is_asked_finds_it_waiting(scene: Scene) -> None:
    page = paper(scene)
    page.do("amira", "ask-reader", person="mei@acme.example")
    mine = scene.page("amira").get("/o/acme/inbox/").content.decode()
    assert f"Post-mortem of SEV 1 {page.ref}" in mine
    assert "Sections: " in mine
    asked = scene.page("mei").get("/o/acme/inbox/").content.decode()
    assert f"Read the post-mortem of SEV 1 {page.ref}" in asked
    scene.follow()
    assert scene.mails("mei", "Please read the post-mortem")
    page.do("mei", "answer", verdict="changes", text="Say which lock")
    assert f"Read the post-mortem of SEV 1 {page.ref}" not in scene.page("mei").get("/o/acme/inbox/").content.decode()
    assert page.read()["readers"][0]["verdict"] == "changes"
    assert page.ask("mei", "answer", verdict="good").json()["code"] == "not_asked"


def test_the_list_has_drafts_late_ones_and_what_is_published_and_finds_words_of_the_title(scene: Scene) -> None:
    page = paper(scene)
    browser = scene.page("jon")

    def listed(query: str) -> bool:
        return page.ref in browser.get(f"/o/acme/postmortems/{query}").content.decode()

    assert (listed(""), listed("?view=late"), listed("?view=published")) == (True, False, False)
    scene.later(hours=25)
    assert listed("?view=late")
    assert (listed("?q=checkout"), listed("?q=elephant")) == (True, False)
    page.published()
    assert (listed(""), listed("?view=late"), listed("?view=published")) == (False, False, True)


def test_a_comment_is_settled_by_its_author_or_a_writer_and_by_nobody_else(scene: Scene) -> None:
    page = paper(scene)
    first = page.do("mei", "comment", section="summary", text="Which lock?")["comments"][0]["id"]
    assert page.ask("owner", "settle", comment=first).status_code == 200
    second = page.do("mei", "comment", section="summary", text="And when?")["comments"][1]["id"]
    assert page.ask("director", "settle", comment=second).status_code == 403
    assert page.do("mei", "settle", comment=second)["comments"][1]["settled_by"] == scene.acme.mei.name
    assert page.ask("mei", "settle", comment=second).json()["code"] == "settled"


def test_the_page_costs_the_same_however_long_the_record_and_the_timeline_are(scene: Scene) -> None:
    page = paper(scene)
    browser = scene.page("jon")
    at = f"/o/acme/incidents/{page.ref}/postmortem/"

    def queries() -> int:
        with CaptureQueriesContext(connection) as asked:
            assert browser.get(at).status_code == 200
        return len(asked)

    browser.get(at)
    before = queries()
    for number in range(20):
        scene.do("jon", page.ref, "note", text=f"Note {number}")
    for entry in scene.part(page.ref, "timeline")[-20:]:
        page.ask("jon", "pick", seq=entry["seq"])
    page.chain("jon", *(f"Why {number}" for number in range(8)))
    assert queries() == before
    assert before <= 34  # each part is read once: shown, checked and judged from the same rows


def test_a_restricted_ones_is_hidden_with_it_and_its_link_says_no_title(scene: Scene) -> None:
    page = paper(scene)
    ref = scene.verb("amira", page.ref, "flag", flag="personal_data", kinds=["pii"], reason="Addresses").json()["ref"]
    hidden = Paper(scene, ref)
    outside = scene.api("support")
    assert outside.get(hidden.at).status_code == 404
    assert outside.get("postmortems/").json()["results"] == []
    assert scene.page("support").get(f"/o/acme/incidents/{ref}/postmortem/").status_code == 404
    hidden.do("amira", "ask-reader", person="jon@acme.example")
    scene.follow()
    (mail,) = scene.mails("jon", "estricted")[-1:]
    assert "Checkout fails" not in f"{mail.subject}{mail.body}"
    refused = hidden.ask("amira", "ask-reader", person="admin@acme.example")
    assert (refused.status_code, refused.json()["code"]) == (422, "not_admitted")
    assert scene.page("jon").get(f"/o/acme/incidents/{page.ref}/postmortem/").headers["Location"].endswith(f"{ref}/postmortem/")
