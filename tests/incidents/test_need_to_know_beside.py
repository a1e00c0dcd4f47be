"""Need to know beside the room itself: what is merged, remembered, joined or asked for must not tell of it either (breach.need-to-know)."""

import pytest

from incidents.models import LegalHold, NeedToKnow
from ledger.actions import configure
from ledger.models import RememberedAnswer
from notifications.models import Delivery
from tenants.actors import Duty
from tenants.models import DutyHolder, User
from tests.incidents.scene import Scene, alert
from tests.incidents.test_approval import PUBLIC, approved, drafted, led
from tests.incidents.test_flag import BREACH, flagged

pytestmark = [pytest.mark.servers, pytest.mark.clause("breach.need-to-know")]


def sees(scene: Scene, who: str, ref: str) -> bool:
    """Whether somebody gets the incident by the API."""
    return bool(scene.api(who).get(f"incidents/{ref}/").status_code == 200)


def readings(scene: Scene, ref: str, name: str = "Eve Executive") -> int:
    """How often it is on record that somebody read it."""
    return len([entry for entry in scene.told(ref, "incident.opened") if entry["actor"] == name])


def admit(scene: Scene, ref: str, who: str) -> None:
    """Amira lets somebody know."""
    scene.do("amira", ref, "admit", person=scene.email(who), reason="Helps")


class TestReadingIsOnRecord:
    """Through whichever door: a restricted incident cannot be obtained without it."""

    @pytest.mark.parametrize(
        "path", ["", "timeline/", "clocks/", "need-to-know/", "sitrep.md", "sitrep.txt"], ids=lambda path: path or "incident"
    )
    def test_by_the_api(self, scene: Scene, path: str) -> None:
        ref = flagged(scene, scene.commanded())
        assert scene.api("exec").get(f"incidents/{ref}/{path}").status_code == 200
        assert readings(scene, ref) == 1

    @pytest.mark.parametrize("path", ["", "panels/", "swoop.txt", "sitrep.md"], ids=lambda path: path or "room")
    def test_by_the_pages(self, scene: Scene, path: str) -> None:
        ref = flagged(scene, scene.commanded())
        assert scene.page("exec").get(f"/o/acme/incidents/{ref}/{path}").status_code == 200
        assert readings(scene, ref) == 1

    def test_by_a_command_that_only_asks(self, scene: Scene) -> None:
        ref = flagged(scene, scene.commanded())
        assert scene.api("exec").post("commands/", {"text": f"{ref} sitrep"}).status_code == 200
        assert readings(scene, ref) == 1

    def test_by_the_answer_of_a_verb(self, scene: Scene) -> None:
        ref = flagged(scene, scene.commanded())
        scene.do("exec", ref, "snapshot", what="The orders database")
        assert readings(scene, ref) == 1


class TestRememberedAnswers:
    def test_an_answer_without_an_event_is_not_kept(self, scene: Scene) -> None:
        ref = scene.commanded()
        key = {"Idempotency-Key": "asked"}
        first = scene.api("jon").post("commands/", {"text": f"{ref} sitrep"}, **key)
        assert (first.status_code, "Checkout fails" in first.content.decode()) == (200, True)
        flagged(scene, ref)
        again = scene.api("jon").post("commands/", {"text": f"{ref} sitrep"}, **key)
        assert "Checkout" not in again.content.decode()
        with scene.acme.scope():
            assert not RememberedAnswer.objects.filter(key="asked").exists()

    def test_the_answer_to_a_merge_belongs_to_what_it_shows(self, scene: Scene) -> None:
        """Jon merged his into hers; later he is shown neither."""
        ours, into = scene.commanded(), scene.declare(title="The other one")
        key = {"Idempotency-Key": "merged"}
        merged = scene.api("amira").post(f"incidents/{ours}/merge/", {"into": into}, **key)
        assert merged.status_code == 200, merged.content
        new = flagged(scene, into, "mei")
        scene.do("exec", new, "remove", person=scene.email("amira"), reason="Not her matter")
        again = scene.api("amira").post(f"incidents/{ours}/merge/", {"into": into}, **key)
        assert (again.status_code, "Checkout" in again.content.decode()) == (404, False)


