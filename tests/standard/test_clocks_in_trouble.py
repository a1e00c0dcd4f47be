"""A clock that cannot be struck holds up no other, is tried again later and later, is set aside in the end, and shown."""

from datetime import timedelta

import pytest
from django.db import connection

from portal import reactions
from standard import clocks
from standard.models import Clock, ClockFailure
from tests.incidents.scene import Scene

pytestmark = [pytest.mark.servers, pytest.mark.clause("oncall.escalate-15-30")]

POISON = "incidents.order"  # a subject whose handler is made to fail: nothing else in these tests has such clocks


def _breaks(clock: Clock, by: object) -> None:
    raise ValueError("this one cannot be struck")


def _hangs(clock: Clock, by: object) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_sleep(60)")


def _loops(clock: Clock, by: object) -> None:
    while True:
        pass


HOWEVER = pytest.mark.parametrize("poison", ["breaks", "hangs", "loops"], indirect=True)


@pytest.fixture
def poison(request: pytest.FixtureRequest, scene: Scene, monkeypatch: pytest.MonkeyPatch) -> str:
    """A SEV 2 whose page is due in 15 minutes, and before it an order whose handler fails."""
    monkeypatch.setitem(reactions.CLOCK_SUBJECTS, POISON, f"{__name__}._{getattr(request, 'param', 'breaks')}")
    monkeypatch.setattr(clocks, "STRIKE_SECONDS", 0.5)  # a handler that hangs is waited for that long
    ref = scene.commanded("SEV2")
    scene.give(ref, ol="jon")
    scene.follow()
    scene.do("amira", ref, "order", to=scene.email("jon"), text="Restart db-2")
    return ref


def aside(scene: Scene) -> list[str]:
    """The errors of the clocks that were set aside."""
    with scene.acme.scope():
        return list(ClockFailure.objects.filter(next_try_at=None).values_list("last_error", flat=True))


@HOWEVER
def test_the_clocks_behind_it_have_their_time(scene: Scene, poison: str) -> None:
    """Both are due in the same sweep, the poisoned one first."""
    scene.later(sweeps=1, minutes=15)
    assert [page["state"] for page in scene.calls("jon")] == ["open"], "the secondary was called in that very sweep"
    with scene.acme.scope():
        trouble = ClockFailure.objects.get()
    assert trouble.failures == 1
    assert trouble.next_try_at is not None
    assert scene.told(poison, "clock.broken"), "the others were struck"


@HOWEVER
def test_it_is_tried_later_and_later_and_then_set_aside_and_shown(scene: Scene, poison: str) -> None:
    scene.later(sweeps=1, minutes=3)
    tries = 1
    while not aside(scene):
        scene.later(sweeps=1, seconds=121)
        tries += 1
        assert tries <= clocks.MAX_FAILURES
    assert tries == clocks.MAX_FAILURES
    scene.later(sweeps=3, minutes=10)
    assert len(aside(scene)) == 1, "it is not tried any more"
    assert "clock_set_aside" in {fault["code"] for fault in scene.api("admin").get("readiness/").json()["results"]}
    assert aside(scene)[0][:40] in scene.page("admin").get("/o/acme/admin/standard/clockfailure/").content.decode()


def test_once_its_cause_is_mended_an_administrator_has_it_struck(
    scene: Scene, poison: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene.later(sweeps=1, minutes=3)
    with scene.acme.scope():
        row = ClockFailure.objects.get()
        row.next_try_at = None
        row.save()
    monkeypatch.setitem(reactions.CLOCK_SUBJECTS, POISON, "incidents.actions.orders.on_clock_broken")
    chosen = {"action": "try_again", "_selected_action": [row.pk]}
    assert scene.page("jon").post("/o/acme/admin/standard/clockfailure/", chosen).status_code == 403
    assert scene.page("admin").post("/o/acme/admin/standard/clockfailure/", chosen).status_code == 302
    scene.sweep()
    assert scene.told(poison, "incident.order_chased")
    with scene.acme.scope():
        assert not ClockFailure.objects.exists()
    (told,) = scene.events("clock.tried_again")
    assert told.actor_name == "Ada Admin"


def test_one_that_is_not_aside_is_left_to_itself(scene: Scene, poison: str) -> None:
    scene.later(sweeps=1, minutes=3)
    with scene.acme.scope():
        row = ClockFailure.objects.get()
        reasons = clocks.why_not_try_again(row, scene.acme.admin.actor())
        refused = clocks.why_not_try_again(row, scene.acme.jon.actor())
    assert [reason.code for reason in reasons] == ["not_set_aside"]
    assert [reason.code for reason in refused] == ["not_an_administrator"]
    assert row.next_try_at is not None
    assert row.next_try_at > scene.clock.now + timedelta(seconds=1)
