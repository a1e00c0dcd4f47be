"""Action items: filed by the incident's people, done by their owner, dropped with a reason, changed, and all of it in the record."""

from threading import Barrier, Thread
from typing import Any

import pytest
from django.db import connection

from incidents.models import Incident
from incidents.states import Severity
from postmortems import items as asked
from postmortems.models import ActionItem
from tests.conftest import Door, Installation, Person
from tests.incidents.scene import Scene
from tests.postmortems.filing import codes, filed, filing, item_do, item_verb, listed

pytestmark = pytest.mark.servers
ITEMS = "postmortem.action-items"


@pytest.mark.clause("postmortem.action-items")
def test_an_item_is_filed_with_an_owner_who_hears_of_it_and_a_ticket(scene: Scene) -> None:
    ref = scene.mobilised()
    item = filed(scene, ref, details="On **orders**", ticket_url="https://tickets.example/PAY-7")
    assert (item["ref"], item["kind"], item["state"]) == (f"{ref}-1", "prevention", "open")
    assert item["owner"] == {"name": "Jon Jensen", "email": "jon@acme.example"}
    assert (item["ticket_url"], item["filed_by"]["name"]) == ("https://tickets.example/PAY-7", "Amira Ahmadi")
    scene.follow()
    (mail,) = scene.mails("jon", f"Yours to do: {ref}-1")
    assert "Add a lock timeout" in mail.body
    assert f"/actions/{ref}-1/" in mail.body
    entry = scene.told(ref, "action.filed")[0]
    assert entry["text"] == "Action item 1: Add a lock timeout."
    assert filed(scene, ref, kind="detection")["ref"] == f"{ref}-2"


@pytest.mark.clause("actions.tags")
def test_it_is_prevention_or_detection_always(scene: Scene) -> None:
    ref = scene.commanded()
    for kind in ("", "both", "mitigation", None):
        answer = filing(scene, ref, kind=kind)
        assert answer.status_code == 422, kind
    answer = scene.api("amira").post("action-items/", {"incident": ref, "title": "x", "owner": "jon@acme.example"})
    assert answer.status_code == 422
    assert "kind" in answer.content.decode()
    page = scene.page("amira").post(f"/o/acme/actions/of/{ref}/", {"title": "Typed", "owner": "jon@acme.example"})
    assert page.status_code == 422
    assert 'value="Typed"' in page.content.decode()
    assert listed(scene) == []


@pytest.mark.clause("postmortem.action-items")
def test_the_people_of_the_incident_file_and_others_do_not(scene: Scene) -> None:
    ref = scene.commanded(services=())
    assert filing(scene, ref, "amira").status_code == 201
    outsider = filing(scene, ref, "jon")
    assert outsider.status_code == 403
    assert "join the room" in outsider.json()["detail"]
    assert filing(scene, ref, "owner").status_code == 201, "the process owner"
    scene.do("jon", ref, "join")
    assert filing(scene, ref, "jon").status_code == 201
    for who, status in (("support", 403), ("exec", 403), ("auditor", 403)):
        assert filing(scene, ref, who).status_code == status, who


@pytest.mark.clause("postmortem.action-items")
def test_items_are_filed_while_it_runs_and_after_it_has_ended_and_not_where_it_was_merged(scene: Scene) -> None:
    ref, other = scene.ready(), scene.commanded()
    filed(scene, ref)
    scene.do("amira", ref, "resolve", summary="Rolled back")
    scene.follow()
    assert filed(scene, ref)["ref"] == f"{ref}-2"
    scene.do("amira", other, "merge", into=scene.commanded())
    assert codes(filing(scene, other)) == ["merged"]


@pytest.mark.clause("postmortem.action-items")
@pytest.mark.parametrize(
    ("owner", "code"),
    [("exec@acme.example", "no_practitioner"), ("nobody@acme.example", "no_such_person"), ("x", "no_such_person")],
)
def test_only_a_practitioner_of_the_organisation_can_own_one(scene: Scene, owner: str, code: str) -> None:
    answer = filing(scene, scene.commanded(), owner=owner)
    assert (answer.status_code, codes(answer)) == (422, [code])


