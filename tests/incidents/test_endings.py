"""How an incident ends besides being resolved, and how it comes back (clauses lifecycle.phases, resolve.*, postmortem.draft-24h)."""

from typing import Any

import pytest
from django.db import IntegrityError, transaction

from incidents.models import Incident, StatusUpdate
from portal import reactions
from tests.incidents.scene import Scene, alert

pytestmark = pytest.mark.servers


def running(scene: Scene, ref: str) -> list[str]:
    return sorted(c["clause"] for c in scene.part(ref, "clocks") if c["stopped_at"] is None)


def told_the_public(scene: Scene, ref: str, status: str, state: str = "published") -> None:
    """A public update, as the Communications Lead posts it."""
    with scene.acme.scope(scene.acme.mei):
        StatusUpdate.objects.create(
            incident=Incident.objects.get(ref=ref),
            audience="public",
            status=status,
            state=state,
            awaits=["duty"] if state == "waiting" else [],
            known="We know of it",
            author_id=scene.acme.mei.user_id,
        )


# --- False positive --------------------------------------------------------------------------------------------------------


@pytest.mark.clause("triage.declare-immediately")
@pytest.mark.clause("lifecycle.phases")
def test_a_false_positive_ends_with_thanks_and_lets_everything_go(scene: Scene) -> None:
    scene.fire(alert(started=scene.clock.now))
    scene.follow()
    answer = scene.api("amira").post(f"triage/{scene.signals()[0]['id']}/declare/", {"severity": "SEV1"})
    ref = answer.json()["ref"]
    scene.do("amira", ref, "claim")
    scene.do("mei", ref, "join")
    scene.follow()
    assert scene.do("amira", ref, "false-positive", reason="The probe was wrong")["state"] == "false_positive"
    assert {page["state"] for page in scene.part(ref, "pages")} == {"ended"}
    assert running(scene, ref) == []
    entry = scene.told(ref, "incident.false_positive")[0]
    assert (entry["text"], entry["data"]["reason"]) == ("It was none after all; declaring it was right.", "The probe was wrong")
    scene.follow()
    assert "The probe was wrong" in scene.mails("mei", "False positive:")[0].body
    scene.fire(alert("f2", started=scene.clock.now))
    assert len(scene.signals()) == 1  # what fires now is asked about anew


@pytest.mark.clause("principle.chain-of-command")
@pytest.mark.parametrize(("verb", "body"), [("false-positive", {"reason": "x"}), ("merge", {"into": "INC-1"})])
def test_early_ends_are_the_commanders(scene: Scene, verb: str, body: dict[str, str]) -> None:
    scene.declare()
    ref = scene.commanded()
    refused = scene.verb("jon", ref, verb, **body)
    assert (refused.status_code, refused.json()["code"]) == (403, "not_commander")
    assert scene.verb("jon", scene.declare(), verb, **body).json()["code"] == "no_commander"
    small = scene.declare("support", severity="SEV3")
    assert scene.verb("admin", small, verb, **body).json()["code"] == "not_owner"


# --- Merging ---------------------------------------------------------------------------------------------------------------


@pytest.mark.clause("lifecycle.phases")
def test_merging_moves_alerts_and_services_and_keeps_the_record(scene: Scene) -> None:
    scene.fire(alert(started=scene.clock.now))
    into = scene.commanded(services=("search",))
    ref = scene.commanded(services=("payments",))
    scene.api("jon").post(f"triage/{scene.signals()[0]['id']}/attach/", {"incident": ref})
    scene.follow()
    scene.do("amira", ref, "note", text="The pool is empty")
    merged = scene.do("amira", ref, "merge", into=into, reason="One cause")
    assert (merged["state"], merged["merged_into"]) == ("merged", into)
    assert running(scene, ref) == []
    assert {page["state"] for page in scene.part(ref, "pages")} == {"ended"}
    assert [entry["text"] for entry in scene.told(ref, "incident.noted")] == ["The pool is empty"]
    assert scene.told(ref, "incident.merged")[0]["text"] == f"Merged into {into}: the work goes on there."
    assert scene.incident(into)["services"] == ["search", "payments", "checkout"]
    entry = scene.told(into, "incident.absorbed")[0]
    assert entry["text"] == f"{ref} was merged into this: Checkout fails. 1 signal came along. New here: Payments, Checkout."
    assert entry["data"]["reason"] == "One cause"
    assert [s["incident"] for s in scene.signals("attached")] == [into]
    refused = scene.verb("amira", into, "resolve", summary="Done").json()
    assert "alerts_firing" in {reason["code"] for reason in refused["reasons"]}  # what it brought along still fires there


