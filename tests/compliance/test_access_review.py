"""Who had access to production during an incident is checked: opened by itself, judged by others than the subject, signed."""

import csv
import hashlib
import io
import json
from typing import Any

import pytest
from django.core import mail

from compliance.access import people
from compliance.access.export import for_incident
from compliance.models import AccessPolicy, AccessReview
from incidents.models import Incident
from ledger.actions import configure
from standard.models import Clock
from tenants.refusals import Refused
from tests.compliance.access_lists import LIST, register, take_in
from tests.incidents.scene import Scene
from tests.incidents.test_flag import LOSS, flagged

pytestmark = [pytest.mark.servers, pytest.mark.clause("evidence.access-review")]


def resolved(scene: Scene, severity: str = "SEV1") -> str:
    """An incident that was resolved; what follows has happened."""
    ref = scene.ended("resolve", severity)
    scene.follow()
    return ref


def rows(scene: Scene, who: str = "owner") -> list[dict[str, Any]]:
    """The access reviews, newest first."""
    found: list[dict[str, Any]] = scene.api(who).get("access/reviews/").json()["results"]
    return found


def review(scene: Scene, who: str = "owner") -> dict[str, Any]:
    """The one access review there is."""
    (row,) = rows(scene, who)
    found: dict[str, Any] = scene.api(who).get(f"access/reviews/{row['id']}/").json()
    return found


def decide(scene: Scene, who: str, found: dict[str, Any], *accesses: int, **body: Any) -> Any:
    """Judge some accesses, whatever the answer."""
    wanted = {"accesses": list(accesses), "decision": "appropriate", **body}
    return scene.api(who).post(f"access/reviews/{found['id']}/decide/", wanted)


def sign(scene: Scene, who: str, found: dict[str, Any], **body: Any) -> Any:
    """Sign a review, whatever the answer."""
    return scene.api(who).post(f"access/reviews/{found['id']}/sign/", body)


def of(found: dict[str, Any], principal: str) -> int:
    """The id of a principal's access in a review."""
    return next(int(row["id"]) for row in found["accesses"] if row["principal"] == principal)


def privileged(found: dict[str, Any]) -> list[int]:
    """The ids of the privileged accesses of a review."""
    return [int(row["id"]) for row in found["accesses"] if row["privileged"]]


def resolved_again(scene: Scene, ref: str) -> None:
    """What came back and was reopened is watched for as long as the standard asks, and over."""
    scene.do("amira", ref, "advance", to="monitoring", reason="Again")
    scene.do("amira", ref, "impact", end=scene.clock.now.isoformat())
    scene.clock.advance(minutes=15)
    scene.do("amira", ref, "resolve", summary="Rolled back again")
    scene.follow()


