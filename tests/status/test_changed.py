"""When the page changed last, as those read it who ask again for what has changed since (tools.statuspage-public)."""

from datetime import datetime

import pytest

from tests.incidents.scene import Scene
from tests.postmortems.learning import done
from tests.postmortems.test_let_out import ready
from tests.status.public import make_public, read, say, summary
from tests.status.test_postmortems import release

pytestmark = [pytest.mark.servers, pytest.mark.clause("tools.statuspage-public")]


def changed(scene: Scene) -> tuple[datetime, datetime]:
    """When the page changed last, in every document of it, and its component of payments."""
    whole = summary()
    (payments,) = [one for one in whole["components"] if one["id"] == "payments"]
    for what in ("status", "components", "incidents", "incidents/unresolved", "scheduled-maintenances"):
        assert read(f"api/v2/{what}.json").json()["page"]["updated_at"] == whole["page"]["updated_at"], what
    return datetime.fromisoformat(whole["page"]["updated_at"]), datetime.fromisoformat(payments["updated_at"])


def at(scene: Scene) -> datetime:
    """This moment as the format writes it: to the millisecond."""
    moment = scene.clock.now
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def test_that_all_is_well_again_is_a_change(scene: Scene) -> None:
    make_public(scene.acme)
    founded, _ = changed(scene)
    assert changed(scene) == (founded, founded)
    ref = scene.commanded()
    say(scene, ref, components={"payments": "major_outage"})
    broke = at(scene)
    assert changed(scene) == (broke, broke)
    scene.clock.advance(minutes=5)
    say(scene, ref, "monitoring")
    assert changed(scene) == (at(scene), broke)
    scene.clock.advance(minutes=5)
    say(scene, ref, "resolved")
    well = at(scene)
    assert changed(scene) == (well, well)
    scene.clock.advance(days=200)
    assert changed(scene) == (well, well)


def test_that_one_of_two_ends_is_a_change_of_the_component(scene: Scene) -> None:
    make_public(scene.acme)
    worse, other = scene.commanded(), scene.commanded()
    say(scene, other, components={"payments": "degraded_performance"})
    scene.clock.advance(minutes=5)
    say(scene, worse, components={"payments": "major_outage"})
    scene.clock.advance(minutes=5)
    say(scene, worse, "resolved")
    assert changed(scene) == (at(scene), at(scene))


def test_what_is_taken_off_is_a_change(scene: Scene) -> None:
    make_public(scene.acme)
    ref = scene.commanded()
    say(scene, ref, components={"payments": "major_outage"})
    scene.clock.advance(minutes=5)
    scene.do("amira", ref, "correct", entry=scene.told(ref, "incident.updated")[0]["seq"], text="Not so")
    scene.clock.advance(minutes=5)
    scene.follow()
    page, payments = changed(scene)
    assert (page, (page - payments).total_seconds()) == (at(scene), 300)


def test_a_post_mortem_that_is_released_or_taken_back_is_a_change(scene: Scene) -> None:
    """Taken back, nothing is shown of its incident any more; the page does not say that it is as it was founded."""
    make_public(scene.acme)
    ref = ready(scene)
    release(scene, ref)
    assert changed(scene)[0] == at(scene)
    scene.clock.advance(minutes=5)
    done(scene, "amira", ref, "withdraw", reason="A figure was wrong")
    assert changed(scene)[0] == at(scene)