@pytest.mark.clause("mobilize.page-out")
def test_the_on_call_of_services_that_came_along_is_called(scene: Scene) -> None:
    from ledger.actions import configure
    from oncall.models import Service, Team, TeamMember
    from tenants.models import User

    by = scene.acme.admin.actor()
    with scene.acme.scope(scene.acme.admin):
        team = Team()
        configure(team, {"slug": "ledger", "name": "Ledger", "manager": None, "is_default": False}, by=by)
        configure(TeamMember(), {"team": team, "user": User.objects.get(pk=scene.acme.mei.user_id), "position": 1}, by=by)
        configure(Service.objects.get(slug="payments"), {"team": team}, by=by)
    into, ref = scene.commanded(services=("search",)), scene.commanded(services=("payments",))
    scene.follow()
    scene.do("amira", ref, "merge", into=into)
    assert {page["team"] for page in scene.part(into, "pages")} == {"Shop", ""}
    scene.follow()
    assert [page["team"] for page in scene.part(into, "pages") if page["summary"] == "SEV 1 merged"] == ["Ledger"]


@pytest.mark.clause("lifecycle.phases")
def test_what_is_not_merged_into_what(scene: Scene) -> None:
    ref, small = scene.commanded(), scene.declare(severity="SEV3")
    over = scene.ended("false-positive")
    for into, code, status in (
        (ref, "merge_into_itself", 422),
        (over, "target_ended", 409),
        (small, "merge_lowers", 409),
        ("INC-999", "no_such_incident", 422),
        ("a\u2028b", "no_such_incident", 422),
    ):
        refused = scene.verb("amira", ref, "merge", into=into)
        assert (refused.status_code, refused.json()["code"], list(refused.json()["fields"])) == (status, code, ["into"]), into


@pytest.mark.clause("lifecycle.phases")
@pytest.mark.parametrize("drill", [True, False])
def test_a_drill_and_what_is_real_are_not_merged(scene: Scene, drill: bool) -> None:
    ref, other = scene.declare(exercise=drill), scene.declare(exercise=not drill)
    scene.do("amira", ref, "claim")
    refused = scene.verb("amira", ref, "merge", into=other)
    assert (refused.status_code, refused.json()["code"], list(refused.json()["fields"])) == (409, "exercise_differs", ["into"])
    assert f"Only {ref if drill else other} is an exercise" in refused.json()["detail"]
    scene.do("amira", ref, "merge", into=scene.declare(exercise=drill))


@pytest.mark.clause("lifecycle.phases")
def test_merging_cannot_go_in_a_circle(scene: Scene) -> None:
    first, second = scene.commanded(), scene.commanded()
    scene.do("amira", first, "merge", into=second)
    refused = scene.verb("amira", second, "merge", into=first)
    assert (refused.status_code, refused.json()["code"]) == (409, "target_ended")
    assert scene.verb("amira", first, "merge", into=second).json()["code"] == "ended"


@pytest.mark.clause("breach.need-to-know")
def test_secret_and_open_are_not_merged(scene: Scene) -> None:
    ref, secret = scene.commanded(), scene.commanded()
    with scene.acme.scope(scene.acme.amira):
        from incidents.models import NeedToKnow

        hidden = Incident.objects.get(ref=secret)
        me = scene.acme.amira.user_id
        NeedToKnow.objects.create(incident=hidden, user_id=me, added_by_id=me, reason="IC")
        hidden.restricted = True
        hidden.save()
    for source, into in ((ref, secret), (secret, ref)):
        refused = scene.verb("amira", source, "merge", into=into)
        assert (refused.status_code, refused.json()["code"]) == (409, "restriction_differs"), source
        assert refused.json()["clause"] == "breach.need-to-know"
    assert scene.verb("amira", ref, "merge", into="INC-77").json()["code"] == "no_such_incident"


