"""A public update that is struck: what it said of components holds no more, for customers and in availability."""

import pytest

from tests.incidents.scene import Scene
from tests.metrics.test_availability import payments
from tests.status.public import make_public, say, summary, text

pytestmark = [pytest.mark.servers, pytest.mark.clause("warroom.bot-hygiene"), pytest.mark.clause("tools.components")]


def strike(scene: Scene, ref: str, which: int = -1) -> None:
    """One of its updates is struck; the last, unless it is said which."""
    entry = scene.told(ref, "incident.updated")[which]["seq"]
    scene.do("amira", ref, "correct", entry=entry, text="It was not so")
    scene.follow()


def components(scene: Scene, ref: str) -> dict[str, str]:
    """How the components are: as a stranger reads it, and as the room does."""
    there = {one["id"]: one["status"] for one in summary()["components"] if one["status"] != "operational"}
    assert {one["slug"]: one["condition"] for one in scene.incident(ref)["components"]} == there
    return there


def test_what_was_struck_takes_nothing_down(scene: Scene) -> None:
    """Neither on the page nor in the SLI; what was said of it right afterwards does."""
    make_public(scene.acme)
    ref = scene.commanded("SEV3")
    say(scene, ref, components={"payments": "major_outage"})
    scene.clock.advance(minutes=10)
    scene.follow()
    assert payments(scene)["down_seconds"] == pytest.approx(600, abs=5)
    strike(scene, ref)
    assert components(scene, ref) == {}
    assert "All systems operational" in text()
    assert (payments(scene)["down_seconds"], payments(scene)["incidents"]) == (0, 0)
    say(scene, ref, components={"payments": "partial_outage"})
    assert components(scene, ref) == {"payments": "partial_outage"}
    assert payments(scene)["incidents"] == 1


def test_what_the_others_say_holds_again(scene: Scene) -> None:
    """What an update changed by mistake is as the words before it have it, whatever it was that it said."""
    make_public(scene.acme)
    ref = scene.commanded("SEV3")
    say(scene, ref, components={"payments": "degraded_performance", "api": "degraded_performance"})
    say(scene, ref, components={"payments": "major_outage", "ios": "major_outage", "api": "operational"})
    assert components(scene, ref) == {"payments": "major_outage", "ios": "major_outage"}
    strike(scene, ref)
    assert components(scene, ref) == {"payments": "degraded_performance", "api": "degraded_performance"}
    assert payments(scene)["down_seconds"] == 0
    say(scene, ref, "resolved")
    assert components(scene, ref) == {}
    strike(scene, ref)
    assert components(scene, ref) == {"payments": "degraded_performance", "api": "degraded_performance"}


def test_what_another_said_too_is_so_by_that_one(scene: Scene) -> None:
    """It goes on, and it counts: that it was said twice is no reason to forget it with the first. So too once all is over."""
    make_public(scene.acme)
    ref = scene.commanded("SEV3")
    scene.clock.advance(minutes=10)
    scene.do("amira", ref, "impact", end=scene.clock.now.isoformat())
    for _ in range(3):
        scene.clock.advance(minutes=1)
        say(scene, ref, components={"payments": "major_outage"})
    strike(scene, ref, 0)
    assert components(scene, ref) == {"payments": "major_outage"}
    down = payments(scene)["down_seconds"]
    assert down == pytest.approx(600, abs=5)
    say(scene, ref, "resolved")
    scene.do("amira", ref, "resolve", summary="Rolled back")
    strike(scene, ref, 1)
    assert components(scene, ref) == {}
    assert payments(scene)["down_seconds"] == down
    strike(scene, ref, 2)
    assert (components(scene, ref), payments(scene)["down_seconds"]) == ({}, 0)


def test_what_was_said_before_it_came_back_does_not_hold_again(scene: Scene) -> None:
    make_public(scene.acme)
    ref = scene.ready()
    say(scene, ref, components={"payments": "major_outage"})
    say(scene, ref, "resolved")
    scene.do("amira", ref, "resolve", summary="Rolled back")
    scene.clock.advance(minutes=5)
    scene.do("amira", ref, "reopen", reason="It is back")
    say(scene, ref, components={"api": "major_outage"})
    strike(scene, ref, 1)
    assert components(scene, ref) == {"api": "major_outage"}
    strike(scene, ref)
    assert components(scene, ref) == {}
