"""An incident's pages follow the version of the standard that it pinned, whatever is in force by then (oncall.escalate-15-30)."""

import copy

import pytest

from standard.models import StandardVersion
from tests.incidents.scene import Scene, alert

pytestmark = pytest.mark.servers


def publish(scene: Scene, *, secondary: int, manager: int) -> None:
    """The organisation's next version, in force from now on (the verb for it comes with a later step)."""
    with scene.acme.scope():
        before = StandardVersion.objects.latest("number")
        content = copy.deepcopy(before.content)
        for clock in content["clocks"]:
            clock["due"] = {"page_secondary": secondary, "page_manager": manager}.get(clock["key"], clock["due"])
        StandardVersion.objects.create(number=before.number + 1, effective_at=scene.clock.now, content=content)


def called(scene: Scene) -> list[str]:
    return [who for who in ("amira", "jon", "admin") if scene.calls(who)]


@pytest.mark.clause("oncall.escalate-15-30")
def test_a_running_incidents_pages_keep_its_own_times(scene: Scene) -> None:
    scene.declare(severity="SEV2")
    publish(scene, secondary=1, manager=2)
    scene.follow()
    scene.later(minutes=14, seconds=59)
    assert called(scene) == ["amira"]
    scene.later(seconds=1)
    assert called(scene) == ["amira", "jon"]
    publish(scene, secondary=3, manager=4)
    scene.later(minutes=14, seconds=59)
    assert called(scene) == ["amira", "jon"]
    scene.later(seconds=1)
    assert called(scene) == ["amira", "jon", "admin"]


@pytest.mark.clause("breach.page-privacy-legal")
def test_so_does_the_call_of_a_duty(scene: Scene) -> None:
    ref = scene.commanded()
    publish(scene, secondary=1, manager=2)
    ref = str(scene.do("amira", ref, "flag", flag="personal_data", kinds=["pii"], reason="A bucket")["ref"])
    scene.follow()
    scene.later(minutes=14, seconds=59)
    assert len([e for e in scene.told(ref, "page.person_paged") if e["data"]["person"] == "Olga Owner"]) == 1
    scene.later(seconds=1)
    assert len([e for e in scene.told(ref, "page.person_paged") if e["data"]["person"] == "Olga Owner"]) == 2


@pytest.mark.clause("oncall.escalate-15-30")
def test_what_is_no_incident_yet_follows_the_version_in_force(scene: Scene) -> None:
    publish(scene, secondary=1, manager=2)
    scene.fire(alert(started=scene.clock.now))
    scene.follow()
    scene.later(minutes=1)
    assert called(scene) == ["amira", "jon"]


@pytest.mark.clause("oncall.escalate-15-30")
def test_a_signals_page_follows_the_incidents_version_once_it_is_one(scene: Scene) -> None:
    scene.fire(alert(started=scene.clock.now))
    scene.follow()
    scene.api("mei").post(f"triage/{scene.signals()[0]['id']}/declare/", {"severity": "SEV2"})
    publish(scene, secondary=1, manager=2)
    scene.follow()
    scene.later(minutes=15)
    assert called(scene) == ["amira", "jon"]
    scene.later(minutes=14, seconds=59)
    assert called(scene) == ["amira", "jon"]
    scene.later(seconds=1)
    assert called(scene) == ["amira", "jon", "admin"]
