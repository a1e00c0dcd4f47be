"""A part of the sweep that breaks: the others have their turn, pages go out, and administrators know of it."""

import pytest
from django.db import DatabaseError, OperationalError, connection, transaction

from ledger import heartbeats
from oncall import waking
from portal import engines, sweeping, watching
from portal.management.commands import watch
from standard import clocks
from tests.incidents.scene import Scene

pytestmark = [pytest.mark.servers, pytest.mark.clause("mobilize.page-out")]


def broken() -> int:
    """What a statement that cannot be run does, each time."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT muster.no_such_function()")
    return 0


def raises() -> int:
    """What a fault of ours does."""
    raise ZeroDivisionError("no such thing")


def turns(scene: Scene, seconds: int) -> None:
    """The watch loop goes round, without a worker beside it."""
    for _ in range(seconds // 10):
        scene.clock.advance(seconds=10)
        for step in (watch._sweep, engines.look, engines.ping):
            watch._goes_on(step)


@pytest.mark.parametrize("how", [broken, raises])
def test_pages_go_out_and_the_alarm_is_said(scene: Scene, monkeypatch: pytest.MonkeyPatch, how: sweeping.Part) -> None:
    scene.sweep()
    monkeypatch.setattr(clocks, "sweep", how)
    monkeypatch.setattr(waking, "sweep", how)
    scene.declare(severity="SEV1")
    turns(scene, 20)
    assert scene.mails("amira", "Page:"), "by catching up, which comes last"
    assert not scene.mails("admin", "Alarm:")
    turns(scene, 60)
    assert [m.subject for m in scene.mails("admin", "Alarm:") if "No sweep has run to its end since" in m.subject]


def test_while_there_is_something_to_catch_up_on_there_is_no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a broker everything goes out by this loop: what came during one turn does not wait for the next one's time."""
    did, paused, stopping = iter([3, 2, 0, 1]), list[float](), list[int]()

    def pause(seconds: float) -> None:
        paused.append(seconds)
        stopping.append(1)

    monkeypatch.setattr(watch, "_sweep", lambda: next(did))
    place = "portal.management.commands.watch"
    monkeypatch.setattr(f"{place}.engines.look", lambda: 5)  # what it finds is not what it did
    monkeypatch.setattr(f"{place}.engines.ping", lambda: True)
    monkeypatch.setattr(f"{place}.close_old_connections", lambda: None)
    monkeypatch.setattr(f"{place}.time.sleep", pause)
    watch.go_round(stopping)
    assert paused == [watch.PAUSE_SECONDS]
    assert list(did) == [1], "three turns, and a pause after the one that found nothing"


def test_every_part_breaks_and_the_alarm_is_said_all_the_same(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    scene.sweep()
    monkeypatch.setattr(watch, "_sweep", broken)
    turns(scene, 80)
    with scene.acme.scope():
        assert [event.data["what"] for event in scene.events("readiness.alarmed")] == ["sweep_late"]


def test_what_the_watchdog_cannot_look_for_keeps_nothing_else_from_being_said(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What broke a part of the sweep may break its own question too."""
    scene.sweep()
    monkeypatch.setattr(clocks, "sweep", broken)
    one = watching.SWEEPS["notice_not_given"]

    def cannot(*_: object) -> list[tuple[int, int]]:
        return [(broken(), 0)]

    monkeypatch.setitem(watching.SWEEPS, "notice_not_given", watching.Sweep(one.run, cannot, one.sentence))
    turns(scene, 80)
    with scene.acme.scope():
        assert [event.data["what"] for event in scene.events("readiness.alarmed")] == ["watchdog_blind", "sweep_late"]


def test_a_sweep_of_which_a_part_broke_leaves_no_heartbeat(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    scene.sweep()
    before = heartbeats.last("sweep")
    monkeypatch.setattr(clocks, "sweep", raises)
    scene.clock.advance(seconds=5)
    sweeping.sweep()
    assert heartbeats.last("sweep") == before


def test_without_a_database_the_sweep_is_left(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """There is nothing to be done for anybody, and ten errors would say no more than one."""
    later: list[str] = []

    def away() -> None:
        raise OperationalError("the database is away")

    def pages() -> int:
        later.append("pages")
        return 0

    monkeypatch.setattr(clocks, "sweep", broken)
    monkeypatch.setattr(waking, "sweep", pages)
    monkeypatch.setattr(sweeping, "connected", away)
    with pytest.raises(DatabaseError):
        sweeping.sweep()
    assert later == []
