"""Answers to the impact questions suggest a level, and why; the person decides, and the record keeps what was answered."""

import re
from html import unescape

import pytest

from standard.law import Law, shipped
from tests.incidents.scene import Scene, alert

pytestmark = pytest.mark.servers

LAW = Law.from_data(shipped())
PAGE = "/o/acme/incidents/declare/"
TYPED = {"title": "Checkout <b>fails</b>", "summary": "Since the release", "detected_by": "user", "exercise": "on"}


def level(number: int) -> pytest.MarkDecorator:
    return pytest.mark.clause(f"severity.sev{number}-definition")


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        pytest.param({"users": "all", "feature": "core_without_workaround"}, 1, marks=level(1)),
        pytest.param({"exposure": "attack"}, 1, marks=level(1)),
        pytest.param({"data": "harmed", "users": "nobody"}, 1, marks=level(1)),
        pytest.param({"regulation": "violated"}, 1, marks=level(1)),
        pytest.param({"users": "over_10_percent"}, 2, marks=level(2)),
        pytest.param({"speed": "unusable"}, 2, marks=level(2)),
        pytest.param({"own_work": "blocked"}, 2, marks=level(2)),
        pytest.param({"users": "from_1_to_10_percent", "feature": "core_without_workaround"}, 2, marks=level(2)),
        pytest.param({"users": "from_1_to_10_percent", "feature": "core_with_workaround"}, 3, marks=level(3)),
        pytest.param({"users": "under_1_percent"}, 3, marks=level(3)),
        pytest.param({"feature": "looks_only"}, 4, marks=level(4)),
    ],
)
def test_answers_suggest_a_level_with_its_because(scene: Scene, answers: dict[str, str], expected: int) -> None:
    answer = scene.api("support").get("standard/suggestion/", **answers)
    assert answer.status_code == 200, answer.content
    found = answer.json()
    assert (found["level"], found["severity"]) == (expected, f"SEV{expected}")
    assert found["because"] in {suggestion.because for suggestion in LAW.severity_suggestions if suggestion.level == expected}
    page = scene.page("support").post(PAGE, {**{f"answer-{key}": value for key, value in answers.items()}, "suggest": "1"})
    assert page.status_code == 200
    assert f"SEV {expected} is suggested. {found['because']}" in unescape(page.content.decode())


@level(1)
def test_too_little_suggests_nothing(scene: Scene) -> None:
    for answers in ({}, {"speed": "bearable"}):
        found = scene.api("mei").get("standard/suggestion/", **answers).json()
        assert (found["level"], found["severity"], found["because"]) == (None, None, "")
    asked = scene.api("mei").get("standard/suggestion/").json()["questions"]
    assert [question["key"] for question in asked] == [question.key for question in LAW.impact_questions]
    assert asked[3]["answers"][0] == {"key": "all", "label": "All of them"}
    page = scene.page("mei").post(PAGE, {"suggest": "1"}).content.decode()
    assert "These answers say too little to suggest a level." in page


@level(2)
def test_asking_for_a_suggestion_declares_nothing_and_loses_nothing(scene: Scene) -> None:
    with scene.acme.scope():
        from oncall.models import Service

        service = Service.objects.get(slug="checkout").pk
    form = {**TYPED, "severity": "3", "services": [str(service)], "answer-users": "over_10_percent", "suggest": "1"}
    page = scene.page("mei").post(PAGE, {**form, "impact_start": "2026-01-02T03:04:05"}).content.decode()
    assert scene.api("mei").get("incidents/").json()["results"] == []
    assert 'value="Checkout &lt;b&gt;fails&lt;/b&gt;"' in page
    assert "Since the release" in page
    assert 'value="2026-01-02T03:04:05"' in page
    assert re.search(r'value="3"[^>]*checked', page)  # what the person chose stays: a suggestion binds nobody
    assert re.search(rf'name="services" value="{service}"[^>]*checked', page)
    assert re.search(r'name="exercise"[^>]*checked', page)
    assert re.search(r'value="over_10_percent" selected', page)
    assert re.search(r'data-suggested="2">Suggested', page)
    assert page.count("Suggested</span>") - page.count("hidden>Suggested</span>") == 1
    assert "error-summary" not in page


