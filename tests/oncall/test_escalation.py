"""Whom a page calls, and who is next when nobody acknowledges (mobilize.page-out, oncall.escalate-15-30)."""

import pytest

from ledger.actions import configure
from oncall.models import Service, Team
from tenants.models import Membership
from tests.incidents.scene import Scene, alert

pytestmark = pytest.mark.servers

LADDER = ("amira", "jon", "admin")  # primary, secondary, manager


def called(scene: Scene) -> list[str]:
    """Who has been called, of the team's order."""
    return [who for who in (*LADDER, "mei") if scene.calls(who)]


@pytest.mark.clause("mobilize.page-out")
def test_declaring_calls_the_first_of_each_affected_services_team_at_once(scene: Scene) -> None:
    ref = scene.declare(severity="SEV2", services=("checkout", "payments"))
    scene.follow()
    assert called(scene) == ["amira"]
    assert len(scene.calls("amira")) == 1  # both services are the same team's
    message = scene.mails("amira", f"Page: SEV 2 {ref}: Checkout fails")[0]
    assert "Service: Checkout\n" in message.body
    assert scene.told(ref, "page.started")[0]["text"] == "Paging Shop."
    assert scene.told(ref, "page.person_paged")[0]["text"] == "Amira Ahmadi paged."


@pytest.mark.clause("mobilize.page-out")
def test_without_a_service_the_default_team_is_called(scene: Scene) -> None:
    scene.declare(severity="SEV2", services=())
    scene.follow()
    assert called(scene) == ["amira"]


@pytest.mark.clause("mobilize.page-out")
def test_a_sev_4_calls_nobody(scene: Scene) -> None:
    scene.declare(severity="SEV4")
    scene.follow()
    assert called(scene) == []


@pytest.mark.clause("oncall.escalate-15-30")
def test_the_secondary_after_15_minutes_and_the_manager_after_30_to_the_second(scene: Scene) -> None:
    ref = scene.declare(severity="SEV2")
    scene.follow()
    scene.later(minutes=14, seconds=59)
    assert called(scene) == ["amira"]
    scene.later(seconds=1)
    assert called(scene) == ["amira", "jon"]
    scene.later(minutes=14, seconds=59)
    assert called(scene) == ["amira", "jon"]
    scene.later(seconds=1)
    assert called(scene) == ["amira", "jon", "admin"]
    told = [entry["text"] for entry in scene.told(ref, "page.person_paged")]
    assert told[1:] == ["Jon Jensen paged (nobody acknowledged: step 2).", "Ada Admin paged (nobody acknowledged: step 3)."]
    began, second, third = (entry["at"] for entry in scene.told(ref, "page.person_paged"))
    assert began < second < third
    assert [len(scene.mails(who, "Page:")) for who in LADDER] == [1, 1, 1]
    scene.later(hours=3)
    assert [len(scene.mails(who, "Page:")) for who in LADDER] == [1, 1, 1]


@pytest.mark.clause("oncall.escalate-15-30")
def test_each_step_kept_or_broken_is_measured(scene: Scene) -> None:
    ref = scene.declare(severity="SEV2")
    scene.follow()
    scene.later(minutes=15)
    clocks = [c for c in scene.part(ref, "clocks") if c["clause"] == "oncall.escalate-15-30"]
    assert [(c["state"], c["stopped_at"] is None) for c in clocks] == [("broken", False), ("running", True)]
    scene.api("jon").post(f"pages/{scene.calls('jon')[0]['id']}/acknowledge/")
    assert [c["state"] for c in scene.part(ref, "clocks") if c["clause"] == "oncall.escalate-15-30"] == ["broken", "kept"]


@pytest.mark.clause("oncall.escalate-15-30")
def test_a_sweep_that_comes_late_calls_everybody_who_is_due(scene: Scene) -> None:
    scene.declare(severity="SEV2")
    scene.follow()
    scene.later(sweeps=3, hours=2)
    assert called(scene) == ["amira", "jon", "admin"]