class TestMerged:
    def two(self, scene: Scene) -> tuple[str, str]:
        """Two incidents that Amira commands, the first of which Jon is in, the second Sam reported."""
        first, second = scene.commanded(), scene.commanded()
        return first, second

    def test_what_was_merged_is_restricted_with_what_it_was_merged_into(self, scene: Scene) -> None:
        deep, part = self.two(scene)
        scene.do("jon", deep, "join")
        whole = scene.commanded()
        scene.do("amira", deep, "merge", into=part)
        scene.do("amira", part, "merge", into=whole)
        assert sees(scene, "admin", deep)
        assert sees(scene, "admin", part)
        new = flagged(scene, whole)
        for ref in (deep, part, whole, new):
            assert not sees(scene, "admin", ref), ref
            assert sees(scene, "jon", ref), "worked on what was merged into it"
        (told,) = scene.told(deep, "incident.restricted")
        assert told["text"] == ("Restricted with number 3, into which it was merged. Only those named on it see it from now on.")
        assert scene.incident(deep)["ref"] != deep, "its reference is unguessable too"

    def test_who_is_let_in_sees_the_whole_matter_and_who_is_shown_out_none_of_it(self, scene: Scene) -> None:
        part, whole = self.two(scene)
        scene.do("amira", part, "merge", into=whole)
        new = flagged(scene, whole)
        admit(scene, new, "jon")
        assert (sees(scene, "jon", part), sees(scene, "jon", new)) == (True, True)
        scene.do("exec", new, "remove", person=scene.email("jon"), reason="Done")
        assert (sees(scene, "jon", part), sees(scene, "jon", new)) == (False, False)

    def test_two_restricted_ones_are_not_merged_where_somebody_would_learn_by_it(self, scene: Scene) -> None:
        ours, into = self.two(scene)
        ours, into = flagged(scene, ours), flagged(scene, into)
        for ref in (ours, into):
            scene.do("exec", ref, "unflag", flag="personal_data", reason="Test data")
        admit(scene, into, "jon")
        refused = scene.verb("amira", ours, "merge", into=into)
        assert (refused.status_code, refused.json()["code"]) == (409, "restriction_differs")
        assert "Jon Jensen would learn of" in refused.json()["detail"]
        admit(scene, ours, "jon")
        assert scene.do("amira", ours, "merge", into=into)["state"] == "merged"
        assert scene.told(ours, "incident.merged")[0]["data"]["into"] == "INC-2", "not the reference that nobody guesses"

    def test_what_is_held_of_one_is_held_of_both(self, scene: Scene) -> None:
        part, whole = self.two(scene)
        scene.do("amira", part, "flag", flag="financial_loss", reason="Paid twice")
        scene.do("exec", part, "unflag", flag="financial_loss", reason="It was not")
        scene.do("amira", part, "merge", into=whole)
        assert [hold["matter"] for hold in scene.incident(whole)["holds"]] == ["Money lost or wrongly moved"]
        flagged(scene, whole)
        with scene.acme.scope():
            assert LegalHold.objects.filter(incident__number=1).count() == 2

    def test_a_merged_one_is_not_flagged_by_itself(self, scene: Scene) -> None:
        part, whole = self.two(scene)
        scene.do("amira", part, "merge", into=whole)
        refused = scene.verb("amira", part, "flag", **BREACH)
        assert (refused.status_code, refused.json()["code"]) == (409, "merged")
        assert "flag that one" in refused.json()["detail"]


def test_who_acknowledged_the_alert_is_named_when_it_is_declared_with_a_flag(scene: Scene) -> None:
    scene.fire(alert(started=scene.clock.now))
    scene.follow()
    assert scene.api("amira").post(f"pages/{scene.calls('amira')[0]['id']}/acknowledge/").status_code == 200
    signal = scene.signals()[0]["id"]
    declared = scene.api("mei").post(f"triage/{signal}/declare/", {"severity": "SEV2", "flags": ["personal_data"]}).json()
    assert sees(scene, "amira", declared["ref"])
    with scene.acme.scope():
        reasons = dict(NeedToKnow.objects.values_list("user__email", "reason"))
    assert reasons[scene.email("amira")] == "Acknowledged a page"


class TestApproval:
    """An update that waits asks somebody who may know of it (roles.cl-public-approval)."""

    def asked(self, scene: Scene, ref: str) -> set[str]:
        """A public update waits for its approval. Returns who is asked."""
        drafted(scene, ref, **PUBLIC)
        scene.follow()
        with scene.acme.scope():
            asked = Delivery.objects.filter(template="approval").values_list("recipient__email", flat=True)
            return {email.split("@")[0] for email in asked}

    def restricted(self, scene: Scene) -> str:
        """An incident of Amira's whose public updates Legal or PR approve."""
        approved(scene, "public")
        return flagged(scene, led(scene))

    def test_of_the_approvers_those_who_are_named(self, scene: Scene) -> None:
        assert self.asked(scene, self.restricted(scene)) == {"exec"}, "PR is not named"

    def test_where_no_approver_may_know_the_ic_hears_that_it_waits(self, scene: Scene) -> None:
        """Since the flag Sam, who is PR, is Legal Counsel too; nobody has named him yet."""
        ref = self.restricted(scene)
        scene.follow()
        with scene.acme.scope(scene.acme.admin):
            seat = DutyHolder.objects.get(duty=Duty.LEGAL_COUNSEL)
            configure(seat, {"user": User.objects.get(pk=scene.acme.support.user_id)}, by=scene.acme.admin.actor())
        assert self.asked(scene, ref) == {"amira"}
