"""Orders: the IC gives them, the one named acknowledges within two minutes or is chased, and says when it is done."""

from collections.abc import Callable
from html import unescape
from threading import Barrier, Thread
from typing import Any

import pytest
from django.db import connection

from incidents.models import Incident, NeedToKnow
from notifications.models import Delivery
from tests.conftest import Door, Installation, Person
from tests.incidents.scene import Scene

pytestmark = pytest.mark.servers
ACK = "warroom.ack-everything"
JON = "jon@acme.example"


def ordered(scene: Scene, **body: Any) -> str:
    """Amira commands, and has ordered Jon to do something."""
    ref = scene.commanded()
    scene.do("amira", ref, "order", to=JON, text="Restart db-2", **body)
    scene.follow()
    return ref


def clocks(scene: Scene, ref: str) -> list[dict[str, Any]]:
    """The clocks of acknowledging, in the order they started."""
    return [clock for clock in scene.part(ref, "clocks") if clock["clause"] == ACK]


@pytest.mark.clause("warroom.ack-everything")
def test_an_order_names_its_recipient_who_is_told_at_once(scene: Scene) -> None:
    ref = ordered(scene, eta_minutes=5)
    (order,) = scene.part(ref, "orders")
    assert (order["number"], order["recipient"], order["issued_by"]) == (1, "Jon Jensen", "Amira Ahmadi")
    assert (order["text"], order["acknowledged_at"], order["done_at"]) == ("Restart db-2", None, None)
    (mail,) = scene.mails("jon", "rder 1")
    assert mail.subject == f"Order 1 on {ref}"
    for said in ("Amira Ahmadi asks you", "Restart db-2", "within 5 minutes"):
        assert said in mail.body
    with scene.acme.scope(scene.acme.jon):
        assert set(Delivery.objects.filter(template="order").values_list("channel", "recipient__name")) == {
            ("email", "Jon Jensen"),
            ("inbox", "Jon Jensen"),
        }
    entry = scene.told(ref, "incident.order_issued")[0]
    assert (entry["text"], entry["data"]["to"], entry["data"]["eta_minutes"]) == ("Restart db-2", "Jon Jensen", 5)
    assert "Jon Jensen" not in {person["name"] for person in scene.incident(ref)["participants"]}


@pytest.mark.clause("roles.ic-authority")
def test_the_commanders_word_goes_before_whatever_else_somebody_is_at(scene: Scene) -> None:
    other = scene.declare(title="Search is slow")
    scene.do("jon", other, "claim")
    scene.do("jon", other, "order", to=scene.email("mei"), text="Count the queries")
    ref = scene.commanded(ask={"cl": "mei"})
    for who in ("jon", "mei"):
        scene.do("amira", ref, "order", to=scene.email(who), text="Come here")
    scene.follow()
    word = "the commander's word is final and goes before any other work"
    for who, number in (("jon", 1), ("mei", 2)):
        assert word in scene.mails(who, f"Order {number} on {ref}")[-1].body
        shown = unescape(scene.page(who).get(f"/o/acme/incidents/{ref}/").content.decode())
        assert word in shown.partition('id="orders-now"')[2].partition("</section>")[0]
    small = scene.commanded("SEV3")
    scene.do("amira", small, "order", to=JON, text="Have a look")
    scene.follow()
    assert word not in scene.mails("jon", f"rder 1 on {small}")[-1].body


@pytest.mark.clause("warroom.ack-everything")
def test_unacknowledged_after_two_minutes_it_is_chased_and_stays_marked(scene: Scene) -> None:
    ref = ordered(scene)
    scene.later(minutes=1, seconds=59)
    assert scene.told(ref, "incident.order_chased") == []
    scene.later(seconds=1)
    (entry,) = scene.told(ref, "incident.order_chased")
    assert entry["text"] == "Jon Jensen has not acknowledged order 1 for 2 min 0 s: asked again."
    assert (entry["actor"], entry["data"]["waited_seconds"]) == ("Muster", 120.0)
    assert [mail.subject for mail in scene.mails("jon", "order 1")] == [f"Please acknowledge: order 1 on {ref}"]
    (clock,) = clocks(scene, ref)
    assert (clock["broken_at"], clock["stopped_at"]) == (scene.clock.now.isoformat().replace("+00:00", "Z"), None)
    scene.later(minutes=10)
    assert len(scene.told(ref, "incident.order_chased")) == 1  # once
    scene.do("jon", ref, "acknowledge", order=1)
    (order,) = scene.part(ref, "orders")
    assert order["chased_at"] < order["acknowledged_at"]
    (clock,) = clocks(scene, ref)
    assert (clock["state"], clock["stopped_at"] is not None) == ("broken", True)
    said = scene.told(ref, "incident.order_acknowledged")[0]["text"]
    assert said == "Acknowledged order 1 after 12 min 0 s, and after being chased."