@pytest.mark.clause("oncall.escalate-15-30")
def test_a_sweep_that_comes_late_by_one_step_keeps_the_next_to_its_time(scene: Scene) -> None:
    scene.declare(severity="SEV2")
    scene.follow()
    scene.later(minutes=20)
    assert called(scene) == ["amira", "jon"]
    scene.later(minutes=9, seconds=59)
    assert called(scene) == ["amira", "jon"]
    scene.later(seconds=1)
    assert called(scene) == ["amira", "jon", "admin"]


@pytest.mark.clause("oncall.escalate-15-30")
@pytest.mark.parametrize("after", [1, 16])
def test_an_acknowledgement_stops_it(scene: Scene, after: int) -> None:
    ref = scene.declare(severity="SEV2")
    scene.follow()
    scene.later(minutes=after)
    scene.api("amira").post(f"pages/{scene.calls('amira')[0]['id']}/acknowledge/")
    before = called(scene)
    scene.later(hours=1)
    assert called(scene) == before
    assert scene.told(ref, "page.acknowledged")[0]["text"] == f"Acknowledged the page after {after} min 0 s."


@pytest.mark.clause("oncall.escalate-15-30")
def test_a_signals_page_escalates_too_and_goes_on_when_it_is_declared(scene: Scene) -> None:
    scene.fire(alert(started=scene.clock.now))
    scene.follow()
    scene.later(minutes=14)
    scene.api("mei").post(f"triage/{scene.signals()[0]['id']}/declare/", {"severity": "SEV2"})
    scene.follow()
    scene.later(minutes=1)
    assert called(scene) == ["amira", "jon"]
    assert len(scene.calls("jon")) == 1


@pytest.mark.clause("oncall.escalate-15-30")
def test_when_nobody_is_left_the_record_says_so(scene: Scene) -> None:
    by = scene.acme.admin.actor()
    with scene.acme.scope(scene.acme.admin):
        team = configure(Team(), {"slug": "tiny", "name": "Tiny"}, by=by)
        configure(Service(), {"slug": "lonely", "name": "Lonely", "team": team}, by=by)
    ref = scene.declare(severity="SEV2", services=("lonely",))
    scene.follow()
    assert scene.told(ref, "page.exhausted")[0]["text"] == "Nobody of Tiny is left to call, and nobody acknowledged."


@pytest.mark.clause("oncall.escalate-15-30")
def test_that_nobody_is_left_is_on_record(scene: Scene) -> None:
    ref = scene.declare(severity="SEV2")
    scene.follow()
    scene.later(sweeps=3, minutes=30)
    assert called(scene) == ["amira", "jon", "admin"]
    assert scene.told(ref, "page.exhausted") == []
    scene.later(sweeps=2, minutes=15)
    assert [entry["text"] for entry in scene.told(ref, "page.exhausted")] == [
        "Nobody of Shop is left to call, and nobody acknowledged."
    ]
    scene.later(sweeps=2, hours=2)
    assert len(scene.told(ref, "page.exhausted")) == 1


@pytest.mark.clause("mobilize.page-out")
def test_who_has_left_is_neither_called_nor_told(scene: Scene) -> None:
    with scene.acme.scope(scene.acme.admin):
        for who in ("amira", "director"):
            membership = Membership.objects.get(user_id=scene.acme.people[who].user_id)
            configure(membership, {"is_active": False}, by=scene.acme.admin.actor())
    scene.declare(severity="SEV1")
    scene.follow()
    assert scene.mails("amira") == scene.mails("director") == []
    assert len(scene.calls("jon")) == 1


def test_a_signal_that_was_answered_before_its_page_pages_for_the_incident_only(scene: Scene) -> None:
    scene.fire(alert("f1", started=scene.clock.now))
    waiting = scene.signals()[0]["id"]
    answer = scene.api("mei").post(f"triage/{waiting}/declare/", {"severity": "SEV2"})
    assert answer.status_code == 201
    scene.follow()
    assert len(scene.calls("amira")) == 1
    assert len(scene.mails("amira")) == 1
