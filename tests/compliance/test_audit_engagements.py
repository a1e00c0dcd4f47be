"""Making and ending audit engagements: whose it is, for whom, over what, and until when (people.auditor)."""

from typing import Any

import pytest

from ledger.actions import configure
from ledger.models import Event
from tenants.actors import Duty
from tenants.models import DutyHolder
from tests.compliance.audits import days, engage
from tests.incidents.scene import Scene

pytestmark = [pytest.mark.servers, pytest.mark.clause("people.auditor")]


def refused(answer: Any, status: int, code: str, field: str = "") -> bool:
    """Whether an answer refuses with this, beside this field."""
    told = answer.json()
    assert (answer.status_code, told["code"]) == (status, code), answer.content
    assert not field or field in [reason["field"] for reason in told["reasons"]]
    return True


def test_an_administrator_makes_one_by_api_and_its_auditor_sees_it(scene: Scene) -> None:
    made = engage(scene, -30, -1, firm="Check & Co")
    (own, old) = scene.api("auditor").get("audit/engagements/").json()["results"]
    assert (own["id"], own["firm"], own["open"], own["restricted"]) == (made, "Check & Co", True, False)
    assert own["ends_at"][:10] == days(scene, 0, 0)["last"], "the last day counts to its end"
    assert (old["open"], old["ended_by"], old["end_reason"]) == (False, "Ada Admin", "Another one follows.")
    with scene.acme.scope():
        kinds = list(Event.objects.filter(kind__startswith="engagement.").order_by("-id").values_list("kind", "actor_name"))
    assert kinds[:2] == [("engagement.made", "Ada Admin"), ("engagement.ended", "Ada Admin")]


def test_an_administrator_makes_and_ends_one_on_its_pages(scene: Scene) -> None:
    page = scene.page("admin")
    typed = {"firm": "Check & Co", "auditor": scene.email("auditor"), **days(scene, -30, -1)}
    assert page.get("/o/acme/audit/engagements/new/").status_code == 200
    answer = page.post("/o/acme/audit/engagements/new/", typed)
    assert (answer.status_code, answer["Location"]) == (302, "/o/acme/audit/")
    assert b"Check &amp; Co" in page.get("/o/acme/audit/").content
    made = scene.api("admin").get("audit/engagements/").json()["results"][0]["id"]
    assert page.post(f"/o/acme/audit/engagements/{made}/end/", {"reason": ""}).status_code == 422
    assert page.post(f"/o/acme/audit/engagements/{made}/end/", {"reason": "It is over."}).status_code == 302
    assert b"It is over." in page.get("/o/acme/audit/").content
    again = scene.api("admin").post(f"audit/engagements/{made}/end/", {"reason": "Again."})
    assert refused(again, 409, "ended")


def test_what_was_typed_stays_beside_what_is_wrong(scene: Scene) -> None:
    typed = {"firm": "Check & Co", "auditor": scene.email("jon"), **days(scene, 3, -3)}
    answer = scene.page("admin").post("/o/acme/audit/engagements/new/", typed)
    assert answer.status_code == 422
    assert b"The period ends before it begins." in answer.content
    assert b"They are no auditor here" in answer.content
    assert b'value="Check &amp; Co"' in answer.content


@pytest.mark.parametrize(
    ("changed", "status", "code", "field"),
    [
        ({"auditor": "jon@acme.example"}, 422, "not_auditor", "auditor"),
        ({"auditor": "nobody@acme.example"}, 422, "no_such_person", "auditor"),
        ({"auditor": "auditor@globex.example"}, 422, "no_such_person", "auditor"),
        ({"firm": " "}, 422, "required", "firm"),
        ({"first": "2026-13-01"}, 422, "invalid", "first"),
        ({"first": "1999-12-31"}, 422, "no_such_day", "first"),
        ({"first": "2001-12-31"}, 422, "too_long", "first"),
        ({"first": "9999-12-31", "last": "9999-12-31"}, 422, "no_such_day", "last"),
        ({"last": "2001-01-01", "first": "2001-01-02"}, 422, "ends_before", "last"),
        ({"expires": "2001-01-01"}, 422, "past", "expires"),
        ({"expires": "2150-01-01"}, 422, "too_far", "expires"),
        ({"restricted": True}, 403, "not_privacy_officer", "restricted"),
        ({"more": 1}, 422, "unknown_field", "more"),
    ],
)
def test_what_makes_no_engagement(scene: Scene, changed: dict[str, Any], status: int, code: str, field: str) -> None:
    body = {"firm": "Check & Co", "auditor": scene.email("auditor"), **days(scene, -30, -1), **changed}
    answer = scene.api("admin").post("audit/engagements/", body)
    assert answer.status_code == status, answer.content
    told = answer.json()
    assert field in [reason["field"] for reason in told["reasons"]], told
    assert code in (told["code"], *(reason["code"] for reason in told["reasons"]))


