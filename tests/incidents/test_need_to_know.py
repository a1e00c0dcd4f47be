"""Need to know: who sees a restricted incident, who is let in and out, and what a notice of it says (breach.need-to-know)."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.db import transaction

from incidents.api.bodies.fields import Text
from incidents.doors import DOORS
from incidents.models import Incident, NeedToKnow
from tests.conftest import client_of_ours
from tests.incidents.leak import Writer
from tests.incidents.scene import UPDATE, Scene, alert
from tests.incidents.test_flag import BREACH, flagged

pytestmark = [pytest.mark.servers, pytest.mark.clause("breach.need-to-know")]

OTHERS = ("jon", "admin", "support", "director")  # Mei declares: she is in the room


def restricted(scene: Scene, **options: Any) -> str:
    """An incident of Amira's that is restricted; what follows has happened."""
    ref = flagged(scene, scene.commanded(**options))
    scene.follow()
    return ref


def names(scene: Scene, ref: str) -> dict[str, str]:
    """Who sees it -> why."""
    return {row["email"].split("@")[0]: row["reason"] for row in scene.part(ref, "need-to-know")}


class TestWhoSeesIt:
    def test_everybody_else_loses_sight_at_once_administrators_included(self, scene: Scene) -> None:
        ref = scene.commanded()
        assert scene.api("admin").get(f"incidents/{ref}/").status_code == 200
        new = flagged(scene, ref)
        for who in OTHERS:
            for asked in (ref, new):
                assert scene.api(who).get(f"incidents/{asked}/").status_code == 404, who
                assert scene.page(who).get(f"/o/acme/incidents/{asked}/").status_code == 404, who
                assert scene.verb(who, asked, "note", text="x").status_code == 404, who
            assert scene.api(who).get("incidents/").json()["results"] == []

    def test_a_stranger_a_missing_one_and_a_restricted_one_answer_alike(self, scene: Scene) -> None:
        ref = restricted(scene)
        asked = [scene.api("jon").get(f"incidents/{one}/") for one in (ref, "INC-1", "INC-99", "INC-AAAAAAAAAA")]
        answers = [{k: v for k, v in a.json().items() if k != "request_id"} for a in asked]
        assert answers.count(answers[0]) == 4

    def test_who_works_on_it_is_named_with_the_reason(self, scene: Scene) -> None:
        ref = scene.declare(who="admin")
        scene.follow()
        scene.do("amira", ref, "claim")
        scene.do("jon", ref, "join")
        director = next(p for p in scene.calls("director"))
        scene.api("director").post(f"pages/{director['id']}/acknowledge/")
        scene.do("mei", ref, "join")
        ref = flagged(scene, ref, "mei")
        assert names(scene, ref) == {
            "amira": "Incident Commander",
            "jon": "In the room",
            "mei": "Flagged it",
            "admin": "In the room",
            "director": "Acknowledged a page",
            "owner": "Privacy officer",
            "exec": "Legal counsel",
        }

    def test_who_was_called_and_has_not_answered_still_can(self, scene: Scene) -> None:
        ref = scene.declare(who="mei")
        scene.follow()
        page = scene.calls("amira")[0]["id"]
        ref = flagged(scene, ref, "mei")
        assert scene.api("amira").post(f"pages/{page}/acknowledge/").status_code == 200
        assert names(scene, ref)["amira"] == "Is paged"

    def test_the_reference_is_unguessable_and_the_number_stays(self, scene: Scene) -> None:
        ref = restricted(scene)
        assert re.fullmatch(r"INC-[A-Z2-7]{10}", ref)
        with scene.acme.scope():
            assert Incident.objects.get(ref=ref).number == 1
        assert scene.declare("jon") == "INC-2"

    def test_those_named_reach_it_by_its_old_reference_too(self, scene: Scene) -> None:
        ref = restricted(scene)
        assert scene.incident("INC-1")["ref"] == ref
        amira = scene.page("amira")
        moved = amira.get("/o/acme/incidents/inc-1/?show=orders")
        assert (moved.status_code, moved["Location"]) == (302, f"/o/acme/incidents/{ref}/?show=orders")
        assert amira.get(moved["Location"]).status_code == 200
        assert scene.page("jon").get("/o/acme/incidents/inc-1/").status_code == 404
        other = flagged(scene, scene.commanded())
        assert scene.incident("INC-2")["ref"] == other

    def test_another_organisation_sees_nothing_of_it(self, scene: Scene) -> None:
        ref = restricted(scene)
        for asked in (ref, "INC-1"):
            assert scene.door(scene.globex.amira).get(f"incidents/{asked}/").status_code == 404

    def test_signals_alerts_and_pages_go_with_it(self, scene: Scene) -> None:
        scene.fire(alert(started=scene.clock.now))
        scene.follow()
        signal = scene.signals()[0]["id"]
        ref = scene.api("amira").post(f"triage/{signal}/declare/", {"severity": "SEV1"}).json()["ref"]
        scene.api("amira").post(f"pages/{scene.calls('amira')[0]['id']}/acknowledge/")
        flagged(scene, ref)
        scene.fire(alert("f2", started=scene.clock.now))  # of the same group, and so of the incident
        assert scene.api("jon").get("alerts/").json()["results"] == []
        assert scene.api("jon").get("triage/").json()["results"] == []
        assert scene.api("jon").get(f"triage/{signal}/").status_code == 404
        assert len(scene.alerts()) == 2
        assert "HighErrorRate" not in scene.page("jon").get("/o/acme/triage/").content.decode()

    def test_it_is_no_choice_in_triage(self, scene: Scene) -> None:
        ref = restricted(scene)
        scene.api("jon").post("reports/", {"title": "Something else"})
        shown = scene.page("jon").get("/o/acme/triage/").content.decode()
        assert ref not in shown
        assert scene.api("jon").post(f"triage/{scene.signals()[0]['id']}/attach/", {"incident": ref}).status_code == 404

    def test_a_remembered_answer_is_not_given_again_to_who_sees_it_no_more(self, scene: Scene) -> None:
        ref = scene.commanded()
        key = {"Idempotency-Key": "joined"}
        assert scene.api("jon").post(f"incidents/{ref}/join/", {}, **key).status_code == 200
        assert scene.api("jon").post(f"incidents/{ref}/join/", {}, **key).headers["Idempotent-Replay"] == "true"
        new = flagged(scene, ref)
        scene.do("exec", new, "remove", person=scene.acme.jon.email, reason="Not his matter")
        again = scene.api("jon").post(f"incidents/{ref}/join/", {}, **key)
        assert (again.status_code, "Checkout" in again.content.decode()) == (404, False)

    def test_reading_is_recorded(self, scene: Scene) -> None:
        ref = restricted(scene)
        for _ in range(3):
            scene.incident(ref, "exec")
            scene.page("exec").get(f"/o/acme/incidents/{ref}/")
        told = [e for e in scene.told(ref, "incident.opened") if e["actor"] == "Eve Executive"]
        assert len(told) == 1
        scene.clock.advance(minutes=16)
        scene.part(ref, "timeline", "exec")
        assert len([e for e in scene.told(ref, "incident.opened") if e["actor"] == "Eve Executive"]) == 2
        open_one = scene.commanded()
        assert scene.told(open_one, "incident.opened") == []