@pytest.mark.clause("warroom.ack-everything")
def test_acknowledged_in_time_nobody_is_chased(scene: Scene) -> None:
    ref = ordered(scene)
    scene.clock.advance(seconds=40)
    room = scene.do("jon", ref, "acknowledge", order=1)
    assert "Jon Jensen" in {person["name"] for person in room["participants"]}
    (clock,) = clocks(scene, ref)
    assert (clock["state"], clock["broken_at"]) == ("kept", None)
    assert scene.told(ref, "incident.order_acknowledged")[0]["text"] == "Acknowledged order 1 after 40 s."
    scene.later(minutes=5)
    assert scene.told(ref, "incident.order_chased") == []


@pytest.mark.clause("warroom.clear-concise")
def test_the_eta_is_counted_from_the_acknowledgement(scene: Scene) -> None:
    ref = ordered(scene, eta_minutes=5)
    at = scene.part(ref, "orders")[0]
    assert (at["eta_minutes"], at["expected_at"][:19]) == (5, scene.ago(minutes=-5).isoformat()[:19])
    scene.clock.advance(minutes=1)
    scene.do("jon", ref, "acknowledge", order=1)
    assert scene.part(ref, "orders")[0]["expected_at"][:19] == scene.ago(minutes=-5).isoformat()[:19]
    scene.clock.advance(minutes=6)
    scene.do("jon", ref, "done", order=1, outcome="It is up")
    (entry,) = scene.told(ref, "incident.order_done")
    assert (entry["text"], entry["data"]["late"]) == ("Order 1 is done after 7 min 0 s.", True)
    page = scene.page("mei").get(f"/o/acme/incidents/{ref}/").content.decode()
    for said in ("It is up", "exceeded"):
        assert said in page


@pytest.mark.clause("warroom.ack-everything")
def test_only_the_one_named_acknowledges_once(scene: Scene) -> None:
    ref = ordered(scene)
    for who in ("amira", "mei"):
        for verb in ("acknowledge", "done"):
            refused = scene.verb(who, ref, verb, order=1)
            assert (refused.status_code, refused.json()["code"]) == (403, "not_recipient"), (who, verb)
            assert "Order 1 is Jon Jensen's" in refused.json()["detail"]
    scene.do("jon", ref, "acknowledge", order=1)
    refused = scene.verb("jon", ref, "acknowledge", order=1)
    assert (refused.status_code, refused.json()["code"]) == (409, "acknowledged")
    assert f"at {scene.clock.now:%H:%M:%S} UTC already" in refused.json()["detail"]


@pytest.mark.clause("warroom.ack-everything")
def test_done_acknowledges_what_was_not(scene: Scene) -> None:
    ref = ordered(scene)
    scene.clock.advance(seconds=30)
    scene.do("jon", ref, "done", order=1)
    (order,) = scene.part(ref, "orders")
    assert order["acknowledged_at"] == order["done_at"] is not None
    assert [len(scene.told(ref, f"incident.order_{kind}")) for kind in ("acknowledged", "done")] == [1, 1]
    assert clocks(scene, ref)[0]["state"] == "kept"
    for verb in ("done", "acknowledge"):
        assert scene.verb("jon", ref, verb, order=1).json()["code"] == "done"
    assert scene.verb("amira", ref, "withdraw", order=1).json()["code"] == "done"


