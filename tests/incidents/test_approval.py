"""Nothing leaves before its word is given (roles.cl-public-approval, roles.cl-no-speculation)."""

from typing import Any

import pytest

from incidents.models import Hypothesis, Incident, UpdatePolicy
from incidents.states import RoomRole
from ledger.actions import configure
from tenants.models import DutyHolder, Membership
from tenants.refusals import Refused
from tests.incidents.scene import UPDATE, Scene

pytestmark = pytest.mark.servers

PUBLIC = {**UPDATE, "audience": "public", "status": "investigating"}
CAUSE = {**PUBLIC, "status": "identified", "known": "A cable was cut", "states_cause": True}


def approved(scene: Scene, *audiences: str) -> None:
    """The organisation says which audiences Legal or PR approve, in its admin."""
    form = {"approved_audiences": list(audiences)}
    answer = scene.page("admin").post("/o/acme/admin/incidents/updatepolicy/add/", form)
    assert answer.status_code == 302, answer.content[:2000]


def led(scene: Scene) -> str:
    """A SEV 1 that Amira commands, with Mei for communications."""
    ref = scene.commanded()
    scene.appoint(ref, RoomRole.CL, "mei")
    return ref


def drafted(scene: Scene, ref: str, **body: Any) -> int:
    """An update that waits. Returns its id."""
    scene.do("mei", ref, "update", **(body or PUBLIC))
    row = scene.part(ref, "updates")[0]
    assert row["state"] == "waiting", row
    return int(row["id"])


@pytest.mark.clause("roles.cl-public-approval")
def test_nothing_leaves_before_legal_or_pr_approves(scene: Scene) -> None:
    approved(scene, "public")
    ref = led(scene)
    update = drafted(scene, ref, **PUBLIC, components={"payments": "major_outage"})
    scene.follow()
    incident = scene.incident(ref)
    assert incident["latest"]["public"] is None
    assert incident["components"] == []
    assert [row["id"] for row in incident["waiting_updates"]] == [update]
    assert incident["waiting_updates"][0]["awaits"] == ["duty"]
    assert scene.told(ref, "incident.updated") == []
    assert [c for c in scene.part(ref, "clocks") if c["audience"] == "public"] == []
    for who in ("exec", "support"):  # Legal Counsel and PR, of whom neither is a practitioner
        assert len(scene.mails(who, "Please approve: update on SEV 1")) == 1
        assert UPDATE["known"] in scene.mails(who, "Please approve")[0].body
    assert scene.mails("mei", "Please approve") == scene.mails("admin", "Please approve") == []

    scene.do("exec", ref, "approve-update", update=update)
    scene.follow()
    incident = scene.incident(ref)
    assert incident["latest"]["public"]["id"] == update
    assert incident["latest"]["public"]["published_at"] is not None
    assert [(c["slug"], c["condition"]) for c in incident["components"]] == [("payments", "major_outage")]
    told = scene.told(ref, "incident.updated")[0]
    assert (told["actor"], told["data"]["author"], told["data"]["approved_by"]) == (
        "Eve Executive",
        "Mei Martin",
        "Eve Executive",
    )
    assert len(scene.mails("mei", "Customers were told of SEV 1")) == 1
    assert scene.part(ref, "updates")[0]["decided_by"] == "Eve Executive"


@pytest.mark.clause("roles.cl-public-approval")
def test_each_audience_is_held_as_the_organisation_says(scene: Scene) -> None:
    approved(scene, "executive", "support")
    ref = led(scene)
    for audience in ("executive", "support"):
        drafted(scene, ref, **UPDATE, audience=audience)
    scene.follow()
    assert scene.mails("director", "For executives") == scene.mails("support", "Support script") == []
    for body in (UPDATE, PUBLIC):
        scene.do("mei", ref, "update", **body)
        assert scene.part(ref, "updates")[0]["state"] == "published"


