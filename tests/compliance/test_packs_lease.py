"""A worker that outlives its lease puts nothing down: what it made may be older than an erasure, and its parts another's (clause evidence.export)."""

import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import connection

from compliance.actions import erasure
from compliance.actions.packs import finish
from compliance.models import EvidencePack, PackPart, PackWork
from compliance.packs import bag, beside, making
from compliance.packs.filling import Filling
from compliance.packs.lease import LEASE, Lease, LeaseLost, claim
from compliance.packs.records import Records
from tenants.actors import Via, system
from tenants.refusals import Refused
from tests.compliance.packlog import TestLog, recorded
from tests.compliance.test_holds_erasure import ask as ask_erasure
from tests.compliance.test_holds_erasure import decide, left
from tests.compliance.test_packs_making import Make, ask, holds, make, packs, saved
from tests.compliance.test_packs_requests import declared
from tests.conftest import Cast, Installation
from tests.incidents.scene import Scene, alert
from tests.incidents.test_files import attach

__all__ = ["make"]  # the fixture
pytestmark = [pytest.mark.servers, pytest.mark.clause("evidence.export")]

MADE: dict[str, Any] = {"name": "evidence", "size": 1, "sha256": "0" * 64, "checkpoint_size": 1}


def claimed(scene: Scene, pack_id: int) -> Lease:
    with scene.acme.scope():
        lease = claim(pack_id)
    assert lease is not None
    return lease


def finished_by(scene: Scene, lease: Lease) -> list[str]:
    """Which reasons keep whoever has this lease from finishing."""
    with scene.acme.scope():
        try:
            finish(EvidencePack.objects.get(pk=lease.pack_id), by=system(scene.acme.id, Via.RELAY), lease=lease, **MADE)
        except Refused as refused:
            return [reason.code for reason in refused.reasons]
    return []


def test_of_two_workers_the_one_that_was_not_heard_of_is_refused(scene: Scene) -> None:
    """In between, when nobody has the work; when another one has it; and, with no harm done, when it is ready."""
    ask(scene, scene.commanded())
    pack_id = packs(scene)[0]["id"]
    slow = claimed(scene, pack_id)
    scene.clock.advance(seconds=LEASE.total_seconds() + 1)
    assert making.sweep() == 1  # asks somebody else: the work is nobody's until they begin
    assert finished_by(scene, slow) == ["lease_lost"]
    quick = claimed(scene, pack_id)
    assert finished_by(scene, slow) == ["lease_lost"]
    assert packs(scene)[0]["state"] == "making"
    assert finished_by(scene, quick) == []
    assert packs(scene)[0]["state"] == "ready"
    assert finished_by(scene, slow) == []
    assert len(scene.events("pack.made")) == 1


def test_one_that_is_late_and_that_nobody_followed_finishes(scene: Scene) -> None:
    """A lease that ran out is lost to whoever takes it up, and to nobody before."""
    ask(scene, scene.commanded())
    late = claimed(scene, packs(scene)[0]["id"])
    scene.clock.advance(seconds=3 * LEASE.total_seconds())
    assert finished_by(scene, late) == []


def test_a_worker_that_began_before_an_erasure_does_not_finish_after_its_lease(scene: Scene) -> None:
    """Its pack tells what was erased. That somebody else's work began after the erasure, or has not begun, does not make it good."""
    ask(scene, scene.commanded())
    pack_id = packs(scene)[0]["id"]
    left(scene)
    slow = claimed(scene, pack_id)
    scene.clock.advance(seconds=LEASE.total_seconds() + 1)
    assert decide(scene, ask_erasure(scene).json()["id"]).json()["state"] == "done"
    assert making.sweep() == 1
    assert finished_by(scene, slow) == ["lease_lost"]
    scene.clock.advance(seconds=1)
    quick = claimed(scene, pack_id)
    assert finished_by(scene, slow) == ["lease_lost"]
    assert finished_by(scene, quick) == []


def test_an_erasure_is_seen_whatever_the_clock_of_its_host_says(scene: Scene) -> None:
    """It was decided after the work began, on a host whose clock is behind."""
    ask(scene, scene.commanded())
    left(scene)
    wish = ask_erasure(scene).json()["id"]
    lease = claimed(scene, packs(scene)[0]["id"])
    scene.clock.advance(seconds=-90)
    assert decide(scene, wish).json()["state"] == "done"
    scene.clock.advance(seconds=90)
    assert finished_by(scene, lease) == ["erased_meanwhile"]