@pytest.mark.clause("principle.chain-of-command")
def test_the_commander_alone_orders_and_withdraws(scene: Scene) -> None:
    ref = ordered(scene)
    for verb, body in (("order", {"to": "mei@acme.example", "text": "x"}), ("withdraw", {"order": 1})):
        refused = scene.verb("jon", ref, verb, **body)
        assert (refused.status_code, refused.json()["code"]) == (403, "not_commander"), verb
    scene.do("amira", ref, "withdraw", order=1, reason="It came back by itself")
    entry = scene.told(ref, "incident.order_withdrawn")[0]
    assert (entry["text"], entry["data"]["reason"]) == ("Order 1 to Jon Jensen is withdrawn.", "It came back by itself")
    assert [(c["state"], c["fell_away"]) for c in clocks(scene, ref)] == [("fell_away", "withdrawn")], "nobody said copy"
    for who, verb in (("jon", "acknowledge"), ("jon", "done"), ("amira", "withdraw")):
        assert scene.verb(who, ref, verb, order=1).json()["code"] == "withdrawn", verb
    scene.later(minutes=5)
    assert scene.told(ref, "incident.order_chased") == []
    unled = scene.declare()
    assert scene.verb("mei", unled, "order", to=JON, text="x").json()["code"] == "no_commander"


@pytest.mark.parametrize("who", ["support", "exec", "auditor"])
def test_an_order_goes_to_a_practitioner(scene: Scene, who: str) -> None:
    ref = scene.commanded()
    refused = scene.verb("amira", ref, "order", to=f"{who}@acme.example", text="Hurry")
    assert (refused.status_code, refused.json()["code"]) == (422, "no_practitioner")
    assert list(refused.json()["fields"]) == ["to"]
    assert scene.part(ref, "orders") == []


def test_an_order_goes_to_somebody_who_is_there_and_is_not_oneself(scene: Scene) -> None:
    ref = scene.commanded()
    for to, code in (
        ("nobody@acme.example", "no_such_person"),
        ("amira@globex.example", "no_such_person"),
        ("", "blank"),
        ("a\x00b", "null_characters_not_allowed"),
        ("amira@acme.example", "to_yourself"),
    ):
        refused = scene.verb("amira", ref, "order", to=to, text="x").json()
        assert (refused["code"], list(refused["fields"])) == (code, ["to"]), to
    scene.do("amira", ref, "order", to="JON@acme.example", text="x")
    stranger = scene.verb("support", ref, "order", to="nobody@acme.example", text="x")
    assert stranger.status_code == 403  # who may not order learns nothing of who is there


@pytest.mark.clause("breach.need-to-know")
def test_on_a_restricted_incident_only_who_may_see_it_is_ordered(scene: Scene) -> None:
    ref = scene.commanded()
    with scene.acme.scope(scene.acme.amira):
        incident = Incident.objects.get(ref=ref)
        for person in (scene.acme.amira, scene.acme.mei):
            NeedToKnow.objects.create(incident=incident, user_id=person.user_id, added_by_id=person.user_id, reason="x")
        incident.restricted = True
        incident.save()
    refused = scene.verb("amira", ref, "order", to=JON, text="Secret deed").json()
    assert (refused["code"], refused["clause"]) == ("not_admitted", "breach.need-to-know")
    scene.do("amira", ref, "order", to="mei@acme.example", text="Secret deed")
    scene.follow()
    (mail,) = scene.mails("mei", "restricted")
    assert "Secret deed" not in mail.body + mail.subject


def test_several_orders_at_once_each_have_their_clock(scene: Scene) -> None:
    ref = ordered(scene)
    scene.clock.advance(minutes=1)
    scene.do("amira", ref, "order", to="mei@acme.example", text="Call the bank")
    scene.do("amira", ref, "order", to=JON, text="And db-3")
    scene.follow()
    scene.do("jon", ref, "acknowledge", order=3)
    scene.later(minutes=1)
    assert [entry["data"]["number"] for entry in scene.told(ref, "incident.order_chased")] == [1]
    scene.later(minutes=1)
    assert [entry["data"]["number"] for entry in scene.told(ref, "incident.order_chased")] == [1, 2]
    assert [order["number"] for order in scene.part(ref, "orders")] == [1, 2, 3]