@pytest.mark.clause("postmortem.action-items")
def test_its_owner_starts_and_finishes_it_and_nobody_else(scene: Scene) -> None:
    item = filed(scene, scene.commanded())["ref"]
    for verb in ("start", "finish"):
        answer = item_verb(scene, "amira", item, verb)
        assert (answer.status_code, codes(answer)) == (403, ["not_the_owner"])
    started = item_do(scene, "jon", item, "start")
    assert (started["state"], started["allowed_actions"]["start"]["allowed"]) == ("started", False)
    assert codes(item_verb(scene, "jon", item, "start")) == ["started"]
    done = item_do(scene, "jon", item, "finish", outcome="Locks time out after 2 s")
    assert (done["state"], done["outcome"], done["ended_by"]["name"]) == ("done", "Locks time out after 2 s", "Jon Jensen")
    again = item_verb(scene, "jon", item, "finish")
    assert again.status_code == 409
    assert "Jon Jensen ended it" in again.json()["detail"]


@pytest.mark.clause("postmortem.action-items")
def test_it_is_dropped_with_a_reason_by_its_owner_the_commander_or_the_process_owner(scene: Scene) -> None:
    ref = scene.mobilised()
    items = [filed(scene, ref)["ref"] for _ in range(3)]
    assert item_verb(scene, "jon", items[0], "drop").status_code == 422
    assert codes(item_verb(scene, "mei", items[0], "drop", reason="No")) == ["not_yours"]
    for who, item in zip(("jon", "amira", "owner"), items, strict=True):
        dropped = item_do(scene, who, item, "drop", reason="The service is switched off")
        assert (dropped["state"], dropped["outcome"]) == ("dropped", "The service is switched off")
    entry = scene.told(ref, "action.dropped")[0]
    assert (entry["text"], entry["data"]["reason"]) == (
        "Action item 1: Add a lock timeout: dropped.",
        "The service is switched off",
    )
    taken = item_do(scene, "jon", items[0], "take-up", reason="It is back")
    assert (taken["state"], taken["ended_at"], taken["outcome"]) == ("open", None, "")
    assert codes(item_verb(scene, "jon", items[0], "take-up", reason="Again")) == ["open"]


@pytest.mark.clause("postmortem.action-items")
def test_it_is_given_to_another_who_hears_of_it(scene: Scene) -> None:
    ref = scene.mobilised()
    item = filed(scene, ref)["ref"]
    assert codes(item_verb(scene, "mei", item, "change", owner="mei@acme.example")) == ["not_yours"]
    given = item_do(scene, "jon", item, "change", owner="mei@acme.example", title="Time out every lock")
    assert (given["owner"]["name"], given["title"]) == ("Mei Martin", "Time out every lock")
    scene.follow()
    assert scene.mails("mei", "Yours to do")
    assert not scene.mails("jon", "Yours to do"), "it is somebody else's by now"
    entry = scene.told(ref, "action.changed")[0]
    assert entry["data"]["changes"] == {
        "title": ["Add a lock timeout", "Time out every lock"],
        "owner": ["Jon Jensen", "Mei Martin"],
    }
    assert codes(item_verb(scene, "mei", item, "change", title="Time out every lock")) == ["unchanged"]


@pytest.mark.clause("breach.need-to-know")
def test_of_a_restricted_incident_only_those_named_see_own_and_hear_of_items(scene: Scene) -> None:
    ref = scene.mobilised()
    item = filed(scene, ref, title="Rotate the keys")
    scene.follow()
    with scene.acme.scope(scene.acme.amira):
        scene_ref = scene.do("amira", ref, "flag", flag="personal_data", reason="Leaked")["ref"]
    scene.follow()
    hidden = f"{scene_ref}-1"
    assert listed(scene, "amira") == listed(scene, "jon") == [hidden]
    for who in ("admin", "auditor", "support"):
        assert listed(scene, who) == [], who
        for name in (hidden, item["ref"], str(item["id"])):
            assert scene.api(who).get(f"action-items/{name}/").status_code == 404, who
        if who != "auditor":
            assert item_verb(scene, who, hidden, "drop", reason="x").status_code == 404
        board = scene.page(who).get("/o/acme/actions/").content.decode()
        assert "Rotate the keys" not in board
        assert 'class="count">1<' not in board.replace(" ", "")
        assert "Rotate" not in scene.page(who).get("/o/acme/actions/export.csv").content.decode()
    assert codes(filing(scene, scene_ref, owner="admin@acme.example")) == ["not_admitted"]
    assert codes(item_verb(scene, "jon", hidden, "change", owner="admin@acme.example")) == ["not_admitted"]