def test_a_merged_one_names_its_target_in_the_database_too(scene: Scene) -> None:
    ref = scene.commanded()
    with scene.acme.scope(scene.acme.amira), pytest.raises(IntegrityError), transaction.atomic():
        incident = Incident.objects.get(ref=ref)
        incident.state = "merged"
        incident.save()


# --- Relapse and reopening -------------------------------------------------------------------------------------------------


@pytest.mark.clause("lifecycle.phases")
def test_a_relapse_is_counted(scene: Scene) -> None:
    ref = scene.monitored()
    for times in (1, 2):
        assert scene.do("amira", ref, "advance", to="investigation", reason="Errors are back")["relapses"] == times
        scene.do("amira", ref, "advance", to="monitoring", reason="Gone again")
    assert [e["data"]["relapse"] for e in scene.told(ref, "incident.advanced")][2:] == [True, False, True, False]


@pytest.mark.clause("lifecycle.phases")
def test_reopening_takes_the_resolution_back(scene: Scene) -> None:
    ref = scene.ended("resolve")
    assert running(scene, ref) == []
    scene.clock.advance(hours=2)
    again = scene.do("amira", ref, "reopen", reason="Errors are back")
    assert (again["state"], again["resolved_at"], again["impact_end"], again["reopened"]) == ("investigation", None, None, 1)
    assert running(scene, ref) == ["handover.after-4h", "mobilize.roles-assigned", "severity.sev1-cadence"]
    entry = scene.told(ref, "incident.reopened")[0]
    assert (entry["text"], entry["data"]["reason"]) == ("Reopened: back to investigation.", "Errors are back")
    assert entry["data"]["resolved_at"] is not None
    scene.follow()
    assert "Errors are back" in scene.mails("mei", "Reopened:")[0].body


@pytest.mark.clause("lifecycle.phases")
def test_a_small_one_goes_back_to_the_backlog(scene: Scene) -> None:
    ref = scene.ended("resolve", severity="SEV3")
    assert scene.do("amira", ref, "reopen", reason="Still there")["state"] == "backlog"


@pytest.mark.clause("lifecycle.phases")
def test_only_what_is_resolved_is_reopened_or_closed(scene: Scene) -> None:
    merged = scene.commanded()
    scene.do("amira", merged, "merge", into=scene.declare())
    for ref in (scene.commanded(), scene.ended("false-positive"), merged):
        for verb, body in (("reopen", {"reason": "x"}), ("close", {})):
            refused = scene.verb("amira", ref, verb, **body)
            assert (refused.status_code, refused.json()["code"], refused.json()["clause"]) == (
                409,
                "not_resolved",
                "lifecycle.phases",
            )


@pytest.mark.clause("principle.chain-of-command")
def test_reopening_is_the_commanders_and_anybodys_once_they_have_left(scene: Scene) -> None:
    from tests.incidents.test_roles import leaves_the_organisation

    ref = scene.ended("resolve")
    refused = scene.verb("jon", ref, "reopen", reason="Errors are back")
    assert (refused.status_code, refused.json()["code"]) == (403, "not_commander")
    leaves_the_organisation(scene, "amira")
    assert scene.do("jon", ref, "reopen", reason="Errors are back")["state"] == "investigation"


# --- Resolving -------------------------------------------------------------------------------------------------------------


@pytest.mark.clause("roles.cl-status-page")
def test_customers_who_were_told_of_it_are_told_that_it_is_over(scene: Scene) -> None:
    ref = scene.ready()
    told_the_public(scene, ref, "identified")
    refused = scene.verb("amira", ref, "resolve", summary="Done")
    assert (refused.status_code, refused.json()["code"]) == (409, "public_update_missing")
    assert refused.json()["clause"] == "roles.cl-status-page"
    assert "says “identified”" in refused.json()["detail"]
    told_the_public(scene, ref, "resolved", state="waiting")
    assert "waits for its approval" in scene.verb("amira", ref, "resolve", summary="Done").json()["detail"]
    told_the_public(scene, ref, "resolved")
    assert scene.do("amira", ref, "resolve", summary="Done")["state"] == "resolved"


