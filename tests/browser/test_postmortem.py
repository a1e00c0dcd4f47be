"""A post-mortem in real browsers: two people write, read and publish it at once; every page of it for everybody."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import LOOKS, Site
from tests.browser.hands import Keyboard
from tests.conftest import Cast, Person
from tests.incidents.scene import Scene
from tests.incidents.test_five_hours import Story, calmed, handed_over, mobilised, resolved, twelve, worked
from tests.postmortems.paper import Paper, paper

pytestmark = [pytest.mark.browser]


@pytest.fixture
def played(site: Site, at_work: Callable[[Cast, Cast], Scene]) -> Scene:
    """Acme at work, on the site's own database."""
    return at_work(site.installation.acme, site.installation.globex)


def _editor(site: Site, who: str, page: Paper, **look: Any) -> Page:
    tab = site.page(getattr(site.installation.acme, who), **look)
    tab.goto(f"{site.url}/o/acme/incidents/{page.ref}/postmortem/")
    return tab


def _text(tab: Page, key: str) -> Any:
    return tab.locator(f"#do-section-{key} textarea")


@pytest.mark.clause("postmortem.template")
@pytest.mark.clause("postmortem.draft-24h")
def test_two_people_write_read_and_publish_the_post_mortem_of_five_hours_at_once(site: Site, played: Scene) -> None:
    story = Story(played, played.clock.now)
    story.people = twelve(played)
    for act in (mobilised, worked, calmed, handed_over, resolved):
        act(story)
    played.follow()
    page = Paper(played, story.ref)
    acme = site.installation.acme

    # Jon led operations to the end. The room of what is over leads him there; he names Amira its author.
    jon = site.page(acme.jon)
    jon.goto(f"{site.url}/o/acme/incidents/{page.ref}/")
    jon.get_by_role("link", name="Write the post-mortem").click()
    jon.locator("#verb-name-author > summary").click()
    with jon.expect_navigation():
        jon.locator("#do-name-author input[name=person]").fill("amira@acme.example")
        jon.locator("#do-name-author button").click()
    expect(jon.locator("#readers")).to_contain_text("Amira Ahmadi")

    # It waits with Amira's work, and is filled from the record.
    amira = site.page(acme.amira)
    amira.goto(f"{site.url}/o/acme/inbox/")
    amira.get_by_role("link", name="Post-mortem of SEV 1").click()
    expect(_text(amira, "summary")).to_have_value(saved_text(page, "summary"))
    expect(amira.locator("#pm-facts")).to_contain_text("The orders table is locked")
    expect(amira.locator("#timeline")).to_contain_text("Restarted db-2")
    expect(amira.locator("#pm-live")).to_have_text("Live")
    expect(jon.locator("#pm-live")).to_have_text("Live")

    # Amira pauses after a space: her text is saved, and what she types goes on where she left it.
    with amira.expect_response(lambda answer: "/panels/" in answer.url, timeout=30_000):
        _text(amira, "summary").fill("Nightly reports held locks on the orders table. ")
        expect(amira.locator("#section-summary [data-saved]")).to_contain_text("Version 1")
    jon_sees = "Nightly reports held locks on the orders table."
    expect(_text(jon, "summary")).to_have_value(jon_sees, timeout=15_000)
    expect(_text(amira, "summary")).to_have_value(f"{jon_sees} ")
    _text(amira, "summary").press("End")
    _text(amira, "summary").press_sequentially("See [[ev-1]].")
    expect(amira.locator("#section-summary [data-saved]")).to_contain_text("Version 2")

    # Both write at once: each sees what the other saves, without loading the page anew.
    expect(_text(jon, "summary")).to_have_value("Nightly reports held locks on the orders table. See [[ev-1]].", timeout=15_000)
    _why(jon, "add-why", "Orders waited for a lock")
    for number, text in enumerate(("A report held it", "It ran by day", "Its schedule is nobody's", "Reports have no owner"), 1):
        _why(jon, f"add-why-{number}", text)
    expect(amira.locator("#whys")).to_contain_text("Reports have no owner", timeout=15_000)

    # In one section both lose nothing: Amira is second, and has both texts before her.
    _refuse(amira, "action_items")
    _text(jon, "action_items").fill("Give reports an owner.")
    expect(jon.locator("#section-action_items [data-saved]")).to_contain_text("Version 1")
    _text(amira, "action_items").fill("Add a lock timeout")
    expect(amira.locator("#section-action_items [data-status]")).to_contain_text("Slow down")
    amira.unroute_all()
    _text(amira, "action_items").press_sequentially(".")
    amira.locator("#section-action_items").get_by_role("button", name="Look at both texts").click(timeout=30_000)
    expect(amira.get_by_role("heading", name="Two texts of")).to_be_visible()
    expect(amira.locator(".pm-theirs")).to_have_value("Give reports an owner.")
    expect(amira.locator("#do-section-action_items textarea")).to_have_value("Add a lock timeout.")
    amira.locator("#do-section-action_items textarea").fill("Add a lock timeout.\n\nGive reports an owner.")
    with amira.expect_navigation():
        amira.get_by_role("button", name="Save mine as the next version").click()
    expect(_text(amira, "action_items")).to_have_value("Add a lock timeout.\n\nGive reports an owner.")

    # An entry of the record by keys, the facts, and the rest.
    amira.locator("#record ul[data-arrows]").focus()
    amira.keyboard.press("ArrowDown")
    chosen = amira.evaluate("document.activeElement.value")
    with amira.expect_navigation():
        amira.keyboard.press("Enter")
    expect(amira.locator(f"#timeline #ev-{chosen}")).to_be_visible()
    for name, value in (("users_affected", "41000"), ("cost_amount", "12500"), ("cost_currency", "EUR")):
        amira.locator(f"#do-facts [name={name}]").fill(value)
    with amira.expect_navigation():
        amira.locator("#do-facts button").click()
    for key in ("went_well", "lucky"):
        if page.has(key):
            _text(amira, key).fill("The rollback was ready.")
            expect(amira.locator(f"#section-{key} [data-saved]")).to_contain_text("Version 1")

    # A text in their section is no action item, and publishing says so; Amira files one from there.
    expect(amira.locator("ul#do-publish")).to_contain_text("no action item is filed")
    amira.locator("#section-action_items").get_by_role("link", name="File an action item").click()
    amira.locator("#file input[name=title]").fill("Add a lock timeout")
    amira.locator("#file input[value=prevention]").check()
    amira.locator("#file select[name=owner]").select_option("jon@acme.example")
    with amira.expect_navigation():
        amira.get_by_role("button", name="File it").click()

    # They meet over the draft: Jon calls the review, Amira takes attendance and writes down what was decided.
    at = f"{site.url}/o/acme/incidents/{page.ref}/postmortem/"
    jon.goto(f"{at}review/")
    expect(jon.locator("#rule")).to_contain_text("punishes nobody")
    jon.locator("#call-starts_at").fill(f"{played.clock.now + timedelta(minutes=30):%Y-%m-%dT%H:%M}")
    with jon.expect_navigation():
        jon.locator("button[type=submit]", has_text="Call the review").click()
    expect(jon.get_by_role("heading", name="Called:")).to_be_visible()
    played.clock.advance(minutes=40)
    amira.goto(f"{at}review/")
    for answer in amira.locator("input[name^=came_][value=yes]").all():
        answer.check()
    owner = acme.owner.user_id
    amira.locator(f"input[name=came_{owner}][value=no]").check()
    amira.locator(f"input[name=excuse_{owner}]").fill("Ill")
    amira.locator("#hold-decisions").fill("We add a lock timeout, and give reports an owner.")
    with amira.expect_navigation():
        amira.locator("button[type=submit]", has_text="Take attendance").click()
    jon.reload()
    for tab in (amira, jon):
        expect(tab.get_by_role("heading", name="Held:")).to_be_visible()
        expect(tab.locator("main")).to_contain_text("Missing: Olga Owner (Product Owner)")
        expect(tab.locator("main")).to_contain_text("give reports an owner")
        tab.goto(at)

    # Amira asks Jon to read it; it waits for him, and he says that it is good. Then it is published, and his page tells him.
    amira.locator("#verb-ask-reader > summary").click()
    with amira.expect_navigation():
        amira.locator("#do-ask-reader input[name=person]").fill("jon@acme.example")
        amira.locator("#do-ask-reader button").click()
    jon.locator("#pm-answer summary").click(timeout=15_000)
    with jon.expect_navigation():
        jon.get_by_label("Good to publish").check()
        jon.locator("#do-answer button").click()
    expect(amira.locator("#readers")).to_contain_text("Good to publish", timeout=15_000)
    amira.reload()
    with amira.expect_navigation():
        amira.locator("#do-publish button").click()
    expect(amira.locator("#pm-head")).to_contain_text("Published, version 1")
    expect(jon.locator("#pm-head")).to_contain_text("Published, version 1", timeout=15_000)
    assert page.read()["state"] == "published"
    (review,) = played.api("amira").get(f"incidents/{page.ref}/postmortem/review/").json()["reviews"]
    assert review["held_at"] < page.read()["published_at"], "published after review"


