"""Legal holds through their doors: placed by a flag or by Legal, released by two people in two steps, custodians asked and chased."""

from datetime import timedelta
from typing import Any

import pytest

from compliance.holds_gate import hold_for
from compliance.models import ErasureRequest
from compliance.rules.holds import why_not_release
from incidents.models import LegalHold
from ledger.models import Event
from metrics.clocks import kept_within
from tests.incidents.scene import Scene

pytestmark = [pytest.mark.servers, pytest.mark.clause("breach.preserve-logs")]

WHY = {"matter": "Case 7", "reason": "We may be sued"}
LEAK = {"flag": "personal_data", "reason": "A list of addresses is on a paste site"}
LOSS = {"flag": "financial_loss", "reason": "Orders were charged twice"}


def place(scene: Scene, who: str = "exec", **scope: Any) -> Any:
    """Place a hold by API; whatever the answer is."""
    return scene.api(who).post("holds/", {**WHY, **scope})


def placed(scene: Scene, **scope: Any) -> int:
    """Legal places one. Returns its number."""
    answer = place(scene, **scope)
    assert answer.status_code == 201, answer.content
    return int(answer.json()["id"])


def ask(scene: Scene, hold: int, **body: Any) -> Any:
    """Legal asks a custodian; whatever the answer is."""
    return scene.api("exec").post(f"holds/{hold}/custodians/", {"what": "The proxy's logs of today", **body})


class TestPlacing:
    @pytest.mark.parametrize("flag", [LEAK, LOSS])
    def test_a_flag_places_one_by_itself(self, scene: Scene, flag: dict[str, str]) -> None:
        """Without anybody of Legal: it stands with the flag, on the incident and in the list."""
        ref = scene.commanded()
        scene.do("amira", ref, "flag", **flag)
        (row,) = scene.api("exec").get("holds/").json()["results"]
        assert (row["scope"], row["incident"], row["state"]) == ("incident", scene.incident(ref)["ref"], "stands")
        assert (row["reason"], row["placed_by"]) == (flag["reason"], "Amira Ahmadi")

    def test_legal_places_one_on_an_incident(self, scene: Scene) -> None:
        ref = scene.commanded("SEV3")
        hold = placed(scene, incident=ref)
        assert scene.incident(ref)["holds"][0]["matter"] == "Case 7"
        assert scene.told(ref, "hold.placed")[0]["text"] == f"Legal hold {hold} (Case 7) keeps everything of it."

    def test_it_keeps_a_person_or_a_period(self, scene: Scene) -> None:
        starts, ends = "2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z"
        of_jon, of_january = placed(scene, person=scene.email("jon")), placed(scene, starts_at=starts, ends_at=ends)
        rows = {row["id"]: row for row in scene.api("admin").get("holds/").json()["results"]}
        assert (rows[of_jon]["scope"], rows[of_jon]["person"]) == ("person", scene.email("jon"))
        assert (rows[of_january]["scope"], rows[of_january]["ends_at"]) == ("period", ends)

    @pytest.mark.parametrize(
        ("scope", "code"),
        [
            ({}, "one_scope"),
            ({"person": "jon@acme.example", "starts_at": "2026-01-01T00:00:00Z"}, "one_scope"),
            ({"ends_at": "2026-01-01T00:00:00Z"}, "one_scope"),
            ({"starts_at": "2026-01-02T00:00:00Z", "ends_at": "2026-01-01T00:00:00Z"}, "too_early"),
            ({"incident": "INC-999"}, "no_such_incident"),
            ({"person": "nobody@acme.example"}, "no_such_person"),
        ],
    )
    def test_a_scope_that_is_none_is_refused(self, scene: Scene, scope: dict[str, str], code: str) -> None:
        answer = place(scene, **scope)
        assert (answer.status_code, answer.json()["code"]) == (422, code)
        with scene.acme.scope():
            assert not LegalHold.objects.exists()

    @pytest.mark.parametrize("who", ["admin", "owner", "amira"])
    def test_nobody_but_legal_places_one(self, scene: Scene, who: str) -> None:
        answer = place(scene, who, person=scene.email("jon"))
        assert (answer.status_code, answer.json()["code"]) == (403, "not_legal")

    def test_a_restricted_incidents_hold_is_hidden_from_who_is_not_named(self, scene: Scene) -> None:
        """Administrators read of holds, but of none whose incident is hidden from them."""
        ref = scene.commanded()
        scene.do("amira", ref, "flag", **LEAK)
        (row,) = scene.api("exec").get("holds/").json()["results"]
        assert scene.api("admin").get("holds/").json()["results"] == []
        assert scene.api("admin").get(f"holds/{row['id']}/").status_code == 404

    def test_others_read_of_none(self, scene: Scene) -> None:
        hold = placed(scene, person=scene.email("jon"))
        assert scene.api("amira").get("holds/").json()["code"] == "not_of_the_law"
        amira, page = scene.api("amira"), scene.page("amira")
        told = []
        for number in (hold, hold + 1000):  # that there is one is not to be learned by counting
            answers = [amira.get(f"holds/{number}/"), amira.post(f"holds/{number}/keep/", {"reason": "x"})]
            assert [answer.status_code for answer in answers] == [404, 404]
            told.append([{k: v for k, v in answer.json().items() if k != "request_id"} for answer in answers])
            assert page.get(f"/o/acme/holds/{number}/").status_code == 404
            assert page.get(f"/o/acme/holds/{number}/keep/").status_code == 404
        assert told[0] == told[1]
        with scene.acme.scope():
            wish = ErasureRequest.objects.create(
                person_id=scene.acme.mei.user_id, ground="Art. 17", asked_by_id=scene.acme.admin.user_id
            )
        for number in (wish.pk, wish.pk + 1000):
            assert amira.post(f"erasures/{number}/decide/", {"erase": True, "reason": "x"}).status_code == 404
            assert page.get(f"/o/acme/erasures/{number}/").status_code == 404


