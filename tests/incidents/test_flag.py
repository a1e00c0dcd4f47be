"""Flagging: exposed data and lost money, and everything that follows from them at once (clauses breach.*, finance.*)."""

import re
from typing import Any

import pytest

from incidents.models import Incident, LegalHold, SnapshotRequest
from ledger.actions import configure
from tenants.models import DutyHolder
from tests.incidents.scene import Scene

pytestmark = pytest.mark.servers

BREACH = {"flag": "personal_data", "kinds": ["pii"], "reason": "Names and addresses in a public bucket"}
DUTIES = ("Privacy officer", "Legal counsel")
LOSS = {"flag": "financial_loss", "reason": "Refunds were paid twice"}


def flagged(scene: Scene, ref: str, who: str = "amira", **body: Any) -> str:
    """Flag it. Returns the reference that it has afterwards."""
    return str(scene.do(who, ref, "flag", **(body or BREACH))["ref"])


@pytest.mark.clause("breach.sev1")
class TestSeverity:
    def test_a_breach_raises_to_sev_1_and_mobilises(self, scene: Scene) -> None:
        ref = scene.declare(severity="SEV3")
        scene.do("amira", ref, "join")
        now = scene.do("amira", ref, "flag", **BREACH)
        assert (now["severity"], now["state"]) == ("SEV1", "mobilization")
        scene.follow()
        assert {p["team"] for p in scene.part(now["ref"], "pages")} >= {"Shop"}
        assert scene.running(now["ref"], "severity.sev1-cadence")

    def test_it_is_held_while_the_flag_stands(self, scene: Scene) -> None:
        ref = flagged(scene, scene.commanded())
        refused = scene.verb("amira", ref, "severity", severity="SEV2", reason="Not so bad")
        assert (refused.status_code, refused.json()["code"], refused.json()["clause"]) == (409, "flag_stands", "breach.sev1")
        assert scene.incident(ref)["allowed_actions"]["severity"]["why_not"][0]["code"] == "flag_stands"
        scene.do("exec", ref, "unflag", flag="personal_data", reason="The bucket held test data")
        assert scene.do("amira", ref, "severity", severity="SEV2", reason="Not so bad")["severity"] == "SEV2"

    def test_an_incident_that_has_ended_is_raised_too_and_stays_ended(self, scene: Scene) -> None:
        ref = scene.ready("SEV2")
        scene.do("amira", ref, "resolve", summary="Done")
        now = scene.do("amira", ref, "flag", **BREACH)
        assert (now["severity"], now["state"], now["restricted"]) == ("SEV1", "resolved", True)
        assert [c for c in scene.part(now["ref"], "clocks") if c["stopped_at"] is None] == []

    def test_lost_money_forces_no_severity(self, scene: Scene) -> None:
        ref = scene.commanded("SEV2")
        now = scene.do("amira", ref, "flag", **LOSS)
        assert (now["severity"], now["restricted"], now["ref"]) == ("SEV2", False, ref)
        assert scene.do("amira", ref, "severity", severity="SEV3", reason="Small")["severity"] == "SEV3"

    def test_declared_with_the_flag_it_is_sev_1_and_restricted_from_the_start(self, scene: Scene) -> None:
        answer = scene.api("support").post(
            "incidents/", {"title": "Invoices leaked", "severity": "SEV4", "flags": ["personal_data"], "kinds": ["phi"]}
        )
        declared = answer.json()
        assert (answer.status_code, declared["severity"], declared["restricted"]) == (201, "SEV1", True)
        assert [(f["flag"], f["kinds"]) for f in declared["flags"]] == [("personal_data", ["phi"])]
        assert scene.api("amira").get(f"incidents/{declared['ref']}/").status_code == 404

    def test_kinds_of_data_without_the_flag_are_refused_by_every_door(self, scene: Scene) -> None:
        refused = scene.api("mei").post("incidents/", {"title": "Invoices", "severity": "SEV3", "kinds": ["pii"]})
        assert (refused.status_code, list(refused.json()["fields"])) == (422, ["kinds"])
        scene.api("mei").post("reports/", {"title": "Invoices"})
        signal = scene.signals()[0]["id"]
        refused = scene.api("mei").post(f"triage/{signal}/declare/", {"severity": "SEV3", "kinds": ["pii"]})
        assert (refused.status_code, list(refused.json()["fields"])) == (422, ["kinds"])
        assert scene.api("mei").get("incidents/").json()["results"] == []