def saved_text(page: Paper, key: str) -> str:
    """A section's text, as the API has it."""
    return str(page.section(key)["text"])


def _refuse(tab: Page, key: str) -> None:
    """Whatever is saved of a section is refused on the way, until `unroute_all`."""
    tab.route(f"**/sections/{key}/", lambda route: route.fulfill(status=429, json={"detail": "Slow down, please."}))


def _why(tab: Page, form: str, text: str) -> None:
    tab.locator(f"#verb-{form} > summary").click()
    with tab.expect_navigation():
        tab.locator(f"#do-{form} textarea").fill(text)
        tab.locator(f"#do-{form} button[type=submit]").click()


@pytest.mark.parametrize("look", LOOKS)
def test_every_page_of_it_is_accessible(site: Site, played: Scene, look: dict[str, Any]) -> None:
    page = paper(played)
    page.fill()
    page.do("amira", "comment", section="summary", text="Which lock?")
    page.do("amira", "ask-reader", person="mei@acme.example")
    tab = _editor(site, "jon", page, **look)
    faults = site.faults(tab)
    for path in (
        f"incidents/{page.ref}/postmortem/sections/summary/history/",
        f"incidents/{page.ref}/postmortem/sections/summary/preview/",
        f"incidents/{page.ref}/postmortem/read/",
        f"incidents/{page.ref}/",
        "postmortems/",
        "postmortems/?view=late",
        "inbox/",
    ):
        answer = tab.goto(f"{site.url}/o/acme/{path}")
        assert answer is not None
        assert answer.status == 200, path
        faults += site.faults(tab)
    tab.goto(f"{site.url}/o/acme/incidents/{page.ref}/postmortem/")
    page.save("amira", "summary", "Another")
    tab.evaluate("document.querySelector('#do-section-summary [name=version]').value = '0'")
    _text(tab, "summary").evaluate("area => { area.value = 'Mine'; area.form.submit(); }")
    expect(tab.get_by_role("heading", name="Two texts of")).to_be_visible()
    faults += site.faults(tab)
    page.do("amira", "publish")
    for path in ("postmortem/", "postmortem/versions/1/"):
        tab.goto(f"{site.url}/o/acme/incidents/{page.ref}/{path}")
        faults += site.faults(tab)
    assert faults == []


