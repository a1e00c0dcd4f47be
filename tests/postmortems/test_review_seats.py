"""The seats of the review meeting: who has to come to it, by now (clause postmortem.attendance)."""

from datetime import timedelta

import pytest

from ledger.actions import configure
from oncall.models import Service
from tenants.models import Membership, User
from tests.compliance.test_holds import place
from tests.incidents.scene import Scene
from tests.postmortems.learning import called, done, held, resolved, shown
from tests.postmortems.test_review import invitation

pytestmark = pytest.mark.servers


@pytest.mark.clause("postmortem.attendance")
def test_a_seat_that_is_filled_after_the_invitation_is_asked_when_the_meeting_is_moved(scene: Scene) -> None:
    acme = scene.acme
    with acme.scope(acme.admin):
        configure(Service.objects.get(slug="checkout"), {"product_owner": None}, by=acme.admin.actor())
    ref = resolved(scene)
    assert called(scene, ref, guests=[scene.email("mei")])["vacant"] == ["Product Owner"]
    scene.follow()
    with acme.scope(acme.admin):
        mei = {"product_owner": User.objects.get(pk=acme.mei.user_id)}
        configure(Service.objects.get(slug="checkout"), mei, by=acme.admin.actor())
        lead = Service.objects.get(slug="checkout").team
        configure(lead, {"manager": User.objects.get(pk=acme.director.user_id)}, by=acme.admin.actor())
    moved = done(scene, "amira", ref, "review/move", starts_at=(scene.clock.now + timedelta(days=1)).isoformat())
    seats = {one["name"]: (one["seats"], one["required"]) for one in moved["people"]}
    assert (seats["Mei Martin"], moved["vacant"]) == ((["Product Owner"], True), [])
    assert seats[acme.director.name] == (["Engineering Manager"], True)
    assert scene.told(ref, "review.moved")[0]["data"]["vacant"] == []
    scene.follow()
    (mail,) = scene.mails("director", "Moved: post-mortem review")
    method, event = invitation(mail)
    assert "your seat is required" in mail.body
    assert (method, event["sequence"]) == ("REQUEST", 1)
    assert str(event["uid"]) == str(invitation(scene.mails("amira", "Post-mortem review")[0])[1]["uid"])
    roles = {str(one): one.params["ROLE"] for one in event["attendee"]}
    assert roles[f"mailto:{scene.email('mei')}"] == "REQ-PARTICIPANT"


@pytest.mark.clause("postmortem.attendance")
def test_who_sat_on_a_seat_before_it_was_moved_is_a_guest_and_missed_by_nobody(scene: Scene) -> None:
    """Ada managed the team and owned the product when it was called; Dina and Olga do when it is moved."""
    acme = scene.acme
    with acme.scope(acme.admin):
        ada = {"product_owner": User.objects.get(pk=acme.admin.user_id)}
        configure(Service.objects.get(slug="checkout"), ada, by=acme.admin.actor())
    ref = resolved(scene)
    seats = {one["name"]: one["seats"] for one in called(scene, ref)["people"]}
    assert seats["Ada Admin"] == ["Engineering Manager", "Product Owner"]
    with acme.scope(acme.admin):
        service = Service.objects.get(slug="checkout")
        configure(service.team, {"manager": User.objects.get(pk=acme.director.user_id)}, by=acme.admin.actor())
        configure(service, {"product_owner": User.objects.get(pk=acme.owner.user_id)}, by=acme.admin.actor())
    moved = done(scene, "amira", ref, "review/move", starts_at=(scene.clock.now + timedelta(hours=2)).isoformat())
    people = {one["name"]: (one["seats"], one["required"]) for one in moved["people"]}
    assert people["Ada Admin"] == (["Guest"], False)
    assert people[acme.director.name] == (["Engineering Manager"], True)
    scene.clock.advance(hours=3)
    came = [{"person": one["email"], "came": one["name"] != "Ada Admin"} for one in moved["people"]]
    found = done(scene, "amira", ref, "review/hold", attendance=came, decisions="A lock timeout.")
    assert (found["missing"], found["vacant"]) == ([], [])
    assert scene.told(ref, "review.held")[0]["data"]["missing"] == []


