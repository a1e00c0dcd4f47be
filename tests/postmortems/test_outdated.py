"""A summary that Muster drafted is said to be out of date once the record's times are corrected, and nothing that a person wrote is touched."""

import re
from datetime import timedelta
from html import unescape

import pytest

from tests.incidents.scene import Scene
from tests.postmortems.paper import Paper, paper
from tests.postmortems.test_corrected_times import correct, recorded, shown, utc

pytestmark = [pytest.mark.servers, pytest.mark.clause("postmortem.summary")]

OFFER = "Out of date: it tells times that were corrected since"


def corrected(page: Paper) -> str:
    """It was really detected five minutes earlier. Returns that, as people read it."""
    at = recorded(page).detected_at - timedelta(minutes=5)
    correct(page, "impact_start", at - timedelta(minutes=5))
    correct(page, "detected", at)
    return utc(at)


def offered(page: Paper, who: str = "amira") -> str | None:
    """What the API offers in place of the summary."""
    (row,) = [one for one in page.read(who)["sections"] if one["key"] == "summary"]
    found: str | None = row["outdated"]
    return found


def test_what_nobody_has_edited_is_offered_anew_as_a_whole_and_stays_until_it_is_saved(scene: Scene) -> None:
    page = paper(scene)
    drafted = page.section("summary")["text"]
    assert (offered(page), OFFER in shown(page, "postmortem/")) == (None, False)
    at = corrected(page)
    anew = offered(page)
    assert anew is not None
    assert (at in anew, at in drafted) == (True, False)
    assert "5 min 0 s after the impact began" in anew
    assert page.section("summary")["text"] == drafted, "the draft stays as it is"
    html = shown(page, "postmortem/")
    assert OFFER in html
    form = re.search(r'<textarea name="text" hidden>(.*?)</textarea>', html, re.DOTALL)
    assert form is not None
    typed = {"version": "0", "text": unescape(form[1])}
    answer = scene.page("jon").post(f"/o/acme/incidents/{page.ref}/postmortem/sections/summary/", typed)
    assert answer.status_code == 302, answer.content
    assert page.section("summary")["text"] == anew
    assert (offered(page), OFFER in shown(page, "postmortem/")) == (None, False)


def test_of_what_somebody_wrote_that_paragraph_alone_is_offered(scene: Scene) -> None:
    page = paper(scene)
    drafted = page.section("summary")["text"]
    mine = f"{drafted}\n\nWe were lucky that it was night."
    assert page.save("amira", "summary", mine).status_code == 200
    at = corrected(page)
    anew = offered(page)
    assert anew is not None
    assert (at in anew, anew.endswith("We were lucky that it was night.")) == (True, True)
    assert page.section("summary")["text"] == mine
    assert page.save("jon", "summary", anew).status_code == 200
    assert offered(page) is None


def test_who_wrote_it_in_their_own_words_is_offered_nothing(scene: Scene) -> None:
    page = paper(scene)
    assert page.save("amira", "summary", "Nobody could pay for an hour.").status_code == 200
    corrected(page)
    assert (offered(page), OFFER in shown(page, "postmortem/")) == (None, False)


def test_who_only_reads_the_draft_sees_that_it_is_out_of_date_and_cannot_save(scene: Scene) -> None:
    page = paper(scene)
    corrected(page)
    html = str(scene.page("mei").get(f"/o/acme/incidents/{page.ref}/postmortem/").content.decode())
    assert (OFFER in html, "Save that in its place" in html) == (True, False)