class TestAdmitting:
    @pytest.mark.parametrize("who", ["amira", "owner", "exec"])
    def test_the_ic_privacy_and_legal_let_somebody_know(self, scene: Scene, who: str) -> None:
        ref = restricted(scene)
        scene.do(who, ref, "admit", person=scene.acme.jon.email.upper(), reason="Knows the bucket")
        assert scene.incident(ref, "jon")["title"] == "Checkout fails"
        (told,) = [e for e in scene.told(ref, "incident.person_admitted") if e["data"]["person"] == "Jon Jensen"]
        assert (told["text"], told["data"]["reason"]) == ("Jon Jensen may see this incident.", "Knows the bucket")

    def test_nobody_else_does(self, scene: Scene) -> None:
        ref = restricted(scene)
        scene.do("amira", ref, "admit", person=scene.acme.jon.email, reason="Helps")
        for verb in ("admit", "remove"):
            refused = scene.verb("jon", ref, verb, person=scene.acme.mei.email, reason="x")
            assert (refused.status_code, refused.json()["code"]) == (403, "not_yours_to_name")
        assert scene.verb("admin", ref, "admit", person=scene.acme.admin.email, reason="x").status_code == 404

    def test_refusals(self, scene: Scene) -> None:
        plain = scene.commanded()
        assert scene.verb("amira", plain, "admit", person=scene.acme.jon.email, reason="x").json()["code"] == "not_restricted"
        ref = restricted(scene)
        past = scene.ago(minutes=1).isoformat()
        for body, status, code in (
            ({"person": scene.acme.exec.email}, 409, "admitted"),
            ({"person": "nobody@acme.example"}, 422, "no_such_person"),
            ({"person": scene.globex.amira.email}, 422, "no_such_person"),
            ({"person": scene.acme.jon.email, "reason": " "}, 422, "required"),
            ({"person": scene.acme.jon.email, "expires_at": past}, 422, "past"),
        ):
            refused = scene.verb("amira", ref, "admit", **{"reason": "x", **body})
            assert (refused.status_code, refused.json()["code"]) == (status, code), body
        assert "jon" not in names(scene, ref)

    def test_a_place_with_an_end_ends_by_the_databases_clock_and_that_is_recorded(self, scene: Scene) -> None:
        ref = restricted(scene)
        scene.clock.advance(hours=-2)  # the portal's clock, not the database's: the walls ask nobody but themselves
        until = scene.clock.now + timedelta(hours=1)
        scene.do("amira", ref, "admit", person=scene.acme.jon.email, reason="Helps", expires_at=until.isoformat())
        assert scene.api("jon").get(f"incidents/{ref}/").status_code == 404
        scene.later(minutes=61)
        (told,) = scene.told(ref, "incident.person_expired")
        assert told["text"] == "Jon Jensen's time to see this incident is over."
        assert "jon" not in names(scene, ref)
        scene.clock.advance(hours=2)
        scene.do("amira", ref, "admit", person=scene.acme.jon.email, reason="Once more")
        assert scene.incident(ref, "jon")["ref"] == ref

    def test_before_its_end_the_place_holds_and_after_it_a_new_one_is_given(self, scene: Scene) -> None:
        ref = restricted(scene)
        until = scene.clock.now + timedelta(hours=1)
        scene.do("amira", ref, "admit", person=scene.acme.jon.email, reason="Helps", expires_at=until.isoformat())
        assert scene.incident(ref, "jon")["ref"] == ref
        scene.clock.advance(minutes=61)  # not swept yet
        scene.do("amira", ref, "admit", person=scene.acme.jon.email, reason="Goes on")
        assert names(scene, ref)["jon"] == "Goes on"

    def test_removing_takes_sight_at_once(self, scene: Scene) -> None:
        ref = restricted(scene)
        scene.do("amira", ref, "admit", person=scene.acme.jon.email, reason="Helps")
        scene.do("owner", ref, "remove", person=scene.acme.jon.email, reason="Done")
        assert scene.api("jon").get(f"incidents/{ref}/").status_code == 404
        (told,) = scene.told(ref, "incident.person_removed")
        assert told["data"]["reason"] == "Done"
        again = scene.verb("owner", ref, "remove", person=scene.acme.jon.email, reason="Done")
        assert (again.status_code, again.json()["code"]) == (422, "not_admitted")

    def test_the_last_of_legal_and_privacy_the_ic_and_oneself_stay(self, scene: Scene) -> None:
        ref = restricted(scene)
        for who, whom, code in (
            ("exec", "amira", "holds_a_role"),
            ("amira", "exec", "last_on_duty"),
            ("amira", "owner", "last_on_duty"),
            ("amira", "amira", "yourself"),
        ):
            refused = scene.verb(who, ref, "remove", person=getattr(scene.acme, whom).email, reason="x")
            assert (refused.status_code, refused.json()["code"]) == (409, code)
        assert {"amira", "owner", "exec"} <= set(names(scene, ref))