def test_an_erasure_that_is_not_committed_yet_is_waited_for(
    own_database: Installation, at_work: Callable[[Cast, Cast], Scene], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else the pack were finished without it, and it would find no pack that is ready. Really committed, on two connections."""
    scene = at_work(own_database.acme, own_database.globex)
    ask(scene, scene.commanded())
    left(scene)
    wish = ask_erasure(scene).json()["id"]
    lease = claimed(scene, packs(scene)[0]["id"])
    erased, go, told = threading.Event(), threading.Event(), dict[str, Any]()
    erase = erasure._erase

    def slowly(*given: Any) -> dict[str, Any]:
        outcome = erase(*given)
        erased.set()
        assert go.wait(timeout=30)
        return outcome

    monkeypatch.setattr(erasure, "_erase", slowly)

    def apart(name: str, act: Callable[[], object]) -> threading.Thread:
        def run() -> None:
            try:
                told[name] = act()
            finally:
                connection.close()

        thread = threading.Thread(target=run)
        thread.start()
        return thread

    first = apart("decided", lambda: decide(scene, wish).json()["state"])
    assert erased.wait(timeout=30)
    second = apart("finished", lambda: finished_by(scene, lease))
    second.join(timeout=1)
    assert second.is_alive(), told
    go.set()
    for thread in (first, second):
        thread.join(timeout=30)
    assert told == {"decided": "done", "finished": ["erased_meanwhile"]}


@pytest.mark.parametrize("which", ["steps", "store", "put", "put off", "fail"])
def test_whatever_a_worker_writes_asks_whether_the_work_is_its_own(scene: Scene, tmp_path: Path, which: str) -> None:
    """Not the end alone: how far it is, the parts of the file, that it is put off, and that it failed."""
    ask(scene, scene.commanded())
    pack_id = packs(scene)[0]["id"]
    slow = claimed(scene, pack_id)
    scene.clock.advance(seconds=LEASE.total_seconds() + 1)
    making.sweep()
    claimed(scene, pack_id)
    file = tmp_path / "file"
    file.write_bytes(b"PK of the slow one")
    with scene.acme.scope():
        pack = EvidencePack.objects.get(pk=pack_id)
        PackPart.objects.create(pack=pack, incident_id=pack.incident_id, number=0, body=b"PK of the quick one")
        before = PackWork.objects.values().get()

    def own() -> Any:
        return scene.acme.scope()

    acts: dict[str, Callable[[], object]] = {
        "steps": lambda: making._Steps(own, slow)(50, "Writing"),
        "store": lambda: making._store(pack, file, own, slow, lambda *_: None),  # type: ignore[arg-type]
        "put": lambda: making._put(pack, [(1, b"PK")], own, slow),
        "put off": lambda: making._put_off(own, slow, timedelta(seconds=2), "Waits"),
        "fail": lambda: making._fail(own, pack, slow, "No space left"),
    }
    if which in ("put off", "fail"):
        acts[which]()
    else:
        with pytest.raises(LeaseLost):
            acts[which]()
    with scene.acme.scope():
        assert PackWork.objects.values().get() == before
        assert [bytes(part.body) for part in PackPart.objects.all()] == [b"PK of the quick one"]
        assert EvidencePack.objects.get(pk=pack_id).state == "asked"


def test_two_workers_at_one_pack_leave_one_whole_file(scene: Scene, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The slow one sleeps while it writes records; another begins anew and is done; then the slow one goes on."""
    ask(scene, scene.commanded())
    (pack,) = packs(scene)
    fill, asleep = Filling.fill, list[bool]()

    def slept(filling: Filling) -> Records:
        if not asleep:
            asleep.append(True)
            scene.clock.advance(seconds=LEASE.total_seconds() + 1)
            assert making.sweep() == 1
            assert making.make(scene.acme.id, pack["id"])
        return fill(filling)

    monkeypatch.setattr(Filling, "fill", slept)
    log = TestLog(recorded(scene.acme))
    monkeypatch.setattr(making, "log_for", lambda pack: log)
    assert not making.make(scene.acme.id, pack["id"])
    (made,) = packs(scene)
    assert (made["state"], asleep) == ("ready", [True])
    holds(saved(scene, made, tmp_path))
    assert len(scene.events("pack.made")) == 1


def test_whoever_takes_long_over_what_stands_beside_the_records_keeps_the_work(
    scene: Scene, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Four minutes for each file, request, post-mortem and judgement, more than a lease together: nobody else is asked meanwhile."""
    scene.fire(alert("f1", started=scene.clock.now, name="Ordinary"), group="g1")
    ref = declared(scene, "Ordinary", "SEV3")
    for name, body in (("one.txt", b"a graph"), ("two.txt", b"another")):
        assert attach(scene.api("amira"), ref, name, body).status_code == 200
    ask(scene, ref)
    slow = list[str]()

    def slowly(where: Any, name: str) -> None:
        quick = getattr(where, name)

        def taken(*given: Any, **named: Any) -> Any:
            if name != "_look" or "data" in given[0].parts:  # the bag's own few lines do not take long
                slow.append(name)
                scene.clock.advance(seconds=240)
            return quick(*given, **named)

        monkeypatch.setattr(where, name, taken)

    for where, name in ((beside, "file"), (beside, "inbound"), (beside, "post_mortem"), (Filling, "_own_rows"), (bag, "_look")):
        slowly(where, name)
    say, swept = making._Steps.__call__, list[int]()

    def watched(steps: making._Steps, percent: int, step: str) -> None:
        swept.append(making.sweep())
        say(steps, percent, step)

    monkeypatch.setattr(making._Steps, "__call__", watched)
    monkeypatch.setattr(making, "time", SimpleNamespace(monotonic=lambda: scene.clock.now.timestamp()))
    (made,) = make()
    assert (made["state"], set(swept)) == ("ready", {0})
    assert {"file", "inbound", "post_mortem", "_own_rows", "_look"} == set(slow)
    assert slow.count("file") == 2


def test_one_that_kills_whoever_makes_it_is_given_up_in_words(scene: Scene) -> None:
    """Who is killed says nothing, so the attempts are counted by the next one that begins. It is not begun for ever."""
    ask(scene, scene.commanded())
    pack_id = packs(scene)[0]["id"]
    for _ in range(making.MAX_ATTEMPTS):
        claimed(scene, pack_id)
        scene.clock.advance(seconds=LEASE.total_seconds() + 1)
        assert making.sweep() == 1
    assert not making.make(scene.acme.id, pack_id)
    (pack,) = packs(scene)
    assert pack["state"] == "failed"
    assert "It was begun 5 times and never came to its end" in pack["why"]
    assert len(scene.events("pack.failed")) == 1
    assert making.sweep() == 0