def test_when_the_incident_ends_nobody_is_chased_for_it(scene: Scene) -> None:
    ref = scene.ready()
    scene.do("amira", ref, "order", to=JON, text="Restart db-2")
    scene.do("amira", ref, "resolve", summary="Gone")
    scene.later(minutes=5)
    assert scene.told(ref, "incident.order_chased") == []
    assert scene.mails("jon", "rder 1") == []  # it had not gone out, and nobody waits for it any more
    for who, verb, body in (
        ("jon", "acknowledge", {"order": 1}),
        ("jon", "done", {"order": 1}),
        ("amira", "withdraw", {"order": 1}),
        ("amira", "order", {"to": JON, "text": "x"}),
    ):
        assert scene.verb(who, ref, verb, **body).json()["code"] == "ended", verb


def test_who_has_no_order_has_nothing_to_acknowledge(scene: Scene) -> None:
    ref = scene.commanded()
    for verb in ("acknowledge", "done", "withdraw"):
        why = scene.incident(ref)["allowed_actions"][verb]["why_not"]
        assert [reason["code"] for reason in why] == ["no_order"], verb
    scene.do("amira", ref, "order", to=JON, text="x")
    assert scene.incident(ref, "jon")["allowed_actions"]["acknowledge"]["allowed"] is True
    assert scene.verb("jon", ref, "acknowledge", order=2).json()["code"] == "no_such_order"
    for who in ("support", "exec"):
        for verb in ("acknowledge", "done", "withdraw"):
            refused = scene.verb(who, ref, verb, order=1)
            assert (refused.status_code, refused.json()["code"]) == (403, "not_a_practitioner"), (who, verb)


def test_twice_at_once_is_acknowledged_once(own_database: Installation, api: Callable[[Person], Door]) -> None:
    acme, barrier, answers = own_database.acme, Barrier(2), []
    ref = api(acme.mei).post("incidents/", {"title": "Checkout fails", "severity": "SEV1"}).json()["ref"]
    api(acme.amira).post(f"incidents/{ref}/claim/")
    api(acme.amira).post(f"incidents/{ref}/order/", {"to": JON, "text": "Restart db-2"})

    def acknowledge() -> None:
        barrier.wait()
        answers.append(api(acme.jon).post(f"incidents/{ref}/acknowledge/", {"order": 1}))
        connection.close()

    threads = [Thread(target=acknowledge) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answer.status_code for answer in answers) == [200, 409]
    lost = next(answer for answer in answers if answer.status_code == 409).json()
    assert (lost["code"], "Jon Jensen acknowledged order 1" in lost["detail"]) == ("acknowledged", True)


def test_an_outsider_finds_nothing(scene: Scene) -> None:
    ref = ordered(scene)
    outside = scene.door(scene.globex.amira)
    assert outside.post(f"incidents/{ref}/order/", {"to": JON, "text": "x"}).status_code == 404
    assert outside.get(f"incidents/{ref}/orders/").status_code == 404


@pytest.mark.clause("warroom.ack-everything")
def test_it_stands_in_the_inbox_of_who_has_it_and_is_acknowledged_from_there(scene: Scene) -> None:
    """With the one button while it waits; as a line while they are at it; not when it is done, and in nobody else's."""
    ref = ordered(scene)
    jon, path = scene.page("jon"), f"/o/acme/incidents/{ref}/acknowledge/"
    shown = jon.get("/o/acme/inbox/").content.decode()
    assert f"/o/acme/incidents/{ref}/#order-1" in shown
    assert "Restart db-2" in shown
    assert f'action="{path}"' in shown
    assert "Restart db-2" not in scene.page("amira").get("/o/acme/inbox/").content.decode()
    assert jon.post(path, {"order": "1"}).status_code == 302
    assert scene.part(ref, "orders")[0]["acknowledged_at"] is not None
    shown = jon.get("/o/acme/inbox/").content.decode()
    assert "Restart db-2" in shown
    assert f'action="{path}"' not in shown
    scene.do("jon", ref, "done", order=1)
    assert "Restart db-2" not in jon.get("/o/acme/inbox/").content.decode()


def test_one_of_an_incident_that_ended_is_asked_of_nobody(scene: Scene) -> None:
    ref = ordered(scene)
    scene.do("amira", ref, "false-positive", reason="A test")
    assert "Restart db-2" not in scene.page("jon").get("/o/acme/inbox/").content.decode()