class TestReleasing:
    def test_two_people_release_it_in_two_steps(self, scene: Scene) -> None:
        """Legal asks with the reason, those who may agree are told, and it ends when one of them has agreed."""
        ref = scene.commanded()
        hold = placed(scene, incident=ref)
        asked = scene.api("exec").post(f"holds/{hold}/ask-release/", {"reason": "The case is over"})
        assert asked.json()["state"] == "release asked for"
        assert scene.incident(ref)["holds"], "it stands until the second has agreed"
        scene.follow()
        assert any(f"hold {hold}" in mail.subject for mail in scene.mails("admin"))
        answer = scene.api("admin").post(f"holds/{hold}/release/", {})
        assert answer.json()["state"] == "released"
        assert (answer.json()["release_asked_by"], answer.json()["second_person"]) == ("Eve Executive", "Ada Admin")
        assert scene.incident(ref)["holds"] == []
        kinds = [scene.told(ref, kind)[0]["actor"] for kind in ("hold.release_asked", "hold.released")]
        assert kinds == ["Eve Executive", "Ada Admin"]
        assert [row["id"] for row in scene.api("exec").get("holds/", standing="false").json()["results"]] == [hold]

    def test_nobody_releases_it_alone(self, scene: Scene) -> None:
        hold = placed(scene, person=scene.email("jon"))
        door = scene.api("exec")
        assert door.post(f"holds/{hold}/release/", {}).json()["code"] == "release_not_asked"
        assert scene.api("admin").post(f"holds/{hold}/release/", {}).json()["code"] == "release_not_asked"
        door.post(f"holds/{hold}/ask-release/", {"reason": "Over"})
        answer = door.post(f"holds/{hold}/release/", {})
        assert (answer.status_code, answer.json()["code"]) == (403, "same_person")
        assert door.post(f"holds/{hold}/ask-release/", {"reason": "Over"}).json()["code"] == "release_asked"

    def test_a_reason_is_needed_and_legal(self, scene: Scene) -> None:
        hold = placed(scene, person=scene.email("jon"))
        assert scene.api("exec").post(f"holds/{hold}/ask-release/", {"reason": " "}).status_code == 422
        assert scene.api("admin").post(f"holds/{hold}/ask-release/", {"reason": "x"}).json()["code"] == "not_legal"
        scene.api("exec").post(f"holds/{hold}/ask-release/", {"reason": "Over"})
        with scene.acme.scope():
            found = hold_for(scene.acme.exec.actor(), hold)
            assert [reason.code for reason in why_not_release(found, scene.acme.amira.actor())] == ["not_a_second_person"]

    def test_it_may_be_kept_instead(self, scene: Scene) -> None:
        """The second person says no, with a reason: it stands as before, and Legal may ask again."""
        ref = scene.commanded()
        hold = placed(scene, incident=ref)
        assert scene.api("admin").post(f"holds/{hold}/keep/", {"reason": "x"}).json()["code"] == "release_not_asked"
        scene.api("exec").post(f"holds/{hold}/ask-release/", {"reason": "Over"})
        kept = scene.api("owner").post(f"holds/{hold}/keep/", {"reason": "An appeal is open"}).json()
        assert (kept["state"], kept["release_asked_by"], kept["release_reason"]) == ("stands", None, "")
        assert scene.told(ref, "hold.kept")[0]["text"] == f"Legal hold {hold} (Case 7) is not released."
        assert scene.api("exec").post(f"holds/{hold}/ask-release/", {"reason": "Now it is"}).status_code == 200

    def test_what_is_over_is_over(self, scene: Scene) -> None:
        hold = placed(scene, person=scene.email("jon"))
        scene.api("exec").post(f"holds/{hold}/ask-release/", {"reason": "Over"})
        scene.api("admin").post(f"holds/{hold}/release/", {})
        for who, verb in (("exec", "ask-release"), ("admin", "release"), ("admin", "keep")):
            answer = scene.api(who).post(f"holds/{hold}/{verb}/", {} if verb == "release" else {"reason": "x"})
            assert (answer.status_code, answer.json()["code"]) == (409, "released")
        assert ask(scene, hold, person=scene.email("jon")).json()["code"] == "released"

    def test_the_pages_do_the_same(self, scene: Scene) -> None:
        """Place, ask, agree, with the reasons shown where something cannot be done."""
        legal, admin = scene.page("exec"), scene.page("admin")
        answer = legal.post("/o/acme/holds/place/", {**WHY, "person": scene.email("jon")})
        where = answer["Location"]
        assert "Case 7" in legal.get("/o/acme/holds/").content.decode()
        assert "You asked for it" not in legal.get(where).content.decode()
        legal.post(f"{where}ask-release/", {"reason": "The case is over"})
        assert "somebody else has to agree" in legal.get(where).content.decode()
        admin.post(f"{where}release/")
        assert "Ada Admin agreed" in legal.get(where).content.decode()
        typed = legal.post("/o/acme/holds/place/", {**WHY, "incident": "INC-999"})
        assert typed.status_code == 422
        assert b"There is no such incident here" in typed.content
        assert b"We may be sued" in typed.content