class TestCallingSomebodyIn:
    def test_who_is_paged_is_named_first_and_can_acknowledge(self, scene: Scene) -> None:
        answer = scene.api("mei").post(
            "incidents/", {"title": "Leak", "severity": "SEV1", "services": ["checkout"], "flags": ["personal_data"]}
        )
        ref = answer.json()["ref"]
        scene.follow()
        page = next(p for p in scene.calls("amira"))
        assert scene.incident(ref, "amira")["title"] == "Leak"
        assert scene.api("amira").post(f"pages/{page['id']}/acknowledge/").status_code == 200
        assert "Amira Ahmadi" in [e["data"]["person"] for e in scene.told(ref, "incident.person_admitted")]

    def test_the_next_of_the_ladder_too(self, scene: Scene) -> None:
        ref = scene.declare()
        scene.follow()
        ref = flagged(scene, ref, "mei")
        assert scene.api("jon").get(f"incidents/{ref}/").status_code == 404
        scene.later(minutes=15)
        assert scene.incident(ref, "jon")["ref"] == ref


class TestNotices:
    def test_every_notice_says_that_it_is_restricted_and_nothing_else(self, scene: Scene) -> None:
        ref = restricted(scene)
        scene.do("amira", ref, "admit", person=scene.acme.jon.email, reason="Helps")
        scene.do("jon", ref, "join")
        scene.do("amira", ref, "update", **UPDATE)
        scene.follow()
        scene.later(minutes=31)
        about = [m for m in mail.outbox if "restricted" in m.subject.lower()]
        assert {m.subject for m in about} == {"A restricted incident needs you", "Page: A restricted incident needs you"}
        for m in about:
            assert not any(word in f"{m.subject} {m.body}" for word in ("Checkout", "SEV", "Payments time out", "Legal", "Shop"))
            assert "/ack/" in m.body or f"/incidents/{ref}/" in m.body

    def test_what_was_queued_before_goes_without_words_or_not_at_all(self, scene: Scene) -> None:
        ref = scene.commanded()
        scene.do("jon", ref, "join")
        scene.do("amira", ref, "update", **UPDATE)  # to Jon; and the executives' notice: neither has gone out yet
        new = flagged(scene, ref)
        scene.do("exec", new, "remove", person=scene.acme.jon.email, reason="Not his matter")
        scene.follow()
        assert scene.mails("jon") == []
        assert all("Checkout" not in m.subject + str(m.body) for who in ("exec", "owner", "mei") for m in scene.mails(who))

    def test_the_page_behind_the_link_names_it_to_nobody_who_has_not_signed_in(self, scene: Scene) -> None:
        restricted(scene)
        shown = client_of_ours().get(scene.link("owner")).content.decode()
        assert "A restricted incident needs you" in shown
        assert "Checkout" not in shown
        assert "Checkout fails" in scene.page("owner").get("/o/acme/inbox/").content.decode()

    def test_a_link_of_somebody_who_was_removed_opens_nothing(self, scene: Scene) -> None:
        ref = scene.declare()
        scene.follow()
        scene.do("jon", ref, "claim")
        ref = flagged(scene, ref, "jon")
        scene.follow()
        link = scene.link("amira")
        scene.do("exec", ref, "remove", person=scene.acme.amira.email, reason="Not her matter")
        assert client_of_ours().get(link).status_code == 404
        assert client_of_ours().post(link).status_code == 404