def test_an_outsider_finds_none(scene: Scene, api: Any) -> None:
    item = filed(scene, scene.commanded())
    outsider: Door = api(scene.globex.amira)
    for name in (item["ref"], str(item["id"]), f"{'9' * 17}", "INC-1-0", "INC-1-1-1", "x", "INC-1-\x00", "-1"):
        assert outsider.get(f"action-items/{name}/").status_code == 404, name
    assert outsider.get("action-items/").json()["results"] == []
    assert outsider.post(f"action-items/{item['ref']}/finish/").status_code == 404
    for name in ("INC-1-0", "nonsense", "９", "INC-1-99999999999"):
        assert scene.api("amira").get(f"action-items/{name}/").status_code == 404, name


@pytest.mark.clause("people.auditor")
def test_an_auditor_reads_and_changes_nothing(scene: Scene) -> None:
    item = filed(scene, scene.commanded())["ref"]
    assert listed(scene, "auditor") == [item]
    found = scene.api("auditor").get(f"action-items/{item}/").json()
    assert not any(may["allowed"] for may in found["allowed_actions"].values())
    assert item_verb(scene, "auditor", item, "drop", reason="x").status_code == 403


def test_executives_and_support_read_summaries_not_items(scene: Scene) -> None:
    item = filed(scene, scene.commanded())["ref"]
    for who in ("director", "support"):
        assert listed(scene, who) == []
        assert scene.api(who).get(f"action-items/{item}/").status_code == 403
        assert item not in scene.page(who).get("/o/acme/actions/").content.decode()


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("title", "", "blank"),
        ("title", "x" * 201, "too_long"),
        ("title", "a\u202eb", "control_character"),
        ("details", "x" * 10_001, "too_long"),
        ("ticket_url", "http://tickets.example/1", "invalid"),
        ("ticket_url", "javascript:alert(1)", "invalid"),
        ("ticket_url", "https://me:secret@tickets.example/1", "invalid"),
        ("ticket_url", "https://[::1", "invalid"),
        ("ticket_url", "https://" + "x" * 500, "too_long"),
        ("due_on", "2020-01-01", "past"),
        ("due_on", "2999-01-01", "too_far"),
        ("due_on", "tomorrow", "invalid"),
    ],
)
def test_what_cannot_be_kept_is_refused_and_named(scene: Scene, field: str, value: str, code: str) -> None:
    answer = filing(scene, scene.commanded("SEV2"), **{field: value})
    assert answer.status_code == 422
    assert [(error["field"], error["code"]) for error in answer.json()["reasons"]] == [(field, code)]


def test_typed_text_is_not_lost_and_not_believed(scene: Scene) -> None:
    """A refused form keeps every field; what was typed is shown as text, wherever it is shown."""
    ref = scene.commanded()
    typed = {
        "title": "<b>bold</b>",
        "kind": "detection",
        "owner": "jon@acme.example",
        "details": "Many words",
        "ticket_url": "ftp://x",
    }
    refused = scene.page("amira").post(f"/o/acme/actions/of/{ref}/", typed)
    assert refused.status_code == 422
    page = refused.content.decode()
    assert "Many words" in page
    assert 'value="&lt;b&gt;bold&lt;/b&gt;"' in page
    done = scene.page("amira").post(f"/o/acme/actions/of/{ref}/", typed | {"ticket_url": ""})
    assert done.status_code == 302
    for path in ("actions/", "actions/?view=list", f"actions/{ref}-1/", f"actions/of/{ref}/", f"incidents/{ref}/"):
        shown = scene.page("amira").get(f"/o/acme/{path}").content.decode()
        assert "<b>bold" not in shown, path
        assert "&lt;b&gt;bold" in shown, path


