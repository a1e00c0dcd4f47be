"""What is offered before there is an incident is what would be done: nobody fills in a form that is refused for who they are."""

import re
from html import unescape
from typing import Any

import pytest

from incidents import quieting
from incidents.models import Signal
from incidents.routing import Quiet
from tests.incidents.scene import Scene, alert

pytestmark = [pytest.mark.servers, pytest.mark.clause("triage.is-it-an-incident")]

READS = "An auditor reads and changes nothing."
PRACTISES = "Only practitioners act in the room."
DECLARE, REPORT, TRIAGE = "/o/acme/incidents/declare/", "/o/acme/report/", "/o/acme/triage/"


def main(answer: Any) -> str:
    """The page's own part, in plain characters."""
    assert answer.status_code == 200
    return unescape(answer.content.decode().split("<main", 1)[1].split("</main>", 1)[0])


def offers(html: str) -> set[str]:
    """Where the page's forms and links lead that change something."""
    forms = re.findall(r'<form[^>]*method="post"[^>]*?(?:action="([^"]*)"|>)', html)
    links = re.findall(rf'<a[^>]*href="((?:{DECLARE}|{REPORT})[^"]*)"', html)
    return {*forms, *links}


@pytest.fixture
def signals(scene: Scene) -> tuple[int, int]:
    """An alert that waits, and one that is suppressed; and an incident to attach to."""
    scene.declare()
    scene.fire(alert("quiet", started=scene.clock.now, name="Quiet"), group="quiet")
    quiet = int(scene.signals()[0]["id"])
    with scene.acme.scope():
        quieting.suppress(Signal.objects.get(pk=quiet), Quiet("A window", None), by=scene.acme.admin.actor())
    scene.fire(alert(started=scene.clock.now), group="loud")
    return int(scene.signals()[0]["id"]), quiet


def test_triage_offers_the_answers_to_who_may_give_them(scene: Scene, signals: tuple[int, int]) -> None:
    waits, quiet = signals
    answers = {f"{TRIAGE}{waits}/attach/", f"{TRIAGE}{waits}/dismiss/", f"{TRIAGE}{quiet}/ask/", f"{DECLARE}?signal={waits}"}
    for who, offered, said in (
        ("mei", {*answers, REPORT}, None),
        ("support", {DECLARE, REPORT}, PRACTISES),
        ("director", {DECLARE, REPORT}, PRACTISES),
        ("auditor", set(), READS),
    ):
        page = main(scene.page(who).get(TRIAGE))
        assert offers(page) == offered, who
        assert "HighErrorRate on checkout" in page, "whoever may not answer reads all the same"
        assert [sentence for sentence in (PRACTISES, READS) if sentence in page] == ([said] if said else []), who


@pytest.mark.clause("people.auditor")
@pytest.mark.parametrize("path", [DECLARE, REPORT])
def test_an_auditor_reads_why_in_place_of_the_form(scene: Scene, path: str) -> None:
    page = main(scene.page("auditor").get(path))
    assert READS in page
    assert "<form" not in page
    assert offers(page) == set()
    assert offers(main(scene.page("auditor").get("/o/acme/incidents/"))) == set(), "nor does the list of incidents lead there"
    assert "<form" in main(scene.page("support").get(path))


@pytest.mark.clause("people.practitioner")
@pytest.mark.parametrize("who", ["support", "director"])
def test_who_may_not_answer_for_a_signal_is_told_before_they_type_and_led_to_what_they_may(
    scene: Scene, signals: tuple[int, int], who: str
) -> None:
    page = main(scene.page(who).get(f"{DECLARE}?signal={signals[0]}"))
    assert PRACTISES in page
    assert "HighErrorRate on checkout" in page
    assert "<form" not in page
    assert offers(page) == {DECLARE}
    form = {"title": "Checkout fails", "severity": "3", "detected_by": "user"}
    assert scene.page(who).post(DECLARE, form).status_code == 302


def test_what_was_answered_already_is_not_asked_again(scene: Scene, signals: tuple[int, int]) -> None:
    scene.api("jon").post(f"triage/{signals[0]}/dismiss/", {"reason": "A load test"})
    page = main(scene.page("mei").get(f"{DECLARE}?signal={signals[0]}"))
    assert "Jon Jensen dismissed this" in page
    assert "<form" not in page
    assert offers(page) == {DECLARE}


def test_a_refusal_on_the_way_loses_nothing(scene: Scene, signals: tuple[int, int]) -> None:
    """Somebody else was faster while it was typed: the form stands there with everything in it."""
    scene.api("jon").post(f"triage/{signals[0]}/dismiss/", {"reason": "A load test"})
    form = {"title": "Typed with care", "severity": "3", "detected_by": "user"}
    answer = scene.page("mei").post(f"{DECLARE}?signal={signals[0]}", form)
    assert answer.status_code == 409
    assert "Typed with care" in answer.content.decode()