@pytest.mark.clause("breach.preserve-logs")
def test_a_legal_hold_starts_and_outlives_the_flag(scene: Scene) -> None:
    ref = flagged(scene, scene.commanded())
    assert [(h["reason"], h["placed_by"]) for h in scene.incident(ref)["holds"]] == [(BREACH["reason"], "Amira Ahmadi")]
    scene.do("exec", ref, "unflag", flag="personal_data", reason="Test data")
    now = scene.incident(ref)
    assert (now["flags"], len(now["holds"]), now["restricted"]) == ([], 1, True)
    with scene.acme.scope():
        assert LegalHold.objects.get().released_at is None
    assert "The legal hold and the restriction stay." in scene.told(ref, "incident.unflagged")[0]["text"]


@pytest.mark.clause("breach.page-privacy-legal")
def running(scene: Scene, ref: str) -> list[str]:
    """The clauses of the clocks that run on, but for those of the post-mortem and the access review, which begin with the resolution."""
    clauses = [clock["clause"] for clock in scene.part(ref, "clocks") if clock["stopped_at"] is None]
    return [clause for clause in clauses if not clause.startswith(("postmortem.", "evidence."))]


class TestCalls:
    def test_privacy_and_legal_are_paged_at_once_and_their_answer_is_measured(self, scene: Scene) -> None:
        ref = flagged(scene, scene.commanded())
        scene.follow()
        for who, duty in (("owner", "Privacy officer"), ("exec", "Legal counsel")):
            page = next(p for p in scene.calls(who) if p["clause"] == "breach.page-privacy-legal")
            assert page["reason"] == duty
            scene.clock.advance(seconds=40)
            scene.api(who).post(f"pages/{page['id']}/acknowledge/")
            assert scene.told(ref, "page.acknowledged")[-1]["text"].startswith("Acknowledged the page after ")
        assert [e["data"]["seconds"] for e in scene.told(ref, "page.acknowledged")] == [40.0, 80.0]

    def test_who_does_not_answer_is_called_again_then_it_is_on_record(self, scene: Scene) -> None:
        ref = flagged(scene, scene.commanded())
        scene.follow()
        page = next(p for p in scene.calls("owner") if p["clause"] == "breach.page-privacy-legal")
        scene.api("exec").post(f"pages/{scene.calls('exec')[0]['id']}/acknowledge/")
        scene.later(minutes=15)
        again = [e for e in scene.told(ref, "page.person_paged") if e["data"]["person"] == "Olga Owner"]
        assert len(again) == 2
        scene.later(minutes=15)
        assert any(e["data"]["team"] == "Privacy officer" for e in scene.told(ref, "page.exhausted"))
        scene.later(minutes=60)
        assert len([e for e in scene.told(ref, "page.person_paged") if e["data"]["person"] == "Olga Owner"]) == 2
        assert scene.api("owner").post(f"pages/{page['id']}/acknowledge/").status_code == 200

    def test_resolving_does_not_take_back_their_calls(self, scene: Scene) -> None:
        ref = flagged(scene, scene.ready())
        scene.follow()
        scene.do("amira", ref, "resolve", summary="The bucket is closed", overrides={"monitoring_too_short": "It is shut"})
        left = {p["summary"]: p["state"] for p in scene.part(ref, "pages")}
        assert left == {"Engineering director": "ended", "SEV 1 declared": "ended"} | dict.fromkeys(DUTIES, "open")
        assert running(scene, ref) == ["oncall.escalate-15-30"] * 2
        page = next(p for p in scene.calls("owner") if p["clause"] == "breach.page-privacy-legal")
        scene.later(minutes=15)
        again = [e for e in scene.told(ref, "page.person_paged") if e["data"]["person"] == "Olga Owner"]
        assert len(again) == 2
        assert len(scene.mails("owner", "Page:")) == 2
        assert scene.api("owner").post(f"pages/{page['id']}/acknowledge/").status_code == 200
        assert scene.told(ref, "page.acknowledged")[-1]["data"]["seconds"] == 900
        assert running(scene, ref) == ["oncall.escalate-15-30"]  # Legal's, who have not answered

    def test_once_the_flag_is_lifted_they_are_needed_no_more(self, scene: Scene) -> None:
        ref = flagged(scene, scene.ready())
        scene.follow()
        scene.do("exec", ref, "unflag", flag="personal_data", reason="Test data")
        scene.do("amira", ref, "resolve", summary="Done", overrides={"monitoring_too_short": "It is shut"})
        assert {p["state"] for p in scene.part(ref, "pages")} == {"ended"}
        assert [c for c in scene.part(ref, "clocks") if c["stopped_at"] is None] == []

    def test_a_seat_that_nobody_holds_is_on_record_and_administrators_are_told_no_more_than_that(self, scene: Scene) -> None:
        with scene.acme.scope(scene.acme.admin):
            seat = DutyHolder.objects.get(duty="privacy_officer")
            configure(seat, {}, by=scene.acme.admin.actor(), delete=True)
        ref = flagged(scene, scene.commanded())
        scene.follow()
        assert scene.told(ref, "incident.duty_unfilled")[0]["text"] == (
            "Nobody holds the duty of Privacy officer: administrators are told."
        )
        (mail,) = scene.mails("admin", "Nobody holds the duty of Privacy officer")
        assert "/admin/tenants/dutyholder/" in mail.body
        assert not any(word in mail.body for word in (ref, "INC-", "Checkout"))