def test_whoever_declares_it_restricted_sees_it(scene: Scene) -> None:
    answer = scene.api("support").post("incidents/", {"title": "Leak", "severity": "SEV3", "flags": ["personal_data"]})
    assert scene.incident(answer.json()["ref"], "support")["title"] == "Leak"
    with scene.acme.scope():
        assert NeedToKnow.objects.filter(user_id=scene.acme.support.user_id, reason="Flagged it").exists()


def test_the_flag_stands_in_the_incident_as_everybody_named_reads_it(scene: Scene) -> None:
    ref = restricted(scene)
    seen = scene.incident(ref, "exec")
    assert [(f["flag"], f["kinds"], f["reason"], f["raised_by"]) for f in seen["flags"]] == [
        ("personal_data", ["pii"], BREACH["reason"], "Amira Ahmadi")
    ]
    (told,) = scene.told(ref, "incident.flagged")
    assert told["text"] == (
        "Personal or health data exposed (personal data). A legal hold keeps everything of it. Only those named on it see it from now on."
    )


def test_the_room_says_that_it_is_restricted_and_who_sees_it(scene: Scene) -> None:
    ref = restricted(scene)
    scene.do("amira", ref, "flag", flag="financial_loss", reason="Paid twice")
    until = (scene.clock.now + timedelta(hours=1)).isoformat()
    scene.do("amira", ref, "admit", person=scene.acme.jon.email, reason="Knows the bucket", expires_at=until)
    shown = scene.page("amira").get(f"/o/acme/incidents/{ref}/").content.decode()
    many = len(scene.part(ref, "need-to-know"))
    assert f"Restricted: only the {many} people named here see this" in shown
    assert "Knows the bucket" in shown
    assert "Legal hold: Personal or health data exposed" in shown
    assert "Every database behind Checkout, as it is now." in shown
    scene.clock.advance(hours=2)
    shown = scene.page("amira").get(f"/o/acme/incidents/{ref}/").content.decode()
    assert f"only the {many - 1} people named here" in shown
    assert "time is over" in shown
    plain = scene.page("amira").get(f"/o/acme/incidents/{scene.commanded()}/").content.decode()
    assert "Restricted" not in plain


def test_what_was_typed_stays_in_the_form_after_a_refusal(scene: Scene) -> None:
    ref = restricted(scene)
    answer = scene.page("amira").post(
        f"/o/acme/incidents/{ref}/admit/", {"person": "nobody@acme.example", "reason": "Knows the bucket"}
    )
    assert answer.status_code == 422
    shown = answer.content.decode()
    assert "There is nobody here with nobody@acme.example." in shown
    assert "Knows the bucket" in shown


def test_every_verb_that_asks_something_of_a_person_names_them_first(scene: Scene) -> None:
    """Whatever verb takes a person: once it is done on a restricted incident, they see it. A verb that is new is tried here too."""
    ref = restricted(scene)
    for name, door in DOORS.items():
        asked = next((f for f in ("person", "to") if isinstance(door.body().fields.get(f), Text)), None)
        if asked is None or name == "remove":
            continue
        with transaction.atomic():
            body = Writer().body(door, scene.acme.jon.email, {"to": scene.acme.jon.email, "role": "scribe"})
            if scene.verb("amira", ref, name, **body).status_code == 200:
                assert scene.api("jon").get(f"incidents/{ref}/").status_code == 200, (
                    f"{name} does not name whom it asks: see naming.let_know"
                )
            transaction.set_rollback(True)
