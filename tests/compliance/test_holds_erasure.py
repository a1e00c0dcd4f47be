"""Erasing the data of somebody who has left: asked for, decided by another, refused while they are held."""

from typing import Any

import pytest
from django.db import ProgrammingError

from compliance.models import ErasureRequest
from ledger.actions import configure
from ledger.models import Event, Redaction
from notifications import contacts
from notifications.models import ContactMethod, ContactSecret
from tenants.models import DutyHolder, Membership, User
from tests.compliance.test_holds import placed
from tests.everything import query
from tests.incidents.scene import Scene

pytestmark = [pytest.mark.servers, pytest.mark.clause("breach.preserve-logs")]


def left(scene: Scene) -> int:
    """Mei was a member, had a way of being reached, and has left. Returns her id."""
    with scene.acme.scope(scene.acme.mei):
        contacts.add(by=scene.acme.mei.actor(), kind="email", address="mei@home.example", label="Mei at home")
        member = Membership.objects.get(user_id=scene.acme.mei.user_id)
        member.is_active = False
        member.save()
    return scene.acme.mei.user_id


def ask(scene: Scene, who: str = "admin") -> Any:
    """Ask by API; whatever the answer is."""
    return scene.api(who).post("erasures/", {"person": scene.email("mei"), "ground": "Her request under GDPR art. 17"})


def decide(scene: Scene, wish: int, who: str = "owner", **body: Any) -> Any:
    """Decide by API; whatever the answer is."""
    return scene.api(who).post(f"erasures/{wish}/decide/", {"erase": True, "reason": "She may ask for this", **body})


def test_it_removes_what_leads_to_a_person(scene: Scene) -> None:
    """Name, address, ways of being reached, tokens; who decides is told that it waits; the outcome says what stays."""
    person = left(scene)
    wish = ask(scene).json()
    scene.follow()
    assert any("erasure waits" in mail.subject for mail in scene.mails("owner"))
    done = decide(scene, wish["id"]).json()
    assert (done["state"], done["outcome"]["methods"], done["outcome"]["account"]) == ("done", 1, "erased")
    assert "append-only" in done["outcome"]["stays"]
    with scene.acme.scope():
        mei = User.objects.get(pk=person)
        assert (mei.name, mei.email, mei.is_active) == (f"Erased person {person}", f"erased-{person}@erased.invalid", False)
        assert not mei.has_usable_password()
        assert not ContactSecret.objects.exists()
        method = ContactMethod.objects.get()
        assert (method.label, method.masked) == ("erased", "erased")
        told = Event.objects.get(kind="erasure.decided").data
    assert "Mei" not in str(told)
    assert scene.api("mei").get("me/").status_code == 401


def test_a_held_person_is_not_erased(scene: Scene) -> None:
    """Neither asked for nor done, and the refusal names the hold; once that is released, it may be."""
    person = left(scene)
    wish = ask(scene).json()["id"]
    hold = placed(scene, person=scene.email("mei"))
    answer = decide(scene, wish)
    assert (answer.status_code, answer.json()["code"]) == (409, "held")
    assert f"Legal hold {hold} keeps" in answer.json()["detail"]
    with scene.acme.scope():
        assert User.objects.get(pk=person).name == "Mei Martin"
    assert decide(scene, wish, erase=False).json()["state"] == "refused"
    assert ask(scene).json()["code"] == "held"
    scene.api("exec").post(f"holds/{hold}/ask-release/", {"reason": "Over"})
    scene.api("admin").post(f"holds/{hold}/release/", {})
    assert decide(scene, ask(scene).json()["id"]).json()["state"] == "done"


def test_an_entry_that_a_hold_keeps_keeps_all_of_it(scene: Scene) -> None:
    """She is not held herself; but a period is, in which the ledger's entries on her were written: nothing is erased until that ends."""
    person = left(scene)
    wish = ask(scene).json()["id"]
    hold = placed(scene, starts_at="2020-01-01T00:00:00Z")
    answer = decide(scene, wish)
    assert (answer.status_code, answer.json()["code"]) == (409, "held")
    assert f"Legal hold {hold} keeps" in answer.json()["detail"]
    with scene.acme.scope():
        assert User.objects.get(pk=person).name == "Mei Martin"
        assert not Redaction.objects.exists()
        assert ContactMethod.objects.get().label == "Mei at home"


