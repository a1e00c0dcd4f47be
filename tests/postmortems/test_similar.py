"""Recurrence: similar past incidents and what is still to be done about them are offered; inside the walls, to those who may know."""

from typing import Any

import pytest

from incidents.models import Incident
from postmortems.similar import similar_to
from tests.conftest import Cast
from tests.everything import query
from tests.incidents.scene import Scene, alert
from tests.postmortems.filing import filed, item_do

pytestmark = pytest.mark.servers


def past(scene: Scene, title: str, services: tuple[str, ...] = ("checkout",), summary: str = "Over", **body: Any) -> str:
    """An incident of before, resolved."""
    ref = scene.declare("amira", "SEV3", services, title=title, **body)
    scene.do("amira", ref, "impact", end=scene.clock.now.isoformat())
    scene.do("amira", ref, "resolve", summary=summary)
    scene.follow()
    return ref


def alike(scene: Scene, ref: str, who: str = "amira") -> list[dict[str, Any]]:
    """What the API says is like an incident."""
    answer = scene.api(who).get(f"incidents/{ref}/similar/")
    assert answer.status_code == 200, answer.content
    rows: list[dict[str, Any]] = answer.json()["results"]
    return rows


@pytest.mark.clause("postmortem.action-items")
def test_a_past_incident_like_it_is_offered_with_its_open_items(scene: Scene) -> None:
    before = past(scene, "Payments time out because of a lock on orders")
    past(scene, "Avatars do not load", services=("search",))
    past(scene, "Search is slow after the index was rebuilt", services=("search",))
    done, still = filed(scene, before, title="Alert on locks")["ref"], filed(scene, before, title="Add a lock timeout")["ref"]
    item_do(scene, "jon", done, "finish")
    ref = scene.declare("jon", "SEV1", title="Payment timeouts: locked orders again")
    (found,) = alike(scene, ref)
    assert (found["ref"], found["items"]) == (before, 2)
    assert [item["ref"] for item in found["open_items"]] == [still]
    assert found["open_items"][0]["owner"]["name"] == "Jon Jensen"
    assert "service Checkout" in found["shared"]
    assert {"“lock”", "“order”", "“payment”"} <= set(found["shared"]), "words by their stems"
    assert 0.2 <= found["alike"] <= 1
    page = scene.page("jon").get(f"/o/acme/similar/{ref}/").content.decode()
    for said in (before, still, "Still to be done about it", "Add a lock timeout"):
        assert said in page
    assert f'href="/o/acme/similar/{ref}/"' in scene.page("jon").get(f"/o/acme/incidents/{ref}/").content.decode()


def test_on_an_incident_that_is_over_they_stand_on_its_own_page(scene: Scene) -> None:
    before = past(scene, "Payments time out because of a lock on orders")
    again = past(scene, "Payments time out: a lock on orders")
    page = scene.page("jon").get(f"/o/acme/incidents/{again}/").content.decode()
    assert f'href="/o/acme/incidents/{before}/"><span class="room-ref">{before}' in page


def test_what_is_rare_says_more_than_what_is_common(scene: Scene) -> None:
    """Everything is of checkout and fails; only one speaks of certificates."""
    rare = past(scene, "Checkout fails: certificate expired")
    for number in range(6):
        past(scene, f"Checkout fails in region {number}")
    found = alike(scene, scene.declare("jon", "SEV2", title="Checkout fails, a certificate is too old"))
    assert found[0]["ref"] == rare


def test_the_same_alert_and_a_confirmed_cause_count(scene: Scene) -> None:
    scene.fire(alert("f1", started=scene.clock.now, name="ReplicationLag"))
    scene.follow()
    signal = scene.signals()[0]["id"]
    before = scene.api("amira").post(f"triage/{signal}/declare/", {"severity": "SEV1", "title": "Odd numbers"}).json()["ref"]
    scene.do("amira", before, "claim")
    scene.do("amira", before, "hypothesis", text="A vacuum was blocked by an idle transaction")
    scene.do("amira", before, "verify", hypothesis=1, verdict="confirmed", seen="pg_stat_activity")
    scene.fire(alert("f1", started=scene.ago(minutes=1), ended=scene.clock.now, name="ReplicationLag"))
    scene.do("amira", before, "advance", to="investigation", reason="x")
    scene.do("amira", before, "advance", to="monitoring", reason="x")
    scene.do("amira", before, "impact", end=scene.clock.now.isoformat())
    scene.clock.advance(minutes=15)
    scene.do("amira", before, "resolve", summary="It was let go", overrides={"alerts_firing": "It clears late"})
    scene.follow()
    assert [row["ref"] for row in alike(scene, scene.declare("jon", "SEV2", (), title="Idle transaction blocks vacuum"))] == [
        before
    ]
    scene.fire(alert("f9", started=scene.clock.now, name="ReplicationLag", service="nowhere"))
    scene.follow()
    signal = scene.signals()[0]["id"]
    again = scene.api("amira").post(f"triage/{signal}/declare/", {"severity": "SEV1", "title": "Something else"}).json()["ref"]
    (found,) = alike(scene, again)
    assert (found["ref"], found["shared"][0]) == (before, "alert ReplicationLag")