class TestOpening:
    @pytest.mark.parametrize("severity", ["SEV1", "SEV2"])
    def test_it_opens_by_itself_when_a_grave_incident_is_resolved(self, scene: Scene, severity: str) -> None:
        slug = register(scene)
        take_in(scene, slug, LIST)
        ref = resolved(scene, severity)
        found = review(scene)
        incident = scene.incident(ref)
        assert (found["incident"], found["ends_at"]) == (ref, incident["resolved_at"])
        assert found["starts_at"] <= incident["declared_at"]
        assert [(row["principal"], row["privileged"]) for row in found["accesses"]] == [
            ("jon@acme.example", True),
            ("svc-deploy", True),
            ("mei@acme.example", False),
        ]
        (told,) = scene.told(ref, "access_review.opened")
        assert told["text"] == "Who had access to production is checked: 2 privileged of 3."
        assert f"/access/reviews/{found['id']}/" in scene.page("amira").get(f"/o/acme/incidents/{ref}/").content.decode()

    def test_a_small_one_that_nobody_flagged_has_none(self, scene: Scene) -> None:
        resolved(scene, "SEV3")
        assert rows(scene) == []

    def test_what_is_flagged_has_one_whatever_it_is(self, scene: Scene) -> None:
        ref = scene.commanded("SEV3")
        scene.do("amira", ref, "flag", **LOSS)
        scene.do("amira", ref, "impact", end=scene.clock.now.isoformat())
        scene.do("amira", ref, "resolve", summary="Rolled back")
        scene.follow()
        assert [row["incident"] for row in rows(scene)] == [ref]

    def test_what_is_flagged_after_its_end_has_one_then(self, scene: Scene) -> None:
        ref = resolved(scene, "SEV3")
        scene.do("amira", ref, "flag", **LOSS)
        scene.follow()
        assert [row["incident"] for row in rows(scene)] == [ref]

    def test_the_organisation_says_from_which_severity(self, scene: Scene) -> None:
        with scene.acme.scope(scene.acme.admin):
            configure(AccessPolicy(), {"review_from": 3, "review_days": 2}, by=scene.acme.admin.actor())
        resolved(scene, "SEV4")
        assert rows(scene) == []
        ref = resolved(scene, "SEV3")
        assert [row["incident"] for row in rows(scene)] == [ref]

    @pytest.mark.parametrize(("field", "laxer"), [("review_from", 1), ("review_days", 6)])
    def test_but_never_less_than_the_standard(self, scene: Scene, field: str, laxer: int) -> None:
        """What would review less, or later, is refused; where it was settled before that, the standard's is what counts."""
        with pytest.raises(Refused), scene.acme.scope(scene.acme.admin):
            configure(AccessPolicy(), {field: laxer}, by=scene.acme.admin.actor())
        with scene.acme.scope(scene.acme.admin):
            AccessPolicy.objects.create(**{field: laxer})
        ref = resolved(scene, "SEV2")
        (row,) = rows(scene)
        with scene.acme.scope():
            found = AccessReview.objects.get()
            latest = people.business_days(scene.clock.now, 5)
        assert (row["incident"], found.due_at) == (ref, latest)

    def test_one_that_was_a_sev_2_is_reviewed_although_it_was_lowered(self, scene: Scene) -> None:
        ref = scene.commanded("SEV2")
        scene.do("amira", ref, "severity", severity="SEV3", reason="It is one shop")
        scene.do("amira", ref, "impact", end=scene.clock.now.isoformat())
        scene.do("amira", ref, "resolve", summary="Rolled back")
        scene.follow()
        assert [row["incident"] for row in rows(scene)] == [ref]

    def test_a_false_positive_has_none(self, scene: Scene) -> None:
        scene.ended("false-positive")
        scene.follow()
        assert rows(scene) == []

    def test_it_freezes_the_accesses_of_the_window(self, scene: Scene) -> None:
        """What was granted after, and what had ended before, is not in it; what changes later changes nothing of it."""
        slug = register(scene)
        early = scene.ago(days=9).isoformat()
        gone = {"principal": "old@acme.example", "entitlement": "db", "privileged": True}
        late = {**gone, "principal": "late@acme.example", "valid_from": (scene.clock.now.replace(year=2100)).isoformat()}
        gone |= {"valid_from": early, "valid_until": scene.ago(days=8).isoformat()}
        take_in(scene, slug, [*LIST, gone, late])
        resolved(scene)
        found = review(scene)
        assert {row["principal"] for row in found["accesses"]} == {"jon@acme.example", "svc-deploy", "mei@acme.example"}
        take_in(scene, slug, [])
        assert review(scene)["accesses"] == found["accesses"]

    def test_a_system_without_a_source_is_not_covered_and_never_silent(self, scene: Scene) -> None:
        take_in(scene, register(scene), LIST)
        register(scene, "Ledger database")
        resolved(scene)
        found = review(scene)
        assert {row["name"]: row["covered"] for row in found["systems"]} == {"Kubernetes": True, "Ledger database": False}
        page = scene.page("owner").get(f"/o/acme/access/reviews/{found['id']}/").content.decode()
        assert "not covered" in page
        decide(scene, "owner", found, *privileged(found))
        refused = sign(scene, "owner", found)
        assert (refused.status_code, refused.json()["code"]) == (422, "not_covered")
        assert "Ledger database" in refused.json()["detail"]
        assert sign(scene, "owner", found, note="Asked its owner: two people.").status_code == 200

    def test_without_any_system_it_says_so(self, scene: Scene) -> None:
        resolved(scene)
        found = review(scene)
        assert (found["systems"], found["accesses"]) == ([], [])
        assert sign(scene, "owner", found).json()["code"] == "not_covered"
        assert "No production system is registered" in scene.page("owner").get("/o/acme/access/").content.decode()

    def test_reopened_and_resolved_again_the_open_review_grows(self, scene: Scene) -> None:
        slug = register(scene)
        take_in(scene, slug, LIST)
        ref = resolved(scene)
        first = review(scene)
        scene.do("amira", ref, "reopen", reason="It is back")
        take_in(scene, slug, [*LIST, {"principal": "new@acme.example", "entitlement": "shell", "privileged": True}])
        scene.clock.advance(minutes=5)
        resolved_again(scene, ref)
        found = review(scene)
        assert (found["id"], found["starts_at"]) == (first["id"], first["starts_at"])
        assert found["ends_at"] > first["ends_at"]
        assert "new@acme.example" in {row["principal"] for row in found["accesses"]}

    def test_reopened_nothing_is_due_until_it_is_resolved_again_and_then_anew(self, scene: Scene) -> None:
        register(scene)
        ref = resolved(scene)
        first = review(scene)
        scene.do("amira", ref, "reopen", reason="It is back")
        scene.follow()
        scene.later(2, days=14)
        scene.follow()
        resolved_again(scene, ref)
        found = review(scene)
        assert (found["id"], found["due_at"] > scene.clock.now.isoformat(), first["due_at"] < scene.clock.now.isoformat()) == (
            first["id"],
            True,
            True,
        )
        with scene.acme.scope():
            clocks = list(Clock.objects.filter(clause="evidence.access-review").order_by("id"))
        assert [(clock.broken_at, clock.fell_away) for clock in clocks] == [(None, "reopened"), (None, "")]
        assert clocks[-1].stopped_at is None

    def test_resolved_again_after_it_was_signed_there_is_a_second(self, scene: Scene) -> None:
        ref = resolved(scene)
        assert sign(scene, "owner", review(scene), note="None registered").status_code == 200
        scene.do("amira", ref, "reopen", reason="It is back")
        scene.do("amira", ref, "advance", to="monitoring", reason="Again")
        scene.clock.advance(minutes=16)
        scene.do("amira", ref, "impact", end=scene.clock.now.isoformat())
        scene.do("amira", ref, "resolve", summary="Rolled back again")
        scene.follow()
        assert [row["number"] for row in rows(scene)] == [2, 1]