def test_it_is_written_by_keyboard_alone(site: Site, played: Scene) -> None:
    page = paper(played)
    tab = _editor(site, "jon", page)
    keyboard = Keyboard(tab)
    keyboard.to(_text(tab, "went_well") if page.has("went_well") else _text(tab, "summary"))
    keyboard.type("By keys")
    keyboard.press("Control+s")
    expect(tab.locator("#pm-says")).to_have_text("Saved")
    assert len(keyboard.round()) > 20


def test_it_is_written_without_scripts(site: Site, played: Scene) -> None:
    page = paper(played)
    tab = _editor(site, "jon", page, java_script_enabled=False)
    _text(tab, "summary").fill("Without **scripts**")
    tab.locator("#do-section-summary").get_by_role("button", name="Preview").click()
    expect(tab.locator("strong", has_text="scripts")).to_be_visible()
    tab.go_back()
    _text(tab, "summary").fill("Without **scripts**")
    tab.locator("#do-section-summary").get_by_role("button", name="Save").click()
    expect(tab.locator("#section-summary [data-saved]")).to_contain_text("Version 1")
    tab.locator("#record button").first.click()
    expect(tab.locator("#timeline")).to_be_visible()
    assert page.section("summary")["text"] == "Without **scripts**"


def test_what_was_typed_and_not_saved_is_offered_again(site: Site, played: Scene) -> None:
    page = paper(played)
    tab = _editor(site, "jon", page)
    _refuse(tab, "summary")
    _text(tab, "summary").fill("Typed in a tunnel")
    expect(tab.locator("#section-summary [data-status]")).to_contain_text("Slow down")
    _text(tab, "summary").press("Control+s")
    expect(tab.locator("#pm-says")).to_have_text("Not saved. Slow down, please.")
    tab.reload()
    tab.unroute_all()
    tab.get_by_role("button", name="Put it back").click()
    expect(_text(tab, "summary")).to_have_value("Typed in a tunnel")
    expect(tab.locator("#section-summary [data-saved]")).to_contain_text("Version 1")