class TestCustodians:
    def test_a_member_is_told_acknowledges_and_files_the_proof(self, scene: Scene) -> None:
        """Of a restricted incident too: they read what to keep, and nothing of the incident."""
        ref = scene.commanded()
        scene.do("amira", ref, "flag", **LEAK)
        (hold,) = scene.api("exec").get("holds/").json()["results"]
        task = ask(scene, hold["id"], person=scene.email("jon")).json()
        scene.follow()
        (mail,) = [m for m in scene.mails("jon") if "legal hold" in m.subject]
        assert "The proxy's logs of today" in mail.body
        assert LEAK["reason"] not in mail.body
        jon = scene.api("jon")
        assert jon.get(f"custodian-tasks/{task['id']}/").json()["answer"] == "waits"
        assert jon.get(f"holds/{hold['id']}/").status_code == 404
        assert jon.post(f"custodian-tasks/{task['id']}/acknowledge/", {}).json()["answer"] == "acknowledged"
        assert jon.post(f"custodian-tasks/{task['id']}/acknowledge/", {}).json()["code"] == "acknowledged"
        proof = {"location": "s3://kept/proxy", "sha256": "AB" * 32, "said": "Copied with the tool"}
        filed = jon.post(f"custodian-tasks/{task['id']}/prove/", proof).json()
        assert (filed["answer"], filed["sha256"]) == ("proven", "ab" * 32)
        assert jon.post(f"custodian-tasks/{task['id']}/prove/", proof).json()["code"] == "proven"
        assert scene.api("exec").get(f"holds/{hold['id']}/").json()["custodians"] == [filed]

    def test_who_has_not_answered_is_chased_every_day(self, scene: Scene) -> None:
        """By a clock, until they have answered; whoever asked is told each time. An incident's end does not stop it."""
        task = ask(scene, placed(scene, person=scene.email("mei")), person=scene.email("jon")).json()
        for day in (1, 2):
            scene.clock.advance(hours=24, seconds=1)
            scene.sweep()
            scene.follow()
            assert scene.api("jon").get(f"custodian-tasks/{task['id']}/").json()["chased"] == day
        assert len([m for m in scene.mails("exec") if "Jon Jensen" in m.subject]) == 2
        scene.api("jon").post(f"custodian-tasks/{task['id']}/acknowledge/", {})
        scene.clock.advance(hours=48)
        scene.sweep()
        assert scene.api("jon").get(f"custodian-tasks/{task['id']}/").json()["chased"] == 2

    def test_the_clocks_of_a_restricted_incidents_custodians_show_in_no_figure(self, scene: Scene) -> None:
        """They name no incident, so that a custodian who may not see it can stop them; nor may the figures tell that there is one."""
        scene.do("amira", scene.commanded(), "flag", **LEAK)
        (hold,) = scene.api("exec").get("holds/").json()["results"]
        ask(scene, hold["id"], person=scene.email("jon"))
        scene.clock.advance(hours=25)
        scene.sweep()
        scene.follow()
        for who in ("support", "exec", "owner"):
            assert "breach.preserve-logs" not in scene.api(who).get("standard/").json()["kept"], who
        with scene.acme.scope(scene.acme.support):
            start, end = scene.clock.now - timedelta(days=30), scene.clock.now + timedelta(days=1)
            assert "breach.preserve-logs" not in {one.clause for one in kept_within(start, end)}

    def test_a_release_ends_what_was_asked(self, scene: Scene) -> None:
        hold = placed(scene, person=scene.email("mei"))
        task = ask(scene, hold, person=scene.email("jon")).json()
        scene.api("exec").post(f"holds/{hold}/ask-release/", {"reason": "Over"})
        scene.api("admin").post(f"holds/{hold}/release/", {})
        answer = scene.api("jon").post(f"custodian-tasks/{task['id']}/acknowledge/", {})
        assert (answer.status_code, answer.json()["code"]) == (409, "released")
        scene.clock.advance(hours=25)
        scene.sweep()
        assert scene.api("jon").get(f"custodian-tasks/{task['id']}/").json()["chased"] == 0

    def test_for_who_has_no_account_legal_answers(self, scene: Scene) -> None:
        task = ask(scene, placed(scene, person=scene.email("mei")), name="Lou Logs", email="lou@host.example").json()
        assert (task["custodian"], task["is_member"]) == ("Lou Logs", False)
        assert scene.api("jon").get(f"custodian-tasks/{task['id']}/").status_code == 404
        answer = scene.api("admin").post(f"custodian-tasks/{task['id']}/acknowledge/", {})
        assert (answer.status_code, answer.json()["code"]) == (403, "not_the_custodian")
        assert scene.api("owner").post(f"custodian-tasks/{task['id']}/acknowledge/", {}).status_code == 200

    def test_nobody_answers_for_a_member(self, scene: Scene) -> None:
        task = ask(scene, placed(scene, person=scene.email("mei")), person=scene.email("jon")).json()
        answer = scene.api("exec").post(f"custodian-tasks/{task['id']}/prove/", {"location": "x"})
        assert (answer.status_code, answer.json()["code"]) == (403, "not_the_custodian")

    @pytest.mark.parametrize(
        ("body", "code"),
        [
            ({}, "one_custodian"),
            ({"person": "jon@acme.example", "name": "Lou"}, "one_custodian"),
            ({"name": "Lou"}, "required"),
            ({"name": "Lou", "email": "nowhere"}, "invalid"),
            ({"person": "nobody@acme.example"}, "no_such_person"),
            ({"person": "jon@acme.example", "what": " "}, "required"),
        ],
    )
    def test_bad_input_is_refused(self, scene: Scene, body: dict[str, str], code: str) -> None:
        answer = ask(scene, placed(scene, person=scene.email("mei")), **body)
        assert answer.status_code == 422
        assert answer.json()["code"] == code

    def test_only_legal_and_privacy_ask(self, scene: Scene) -> None:
        hold = placed(scene, person=scene.email("mei"))
        answer = scene.api("admin").post(f"holds/{hold}/custodians/", {"what": "x", "person": scene.email("jon")})
        assert (answer.status_code, answer.json()["code"]) == (403, "not_yours_to_ask")
        assert (
            scene.api("owner").post(f"holds/{hold}/custodians/", {"what": "x", "person": scene.email("jon")}).status_code == 201
        )

    def test_the_pages_do_the_same(self, scene: Scene) -> None:
        hold = placed(scene, person=scene.email("mei"))
        legal, jon = scene.page("exec"), scene.page("jon")
        legal.post(f"/o/acme/holds/{hold}/custodians/", {"what": "The proxy's logs", "person": scene.email("jon")})
        with scene.acme.scope():
            task = Event.objects.get(kind="custodian.asked").subject_id
        where = f"/o/acme/holds/custodians/{task}/"
        assert "To be kept by you" in jon.get(where).content.decode()
        assert jon.post(f"{where}acknowledge/").status_code == 302
        assert jon.post(f"{where}prove/", {"location": "", "said": "typed"}).status_code == 422
        assert jon.post(f"{where}prove/", {"location": "s3://kept"}).status_code == 302
        assert "it lies at s3://kept" in legal.get(where).content.decode()


@pytest.mark.clause("finance.audit-trail")
def test_a_copy_of_a_database_is_chased_until_it_is_filed(scene: Scene) -> None:
    """Asked for by itself on lost money; the OL is told when its time runs out, and the record says that it is still not made."""
    ref = scene.mobilised()
    scene.do("amira", ref, "flag", **LOSS)
    (asked,) = scene.part(ref, "snapshots")
    scene.clock.advance(minutes=31)
    scene.sweep()
    assert any(row["data"]["clause"] == "finance.audit-trail" for row in scene.told(ref, "clock.prompted"))
    scene.clock.advance(hours=4)
    scene.sweep()
    assert scene.told(ref, "incident.snapshot_chased")[0]["text"].startswith("Still to be preserved: Every database")
    scene.do("jon", ref, "fulfil", snapshot=asked["id"], location="vault/1.dump", sha256="ab" * 32)
    scene.clock.advance(hours=48)
    scene.sweep()
    assert len(scene.told(ref, "incident.snapshot_chased")) == 1
    page = scene.page("jon").get(f"/o/acme/incidents/{ref}/").content.decode()
    assert "vault/1.dump" in page
    assert "ab" * 32 in page
