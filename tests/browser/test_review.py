"""The pages of a review as a person meets them: wordings, the meeting, the renderings; light and dark, wide and on a phone, on paper."""

from typing import Any

import pytest
from playwright.sync_api import expect

from postmortems.models import PostMortem
from tests.browser.conftest import LOOKS, Site
from tests.postmortems.lived import reviewed

pytestmark = [pytest.mark.browser]

PAGES = ("review/", "wording/", "print/", "print/?version=1", "public/")


@pytest.fixture
def learnt(site: Site) -> Site:
    """An incident whose post-mortem has a kept wording, a called review, a published version and a public rendering; it is written again."""
    acme = site.installation.acme
    ref = reviewed(acme, "somehow")
    with acme.scope(acme.amira):
        row = PostMortem.objects.get(incident__ref=ref)
        row.state = "draft"
        row.save()
        section = row.sections.get(key="root_cause")
        section.text = "Jon should have known better.\n\n```\nhuman error\n```"
        section.save()
    return site


def at(site: Site, path: str = "") -> str:
    acme = site.installation.acme
    with acme.scope(acme.amira):
        ref = PostMortem.objects.select_related("incident").latest("id").incident.ref
    return f"{site.url}/o/acme/incidents/{ref}/postmortem/{path}"


@pytest.mark.parametrize("look", LOOKS)
def test_its_pages_are_accessible(learnt: Site, look: dict[str, Any]) -> None:
    page = learnt.page(learnt.installation.acme.amira, **look)
    for path in PAGES:
        answer = page.goto(at(learnt, path))
        assert answer is not None
        assert answer.status == 200, path
        assert learnt.faults(page) == []
    page = learnt.page(learnt.installation.acme.owner, **look)
    for path in ("waive/", "need-no-items/"):
        page.goto(at(learnt, path))
        assert learnt.faults(page) == []
    page = learnt.page(learnt.installation.acme.amira, **look)
    for path in ("release/", "withdraw/"):
        page.goto(at(learnt, path))
        assert learnt.faults(page) == []


def test_a_wording_is_kept_by_keyboard_beside_its_section(learnt: Site) -> None:
    page = learnt.page(learnt.installation.acme.jon)
    page.goto(at(learnt))
    section = page.locator("#section-root_cause")
    expect(section.get_by_text("should have", exact=False).first).to_be_visible()
    summary = section.locator("summary").filter(has_text="Keep it, with a reason").first
    summary.focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.type("Jon is the name of that host.")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Jon is the name of that host.")).to_be_visible()


def test_the_meeting_is_moved_without_scripts(learnt: Site) -> None:
    page = learnt.page(learnt.installation.acme.amira, java_script_enabled=False)
    page.goto(at(learnt, "review/"))
    expect(page.get_by_text("punishes nobody")).to_be_visible()
    move = page.locator("details", has=page.get_by_label("More guests"))
    if move.get_attribute("open") is None:
        move.locator("summary").click()
    move.get_by_label("Where").fill("Room 9")
    move.get_by_role("button", name="Move it").click()
    expect(page.get_by_text("Room 9").first).to_be_visible()


def test_on_paper_it_is_the_document_and_nothing_that_can_be_pressed(learnt: Site) -> None:
    page = learnt.page(learnt.installation.acme.amira)
    page.goto(at(learnt, "print/?version=1"))
    page.emulate_media(media="print")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    expect(page.locator(".paper-ways")).to_be_hidden()
    expect(page.locator(".top")).to_be_hidden()
    assert page.pdf().startswith(b"%PDF")