@pytest.mark.clause("finance.notify-cfo")
def test_the_cfo_is_told_of_lost_money_at_flagging(scene: Scene) -> None:
    ref = scene.commanded("SEV2")
    scene.do("amira", ref, "flag", **LOSS)
    scene.follow()
    (mail,) = scene.mails("exec", "Money lost or wrongly moved")
    assert LOSS["reason"] in mail.body


@pytest.mark.clause("finance.notify-cfo", "breach.need-to-know")
def test_of_a_restricted_one_the_cfo_is_named_and_told_nothing_by_mail(scene: Scene) -> None:
    from tenants.models import User

    with scene.acme.scope(scene.acme.admin):
        seat = DutyHolder.objects.get(duty="cfo")
        configure(seat, {"user": User.objects.get(pk=scene.acme.director.user_id)}, by=scene.acme.admin.actor())
    ref = flagged(scene, scene.commanded("SEV2"))
    assert scene.api("director").get(f"incidents/{ref}/").status_code == 404
    scene.do("amira", ref, "flag", **LOSS)
    scene.follow()
    assert scene.incident(ref, "director")["ref"] == ref
    told = [m for m in scene.mails("director") if "needs you" in m.subject]
    assert told
    assert not any(LOSS["reason"] in m.body or "Checkout" in m.body for m in told)