@pytest.mark.clause("postmortem.attendance")
@pytest.mark.clause("breach.preserve-logs")
def test_who_sat_on_two_seats_is_one_guest_also_where_a_legal_hold_keeps_everything(scene: Scene) -> None:
    """Nothing of what was kept goes, so the meeting can be moved; calendars have each person once, as what they are by now."""
    acme = scene.acme
    with acme.scope(acme.admin):
        ada = {"product_owner": User.objects.get(pk=acme.admin.user_id)}
        configure(Service.objects.get(slug="checkout"), ada, by=acme.admin.actor())
    ref = resolved(scene)
    called(scene, ref)
    scene.follow()
    assert place(scene, incident=ref).status_code == 201
    with acme.scope(acme.admin):
        service = Service.objects.get(slug="checkout")
        configure(service.team, {"manager": User.objects.get(pk=acme.director.user_id)}, by=acme.admin.actor())
        configure(service, {"product_owner": User.objects.get(pk=acme.owner.user_id)}, by=acme.admin.actor())
    done(scene, "amira", ref, "review/move", starts_at=(scene.clock.now + timedelta(hours=2)).isoformat())
    with acme.scope(acme.admin):
        configure(service, {"product_owner": User.objects.get(pk=acme.admin.user_id)}, by=acme.admin.actor())
    moved = done(scene, "amira", ref, "review/move", starts_at=(scene.clock.now + timedelta(hours=3)).isoformat())
    people = [(one["name"], one["seats"], one["required"]) for one in moved["people"]]
    assert [row[1:] for row in people if row[0] == "Ada Admin"] == [(["Product Owner"], True)]
    assert [row[1:] for row in people if row[0] == scene.acme.owner.name] == [(["Guest"], False)]
    scene.follow()
    _, event = invitation(scene.mails("admin", "Moved: post-mortem review")[-1])
    asked = [(str(one), one.params["ROLE"]) for one in event["attendee"]]
    assert [role for who, role in asked if who == f"mailto:{scene.email('admin')}"] == ["REQ-PARTICIPANT"]
    assert [role for who, role in asked if who == f"mailto:{scene.email('owner')}"] == ["OPT-PARTICIPANT"]


@pytest.mark.clause("postmortem.attendance")
def test_a_seat_that_nobody_holds_is_a_fault_that_shows_and_stays_shown(scene: Scene) -> None:
    with scene.acme.scope(scene.acme.admin):
        configure(Service.objects.get(slug="checkout"), {"product_owner": None}, by=scene.acme.admin.actor())
    ref = resolved(scene)
    vacant = {seat["seat"]: seat["vacant"] for seat in shown(scene, "amira", ref)["required"]}
    assert vacant["product_owner"] == "no affected service has a product owner"
    assert vacant["ic"] == ""
    assert held(scene, ref)["vacant"] == ["Product Owner"]
    page = scene.page("jon").get(f"/o/acme/incidents/{ref}/postmortem/review/").content.decode()
    assert "Nobody was asked as Product Owner: the seat has no holder." in page


def test_one_person_on_two_seats_is_asked_once_and_named_for_both(scene: Scene) -> None:
    with scene.acme.scope(scene.acme.admin):
        service = Service.objects.get(slug="checkout")
        configure(service, {"product_owner": User.objects.get(pk=scene.acme.amira.user_id)}, by=scene.acme.admin.actor())
    ref = resolved(scene)
    review = called(scene, ref)
    assert [one["seats"] for one in review["people"] if one["name"] == "Amira Ahmadi"] == [
        ["Incident Commander", "Product Owner"]
    ]
    scene.follow()
    assert len(scene.mails("amira", "Post-mortem review")) == 1


def test_who_has_left_sits_on_no_seat(scene: Scene) -> None:
    ref = resolved(scene)
    with scene.acme.scope(scene.acme.admin):
        membership = Membership.objects.get(user_id=scene.acme.jon.user_id)
        configure(membership, {"is_active": False}, by=scene.acme.admin.actor())
    seats = {seat["seat"]: seat for seat in shown(scene, "amira", ref)["required"]}
    assert seats["ol"]["people"] == []
    assert seats["ol"]["vacant"] == "nobody who is still a member led operations"
    assert called(scene, ref)["vacant"] == ["Operations Lead"]