def test_nobody_is_asked_anything_in_what_is_resolved(scene: Scene) -> None:
    ref = scene.ready()
    scene.do("amira", ref, "assign", role="ol", person=scene.email("jon"))
    scene.do("amira", ref, "handover", to=scene.email("mei"))
    resolved = scene.do("amira", ref, "resolve", summary="Done")
    assert (resolved["offers"], resolved["handover"]) == ([], None)


# --- Closing ---------------------------------------------------------------------------------------------------------------


@pytest.mark.clause("lifecycle.phases")
def test_a_small_one_is_closed_by_its_owners(scene: Scene) -> None:
    ref = scene.declare("support", severity="SEV3")
    scene.do("jon", ref, "impact", end=scene.clock.now.isoformat())
    scene.do("jon", ref, "resolve", summary="Fixed the link")
    refused = scene.verb("admin", ref, "close")
    assert (refused.status_code, refused.json()["code"]) == (403, "not_owner")
    closed = scene.do("jon", ref, "close", reason="Shipped")
    assert (closed["state"], closed["closed_at"]) == ("closed", scene.clock.now.isoformat().replace("+00:00", "Z"))
    assert scene.verb("jon", ref, "close").json()["code"] == "not_resolved"


@pytest.mark.clause("postmortem.draft-24h")
@pytest.mark.parametrize("severity", ["SEV1", "SEV2"])
def test_a_great_one_is_not_closed_without_its_post_mortem(scene: Scene, monkeypatch: pytest.MonkeyPatch, severity: str) -> None:
    ref = scene.ended("resolve", severity=severity)
    refused = scene.verb("amira", ref, "close")
    assert (refused.status_code, refused.json()["code"]) == (409, "postmortem_missing")
    assert refused.json()["clause"] == "postmortem.draft-24h"
    assert "has no post-mortem" in refused.json()["detail"]
    monkeypatch.setitem(reactions.CLOSING, "postmortem", f"{__name__}.not_reviewed")
    assert scene.verb("amira", ref, "close").json()["detail"] == "The review has not been held."
    monkeypatch.setitem(reactions.CLOSING, "postmortem", f"{__name__}.reviewed")
    assert scene.verb("jon", ref, "close").json()["code"] == "not_commander"
    assert scene.do("amira", ref, "close")["state"] == "closed"


def not_reviewed(incident_id: int) -> str:
    """An answer of the room that knows of post-mortems."""
    return "The review has not been held."


def reviewed(incident_id: int) -> str:
    """The other answer."""
    return ""


# --- Bad input -------------------------------------------------------------------------------------------------------------

BAD: dict[str, list[dict[str, Any]]] = {
    "false-positive": [{}, {"reason": " "}, {"reason": "x" * 2001}, {"reason": "a\u202eb"}, {"reason": 5}],
    "reopen": [{}, {"reason": " "}, {"reason": "x" * 2001}, {"reason": "a\u202eb"}, {"reason": ["x"]}],
    "merge": [{}, {"into": ""}, {"into": "x" * 25}, {"into": 7}, {"into": "INC-1", "reason": "x" * 2001}],
    "close": [{"reason": "x" * 2001}, {"reason": "a\u202eb"}, {"why": "x"}],
}


@pytest.mark.parametrize("verb", BAD)
def test_bad_bodies_are_refused(scene: Scene, verb: str) -> None:
    scene.declare()
    ref = scene.ended("resolve", severity="SEV3") if verb in ("reopen", "close") else scene.commanded()
    for body in BAD[verb]:
        assert scene.verb("amira", ref, verb, **body).status_code == 422, body


@pytest.mark.parametrize("verb", BAD)
def test_executives_and_outsiders_end_nothing(scene: Scene, verb: str) -> None:
    ref = scene.commanded()
    body = {"merge": {"into": ref}, "close": {}}.get(verb, {"reason": "x"})
    assert scene.verb("exec", ref, verb, **body).json()["code"] == "not_a_practitioner"
    assert scene.door(scene.globex.amira).post(f"incidents/{ref}/{verb}/", body).status_code == 404