@pytest.mark.clause("finance.audit-trail")
class TestSnapshots:
    def test_lost_money_leaves_a_request_and_its_copy_is_filed(self, scene: Scene) -> None:
        ref = scene.commanded()
        scene.do("amira", ref, "flag", **LOSS)
        (asked,) = scene.part(ref, "snapshots")
        assert (asked["what"], asked["fulfilled_at"]) == ("Every database behind Checkout, as it is now.", None)
        assert scene.incident(ref)["holds"][0]["matter"] == "Money lost or wrongly moved"
        scene.clock.advance(minutes=3)
        digest = "ab" * 32
        scene.do("exec", ref, "fulfil", snapshot=asked["id"], location="vault/checkout-1.dump", sha256=digest.upper())
        (filed,) = scene.part(ref, "snapshots")
        assert (filed["location"], filed["sha256"], filed["fulfilled_by"]) == ("vault/checkout-1.dump", digest, "Eve Executive")
        told = scene.told(ref, "incident.snapshot_fulfilled")[0]
        assert (told["text"], told["data"]["seconds"]) == ("Preserved: Every database behind Checkout, as it is now.", 180.0)
        again = scene.verb("amira", ref, "fulfil", snapshot=asked["id"], location="elsewhere")
        assert (again.status_code, again.json()["code"]) == (409, "fulfilled")

    def test_more_are_asked_for_by_hand(self, scene: Scene) -> None:
        ref = scene.commanded()
        scene.do("amira", ref, "snapshot", what="The ledger at 10:43")
        assert scene.part(ref, "snapshots")[0]["requested_by"] == "Amira Ahmadi"
        assert scene.told(ref, "incident.snapshot_requested")[0]["text"] == "To be preserved: The ledger at 10:43"

    def test_bad_input_is_refused_and_leaves_nothing(self, scene: Scene) -> None:
        ref = scene.commanded()
        assert scene.verb("amira", ref, "fulfil", snapshot=1, location="x").json()["code"] == "no_snapshot"
        scene.do("amira", ref, "snapshot", what="The ledger")
        asked = scene.part(ref, "snapshots")[0]["id"]
        for body, code in (({"location": ""}, 422), ({"location": "x", "sha256": "zz"}, 422), ({"location": "x" * 501}, 422)):
            assert scene.verb("amira", ref, "fulfil", snapshot=asked, **body).status_code == code
        assert scene.verb("amira", ref, "fulfil", snapshot=asked + 1, location="x").status_code == 404
        assert scene.verb("jon", ref, "snapshot", what="x").json()["code"] == "not_in_the_room"
        assert scene.verb("support", ref, "snapshot", what="x").json()["code"] == "not_a_practitioner"
        with scene.acme.scope():
            assert SnapshotRequest.objects.get().fulfilled_at is None


