"""The list of incidents: what burns stands first, and how long it has been quiet is said truly."""

import re

import pytest

from tests.incidents.scene import Scene

pytestmark = pytest.mark.servers


def listed(scene: Scene, view: str = "open") -> list[str]:
    """The references on the page, in its order."""
    page = scene.page("amira").get(f"/o/acme/incidents/?view={view}").content.decode()
    return list(dict.fromkeys(re.findall(r"/o/acme/incidents/(INC-\d+)/", page)))


@pytest.mark.clause("severity.sev1-definition")
def test_open_ones_stand_by_severity_and_then_the_newest_first(scene: Scene) -> None:
    levels = ("SEV1", "SEV4", "SEV2", "SEV1", "SEV3")
    one, four, two, newer_one, three = (scene.declare(severity=level) for level in levels)
    assert listed(scene) == [newer_one, one, two, three, four]
    assert listed(scene, "all") == [three, newer_one, two, four, one]
    scene.do("mei", four, "severity", severity="SEV1", reason="It spreads")
    assert listed(scene)[:3] == [newer_one, four, one]


@pytest.mark.clause("lifecycle.phases")
@pytest.mark.parametrize("verb", ["resolve", "false-positive"])
def test_quiet_is_counted_from_the_last_end(scene: Scene, verb: str) -> None:
    ref = scene.declare(severity="SEV3")
    scene.do("amira", ref, "claim")
    scene.do("amira", ref, "impact", end=scene.clock.now.isoformat())
    scene.clock.advance(hours=5)
    words = {"resolve": {"summary": "Rolled back"}, "false-positive": {"reason": "The probe was wrong"}}
    scene.do("amira", ref, verb, **words[verb])
    ended = scene.clock.now
    scene.clock.advance(hours=1)
    page = scene.page("amira").get("/o/acme/incidents/").content.decode()
    quiet = page[page.index("Quiet since") :]
    assert f'title="{ended:%Y-%m-%d %H:%M:%S} UTC"' in quiet[:400]