@pytest.mark.clause("roles.cl-public-approval")
def test_only_who_holds_the_duty_decides_and_nobody_their_own(scene: Scene) -> None:
    approved(scene, "public")
    ref = led(scene)
    update = drafted(scene, ref)
    for who in ("amira", "mei", "jon", "admin", "director", "owner"):
        refused = scene.verb(who, ref, "approve-update", update=update)
        assert (refused.status_code, refused.json()["code"]) == (403, "not_approver"), who
        assert "Eve Executive or Sam Support" in refused.json()["detail"]
        assert refused.json()["clause"] == "roles.cl-public-approval"
    with scene.acme.scope(scene.acme.admin):
        configure(DutyHolder(user_id=scene.acme.mei.user_id), {"duty": "pr"}, by=scene.acme.admin.actor())
    refused = scene.verb("mei", ref, "approve-update", update=update)
    assert (refused.status_code, refused.json()["code"]) == (403, "own_draft")
    with scene.acme.scope(scene.acme.admin):
        for who in ("exec", "support"):  # they have left: Mei is the only one on the duty's seat
            membership = Membership.objects.get(user_id=getattr(scene.acme, who).user_id)
            configure(membership, {"is_active": False}, by=scene.acme.admin.actor())
    scene.do("mei", ref, "approve-update", update=update)


@pytest.mark.clause("roles.cl-public-approval")
def test_two_decide_at_once_and_the_second_is_told_who_did(scene: Scene) -> None:
    approved(scene, "public")
    ref = led(scene)
    update, other = drafted(scene, ref), drafted(scene, ref)
    scene.do("exec", ref, "approve-update", update=update)
    for verb, more in (("approve-update", {}), ("reject-update", {"reason": "No"})):
        refused = scene.verb("support", ref, verb, update=update, **more)
        assert (refused.status_code, refused.json()["code"]) == (409, "decided")
        assert f"Eve Executive approved this at {scene.clock.now:%H:%M:%S} UTC" in refused.json()["detail"]
    scene.do("support", ref, "reject-update", update=other, reason="Too early")
    refused = scene.verb("exec", ref, "approve-update", update=other)
    assert "Sam Support sent this back" in refused.json()["detail"]
    assert scene.verb("exec", ref, "approve-update", update=other + 1).json()["code"] == "nothing_waits"


@pytest.mark.clause("roles.cl-public-approval")
def test_what_is_sent_back_does_not_leave_and_its_author_hears_why(scene: Scene) -> None:
    approved(scene, "public")
    ref = led(scene)
    update = drafted(scene, ref)
    for who in ("amira", "jon", "director"):
        refused = scene.verb(who, ref, "reject-update", update=update, reason="No")
        assert (refused.status_code, refused.json()["code"]) == (403, "not_approver"), who
    for reason in ("", "a\u202eb", "x" * 2_001):
        refused = scene.verb("exec", ref, "reject-update", update=update, reason=reason)
        assert (refused.status_code, list(refused.json()["fields"])) == (422, ["reason"])
    scene.do("exec", ref, "reject-update", update=update, reason="Names a **customer**")
    scene.follow()
    assert scene.part(ref, "updates")[0]["state"] == "rejected"
    assert scene.incident(ref)["latest"]["public"] is None
    assert "Names a **customer**" in scene.mails("mei", "Sent back: update on")[0].body
    assert scene.told(ref, "incident.update_rejected")[0]["data"]["reason"] == "Names a **customer**"
    withdrawn = drafted(scene, ref)
    scene.do("mei", ref, "reject-update", update=withdrawn, reason="A better one follows")
    scene.follow()
    assert len(scene.mails("mei", "Sent back")) == 1


@pytest.mark.clause("roles.cl-public-approval")
def test_the_question_is_withdrawn_once_it_is_answered(scene: Scene) -> None:
    approved(scene, "public")
    ref = led(scene)
    scene.do("exec", ref, "approve-update", update=drafted(scene, ref))
    scene.follow()
    assert scene.mails("support", "Please approve") == []