def test_asking_twice_files_once(scene: Scene) -> None:
    ref = scene.commanded()
    body = {"incident": ref, "title": "Once", "kind": "detection", "owner": "jon@acme.example"}
    first, second = (scene.api("amira").post("action-items/", body, **{"Idempotency-Key": "k1"}) for _ in range(2))
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json() == second.json()
    assert listed(scene) == [f"{ref}-1"]


def test_how_many_were_filed_is_asked_before_the_closing(scene: Scene) -> None:
    ref = scene.commanded()
    with scene.acme.scope(scene.acme.amira):
        pk = Incident.objects.get(ref=ref).pk
        assert asked.filed(pk) == 0
    items = [filed(scene, ref)["ref"] for _ in range(2)]
    item_do(scene, "jon", items[0], "drop", reason="No")
    with scene.acme.scope(scene.acme.amira):
        assert asked.filed(pk) == 1, "what was dropped does not follow from it"


@pytest.mark.clause("postmortem.action-items")
def test_by_chat(scene: Scene) -> None:
    ref = scene.mobilised()

    def say(who: str, text: str) -> Any:
        return scene.api(who).post("commands/", {"text": text})

    said = say("amira", "/incident action prevention @jon Add a lock timeout").json()
    assert said["text"].startswith(f"{ref}-1 · Add a lock timeout: Jon Jensen does it, due ")
    assert say("amira", "/incident action detection @mei Alert on lock waits").status_code == 200
    assert say("jon", "/incident action start 1").json()["text"] == f"{ref}-1 · started."
    assert say("jon", "/incident action done 1 It times out").json()["text"] == f"{ref}-1 · done."
    assert say("jon", f"/incident action again {ref}-1 because it hangs still").status_code == 200
    assert say("jon", "/incident action give 1 @mei").json()["text"] == f"{ref}-1 · given to Mei Martin."
    assert say("amira", "/incident action remind 2").status_code == 200
    assert say("amira", f"/incident {ref} action drop #2 because we have it").status_code == 200
    states = {
        row["ref"]: (row["state"], row["owner"]["name"]) for row in scene.api("amira").get("action-items/").json()["results"]
    }
    assert states == {f"{ref}-1": ("open", "Mei Martin"), f"{ref}-2": ("dropped", "Mei Martin")}
    for line in (
        "action",
        "action done",
        "action done 99",
        "action polish 3",
        "action prevention",
        "action prevention @nobody x",
        "action start 1 now",
    ):
        assert say("amira", f"/incident {line}").status_code in (404, 422), line


def test_two_finish_it_at_once_and_one_wins(own_database: Installation) -> None:
    acme = own_database.acme
    from incidents import actions
    from incidents.members import member_for
    from postmortems.actions import items

    with acme.scope(acme.amira):
        incident = actions.declare(by=acme.amira.actor(), title="Checkout fails", severity=Severity.SEV1)
        actions.claim(incident, by=acme.amira.actor())
        owner = member_for(acme.amira.actor(), acme.jon.email)
        item = items.file_item(incident, by=acme.amira.actor(), title="x", kind="detection", owner=owner)
    barrier, statuses = Barrier(2), []

    def finish(person: Person) -> None:
        barrier.wait()
        statuses.append(Door(person).post(f"action-items/{item.pk}/finish/").status_code)
        connection.close()

    threads = [Thread(target=finish, args=(acme.jon,)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(statuses) == [200, 409]
    with acme.scope(acme.jon):
        assert ActionItem.history.filter(id=item.pk, state="done").count() == 1


def test_its_age_is_told_in_days(scene: Scene) -> None:
    ref = scene.commanded()
    filed(scene, ref)
    scene.clock.advance(days=3)
    assert "Filed 3 days ago" in scene.page("amira").get("/o/acme/actions/").content.decode()
