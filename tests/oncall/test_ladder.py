"""Paging asks the schedule: who is on call at that moment is called, then the second, then the manager."""

from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from ledger.actions import configure
from oncall.actions import ladder
from oncall.models import Team
from tenants.models import Membership, User
from tests.incidents.scene import Scene
from tests.oncall.planning import at, layer, made, monday, override, plan

pytestmark = pytest.mark.servers

EVERYBODY = ("amira", "jon", "mei", "admin")


def called(scene: Scene) -> list[str]:
    """Who has been called."""
    return [who for who in EVERYBODY if scene.calls(who)]


@pytest.mark.clause("mobilize.page-out", "oncall.primary-secondary")
def test_who_is_on_call_now_is_called_and_not_who_was(scene: Scene) -> None:
    """Nine o'clock on Monday: a minute before it is Amira, then it is Jon."""
    week = monday(scene)
    plan(scene, start=week)
    at(scene, week + timedelta(days=6, hours=23, minutes=59))
    scene.declare(severity="SEV2")
    scene.follow()
    assert called(scene) == ["amira"]
    at(scene, week + timedelta(days=7))
    scene.declare(severity="SEV2")
    scene.follow()
    assert called(scene) == ["amira", "jon"]


@pytest.mark.clause("oncall.escalate-15-30")
def test_the_schedules_secondary_after_15_minutes_and_the_manager_after_30(scene: Scene) -> None:
    week = monday(scene)
    plan(scene, start=week)
    at(scene, week + timedelta(days=8))
    scene.declare(severity="SEV2")
    scene.follow()
    assert called(scene) == ["jon"]
    scene.later(minutes=14, seconds=59)
    assert called(scene) == ["jon"]
    scene.later(seconds=1)
    assert called(scene) == ["jon", "mei"]
    scene.later(minutes=15)
    assert called(scene) == ["jon", "mei", "admin"]


def test_an_override_decides_whom_a_page_wakes(scene: Scene) -> None:
    week = monday(scene)
    plan(scene, start=week)
    made(override(scene, "mei", week + timedelta(hours=9), week + timedelta(hours=21)))
    at(scene, week + timedelta(hours=14))
    scene.declare(severity="SEV2")
    scene.follow()
    assert called(scene) == ["mei"]


def test_where_the_schedule_has_nobody_the_fixed_order_stands_in(scene: Scene) -> None:
    """A page always finds somebody: a gap of both duties falls back on the team's order; of one, the other is called."""
    plan(scene, layers=False)
    names = [person.name for person in _ladder(scene)]
    assert names == ["Amira Ahmadi", "Jon Jensen", "Ada Admin"]
    made(scene.api("admin").post("schedules/shop/layers/", layer(scene, "mei", duty="secondary")))
    assert [person.name for person in _ladder(scene)] == ["Mei Martin", "Ada Admin"]


def test_who_has_left_is_not_called_though_it_is_their_turn(scene: Scene) -> None:
    plan(scene)
    with scene.acme.scope(scene.acme.admin):
        membership = Membership.objects.get(user_id=scene.acme.amira.user_id)
        configure(membership, {"is_active": False}, by=scene.acme.admin.actor())
    assert [person.name for person in _ladder(scene)] == ["Jon Jensen", "Ada Admin"]


def test_a_manager_on_call_is_called_once(scene: Scene) -> None:
    plan(scene)
    made(override(scene, "admin", "2026-06-01 09:00", "2026-06-03 06:00"))
    assert [person.name for person in _ladder(scene)] == ["Ada Admin", "Jon Jensen"]


def test_a_shadow_is_not_called(scene: Scene) -> None:
    plan(scene, layers=False)
    made(scene.api("admin").post("schedules/shop/layers/", layer(scene, "jon")))
    made(scene.api("admin").post("schedules/shop/layers/", layer(scene, "mei", duty="shadow")))
    assert [person.name for person in _ladder(scene)] == ["Jon Jensen", "Ada Admin"]


def test_a_team_without_a_schedule_costs_one_query(scene: Scene) -> None:
    """And one that is switched off is none."""
    assert _queries(scene) == 1
    plan(scene)
    assert _queries(scene) > 1
    made(scene.api("admin").post("schedules/shop/change/", {"is_active": False}), 200)
    assert _queries(scene) == 1
    assert [person.name for person in _ladder(scene)] == ["Amira Ahmadi", "Jon Jensen", "Ada Admin"]


@pytest.mark.clause("oncall.escalate-15-30")
def test_an_open_page_says_who_is_called_next_and_when(scene: Scene) -> None:
    """By the plan, without whoever declined; after the last one that nobody is left; and nothing once it is acknowledged."""
    ref = scene.declare(severity="SEV2")
    scene.follow()

    def ahead(who: str = "amira") -> tuple[list[str], timedelta] | None:
        coming = scene.calls(who)[0]["next"]
        (ladder,) = scene.api("mei").get(f"incidents/{ref}/pages/").json()["results"]
        assert (ladder["next"] or {}).get("people") == (coming or {}).get("people")
        return (coming["people"], datetime.fromisoformat(coming["at"]) - scene.clock.now) if coming else None

    assert ahead() == (["Jon Jensen"], timedelta(minutes=15))
    due = scene.clock.now + timedelta(minutes=15)
    room = scene.page("mei").get(f"/o/acme/incidents/{ref}/").content.decode()
    assert f'Next: Jon Jensen at <time datetime="{due.isoformat()}">{due:%H:%M}</time>' in room
    with scene.acme.scope(scene.acme.admin):
        membership = Membership.objects.get(user_id=scene.acme.jon.user_id)
        configure(membership, {"is_active": False}, by=scene.acme.admin.actor())
    assert ahead() == (["Mei Martin"], timedelta(minutes=15)), "whom the step would call as it looks now"
    with scene.acme.scope(scene.acme.admin):
        configure(membership, {"is_active": True}, by=scene.acme.admin.actor())
    scene.api("amira").post(f"pages/{scene.calls('amira')[0]['id']}/decline/")
    assert ahead() == (["Ada Admin"], timedelta(minutes=15))
    scene.later(minutes=15)
    assert ahead() == ([], timedelta(minutes=15))
    assert "Nobody is left to call after that." in scene.page("mei").get(f"/o/acme/incidents/{ref}/").content.decode()
    scene.api("jon").post(f"pages/{scene.calls('jon')[0]['id']}/acknowledge/")
    assert ahead() is None


def _ladder(scene: Scene) -> list[User]:
    with scene.acme.scope():
        return list(ladder(Team.objects.get(slug="shop")))


def _queries(scene: Scene) -> int:
    with scene.acme.scope():
        team = Team.objects.get(slug="shop")
        with CaptureQueriesContext(connection) as asked:
            ladder(team)
    return len(asked)