@pytest.mark.clause("roles.cl-public-approval")
def test_where_the_seat_is_empty_administrators_hear_of_it(scene: Scene) -> None:
    approved(scene, "public")
    with scene.acme.scope(scene.acme.admin):
        for seat in DutyHolder.objects.filter(duty__in=["legal_counsel", "pr"]):
            configure(seat, {}, by=scene.acme.admin.actor(), delete=True)
    ref = led(scene)
    update = drafted(scene, ref)
    scene.follow()
    assert len(scene.mails("admin", "Please approve")) == 1
    refused = scene.verb("admin", ref, "approve-update", update=update)
    assert (refused.status_code, refused.json()["code"]) == (403, "not_approver")


@pytest.mark.clause("roles.cl-public-approval")
def test_approvers_find_it_in_their_inbox_and_decide_on_its_page(scene: Scene) -> None:
    approved(scene, "public")
    ref = led(scene)
    update = drafted(scene, ref, **{**PUBLIC, "known": "<script>alert(1)</script> & more"})
    for who in ("exec", "support"):
        inbox = scene.page(who).get("/o/acme/inbox/").content.decode()
        assert f"/o/acme/incidents/{ref}/#update-{update}" in inbox
        page = scene.page(who).get(f"/o/acme/incidents/{ref}/").content.decode()
        assert "Approve and send" in page
        assert "<script>alert" not in page
        assert "&lt;script&gt;alert(1)&lt;/script&gt; &amp; more" in page
    for who in ("mei", "director"):
        assert f"#update-{update}" not in scene.page(who).get("/o/acme/inbox/").content.decode()
    assert "Approve and send" not in scene.page("director").get(f"/o/acme/incidents/{ref}/").content.decode()

    refused = scene.page("support").post(f"/o/acme/incidents/{ref}/reject-update/", {"update": update, "reason": "a\u202eb"})
    assert refused.status_code == 422
    assert "a\u202eb" in refused.content.decode()
    done = scene.page("support").post(f"/o/acme/incidents/{ref}/approve-update/", {"update": update})
    assert done.status_code == 302
    assert scene.part(ref, "updates")[0]["state"] == "published"
    assert f"#update-{update}" not in scene.page("exec").get("/o/acme/inbox/").content.decode()


@pytest.mark.clause("roles.cl-no-speculation")
def test_a_cause_that_is_not_confirmed_waits_for_the_commander(scene: Scene) -> None:
    ref = led(scene)
    update = drafted(scene, ref, **CAUSE)
    assert scene.incident(ref)["waiting_updates"][0]["awaits"] == ["ic"]
    scene.follow()
    assert len(scene.mails("amira", "Please approve")) == 1
    for who in ("mei", "jon", "exec"):
        refused = scene.verb(who, ref, "approve-update", update=update)
        assert (refused.status_code, refused.json()["code"]) == (403, "not_approver")
        assert refused.json()["clause"] == "roles.cl-no-speculation"
    scene.do("amira", ref, "approve-update", update=update)
    assert scene.incident(ref)["latest"]["public"]["states_cause"] is True


@pytest.mark.clause("roles.cl-no-speculation")
def test_the_commanders_own_waits_for_their_second_look(scene: Scene) -> None:
    ref = scene.commanded()
    scene.do("amira", ref, "update", **CAUSE)
    update = scene.incident(ref)["waiting_updates"][0]["id"]
    assert scene.incident(ref)["latest"]["public"] is None
    scene.do("amira", ref, "approve-update", update=update)
    assert scene.incident(ref)["latest"]["public"]["id"] == update


@pytest.mark.clause("roles.cl-no-speculation")
@pytest.mark.clause("roles.cl-public-approval")
def test_where_two_words_are_needed_it_waits_for_both(scene: Scene) -> None:
    approved(scene, "public")
    ref = led(scene)
    update = drafted(scene, ref, **CAUSE)
    assert scene.incident(ref)["waiting_updates"][0]["awaits"] == ["duty", "ic"]
    scene.do("exec", ref, "approve-update", update=update)
    assert scene.incident(ref)["waiting_updates"][0]["awaits"] == ["ic"]
    assert scene.told(ref, "incident.update_approved")[0]["actor"] == "Eve Executive"
    assert scene.verb("support", ref, "approve-update", update=update).json()["code"] == "not_approver"
    scene.do("amira", ref, "approve-update", update=update)
    assert scene.part(ref, "updates")[0]["state"] == "published"


