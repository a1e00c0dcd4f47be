"""New versions of the standard, through their doors: drafted, compared, published, withdrawn; the process owner's alone."""

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection

from ledger.models import Event
from standard import actions, yaml_text
from standard.law import shipped
from standard.models import Clock, StandardDraft, StandardVersion
from standard.parts import PARTS
from tenants.refusals import Refused
from tests.conftest import Cast, Installation
from tests.incidents.scene import Scene

pytestmark = [pytest.mark.servers, pytest.mark.clause("people.process-owner")]


def draft(scene: Scene, **other: Any) -> dict[str, Any]:
    """A draft, started and, where something is given, changed."""
    made = scene.api("owner").post("standard/draft/")
    assert made.status_code == 201, made.content
    found: dict[str, Any] = made.json()
    if other:
        answer = scene.api("owner").put("standard/draft/", {"revision": 1, "content": {**found["content"], **other}})
        assert answer.status_code == 200, answer.content
        found = answer.json()
    return found


def faster(content: dict[str, Any], minutes: int = 20) -> dict[str, Any]:
    """The content with SEV 1's updates late after so many minutes."""
    first, *rest = content["severities"]
    cadence = {**first["cadence"], "prompt_minutes": minutes // 2, "break_minutes": minutes}
    return {**content, "severities": [{**first, "cadence": cadence}, *rest]}


def published(scene: Scene, **body: Any) -> Any:
    """What publishing a draft with faster updates is answered."""
    found = draft(scene)
    door = scene.api("owner")
    changed = door.put("standard/draft/", {"revision": 1, "content": faster(found["content"])}).json()
    return door.post("standard/draft/publish/", {"revision": changed["revision"], "summary": "Faster.", **body})


def cadence_minutes(scene: Scene, ref: str) -> int:
    """How long after the last update an incident's next one is late."""
    clocks = scene.api("amira").get(f"incidents/{ref}/clocks/").json()["results"]
    clock = next(one for one in clocks if one["clause"] == "severity.sev1-cadence")
    with scene.acme.scope():
        row = Clock.objects.filter(clause="severity.sev1-cadence", due_at=clock["due_at"]).latest("id")
        return round((row.due_at - row.started_at).total_seconds() / 60)


def test_a_running_incident_keeps_its_version_and_the_next_has_the_new(scene: Scene) -> None:
    before = scene.declare()
    assert published(scene).status_code == 201
    scene.do("mei", before, "claim")
    scene.do("mei", before, "update", known="a", impact="b", doing="c")
    after = scene.declare()
    assert (cadence_minutes(scene, before), cadence_minutes(scene, after)) == (30, 20)


def test_publishing_says_what_changed_and_why(scene: Scene) -> None:
    made = published(scene).json()
    assert (made["number"], made["standing"], made["published_by"]) == (2, "in force", "Olga Owner")
    assert made["summary"] == "Faster."
    changes = scene.api("jon").get("standard/versions/2/changes/").json()["results"]
    assert [one["text"] for one in changes] == [
        "severities 1 · cadence · asked for after: 15 → 10 minutes",
        "severities 1 · cadence · broken after: 30 → 20 minutes",
    ]
    back = scene.api("jon").get("standard/versions/1/changes/", to=2).json()["results"]
    assert back[1]["text"] == "severities 1 · cadence · broken after: 20 → 30 minutes"
    with scene.acme.scope():
        event = Event.objects.get(kind="standard.published")
    assert (event.data["number"], event.data["changes"][1]) == (2, changes[1]["text"])


def test_a_version_comes_into_force_when_it_says(scene: Scene) -> None:
    later = scene.clock.now + timedelta(days=3)
    assert published(scene, effective_at=later.isoformat()).json()["standing"] == "to come"
    assert scene.api("jon").get("standard/").json()["number"] == 1
    scene.clock.advance(days=3, minutes=1)
    assert scene.api("jon").get("standard/").json()["number"] == 2
    assert cadence_minutes(scene, scene.declare()) == 20


@pytest.mark.parametrize(("moved", "code"), [({"days": -1}, "past"), ({"days": 400}, "too_far")])
def test_a_version_is_published_neither_backwards_nor_years_ahead(scene: Scene, moved: dict[str, int], code: str) -> None:
    answer = published(scene, effective_at=(scene.clock.now + timedelta(**moved)).isoformat())
    assert (answer.status_code, answer.json()["reasons"][0]["field"]) == (422, "effective_at")
    assert code in {reason["code"] for reason in answer.json()["reasons"]}


def test_a_version_comes_after_the_one_before_it(scene: Scene) -> None:
    later = scene.clock.now + timedelta(days=3)
    published(scene, effective_at=later.isoformat())
    second = draft(scene, contact="us")
    answer = scene.api("owner").post("standard/draft/publish/", {"revision": second["revision"], "summary": "Us."})
    assert (answer.status_code, answer.json()["code"]) == (422, "too_early")


def test_a_draft_that_says_the_same_is_not_published(scene: Scene) -> None:
    made = draft(scene)
    answer = scene.api("owner").post("standard/draft/publish/", {"revision": made["revision"], "summary": "Nothing."})
    assert (answer.status_code, answer.json()["code"]) == (409, "no_change")


def test_a_version_that_is_not_in_force_yet_is_withdrawn_as_a_new_fact(scene: Scene) -> None:
    later = scene.clock.now + timedelta(days=3)
    published(scene, effective_at=later.isoformat())
    with scene.acme.scope():
        before = StandardVersion.objects.get(number=2).history.count()
    answer = scene.api("owner").post("standard/versions/2/withdraw/", {"reason": "Too early."})
    assert (answer.status_code, answer.json()["standing"], answer.json()["withdrawn"]) == (200, "withdrawn", "Too early.")
    scene.clock.advance(days=4)
    assert scene.api("jon").get("standard/").json()["number"] == 1
    assert cadence_minutes(scene, scene.declare()) == 30
    with scene.acme.scope():
        assert StandardVersion.objects.get(number=2).history.count() == before, "the version stays as it was published"
    again = scene.api("owner").post("standard/versions/2/withdraw/", {"reason": "Again."})
    assert (again.status_code, again.json()["code"]) == (409, "withdrawn")


def test_the_number_of_a_withdrawn_version_is_not_given_again(scene: Scene) -> None:
    published(scene, effective_at=(scene.clock.now + timedelta(days=3)).isoformat())
    scene.api("owner").post("standard/versions/2/withdraw/", {"reason": "Too early."})
    assert published(scene).json()["number"] == 3


def test_what_is_in_force_is_not_withdrawn(scene: Scene) -> None:
    answer = scene.api("owner").post("standard/versions/1/withdraw/", {"reason": "No."})
    assert (answer.status_code, answer.json()["code"]) == (409, "in_force")


@pytest.mark.parametrize("who", ["admin", "amira", "exec", "support"])
def test_nobody_else_drafts_or_publishes_and_all_are_told_who_may(scene: Scene, who: str) -> None:
    """An administrator neither: the sentence names the process owner."""
    door = scene.api(who)
    refused = [door.post("standard/draft/")]
    made = draft(scene, contact="us")
    refused += [
        door.put("standard/draft/", {"revision": made["revision"], "content": made["content"]}),
        door.post("standard/draft/discard/", {"revision": made["revision"]}),
        door.post("standard/draft/publish/", {"revision": made["revision"], "summary": "Mine."}),
        door.post("standard/versions/1/withdraw/", {"reason": "Mine."}),
        scene.page(who).get("/o/acme/standard/draft/part/sev1/"),
        scene.page(who).post("/o/acme/standard/draft/publish/", {"revision": made["revision"], "summary": "Mine."}),
    ]
    assert [(answer.status_code, b"Olga Owner may" in answer.content) for answer in refused] == [(403, True)] * 7
    with scene.acme.scope():
        assert StandardVersion.objects.count() == 1


def test_there_is_one_draft_at_a_time(scene: Scene) -> None:
    draft(scene)
    answer = scene.api("owner").post("standard/draft/")
    assert (answer.status_code, answer.json()["code"]) == (409, "draft_open")


def test_who_saves_over_another_is_shown_both_and_loses_nothing(scene: Scene) -> None:
    """By API the answer has what stands there now; the form shows both, keeps what was typed, and saving again is informed."""
    made = draft(scene, contact="theirs")
    answer = scene.api("owner").put("standard/draft/", {"revision": 1, "content": {**made["content"], "contact": "mine"}})
    assert (answer.status_code, answer.json()["code"]) == (409, "changed_meanwhile")
    assert answer.json()["current"]["content"]["contact"] == "theirs"
    page, url = scene.page("owner"), "/o/acme/standard/draft/part/about/"
    typed = {"title": "T", "owner": "O", "audience": "A", "contact": "mine", "revision": "1"}
    shown = page.post(url, typed)
    assert shown.status_code == 409
    for words in (b"Changed meanwhile", b"<del>theirs</del>", b"<ins>mine</ins>", b'value="mine"', b'name="revision" value="2"'):
        assert words in shown.content, words
    assert page.post(url, {**typed, "revision": "2"}).status_code == 302
    assert scene.api("owner").get("standard/draft/").json()["content"]["contact"] == "mine"


def test_a_discarded_draft_is_taken_up_again(scene: Scene) -> None:
    made = draft(scene, contact="us")
    door = scene.api("owner")
    assert door.post("standard/draft/discard/", {"revision": made["revision"], "reason": "Later."}).status_code == 200
    assert door.get("standard/draft/").status_code == 404
    assert b"Undo: take it up again" in scene.page("owner").get("/o/acme/standard/draft/").content
    assert door.post("standard/draft/restore/").json()["content"]["contact"] == "us"
    assert door.post("standard/draft/restore/").json()["code"] == "not_discarded"


def test_a_discarded_draft_stays_so_once_another_took_its_place(scene: Scene) -> None:
    made = draft(scene, contact="us")
    door = scene.api("owner")
    door.post("standard/draft/discard/", {"revision": made["revision"]})
    scene.clock.advance(seconds=5)
    published(scene)
    with scene.acme.scope(scene.acme.owner):
        old = StandardDraft.objects.get(state="discarded")
        with pytest.raises(Refused) as refused:
            actions.restore_draft(old, by=scene.acme.owner.actor())
    assert refused.value.reasons[0].code == "published_since"


# --- By form ---------------------------------------------------------------------------------------------------------------


def form_of(page: Any, part: str) -> dict[str, Any]:
    """The fields of a part's form as a browser would send them, unchanged."""
    content = yaml_text.read(page.get("/o/acme/standard/draft/standard.yaml").content.decode())
    form = PARTS[part].form(None, content, 1)
    return {name: value for name in form.fields if (value := form[name].value()) not in (None, False, "")}


@pytest.mark.parametrize(
    "part",
    [
        "about",
        "sev1",
        "sev2",
        "sev3",
        "sev4",
        "clocks",
        "checklist-ic",
        "checklist-ol",
        "checklist-cl",
        "postmortem",
        "scripts",
        "glossary",
    ],
)
def test_a_form_that_is_sent_as_it_is_changes_nothing(scene: Scene, part: str) -> None:
    draft(scene)
    page = scene.page("owner")
    assert page.get(f"/o/acme/standard/draft/part/{part}/").status_code == 200
    answer = page.post(f"/o/acme/standard/draft/part/{part}/", form_of(page, part))
    assert answer.status_code == 302, answer.content.decode()[:3000]
    after = scene.api("owner").get("standard/draft/").json()
    assert (after["revision"], after["differences"]) == (1, [])


def test_a_severity_is_changed_by_form(scene: Scene) -> None:
    draft(scene)
    page = scene.page("owner")
    typed = {**form_of(page, "sev3"), "prompt_minutes": 60, "break_minutes": 120, "notifies_duties": ["cfo"]}
    page.post("/o/acme/standard/draft/part/sev3/", typed)
    told = [one["text"] for one in scene.api("owner").get("standard/draft/").json()["differences"]]
    assert told == [
        "severities 3 · duties told: added “cfo”",
        "severities 3 · cadence: none → asked for after 60 minutes, broken after 120 minutes",
    ]
    assert b"severities 3" in page.get("/o/acme/standard/draft/").content


def test_what_the_law_refuses_is_shown_at_the_field_and_nothing_typed_is_lost(scene: Scene) -> None:
    draft(scene)
    page = scene.page("owner")
    typed = {**form_of(page, "sev1"), "prompt_minutes": 30, "name": "Very bad indeed"}
    shown = page.post("/o/acme/standard/draft/part/sev1/", typed)
    assert shown.status_code == 422
    assert b'href="#id_prompt_minutes">Update asked for after, minutes: must be less than break_minutes.' in shown.content
    assert b"Very bad indeed" in shown.content
    clocks = {**form_of(page, "clocks"), "prompt-command": 300}
    assert b'href="#id_prompt-command"' in page.post("/o/acme/standard/draft/part/clocks/", clocks).content
    scripts = {**form_of(page, "scripts"), "executive": "Hi {executive.__class__}"}
    assert b'href="#id_executive"' in page.post("/o/acme/standard/draft/part/scripts/", scripts).content


def test_sections_of_ones_own_are_added_moved_and_removed(scene: Scene) -> None:
    draft(scene)
    page = scene.page("owner")
    typed = form_of(page, "postmortem")
    typed |= {"title-7": "What customers said", "prompt-7": "Quote them.", "id-7": "", "place-7": 2, "title-6": ""}
    page.post("/o/acme/standard/draft/part/postmortem/", typed)
    sections = scene.api("owner").get("standard/draft/").json()["content"]["postmortem_template"]
    assert [one["key"] for one in sections][:3] == ["summary", "timeline", "what_customers_said"]
    assert "lucky" not in {one["key"] for one in sections}
    typed = {**form_of(page, "postmortem"), "revision": 2}
    refused = page.post("/o/acme/standard/draft/part/postmortem/", {**typed, "title-0": ""})
    assert (refused.status_code, b"is missing." in refused.content) == (422, True)


def test_the_whole_is_edited_as_yaml(scene: Scene) -> None:
    draft(scene)
    page = scene.page("owner")
    text = page.get("/o/acme/standard/draft/standard.yaml").content.decode()
    url = "/o/acme/standard/draft/whole/"
    assert page.get(url).status_code == 200
    bad = page.post(url, {"revision": 1, "yaml": text.replace("urgency: high", "urgency: loud", 1)})
    assert (bad.status_code, b"severities[1].urgency" in bad.content) == (422, True)
    good = text.replace("contact: sre-help@company.org", "contact: us@acme.example")
    assert page.post(url, {"revision": 1, "yaml": good}).status_code == 302
    late = page.post(url, {"revision": 1, "yaml": text})
    assert (late.status_code, b"us@acme.example" in late.content) == (409, True)
    by_api = scene.api("owner").put("standard/draft/", {"revision": 2, "yaml": text})
    assert by_api.json()["content"]["contact"] == "sre-help@company.org"


@pytest.mark.parametrize(
    ("content", "field"),
    [
        ({**shipped(), "colour": "red"}, "colour"),
        ({**shipped(), "contact": "x" * 5_000}, "contact"),
        ({}, "edition"),
        (faster(shipped(), 2) | {"clocks": []}, "clocks[page_secondary]"),
    ],
)
def test_bad_content_is_refused_with_its_place(scene: Scene, content: dict[str, Any], field: str) -> None:
    draft(scene)
    answer = scene.api("owner").put("standard/draft/", {"revision": 1, "content": content})
    assert (answer.status_code, answer.json()["reasons"][0]["field"]) == (422, field), answer.content


def test_two_megabytes_are_refused_before_they_are_read(scene: Scene) -> None:
    draft(scene)
    answer = scene.api("owner").put("standard/draft/", {"revision": 1, "content": {**shipped(), "contact": "x" * 2_000_000}})
    assert answer.status_code == 413


def test_two_who_publish_at_once_publish_once(own_database: Installation) -> None:
    cast: Cast = own_database.acme
    owner = cast.owner.actor()
    with cast.scope(cast.owner):
        made = actions.start_draft(by=owner)
        made = actions.change_draft(made, {**made.content, "contact": "us"}, by=owner, revision=1)
    barrier, came = threading.Barrier(3), []

    def publish() -> None:
        try:
            barrier.wait()
            with cast.scope(cast.owner):
                actions.publish_draft(made, by=owner, revision=made.revision, summary="Us.")
            came.append("published")
        except Refused as refused:
            came.append(refused.reasons[0].code)
        finally:
            connection.close()

    threads = [threading.Thread(target=publish) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(came) == ["draft_ended", "draft_ended", "published"]
    with cast.scope():
        assert list(StandardVersion.objects.order_by("number").values_list("number", flat=True)) == [1, 2]


def test_an_outsider_finds_none_of_it(scene: Scene) -> None:
    published(scene, effective_at=(scene.clock.now + timedelta(days=1)).isoformat())
    outsider = scene.door(scene.globex.owner)
    assert outsider.get("standard/versions/2/").status_code == 404
    assert outsider.post("standard/versions/2/withdraw/", {"reason": "Mine."}).status_code == 404
    assert outsider.get("standard/").json()["number"] == 1
    assert len(outsider.get("standard/versions/").json()["results"]) == 1