class TestWhoAndWhen:
    def test_anybody_in_the_room_flags(self, scene: Scene) -> None:
        ref = scene.commanded()
        refused = scene.verb("jon", ref, "flag", **BREACH)
        assert (refused.status_code, refused.json()["code"], refused.json()["clause"]) == (403, "not_in_the_room", "breach.sev1")
        scene.do("jon", ref, "join")
        flagged(scene, ref, "jon")

    def test_legal_and_privacy_flag_without_being_in_it(self, scene: Scene) -> None:
        ref = scene.commanded()
        now = flagged(scene, ref, "owner")
        assert "Olga Owner" not in [p["name"] for p in scene.incident(now)["participants"]]

    @pytest.mark.parametrize("who", ["support", "director"])
    def test_others_do_not(self, scene: Scene, who: str) -> None:
        assert scene.verb(who, scene.commanded(), "flag", **BREACH).json()["code"] == "not_a_practitioner"

    def test_twice_is_refused_with_who_was_first(self, scene: Scene) -> None:
        ref = flagged(scene, scene.commanded())
        again = scene.verb("amira", ref, "flag", **BREACH)
        assert (again.status_code, again.json()["code"]) == (409, "flagged")
        assert "Amira Ahmadi flagged this at" in again.json()["detail"]
        flagged(scene, ref, **LOSS)
        assert scene.incident(ref)["allowed_actions"]["flag"]["why_not"][0]["code"] == "flagged"

    def test_only_legal_lifts_it(self, scene: Scene) -> None:
        ref = flagged(scene, scene.commanded())
        for who in ("amira", "owner"):
            refused = scene.verb(who, ref, "unflag", flag="personal_data", reason="x")
            assert (refused.status_code, refused.json()["code"]) == (403, "not_legal")
        assert scene.verb("exec", ref, "unflag", flag="financial_loss", reason="x").json()["code"] == "not_flagged"
        assert scene.verb("exec", ref, "unflag", flag="personal_data", reason="").status_code == 422
        scene.do("exec", ref, "unflag", flag="personal_data", reason="Test data")
        assert scene.verb("exec", ref, "unflag", flag="personal_data", reason="x").json()["code"] == "not_flagged"

    @pytest.mark.parametrize(
        "body",
        [
            {"flag": "nonsense", "reason": "x"},
            {"flag": "personal_data", "reason": " "},
            {"flag": "personal_data", "reason": "x" * 2001},
            {"flag": "personal_data", "reason": "a\u202eb"},
            {"flag": "personal_data", "reason": "x", "kinds": ["cookies"]},
            {"flag": "financial_loss", "reason": "x", "kinds": ["pii"]},
        ],
    )
    def test_bad_bodies_change_nothing(self, scene: Scene, body: dict[str, Any]) -> None:
        ref = scene.commanded()
        assert scene.verb("amira", ref, "flag", **body).status_code == 422
        with scene.acme.scope():
            assert not Incident.objects.get(ref=ref).restricted
        assert scene.incident(ref)["flags"] == []

    def test_from_its_form(self, scene: Scene) -> None:
        ref = scene.commanded()
        answer = scene.page("amira").post(
            f"/o/acme/incidents/{ref}/flag/", {"flag": "personal_data", "kinds": ["pii", "phi"], "reason": "Seen"}
        )
        assert answer.status_code == 302
        (told,) = [e for e in scene.events("incident.flagged") if e.data["restricted"]]
        assert told.data["kinds"] == ["pii", "phi"]


@pytest.mark.clause("breach.need-to-know")
def test_declared_by_the_form_with_the_flag_nobody_else_ever_sees_it(scene: Scene) -> None:
    typed = {"title": "Invoices leaked", "severity": "3", "detected_by": "user", "flags": ["personal_data"]}
    answer = scene.page("mei").post("/o/acme/incidents/declare/", typed)
    assert answer.status_code == 302
    assert "Invoices leaked" in scene.page("mei").get(answer["Location"]).content.decode()
    assert scene.page("jon").get(answer["Location"]).status_code == 404
    assert scene.api("jon").get("incidents/").json()["results"] == []


@pytest.mark.clause("breach.page-privacy-legal")
def test_the_form_says_which_data_were_exposed(scene: Scene) -> None:
    typed = {"title": "Invoices leaked", "severity": "3", "detected_by": "user", "flags": ["personal_data"], "kinds": ["phi"]}
    answer = scene.page("mei").post("/o/acme/incidents/declare/", typed)
    assert [(f["flag"], f["kinds"]) for f in scene.incident(answer["Location"].split("/")[-2], "mei")["flags"]] == [
        ("personal_data", ["phi"])
    ]


def test_kinds_of_data_without_the_flag_are_asked_about_and_stay_ticked(scene: Scene) -> None:
    typed = {"title": "Invoices leaked", "severity": "3", "detected_by": "user", "flags": ["financial_loss"], "kinds": ["phi"]}
    client = scene.page("mei")
    answer = client.post("/o/acme/incidents/declare/", typed)
    assert answer.status_code == 422
    assert "Tick “Personal or health data exposed” too" in answer.content.decode()
    suggested = client.post("/o/acme/incidents/declare/", typed | {"suggest": "1", "flags": ["financial_loss", "personal_data"]})
    for shown in (answer, suggested):
        assert re.search(r'name="kinds" value="phi"[^>]* checked', shown.content.decode())
        assert re.search(r'name="flags" value="financial_loss"[^>]* checked', shown.content.decode())
    assert re.search(r'name="flags" value="personal_data"[^>]* checked', suggested.content.decode())