@pytest.mark.clause("roles.cl-no-speculation")
@pytest.mark.parametrize(
    "text",
    [
        "An outage caused by a bad deploy",
        "Slow DUE  TO load",
        "Because of a vendor",
        "The root-cause is known",
        "Stemming from DNS",
    ],
)
@pytest.mark.parametrize("field", ["known", "impact", "doing"])
def test_what_sounds_like_a_cause_asks_its_author(scene: Scene, text: str, field: str) -> None:
    ref = led(scene)
    refused = scene.verb("mei", ref, "update", **{**PUBLIC, field: text})
    assert (refused.status_code, refused.json()["code"]) == (422, "says_cause")
    assert refused.json()["clause"] == "roles.cl-no-speculation"
    assert list(refused.json()["fields"]) == ["states_cause"]
    scene.do("mei", ref, "update", **{**PUBLIC, field: text}, states_cause=False)
    event = scene.told(ref, "incident.updated")[0]
    assert event["data"]["wording"]
    assert event["data"]["states_cause"] is False
    drafted(scene, ref, **{**PUBLIC, field: text}, states_cause=True)


@pytest.mark.clause("roles.cl-no-speculation")
@pytest.mark.parametrize(
    "text", ["A bad deploy broke payments", "This is the result of a deploy", "An expired certificate took payments down"]
)
def test_what_is_called_identified_and_not_confirmed_asks_too(scene: Scene, text: str) -> None:
    ref = led(scene)
    told = {**PUBLIC, "status": "identified", "known": text}
    refused = scene.verb("mei", ref, "update", **told)
    assert (refused.status_code, refused.json()["code"], refused.json()["clause"]) == (
        422,
        "cause_not_said",
        "roles.cl-no-speculation",
    )
    assert list(refused.json()["fields"]) == ["states_cause"]
    assert scene.part(ref, "updates") == []
    page = scene.page("mei").post(f"/o/acme/incidents/{ref}/update/", {**told, "states_cause": ""})
    assert (page.status_code, "say whether this update gives a cause" in page.content.decode()) == (422, True)
    drafted(scene, ref, **told, states_cause=True)
    scene.do("mei", ref, "update", **told, states_cause=False)
    scene.do("mei", ref, "hypothesis", text=text)
    scene.do("mei", ref, "verify", hypothesis=1, verdict="confirmed", seen="It is so")
    scene.do("mei", ref, "update", **told)


@pytest.mark.parametrize("text", ["Orders fail because they time out", "We look into causes", "The caused delay is gone"])
def test_what_does_not_is_let_through(scene: Scene, text: str) -> None:
    ref = led(scene)
    scene.do("mei", ref, "update", **{**PUBLIC, "known": text})
    assert scene.part(ref, "updates")[0]["states_cause"] is False


def test_a_cause_may_be_named_among_ourselves(scene: Scene) -> None:
    ref = led(scene)
    for audience in ("internal", "executive", "support"):
        scene.do("mei", ref, "update", **{**UPDATE, "known": "Caused by a deploy"}, audience=audience, states_cause=True)
        assert scene.part(ref, "updates")[0]["state"] == "published"


def test_on_sev_3_another_of_the_owner_team_approves_a_cause(scene: Scene) -> None:
    ref = scene.declare("support", severity="SEV3")
    scene.do("jon", ref, "update", **CAUSE)
    update = scene.incident(ref)["waiting_updates"][0]["id"]
    assert scene.verb("jon", ref, "approve-update", update=update).json()["code"] == "own_draft"
    scene.do("mei", ref, "approve-update", update=update)


