"""Sealers as processes: killed with -9 at each step, and two at once. Everything is sealed once, and what is out is what is signed."""

import time
from functools import partial
from pathlib import Path

import pytest
from django.db import connection

from tests.conftest import Cast, Installation
from tests.ledger import sealers
from tests.ledger.sealed import as_owner, seal_all
from tests.ledger.sealers import SECONDS, all_sealed, counts, environment, published, running, shelf_of, signed
from tests.ledger.test_sealing import checked, entered, write
from tests.portal.embedded import until

pytestmark = [
    pytest.mark.servers,
    pytest.mark.alone(on="shared servers"),  # others' transactions would hold back what is to be in the sealer's hands
]

A_TILE = 300  # entries of which at least one tile is full


def sealed_once(house: Installation, cast: Cast, folder: Path) -> None:
    """Every entry has one leaf, without a gap; every checkpoint is right, and is out, and nothing else is; nobody halts."""
    assert set(checked(house, cast, folder)) == entered(house, cast)
    assert published(shelf_of(house, cast, folder)) == signed(house, cast)
    assert sealers.halted(house) == []


def test_killed_with_9_before_the_commit(own_database: Installation, tmp_path: Path) -> None:
    """Before each of the four things that a batch writes: nothing of it is left, and the next process seals it all.

    The one that is started again after a kill is killed at the next step.
    """
    acme, env, ask = own_database.acme, environment(own_database.name, tmp_path), partial(as_owner, own_database)
    seal_all(tmp_path)
    for table, before in sealers.WRITES.items():
        with running(env) as process:
            until(lambda: all_sealed(own_database, acme, tmp_path), SECONDS)
            sealed_once(own_database, acme, tmp_path)
            there, out = counts(own_database, acme), published(shelf_of(own_database, acme, tmp_path))
            with sealers.locked(own_database, table):
                write(acme, A_TILE)
                until(lambda table=table: sealers.stopped_at(ask, table) is not None, SECONDS)  # type: ignore[misc]
                assert sealers.stopped_at(ask, table) == before, "the kill would hit another step"
                assert process.runs
                process.kill()
        until(lambda: sealers.stopped_at(ask, table) is None)  # noqa: B023
        assert counts(own_database, acme) == there
        assert published(shelf_of(own_database, acme, tmp_path)) == out
    with running(env):
        until(lambda: all_sealed(own_database, acme, tmp_path), SECONDS)
    assert counts(own_database, acme)[0] >= len(sealers.WRITES) * A_TILE
    sealed_once(own_database, acme, tmp_path)


def test_killed_with_9_between_commit_and_publishing(own_database: Installation, tmp_path: Path) -> None:
    """Twice in a row: what was signed and is not out yet is published by the next that lives, the smaller one too."""
    acme, env = own_database.acme, environment(own_database.name, tmp_path)
    seal_all(tmp_path)
    shelf = shelf_of(own_database, acme, tmp_path)
    out, there = published(shelf), counts(own_database, acme)
    with sealers.pipe_for_key(shelf) as pipe:
        for died in (1, 2):
            write(acme, 5)
            with running(env) as process, sealers.reading(pipe):
                assert counts(own_database, acme)[2] == there[2] + died, "the kill would hit nothing that was signed"
                assert process.runs
                process.kill()
            assert published(shelf) == out
    write(acme, 5)
    with running(env):
        until(lambda: all_sealed(own_database, acme, tmp_path), SECONDS)
    assert set(published(shelf)) - set(out) == {there[0] + number for number in (5, 10, 15)}
    sealed_once(own_database, acme, tmp_path)


def test_two_processes_at_once(own_database: Installation, tmp_path: Path) -> None:
    """While one is in the middle of an organisation, the other leaves that alone, and seals the next; then both run under load."""
    acme, globex, env = own_database.acme, own_database.globex, environment(own_database.name, tmp_path)
    seal_all(tmp_path)
    ask = partial(as_owner, own_database)
    there, others = counts(own_database, acme), counts(own_database, globex)
    with running(env) as first:
        write(acme)
        until(lambda: all_sealed(own_database, acme, tmp_path), SECONDS)
        first.stop()  # so that it finds entries of both when it goes on: those written while it is at acme would wait for its end
        write(acme, A_TILE)
        write(globex, 3)
        grown = {acme.slug: (acme, there[0] + 1, A_TILE), globex.slug: (globex, others[0], 3)}
        with sealers.locked(own_database, "ledger_sealstate"):
            first.go_on()
            until(lambda: "ledger_checkpoint" in (sealers.stopped_at(ask, "ledger_sealstate") or ()), SECONDS)
            # Only acme's fill a tile. Where it was stopped between the two, it has globex's in its hands.
            held = acme if "ledger_tile" in (sealers.stopped_at(ask, "ledger_sealstate") or ()) else globex
            first.stop()
        with running(env, "--once") as second:
            assert second.ended() == 0
        for slug, (cast, before, new) in grown.items():
            sealed = counts(own_database, cast)[0] - before
            assert sealed == (0 if cast is held else new), f"of {slug}, while the first had {held.slug}'s in its hands"
        first.go_on()
        with running(env) as second:
            until(lambda: all_sealed(own_database, acme, tmp_path), SECONDS)
            stop = time.monotonic() + 6
            while time.monotonic() < stop:
                write(acme, 5)
                write(globex, 5)
            until(lambda: all(all_sealed(own_database, cast, tmp_path) for cast in (acme, globex)), SECONDS)
            assert first.runs
            assert second.runs
    connection.close()
    for cast in (acme, globex):
        sealed_once(own_database, cast, tmp_path)