@pytest.mark.parametrize(
    ("who", "code"), [("amira", "not_administrator"), ("owner", "not_administrator"), ("auditor", "read_only")]
)
def test_nobody_else_makes_or_ends_one(scene: Scene, who: str, code: str) -> None:
    body = {"firm": "Mine", "auditor": scene.email("auditor"), **days(scene, -30, -1)}
    assert refused(scene.api(who).post("audit/engagements/", body), 403, code)
    known = scene.api("admin").get("audit/engagements/").json()["results"][0]["id"]
    answer = scene.api(who).post(f"audit/engagements/{known}/end/", {"reason": "Away with it."})
    assert answer.status_code == 403


def test_a_token_that_may_only_read_makes_and_ends_none(scene: Scene) -> None:
    reader = scene.reading("admin")
    known = reader.get("audit/engagements/").json()["results"][0]["id"]
    body = {"firm": "Mine", "auditor": scene.email("auditor"), **days(scene, -30, -1)}
    assert refused(reader.post("audit/engagements/", body), 403, "scope")
    assert refused(reader.post(f"audit/engagements/{known}/end/", {"reason": "Away with it."}), 403, "scope")
    (still,) = reader.get("audit/engagements/").json()["results"]
    assert (still["id"], still["open"]) == (known, True)


def test_members_learn_nothing_of_audits(scene: Scene) -> None:
    assert refused(scene.api("amira").get("audit/engagements/"), 403, "not_administrator")
    assert scene.page("amira").get("/o/acme/audit/").status_code == 403
    assert refused(scene.api("admin").get("audit/log/"), 403, "not_auditor")
    known = scene.api("admin").get("audit/engagements/").json()["results"][0]["id"]
    for what in ("population", "sample", "controls", "controls/soc2-cc7-4"):
        assert refused(scene.api("admin").get(f"audit/engagements/{known}/{what}/"), 403, "not_your_audit")
    assert scene.api("admin").post("audit/engagements/999999/end/", {"reason": "x"}).status_code == 404


@pytest.mark.clause("breach.need-to-know")
def test_the_privacy_officer_opens_what_is_restricted(scene: Scene) -> None:
    """An administrator who holds that duty may; then the auditor sees it as an incident, not as a stub."""
    with scene.acme.scope(scene.acme.admin):
        seat = {"user_id": scene.acme.admin.user_id, "duty": Duty.PRIVACY_OFFICER}
        configure(DutyHolder(), seat, by=scene.acme.admin.actor())
    ref = scene.declare("amira", flags=["personal_data"])
    stub = engage(scene)
    rows = scene.api("auditor").get(f"audit/engagements/{stub}/population/").json()["incidents"]
    assert [(row["restricted"], row["ref"]) for row in rows] == [(True, None)]
    assert scene.api("auditor").get(f"incidents/{ref}/").status_code == 404
    opened = engage(scene, restricted=True)
    told = scene.api("auditor").get(f"audit/engagements/{opened}/population/").json()
    assert (told["restricted"], ref in [row["ref"] for row in told["incidents"]]) == (0, True)
    assert scene.api("auditor").get(f"incidents/{ref}/").status_code == 200


def test_one_that_expired_is_not_ended_again(scene: Scene) -> None:
    made = engage(scene, expires=1)
    scene.clock.advance(days=3)
    assert refused(scene.api("admin").post(f"audit/engagements/{made}/end/", {"reason": "Over."}), 409, "expired")
    assert b"expired" in scene.page("admin").get("/o/acme/audit/").content