def test_what_still_runs_and_what_is_a_drill_is_not_past(scene: Scene) -> None:
    title = "Payments time out because of a lock"
    scene.declare("amira", "SEV3", title=title)
    drill = past(scene, title, exercise=True)
    assert alike(scene, scene.declare("jon", "SEV2", title=title)) == []
    assert [row["ref"] for row in alike(scene, scene.declare("jon", "SEV2", title=title, exercise=True))] == [drill]


def test_nothing_alike_is_offered_where_there_is_none(scene: Scene) -> None:
    past(scene, "Avatars do not load", services=("search",))
    ref = scene.declare("jon", "SEV2", title="Payments time out")
    assert alike(scene, ref) == []
    assert "Nothing like it so far" in scene.page("jon").get(f"/o/acme/similar/{ref}/").content.decode()
    assert alike(scene, scene.declare("jon", "SEV2", (), title="the and of")) == [], "nothing but stop words"


@pytest.mark.clause("breach.need-to-know")
def test_restricted_incidents_are_offered_to_those_named_and_nobody_else(scene: Scene) -> None:
    title = "Export of addresses was public"
    ref = scene.ready()
    scene.do("amira", ref, "note", text="x")
    secret = scene.do("amira", ref, "flag", flag="personal_data", reason=title)["ref"]
    scene.do("amira", secret, "resolve", summary=title)
    scene.follow()
    running = scene.declare("jon", "SEV2", title="Checkout fails: export of addresses public again")
    assert [row["ref"] for row in alike(scene, running)] == [secret]
    for who in ("admin", "auditor"):
        assert alike(scene, running, who) == [], who
        assert secret not in scene.page(who).get(f"/o/acme/similar/{running}/").content.decode()
    with scene.acme.scope(scene.acme.admin):
        assert similar_to(Incident.objects.get(ref=running)) == []
        assert query("SELECT count(*) FROM postmortems_trait") == [(0,)], "by raw SQL neither"
    with scene.acme.scope(scene.acme.amira):
        assert query("SELECT count(*) > 0 FROM postmortems_trait") == [(True,)]


def test_another_organisations_past_is_nobodys_here(scene: Scene, globex: Cast) -> None:
    title = "Payments time out because of a lock on orders"
    theirs = (
        scene.door(globex.amira).post("incidents/", {"title": title, "severity": "SEV4", "services": ["checkout"]}).json()["ref"]
    )
    theirs_door = scene.door(globex.amira)
    theirs_door.post(f"incidents/{theirs}/impact/", {"end": scene.clock.now.isoformat()})
    assert theirs_door.post(f"incidents/{theirs}/resolve/", {"summary": title}).status_code == 200
    scene.follow()
    ref = scene.declare("jon", "SEV2", title=title)
    assert alike(scene, ref) == []
    with globex.scope(globex.amira):
        assert query("SELECT count(*) > 0, count(*) FILTER (WHERE organisation_id <> %s) FROM postmortems_trait", globex.id) == [
            (True, 0)
        ]
    with scene.acme.scope(scene.acme.jon):
        assert query("SELECT count(*) FROM postmortems_trait") == [(0,)]
    assert scene.door(globex.amira).get(f"incidents/{ref}x/similar/").status_code == 404


def test_those_outside_the_room_are_not_offered_its_record(scene: Scene) -> None:
    ref = scene.declare("jon", "SEV2")
    for who in ("director", "support"):
        assert scene.api(who).get(f"incidents/{ref}/similar/").status_code == 403
        assert scene.page(who).get(f"/o/acme/similar/{ref}/").status_code == 403


@pytest.mark.clause("postmortem.action-items")
def test_the_post_mortem_offers_them_and_leads_to_the_form_of_action_items(scene: Scene) -> None:
    before = past(scene, "Payments time out because of a lock on orders")
    still = filed(scene, before, title="Add a lock timeout")["ref"]
    ref = scene.ready()
    scene.do("amira", ref, "note", text="x")
    scene.do("amira", ref, "resolve", summary="Payments time out: a lock on orders again")
    scene.follow()
    page = scene.page("amira").get(f"/o/acme/incidents/{ref}/postmortem/").content.decode()
    assert "Seen before" in page
    assert f'href="/o/acme/actions/{still}/"' in page
    assert f'href="/o/acme/actions/of/{ref}/#file"' in page