def test_a_draft_may_leave_after_the_end_and_starts_no_clock(scene: Scene) -> None:
    approved(scene, "public")
    ref = scene.ready()
    scene.appoint(ref, RoomRole.CL, "mei")
    scene.do("mei", ref, "update", **UPDATE)
    update = drafted(scene, ref)
    scene.do("amira", ref, "resolve", summary="Done")
    scene.do("exec", ref, "approve-update", update=update)
    assert [c for c in scene.part(ref, "clocks") if c["stopped_at"] is None] == []


def test_another_organisation_decides_nothing(scene: Scene) -> None:
    approved(scene, "public")
    ref = led(scene)
    update = drafted(scene, ref)
    assert scene.door(scene.globex.exec).post(f"incidents/{ref}/approve-update/", {"update": update}).status_code == 404
    theirs = scene.door(scene.globex.mei).post("incidents/", {"title": "Theirs", "severity": "SEV1"}).json()["ref"]
    answer = scene.door(scene.globex.exec).post(f"incidents/{theirs}/approve-update/", {"update": update})
    assert answer.status_code in (404, 409)
    assert scene.part(ref, "updates")[0]["state"] == "waiting"


def test_the_policy_is_the_administrators(scene: Scene) -> None:
    assert (
        scene.page("mei").post("/o/acme/admin/incidents/updatepolicy/add/", {"approved_audiences": ["public"]}).status_code == 403
    )
    refused = scene.page("admin").post("/o/acme/admin/incidents/updatepolicy/add/", {"approved_audiences": ["everybody"]})
    assert refused.status_code == 200
    approved(scene, "public", "support")
    with scene.acme.scope():
        assert UpdatePolicy.objects.get().approved_audiences == ["public", "support"]
    assert scene.events("configuration.changed")[-1].data["changes"]["approved_audiences"] == [None, ["public", "support"]]


@pytest.mark.clause("roles.cl-no-speculation")
def test_a_confirmed_hypothesis_lets_the_cause_out(scene: Scene) -> None:
    ref = led(scene)
    update = drafted(scene, ref, **CAUSE)
    suppose(scene, ref, 1, "refuted")
    drafted(scene, ref, **CAUSE)
    suppose(scene, ref, 2, "confirmed")
    scene.do("mei", ref, "update", **CAUSE)
    assert scene.part(ref, "updates")[0]["state"] == "published"
    assert scene.part(ref, "updates")[2]["id"] == update
    assert scene.part(ref, "updates")[2]["state"] == "waiting"


@pytest.mark.clause("roles.cl-no-speculation")
def test_a_cause_confirmed_meanwhile_waits_for_legal_only(scene: Scene) -> None:
    approved(scene, "public")
    ref = led(scene)
    update = drafted(scene, ref, **CAUSE)
    suppose(scene, ref, 1, "confirmed")
    scene.do("exec", ref, "approve-update", update=update)
    assert scene.part(ref, "updates")[0]["state"] == "published"


def suppose(scene: Scene, ref: str, number: int, verdict: str) -> None:
    """A hypothesis of Jon's, and what testing it showed."""
    jon = scene.acme.jon
    with scene.acme.scope(jon):
        incident = Incident.objects.get(ref=ref)
        stated = Hypothesis.objects.create(incident=incident, number=number, text="A cable was cut", author_id=jon.user_id)
        stated.verdict, stated.verified_at, stated.verified_by_id = verdict, scene.clock.now, jon.user_id
        stated.save()


def test_there_is_one_policy_and_it_is_changed(scene: Scene) -> None:
    approved(scene, "public")
    assert scene.page("admin").post("/o/acme/admin/incidents/updatepolicy/add/", {"approved_audiences": []}).status_code == 403
    with scene.acme.scope(scene.acme.admin):
        policy = UpdatePolicy.objects.get()
        with pytest.raises(Refused, match="already exists"):
            configure(UpdatePolicy(), {"approved_audiences": []}, by=scene.acme.admin.actor())
    changed = scene.page("admin").post(f"/o/acme/admin/incidents/updatepolicy/{policy.pk}/change/", {"approved_audiences": []})
    assert changed.status_code == 302
    scene.do("mei", led(scene), "update", **PUBLIC)