@level(3)
def test_the_person_decides_and_the_record_keeps_what_was_answered(scene: Scene) -> None:
    answers = {"users": "all", "feature": "core_without_workaround"}
    ref = scene.declare(severity="SEV3", answers=answers)
    entry = scene.told(ref, "incident.declared")[0]
    assert entry["data"]["severity"] == 3
    assert entry["data"]["assessment"] == {
        "answers": answers,
        "words": [
            ["How many users feel it?", "All of them"],
            ["What is broken?", "A core feature, and there is no way around it"],
        ],
        "suggested": 1,
        "because": "Nobody can use a core feature.",
    }
    room = unescape(scene.page("amira").get(f"/o/acme/incidents/{ref}/").content.decode())
    assert "SEV 1: Nobody can use a core feature." in room
    assert scene.told(scene.declare(), "incident.declared")[0]["data"]["assessment"] is None


@level(4)
def test_answers_on_the_page_are_kept_too(scene: Scene) -> None:
    form = {**TYPED, "severity": "4", "answer-feature": "looks_only", "answer-users": ""}
    assert scene.page("mei").post(PAGE, form).status_code == 302
    assessment = scene.told("INC-1", "incident.declared")[0]["data"]["assessment"]
    assert (assessment["answers"], assessment["suggested"]) == ({"feature": "looks_only"}, 4)


def test_answers_go_with_a_signal_too(scene: Scene) -> None:
    scene.fire(alert(started=scene.clock.now))
    body = {"severity": "SEV2", "answers": {"speed": "unusable"}, "exercise": True}
    answer = scene.api("mei").post(f"triage/{scene.signals()[0]['id']}/declare/", body)
    assert (answer.status_code, answer.json()["exercise"]) == (201, True)
    assert scene.told(answer.json()["ref"], "incident.declared")[0]["data"]["assessment"]["suggested"] == 2


@pytest.mark.parametrize(
    ("answers", "said"),
    [
        ({"colour": "red"}, "There is no question 'colour'; there are exposure, data,"),
        ({"users": "some"}, "users has no answer 'some'; choose all, over_10_percent,"),
        ({"x" * 500: "\u202e"}, "There is no question 'xxxx"),
        ({"users": "all", "data": "gone"}, "data has no answer 'gone'"),
    ],
)
def test_an_answer_that_is_not_offered_is_named(scene: Scene, answers: dict[str, str], said: str) -> None:
    for answer in (
        scene.api("mei").get("standard/suggestion/", **answers),
        scene.api("mei").post("incidents/", {"title": "Checkout fails", "severity": "SEV1", "answers": answers}),
    ):
        assert (answer.status_code, answer.json()["code"]) == (422, "no_such_answer")
        assert said in answer.json()["fields"]["answers"]
    assert scene.api("mei").get("incidents/").json()["results"] == []


def test_a_question_is_answered_once(scene: Scene) -> None:
    answer = scene.api("mei").client.get(
        "/api/v1/standard/suggestion/?users=all&users=nobody", headers={"Authorization": f"Bearer {scene.acme.mei.token}"}
    )
    assert (answer.status_code, answer.json()["fields"]) == (422, {"answers": "'users' is answered more than once."})


@pytest.mark.parametrize("send", [{"suggest": "1"}, {}])
def test_a_wrong_answer_on_the_page_is_shown_and_nothing_is_lost(scene: Scene, send: dict[str, str]) -> None:
    answer = scene.page("mei").post(PAGE, {**TYPED, "severity": "1", "answer-users": "some", **send})
    page = unescape(answer.content.decode())
    assert answer.status_code == 422
    assert "How many users feel it?: Select a valid choice." in page
    assert "Since the release" in page
    assert scene.api("mei").get("incidents/").json()["results"] == []


@pytest.mark.clause("triage.declare-immediately")
def test_the_page_begins_with_the_title_and_enter_declares(scene: Scene) -> None:
    page = scene.page("mei").get(PAGE).content.decode()
    assert re.search(r'<input type="text" name="title"[^>]*autofocus', page)
    form = page.split("data-suggest", 1)[1]
    first = re.search(r"<button[^>]*>([^<]*)</button>", form)
    assert first is not None
    assert (first[1], "name=" in first[0]) == ("Declare", False)  # Enter presses a form's first button


def test_a_drill_says_so_wherever_it_is_told(scene: Scene) -> None:
    ref = scene.declare(severity="SEV1", exercise=True)
    scene.follow()
    assert scene.incident(ref)["exercise"] is True
    assert scene.told(ref, "incident.declared")[0]["text"].startswith("Exercise. SEV 1 declared")
    assert scene.mails("exec", f"Declared: Exercise: SEV 1 {ref}")
    assert scene.mails("amira", f"Exercise: SEV 1 {ref}")
    scene.declare(severity="SEV1")
    scene.follow()
    assert scene.mails("amira", "SEV 1 INC-2")
    assert not scene.mails("amira", "Exercise: SEV 1 INC-2")