def test_of_two_texts_that_were_made_one_the_old_one_is_not_offered_again(site: Site, played: Scene) -> None:
    page = paper(played)
    tab = _editor(site, "jon", page)
    page.save("amira", "summary", "Theirs")
    _text(tab, "summary").fill("Mine")
    tab.evaluate(
        "document.querySelector('#do-section-summary [name=version]').value = '0'"
    )  # whether its page heard of it or not
    tab.locator("#section-summary").get_by_role("button", name="Look at both texts").click()
    expect(tab.get_by_role("heading", name="Two texts of")).to_be_visible()
    expect(_text(tab, "summary")).to_have_value("Mine")

    # What was begun on the page with both is offered in the editor, like any text that was not saved.
    _text(tab, "summary").fill("Mine, and half of theirs")
    tab.get_by_role("link", name="Keep theirs, drop mine").click()
    expect(_text(tab, "summary")).to_have_value("Theirs")
    tab.get_by_role("button", name="Put it back").click()
    expect(tab.locator("#section-summary [data-saved]")).to_contain_text("Version 2")

    page.save("amira", "summary", "Theirs anew")
    _text(tab, "summary").fill("Mine anew")
    tab.evaluate("document.querySelector('#do-section-summary [name=version]').value = '2'")
    tab.locator("#section-summary").get_by_role("button", name="Look at both texts").click()
    _text(tab, "summary").fill("Theirs and mine")
    with tab.expect_navigation():
        tab.get_by_role("button", name="Save mine as the next version").click()
    expect(_text(tab, "summary")).to_have_value("Theirs and mine")
    expect(tab.locator("#pm-live")).to_have_text("Live")  # the page's scripts have all run
    expect(tab.get_by_role("button", name="Put it back")).to_have_count(0)


def test_who_is_signed_out_while_they_write_is_told_and_loses_nothing(site: Site, played: Scene) -> None:
    page, acme = paper(played), site.installation.acme
    tab = _editor(site, "jon", page)
    status = tab.locator("#section-summary [data-status]")
    tab.context.clear_cookies()
    _text(tab, "summary").fill("Typed after the session had ended")
    expect(status).to_contain_text("Signed out: sign in in another tab. Your text is kept in this browser.")
    expect(tab.locator("#section-summary [data-saved]")).not_to_contain_text("by you")
    _text(tab, "summary").press("Control+s")
    expect(tab.locator("#pm-says")).to_contain_text("Not saved. Signed out")
    tab.locator("#do-section-summary").get_by_role("button", name="Preview").click()
    expect(tab.locator("#do-section-summary [data-preview-here]")).to_be_hidden()
    assert page.section("summary")["version"] == 0

    # Whoever signs in there as somebody else does not write Jon's text under their name.
    other = _sign_in_beside(site, tab, acme.mei)
    expect(status).to_contain_text("Somebody else has signed in here", timeout=30_000)
    other.context.clear_cookies()

    # Jon himself is signed in again, in another tab: it is saved without a hand, with the token of the new session.
    _sign_in_beside(site, tab, acme.jon)
    expect(tab.locator("#section-summary [data-saved]")).to_contain_text("Version 1", timeout=30_000)
    expect(status).to_have_text("")
    saved = page.section("summary")
    assert (saved["text"], saved["version"]) == ("Typed after the session had ended", 1)


def _sign_in_beside(site: Site, tab: Page, person: Person) -> Page:
    """Another tab of the same browser, where somebody signs in."""
    beside = tab.context.new_page()
    beside.goto(f"{site.url}/accounts/login/")
    beside.get_by_label("Email").fill(person.email)
    beside.get_by_label("Password", exact=True).fill(person.password)
    beside.get_by_role("button", name="Sign in").click()
    beside.wait_for_url("**/incidents/")
    return beside


def test_printed_it_is_the_document_and_nothing_to_press(site: Site, played: Scene) -> None:
    page = paper(played)
    page.published()
    tab = site.page(site.installation.acme.jon)
    tab.goto(f"{site.url}/o/acme/incidents/{page.ref}/postmortem/versions/1/")
    tab.emulate_media(media="print")
    expect(tab.get_by_role("heading", name="Post-mortem: Checkout fails")).to_be_visible()
    assert tab.locator("button:visible, .top:visible, .room-bar:visible").count() == 0