def test_the_database_erases_for_nobody_who_does_not_decide(scene: Scene) -> None:
    """Injected SQL takes no body out of the ledger by this: an erasure has to wait, and whoever asked for it is not who decides."""
    left(scene)
    wish = ask(scene).json()["id"]
    for who, number in ((scene.acme.admin, wish), (scene.acme.owner, wish + 1), (scene.globex.owner, wish)):
        with pytest.raises(ProgrammingError, match="waits for this person's decision"), scope_of(scene, who):
            query("SELECT muster.redact_person(%s, true)", number)


def scope_of(scene: Scene, who: Any) -> Any:
    """The scope of somebody of either organisation."""
    return (scene.acme if who.organisation_id == scene.acme.id else scene.globex).scope(who)


def test_an_account_that_another_organisation_knows_stays(scene: Scene) -> None:
    left(scene)
    with scene.globex.scope():
        Membership.objects.create(user_id=scene.acme.mei.user_id, roles=["practitioner"])
    done = decide(scene, ask(scene).json()["id"]).json()
    assert done["outcome"]["account"].startswith("kept")
    assert (
        done["outcome"]["entries"] == 2
    )  # the contact method, and that it was added: what tells the account's name stays, as it does
    with scene.acme.scope():
        assert User.objects.get(pk=scene.acme.mei.user_id).name == "Mei Martin"


class TestWhoAndWhen:
    def test_a_member_is_not_erased(self, scene: Scene) -> None:
        assert ask(scene).json()["code"] == "still_a_member"

    def test_administrators_ask_once_and_others_decide(self, scene: Scene) -> None:
        left(scene)
        assert ask(scene, "owner").json()["code"] == "not_an_administrator"
        wish = ask(scene).json()["id"]
        assert ask(scene).json()["code"] == "asked"
        assert decide(scene, wish, "admin").json()["code"] == "not_a_decider"
        assert decide(scene, wish, reason=" ").status_code == 422
        assert decide(scene, wish).status_code == 200
        assert decide(scene, wish).json()["code"] == "decided"

    def test_whoever_asked_does_not_decide(self, scene: Scene) -> None:
        left(scene)
        with scene.acme.scope(scene.acme.admin):
            admin = User.objects.get(pk=scene.acme.admin.user_id)
            configure(DutyHolder(), {"duty": "legal_counsel", "user": admin}, by=scene.acme.admin.actor())
        answer = decide(scene, ask(scene).json()["id"], "admin")
        assert (answer.status_code, answer.json()["code"]) == (403, "same_person")

    def test_the_pages_do_the_same(self, scene: Scene) -> None:
        left(scene)
        admin, privacy = scene.page("admin"), scene.page("owner")
        typed = admin.post("/o/acme/erasures/ask/", {"person": "nobody@acme.example", "ground": "x"})
        assert typed.status_code == 422
        admin.post("/o/acme/erasures/ask/", {"person": scene.email("mei"), "ground": "Art. 17"})
        with scene.acme.scope():
            wish = ErasureRequest.objects.get()
        assert f"Decide on erasure {wish.pk}" in privacy.get("/o/acme/erasures/").content.decode()
        assert f"Decide on erasure {wish.pk}" not in admin.get("/o/acme/erasures/").content.decode()
        assert privacy.post(f"/o/acme/erasures/{wish.pk}/", {"erase": "no", "reason": "Not now"}).status_code == 302
        assert "Not now" in privacy.get("/o/acme/erasures/").content.decode()

    def test_others_read_of_none(self, scene: Scene) -> None:
        assert scene.api("amira").get("erasures/").json()["code"] == "not_of_the_law"
