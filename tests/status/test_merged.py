"""What was merged into another goes on with it, as customers see it: neither is it over, nor is whole what it broke."""

from datetime import datetime

import pytest

from tests.incidents.scene import Scene
from tests.metrics.test_availability import payments
from tests.status.public import make_public, read, say, summary, text, thread
from tests.status.test_struck import strike

pytestmark = [pytest.mark.servers, pytest.mark.clause("roles.cl-status-page"), pytest.mark.clause("tools.components")]


def merge(scene: Scene, ref: str, into: str) -> None:
    """A minute later than what was said, and a minute before what is said next."""
    scene.clock.advance(minutes=1)
    scene.do("amira", ref, "merge", into=into)
    scene.follow()
    scene.clock.advance(minutes=1)


def down() -> dict[str, str]:
    """The components that are not well, as a stranger reads it."""
    return {one["id"]: one["status"] for one in summary()["components"] if one["status"] != "operational"}


def over(scene: Scene, ref: str) -> datetime | None:
    """Since when the public knows that it is over. Its page, and what machines read, say the same."""
    found = thread(scene.acme, ref)
    (told,) = [one for one in read("api/v2/incidents.json").json()["incidents"] if one["id"] == found.public_id]
    assert (told["resolved_at"] is None, told["status"] != "resolved") == (found.ended_at is None,) * 2
    assert ("It goes on." in text(f"incidents/{found.public_id}/")) == (found.ended_at is None)
    return found.ended_at


def test_it_goes_on_until_the_other_is_said_to_be_over(scene: Scene) -> None:
    make_public(scene.acme)
    ref, into = scene.commanded(), scene.commanded()
    say(scene, ref, components={"payments": "major_outage", "api": "degraded_performance"})
    say(scene, into, components={"ios": "partial_outage"})
    merge(scene, ref, into)
    assert down() == {"payments": "major_outage", "api": "degraded_performance", "ios": "partial_outage"}
    assert scene.told(ref, "incident.merged")[0]["data"]["carried"] == ["api", "payments"]
    assert {one["slug"] for one in scene.incident(into)["components"]} == {"payments", "api", "ios"}
    assert scene.incident(ref)["components"] == []
    assert over(scene, ref) is None
    say(scene, into, "identified", components={"payments": "partial_outage"})
    assert down() == {"payments": "partial_outage", "api": "degraded_performance", "ios": "partial_outage"}
    assert over(scene, ref) is None
    scene.clock.advance(minutes=1)
    say(scene, into, "resolved")
    assert (down(), over(scene, ref), over(scene, into)) == ({}, scene.clock.now, scene.clock.now)
    scene.clock.advance(minutes=1)
    say(scene, into, "investigating")
    assert (over(scene, ref), over(scene, into)) == (None, None)


def test_it_is_over_with_the_end_of_the_last_that_it_was_merged_into(scene: Scene) -> None:
    """Along a chain, and where the last said "resolved" before all this came into it."""
    make_public(scene.acme)
    ref, between = scene.commanded(), scene.commanded()
    last = scene.ready()
    for one in (ref, between, last):
        say(scene, one, components={"payments": "major_outage"} if one == ref else {})
    merge(scene, ref, between)
    say(scene, last, "resolved")
    merge(scene, between, last)
    assert (over(scene, ref), over(scene, between), down()) == (None, None, {"payments": "major_outage"})
    scene.do("amira", last, "impact", end=scene.clock.now.isoformat())
    scene.clock.advance(minutes=1)
    scene.do("amira", last, "resolve", summary="Rolled back")
    scene.follow()
    assert (over(scene, ref), over(scene, between), down()) == (scene.clock.now, scene.clock.now, {})


def test_what_was_said_to_be_over_before_it_was_merged_is_over(scene: Scene) -> None:
    make_public(scene.acme)
    ref, into = scene.commanded(), scene.commanded()
    say(scene, ref, components={"payments": "major_outage"})
    say(scene, ref, "resolved")
    ended = scene.clock.now
    merge(scene, ref, into)
    assert (over(scene, ref), down()) == (ended, {})


def test_where_both_broke_the_same_the_worse_holds(scene: Scene) -> None:
    make_public(scene.acme)
    ref, into = scene.commanded(), scene.commanded()
    say(scene, ref, components={"payments": "major_outage", "api": "degraded_performance"})
    say(scene, into, components={"payments": "degraded_performance", "api": "partial_outage"})
    merge(scene, ref, into)
    assert down() == {"payments": "major_outage", "api": "partial_outage"}
    assert scene.told(ref, "incident.merged")[0]["data"]["carried"] == ["payments"]


def test_what_was_taken_over_ends_where_it_is_struck(scene: Scene) -> None:
    """In the room in which it was said; the other's own word holds again. A struck word of the other lets it hold again."""
    make_public(scene.acme)
    ref, into = scene.commanded("SEV3"), scene.commanded("SEV3")
    say(scene, ref, components={"payments": "major_outage", "api": "major_outage"})
    say(scene, into, components={"payments": "degraded_performance"})
    merge(scene, ref, into)
    say(scene, into, components={"api": "operational"})
    assert down() == {"payments": "major_outage"}
    scene.follow()
    assert payments(scene)["incidents"] == 1
    strike(scene, into)
    assert down() == {"payments": "major_outage", "api": "major_outage"}
    strike(scene, ref)
    assert down() == {"payments": "degraded_performance"}
    assert payments(scene)["incidents"] == 0
