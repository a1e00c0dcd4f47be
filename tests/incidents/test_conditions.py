"""What an incident broke is whole again when it ends, however it ends (tools.components, roles.cl-status-page)."""

from typing import Any

import pytest

from incidents.models import ComponentState
from incidents.states import RoomRole
from tests.incidents.scene import UPDATE, Scene
from tests.incidents.test_approval import approved

pytestmark = pytest.mark.servers

BROKEN = {
    **UPDATE,
    "audience": "public",
    "status": "identified",
    "states_cause": False,
    "components": {"payments": "major_outage", "api": "partial_outage"},
}
RESOLVED = {**UPDATE, "audience": "public", "status": "resolved"}
ENDS: dict[str, dict[str, Any]] = {
    "false-positive": {"reason": "The probe was wrong"},
    "merge": {},
    "resolve": {"summary": "Done"},
}


def broken(scene: Scene) -> list[tuple[str, str]]:
    """What customers see broken, because of any incident."""
    with scene.acme.scope():
        found = ComponentState.objects.filter(until=None).order_by("id")
        return list(found.values_list("component__slug", "condition"))


def end(scene: Scene, ref: str, verb: str) -> None:
    """End it so, merged into one of which customers know too."""
    into: dict[str, Any] = {}
    if verb == "merge":
        into = {"into": scene.commanded()}
        scene.do("amira", into["into"], "update", **{**UPDATE, "audience": "public", "status": "investigating"})
    scene.do("amira", ref, verb, **ENDS[verb], **into)


def led(scene: Scene) -> str:
    """Nothing stands in the way of resolving it; Mei communicates."""
    ref = scene.ready()
    scene.appoint(ref, RoomRole.CL, "mei")
    return ref


@pytest.mark.clause("tools.components")
def test_a_false_positive_leaves_nothing_broken(scene: Scene) -> None:
    """Customers are told first, and see it whole by that word."""
    ref = led(scene)
    scene.do("mei", ref, "update", **BROKEN)
    assert broken(scene) == [("payments", "major_outage"), ("api", "partial_outage")]
    scene.do("mei", ref, "update", **RESOLVED)
    end(scene, ref, "false-positive")
    assert broken(scene) == []
    assert scene.told(ref, "incident.false_positive")[0]["data"]["restored"] == []
    with scene.acme.scope():
        assert {state.until for state in ComponentState.objects.all()} == {scene.clock.now}


@pytest.mark.clause("tools.components")
@pytest.mark.parametrize("verb", list(ENDS))
def test_an_update_that_is_approved_after_the_end_breaks_nothing(scene: Scene, verb: str) -> None:
    approved(scene, "public")
    ref = led(scene)
    scene.do("mei", ref, "update", **BROKEN)
    end(scene, ref, verb)
    waiting = scene.part(ref, "updates")[0]["id"]
    scene.do("exec", ref, "approve-update", update=waiting)
    assert scene.part(ref, "updates")[0]["state"] == "published"
    assert broken(scene) == []


@pytest.mark.clause("tools.components")
def test_another_incidents_conditions_stay(scene: Scene) -> None:
    ref, other = led(scene), scene.commanded()
    scene.appoint(other, RoomRole.CL, "mei")
    scene.do("mei", ref, "update", **BROKEN)
    scene.do("mei", other, "update", **{**BROKEN, "components": {"ios": "major_outage"}})
    scene.do("mei", ref, "update", **RESOLVED)
    end(scene, ref, "false-positive")
    assert broken(scene) == [("ios", "major_outage")]
