"""A notice that reached nobody is a difference, for as long as it matters (mobilize.page-out, warroom.ack-everything)."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.test import override_settings

from ledger import heartbeats
from notifications.actions import MAX_ATTEMPTS
from notifications.models import Delivery
from notifications.transports import TransportError
from portal import engines, watching
from tenants.models import DutyHolder
from tenants.time import now
from tests.incidents.scene import UPDATE, Scene, alert
from tests.notifications.outside import Outside, by_email
from tests.oncall.test_alarms import looks, told
from tests.oncall.test_low_urgency import at
from tests.oncall.test_policies import answer

pytestmark = [pytest.mark.servers, pytest.mark.clause("mobilize.page-out")]

REFUSED = TransportError("550 no such mailbox")


@pytest.fixture
def outside() -> Iterator[type[Outside]]:
    """E-mail goes to a far side that the test commands."""
    with by_email() as far_side:
        yield far_side


def gives_up(scene: Scene) -> None:
    """Let so much time pass that what is refused is given up."""
    for _ in range(MAX_ATTEMPTS + 2):
        scene.later(sweeps=1, minutes=2, seconds=1)


def seen(scene: Scene, **later: float) -> int:
    """How many notices the watchdog says reached nobody, a while from now."""
    found = watching.differences(now() + (timedelta(**later) or timedelta(seconds=61)))
    return sum(1 for one in found if one.what == watching.REACHED_NOBODY and one.organisation_id == scene.acme.id)


def _given_up(scene: Scene) -> list[Delivery]:
    with scene.acme.scope():
        return list(Delivery.objects.filter(attempts__outcome="gave_up"))


def refused(scene: Scene, outside: type[Outside], who: str = "exec") -> str:
    """A SEV 1 of which a duty could not be told, for good."""
    outside.broken[scene.email(who)] = REFUSED
    ref = scene.commanded("SEV1")
    scene.follow()
    answer(scene, "amira", "acknowledge")
    gives_up(scene)
    return ref


def ordered(scene: Scene, outside: type[Outside]) -> str:
    """An order that could not be brought to Jon, for good."""
    ref = scene.mobilised("SEV2")
    scene.follow()
    answer(scene, "amira", "acknowledge")
    outside.broken[scene.email("jon")] = REFUSED
    scene.do("amira", ref, "order", to=scene.email("jon"), text="Roll back")
    gives_up(scene)
    return ref


@pytest.mark.clause("severity.sev1-page")
def test_a_duty_could_not_be_told(scene: Scene, outside: type[Outside]) -> None:
    refused(scene, outside)
    assert seen(scene) == 1
    looks(scene)
    told = {fault["code"]: fault["sentence"] for fault in scene.api("admin").get("readiness/").json()["results"]}
    assert told[watching.REACHED_NOBODY].startswith("The watchdog found 1 notices that reached nobody")


def test_while_it_is_tried_it_is_none(scene: Scene, outside: type[Outside]) -> None:
    outside.broken[scene.email("exec")] = REFUSED
    scene.commanded("SEV1")
    scene.follow()
    scene.later(minutes=5)
    assert seen(scene) == 0


def test_one_of_two_was_reached(scene: Scene, outside: type[Outside]) -> None:
    with scene.acme.scope(scene.acme.admin):
        DutyHolder.objects.create(duty="executive_team", user_id=scene.acme.director.user_id)
    refused(scene, outside)
    assert seen(scene) == 0


def test_an_update_that_reached_nobody_until_the_next_one_does(scene: Scene, outside: type[Outside]) -> None:
    ref = scene.mobilised("SEV2")
    scene.follow()
    answer(scene, "amira", "acknowledge")
    for who in ("exec", "director"):
        outside.broken[scene.email(who)] = REFUSED
    scene.do("mei", ref, "update", audience="executive", **UPDATE)
    gives_up(scene)
    assert seen(scene) == 1
    outside.broken.clear()
    scene.do("mei", ref, "update", audience="executive", **UPDATE)
    scene.later(minutes=2)
    assert seen(scene) == 0


@pytest.mark.clause("warroom.ack-everything")
@pytest.mark.parametrize("how", ["acknowledge", "withdraw"])
def test_an_order_until_it_is_acknowledged_or_withdrawn(scene: Scene, outside: type[Outside], how: str) -> None:
    ref = ordered(scene, outside)
    assert seen(scene) > 0
    scene.do("jon" if how == "acknowledge" else "amira", ref, how, order=1)
    assert seen(scene) == 0


@pytest.mark.clause("severity.sev1-page")
def test_until_whom_it_was_for_looks_at_the_incident(scene: Scene, outside: type[Outside]) -> None:
    ref = refused(scene, outside)
    scene.page("exec").get(f"/o/acme/incidents/{ref}/")
    assert seen(scene) == 0


def test_for_a_day_at_most(scene: Scene, outside: type[Outside]) -> None:
    refused(scene, outside)
    assert seen(scene, hours=23) == 1
    assert seen(scene, hours=25) == 0


def test_until_the_incident_has_ended(scene: Scene, outside: type[Outside]) -> None:
    ref = refused(scene, outside)
    scene.do("amira", ref, "false-positive", reason="The probe was wrong")
    assert seen(scene) == 0


@pytest.mark.clause("finance.notify-cfo")
def test_what_the_law_wants_told_outlasts_the_incident(scene: Scene, outside: type[Outside]) -> None:
    outside.broken[scene.email("exec")] = REFUSED
    ref = scene.commanded("SEV3")
    scene.do("amira", ref, "flag", flag="financial_loss", reason="Paid twice")
    gives_up(scene)
    scene.do("amira", ref, "impact", end=scene.clock.now.isoformat())
    scene.do("amira", ref, "resolve", summary="Paid back")
    assert seen(scene) == 1


@pytest.mark.clause("severity.sev3-low-urgency")
def test_a_call_of_low_urgency_until_it_is_acknowledged(scene: Scene, outside: type[Outside]) -> None:
    at(scene, 2, 10)
    outside.broken[scene.email("amira")] = REFUSED
    scene.declare(severity="SEV3")
    scene.follow()
    gives_up(scene)
    assert seen(scene) == 1
    answer(scene, "amira", "acknowledge")
    assert seen(scene) == 0


def test_a_page_reached_its_person_when_they_were_called_again(scene: Scene, outside: type[Outside]) -> None:
    """The first call of it was given up; that is no alarm any more for as long as nobody acknowledges."""
    outside.broken[scene.email("amira")] = REFUSED
    scene.fire(alert(started=scene.clock.now))
    scene.follow()
    gives_up(scene)
    assert "page_not_delivered" in {one.what for one in watching.differences(now())}
    outside.broken.clear()
    scene.api("mei").post(f"triage/{scene.signals()[0]['id']}/declare/", {"severity": "SEV2"})
    scene.follow()
    scene.later(minutes=3)
    assert "page_not_delivered" not in {one.what for one in watching.differences(now())}


def test_what_only_tells_is_not_asked_for(scene: Scene, outside: type[Outside]) -> None:
    """That somebody else has the page, or that a role was given: it would be an alarm for nothing."""
    scene.declare(severity="SEV2")
    scene.follow()
    scene.later(minutes=16)
    outside.broken[scene.email("jon")] = REFUSED
    answer(scene, "amira", "acknowledge")
    gives_up(scene)
    assert "page-taken" in {m.template for m in _given_up(scene)}
    assert seen(scene) == 0


def test_an_alarm_that_reached_nobody_is_no_reason_for_another(scene: Scene, outside: type[Outside]) -> None:
    refused(scene, outside)
    outside.broken[scene.email("admin")] = REFUSED
    looks(scene)
    gives_up(scene)
    assert "alarm" in {m.template for m in _given_up(scene)}
    assert seen(scene) == 1


def test_the_dead_mans_switch_is_pressed_all_the_same(scene: Scene, outside: type[Outside]) -> None:
    """Held back for a day for one mailbox, it would tell of nothing else."""
    refused(scene, outside)
    heartbeats.beat("sweep")
    assert seen(scene) == 1
    assert not watching.stands_still(now())
    with override_settings(DEADMAN_URL="http://127.0.0.1:9/"):
        assert engines.ping() is False, "it was tried"
    assert told(scene) == []
