"""A page that was never made: the watchdog starts from what it would have been for (mobilize.page-out)."""

from datetime import timedelta

import pytest

from ledger.models import Outbox
from oncall.models import Page
from portal import watching
from tenants.time import now
from tests.incidents.scene import Scene, alert
from tests.incidents.test_rules import fire, rule

pytestmark = [pytest.mark.servers, pytest.mark.clause("mobilize.page-out")]

NEVER = {"signal_not_paged", "incident_not_paged"}


def seen(scene: Scene, seconds: int = 61) -> set[str]:
    """Which pages the watchdog misses so much later, when nothing has run meanwhile."""
    found = watching.differences(now() + timedelta(seconds=seconds))
    return {one.what for one in found if one.organisation_id == scene.acme.id} & NEVER


def lose_the_queue(scene: Scene) -> None:
    """Delete every reaction that still has to run."""
    with scene.acme.scope():
        assert Outbox.objects.all().delete()[0]


def test_a_question_whose_row_of_the_queue_is_gone(scene: Scene) -> None:
    scene.fire(alert(started=scene.clock.now))
    assert seen(scene) == set(), "it is queued: that it does not follow is said by another question"
    lose_the_queue(scene)
    assert seen(scene, 59) == set()
    assert seen(scene) == {"signal_not_paged"}
    assert {d.organisation_id for d in watching.differences(now() + timedelta(minutes=2)) if d.what in NEVER} == {scene.acme.id}
    scene.later(seconds=61)
    told = {fault["code"]: fault["sentence"] for fault in scene.api("admin").get("readiness/").json()["results"]}
    assert told["signal_not_paged"].startswith("The watchdog found 1 questions that called nobody")
    scene.api("jon").post(f"triage/{scene.signals()[0]['id']}/dismiss/", {"reason": "A load test"})
    assert seen(scene) == set(), "once it is answered it calls nobody"


@pytest.mark.parametrize("severity", ["SEV1", "SEV2"])
def test_a_war_room_whose_row_of_the_queue_is_gone(scene: Scene, severity: str) -> None:
    scene.declare(severity=severity)
    assert seen(scene) == set()
    lose_the_queue(scene)
    assert seen(scene, 59) == set()
    assert seen(scene) == {"incident_not_paged"}


@pytest.mark.parametrize("severity", ["SEV3", "SEV4"])
def test_what_opens_no_war_room_is_not_missed(scene: Scene, severity: str) -> None:
    scene.declare(severity=severity)
    lose_the_queue(scene)
    assert seen(scene) == set()


def test_what_was_paged_is_not_missed_whatever_became_of_it(scene: Scene) -> None:
    scene.fire(alert(started=scene.clock.now))
    scene.follow()
    scene.declare(severity="SEV2")
    scene.follow()
    assert seen(scene) == set()
    for page in scene.calls("amira"):
        scene.api("amira").post(f"pages/{page['id']}/acknowledge/")
    scene.later(hours=1)
    assert seen(scene) == set()
    with scene.acme.scope():
        assert Page.objects.exists()


def test_what_is_suppressed_is_not_missed(scene: Scene) -> None:
    rule(scene, name="Staging", labels={"env": "staging"}, outcome="suppress")
    fire(scene, env="staging")
    with scene.acme.scope():
        Outbox.objects.all().delete()
    assert seen(scene, 3600) == set()