class TestJudging:
    @pytest.fixture
    def found(self, scene: Scene) -> dict[str, Any]:
        """A review with Jon's and a service's privileged access."""
        take_in(scene, register(scene), LIST)
        resolved(scene)
        return review(scene)

    def test_each_is_decided_with_a_note_where_something_follows(self, scene: Scene, found: dict[str, Any]) -> None:
        jon, service = of(found, "jon@acme.example"), of(found, "svc-deploy")
        for decision in ("revoke", "investigate"):
            refused = decide(scene, "owner", found, service, decision=decision)
            assert (refused.status_code, refused.json()["reasons"][0]["field"]) == (422, "note")
        decide(scene, "owner", found, service, decision="revoke", note="Deploys from elsewhere now")
        told = decide(scene, "owner", found, jon).json()
        after = {row["principal"]: (row["decision"], row["note"]) for row in told["accesses"]}
        assert after["svc-deploy"] == ("revoke", "Deploys from elsewhere now")
        assert after["jon@acme.example"] == ("appropriate", "")
        entries = scene.told(found["incident"], "access_review.decided")
        assert [e["text"] for e in entries] == ["1 access judged: revoke.", "1 access judged: appropriate."]

    def test_nobody_judges_their_own(self, scene: Scene, found: dict[str, Any]) -> None:
        """By e-mail address, and by a name that was said to be theirs; together with others' too: all or none."""
        named = scene.api("admin").post("access/names/", {"principal": "svc-deploy", "person": scene.email("owner")})
        assert named.status_code == 200
        ref = resolved(scene)
        found = next(r for r in rows(scene) if r["incident"] == ref)
        found = scene.api("owner").get(f"access/reviews/{found['id']}/").json()
        refused = decide(scene, "owner", found, *privileged(found))
        assert (refused.status_code, refused.json()["code"]) == (403, "your_own")
        assert all(row["decision"] == "" for row in scene.api("owner").get(f"access/reviews/{found['id']}/").json()["accesses"])
        assert decide(scene, "exec", found, of(found, "svc-deploy")).status_code == 200

    def test_only_reviewers_do(self, scene: Scene, found: dict[str, Any]) -> None:
        for who, status in (("amira", 403), ("auditor", 403)):
            assert decide(scene, who, found, *privileged(found)).status_code == status
        for who in ("owner", "exec", "admin"):
            assert decide(scene, who, found, *privileged(found)).status_code == 200
        assert scene.api("support").get(f"access/reviews/{found['id']}/").status_code == 403
        assert scene.door(scene.globex.admin).get(f"access/reviews/{found['id']}/").status_code == 404

    def test_it_is_signed_when_each_privileged_one_is_judged_and_stands_then(self, scene: Scene, found: dict[str, Any]) -> None:
        refused = sign(scene, "owner", found)
        assert (refused.status_code, refused.json()["code"]) == (409, "undecided")
        decide(scene, "owner", found, *privileged(found))
        signed = sign(scene, "owner", found).json()
        assert signed["signed_by"]["email"] == scene.email("owner")
        assert decide(scene, "owner", found, *privileged(found)).json()["code"] == "signed"
        assert sign(scene, "exec", found).json()["code"] == "signed"
        with scene.acme.scope():
            told = for_incident(Incident.objects.get(ref=found["incident"]))
        assert told is not None
        (one,) = told["reviews"]
        bare = {key: value for key, value in one.items() if key != "signed"}
        written = json.dumps(bare, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
        assert hashlib.sha256(written).hexdigest() == signed["sha256"] == one["signed"]["sha256"]

    def test_its_clock_prompts_breaks_and_stops(self, scene: Scene, found: dict[str, Any]) -> None:
        def clock() -> dict[str, Any]:
            rows = scene.part(found["incident"], "clocks")
            return next(c for c in rows if c["clause"] == "evidence.access-review")

        assert clock()["due_at"] == found["due_at"]
        assert f"Access review of {found['incident']}" in [m.subject for m in scene.mails("owner")]
        assert f"Access review of {found['incident']}" in scene.page("owner").get("/o/acme/inbox/").content.decode()
        mail.outbox.clear()
        scene.later(days=15)
        scene.later(minutes=1)
        assert clock()["broken_at"] is not None
        assert f"Late: access review of {found['incident']}" in [m.subject for m in scene.mails("exec")]
        decide(scene, "owner", found, *privileged(found))
        assert sign(scene, "owner", found).status_code == 200
        assert clock()["stopped_at"] is not None

    def test_many_are_judged_at_once_on_the_page_and_a_refusal_keeps_what_was_chosen(
        self, scene: Scene, found: dict[str, Any]
    ) -> None:
        owner, path = scene.page("owner"), f"/o/acme/access/reviews/{found['id']}/"
        chosen = owner.get(f"{path}?show=undecided&choose=all").content.decode()
        assert chosen.count('name="access"') == chosen.count(" checked>") == 2
        both = {"access": [str(pk) for pk in privileged(found)], "back": "show=undecided"}
        refused = owner.post(f"{path}decide/", {**both, "decision": "revoke", "note": ""})
        assert refused.status_code == 422
        assert refused.content.decode().count(" checked>") >= 2
        moved = owner.post(f"{path}decide/", {**both, "decision": "appropriate", "note": ""})
        assert moved.status_code == 302
        assert "No access here." in owner.get(f"{path}?show=undecided").content.decode()
        assert owner.post(f"{path}sign/", {"note": "Seen"}).status_code == 302
        assert "Signed" in owner.get(path).content.decode()

    def test_its_csv_holds_no_formula(self, scene: Scene) -> None:
        slug = register(scene, "=cmd()")
        take_in(scene, slug, [{"principal": "=1+1", "entitlement": "@SUM(A1)", "privileged": True}])
        ref = resolved(scene)
        found = next(r for r in rows(scene) if r["incident"] == ref)
        answer = scene.page("owner").get(f"/o/acme/access/reviews/{found['id']}/review.csv")
        told = list(csv.DictReader(io.StringIO(answer.content.decode())))
        assert told[0]["principal"] == "'=1+1"
        assert not any(cell.startswith(("=", "@", "+", "-")) for row in told for cell in row.values())


class TestRestricted:
    def test_the_review_of_a_restricted_incident_is_for_those_named_on_it(self, scene: Scene) -> None:
        take_in(scene, register(scene), LIST)
        ref = flagged(scene, scene.ready())
        scene.do("amira", ref, "resolve", summary="Closed the bucket")
        mail.outbox.clear()
        scene.follow()
        found = review(scene, "owner")
        assert found["incident"] == ref
        for who in ("admin", "jon"):
            assert rows(scene, who) == []
            assert scene.api(who).get(f"access/reviews/{found['id']}/").status_code == 404
            assert scene.page(who).get(f"/o/acme/access/reviews/{found['id']}/review.csv").status_code == 404
        assert [m for m in scene.mails("admin") if "review" in m.subject.lower()] == []
        assert "Checkout" not in "".join(str(m.body) for m in scene.mails("owner"))
        assert len(scene.told(ref, "incident.opened", "exec")) >= 1


def test_the_export_is_the_same_whoever_asks_and_whenever(scene: Scene) -> None:
    take_in(scene, register(scene), LIST)
    ref = resolved(scene)
    found = review(scene)
    decide(scene, "owner", found, *privileged(found))
    with scene.acme.scope():
        first = for_incident(Incident.objects.get(ref=ref))
    scene.clock.advance(days=3)
    with scene.acme.scope(scene.acme.exec):
        second = for_incident(Incident.objects.get(ref=ref))
        assert AccessReview.objects.count() == 1
        assert for_incident(Incident.objects.create(**_another(ref))) is None
    assert json.dumps(first) == json.dumps(second)


def _another(ref: str) -> dict[str, Any]:
    """An incident without a review, like another."""
    like = Incident.objects.get(ref=ref)
    same = ("title", "severity", "detected_by", "detected_at", "standard_id")
    return {name: getattr(like, name) for name in same} | {"number": 900, "ref": "INC-900", "state": "mobilization"}
