"""Sealing: nothing is missed and nothing sealed twice, whoever writes at once and wherever the sealer dies; it halts on a rollback or fork."""

import random
import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.conf import settings
from django.db import connection, transaction

from ledger.actions import record
from ledger.sealing import notes, proofs, queries, sealer, tree
from ledger.sealing.publishing import Folder
from ledger.sealing.sealer import Sealer
from tenants.models import Membership
from tests import everything
from tests.conftest import Cast, Installation
from tests.ledger.sealed import KEY, PUBLIC, as_owner, envelopes, naive_root, run_all, seal, seal_all, sealer_in, told
from tests.ledger.test_sealing_tree import consistent, included

pytestmark = pytest.mark.servers


def write(cast: Cast, times: int = 1) -> None:
    """That many events of an organisation, committed together."""
    with cast.scope():
        subject = Membership.objects.earliest("pk")
        for number in range(times):
            record(
                "configuration.changed", subject, by=cast.admin.actor(), what="changed", name=str(number), model="x", changes={}
            )


def entered(house: Installation, cast: Cast) -> set[int]:
    """The seq of every entry of an organisation."""
    return {seq for (seq,) in as_owner(house, "SELECT id FROM ledger_entry WHERE organisation_id = %s", cast.id)}


def checked(house: Installation, cast: Cast, folder: Path) -> list[int]:
    """Check the log of an organisation from the outside: leaves, every checkpoint, every proof. Returns the seq of each leaf, in order."""
    said = envelopes(house, cast.id)
    rows = as_owner(house, "SELECT index FROM ledger_leaf WHERE organisation_id = %s ORDER BY index", cast.id)
    assert [index for (index,) in rows] == list(range(len(said)))
    published = sorted(folder.glob("*/checkpoints/*/*"))
    with cast.scope():
        made = {point.size: point for point in queries.checkpoints(cast.id)}
        newest = queries.latest_checkpoint(cast.id)
        assert newest is not None
        assert newest.size == len(said)
        for size, point in made.items():
            note = notes.read(point.note, PUBLIC)
            assert note.root == bytes(point.root) == naive_root(said[:size])
            proof = proofs.consistency(cast.id, size, len(said))
            assert consistent(size, len(said), proof, note.root, bytes(newest.root))
        for index in {0, len(said) // 2, len(said) - 1}:
            path = proofs.inclusion(cast.id, index, len(said))
            assert included(said[index], index, len(said), path, bytes(newest.root))
        assert [row[:2] for row in queries.entries(cast.id)] == [(n, one.decode()) for n, one in enumerate(said)]
    texts = {file.read_text(encoding="utf-8") for file in published}
    assert {point.note for point in made.values()} <= texts
    seqs = [told(one)["seq"] for one in said]
    assert len(set(seqs)) == len(seqs)
    return seqs


def test_what_is_committed_is_sealed_signed_and_published(own_database: Installation, tmp_path: Path) -> None:
    """Each organisation has a log of its own; a second run adds only what is new; tiles give the root."""
    acme, globex = own_database.acme, own_database.globex
    assert seal_all(tmp_path, batch=64) > 0
    first = checked(own_database, acme, tmp_path)
    assert set(first) == entered(own_database, acme)
    checked(own_database, globex, tmp_path)
    write(acme, 600)
    assert seal_all(tmp_path) == 600
    assert checked(own_database, acme, tmp_path)[: len(first)] == first
    assert seal_all(tmp_path) == 0
    with acme.scope():
        newest = queries.latest_checkpoint(acme.id)
        assert newest is not None
        origin = notes.origin_of(newest.note)
        assert origin.startswith("muster.example/")
        found = dict(proofs.tiles(acme.id, newest.size))
        some = dict(proofs.tiles(acme.id, newest.size, {0}))
        assert (queries.sealing(acme.id).lag_seconds, queries.sealing(acme.id).halted_at) == (None, None)
    full, rest = divmod(newest.size, 256)
    assert set(found) == {*(f"tile/0/{n:03d}" for n in range(full)), f"tile/0/{full:03d}.p/{rest}", f"tile/1/000.p/{full}"}
    assert set(some) == {"tile/0/000", f"tile/0/{full:03d}.p/{rest}", f"tile/1/000.p/{full}"}
    leaves = b"".join(found[name] for name in sorted(found) if name.startswith("tile/0"))
    assert leaves == b"".join(tree.leaf_hash(one) for one in envelopes(own_database, acme.id))


WRITERS, WRITE_SECONDS = 16, 30.0


class Undone(Exception):
    pass


class Writer(threading.Thread):
    """Writes with savepoints, rollbacks and transactions of all lengths, and keeps its own books of what was committed and what not."""

    def __init__(self, cast: Cast, number: int, until: float) -> None:
        super().__init__()
        self.cast, self.number, self.until = cast, number, until
        self.chance = random.Random(number)
        self.written = 0
        self.committed: list[str] = []
        self.undone: list[str] = []
        self.failure: BaseException | None = None

    def run(self) -> None:
        try:
            while time.monotonic() < self.until:
                self._transaction()
        except BaseException as error:
            self.failure = error
        finally:
            connection.close()

    def _transaction(self) -> None:
        kept: list[str] = []
        try:
            with self.cast.scope():
                subject = Membership.objects.earliest("pk")
                for _ in range(self.chance.randint(1, 4)):
                    self._savepoint(subject, kept)
                    time.sleep(self.chance.random() * self.chance.choice([0.001, 0.02, 0.1]))
                if self.chance.random() < 0.2:
                    raise Undone
        except Undone:
            self.undone += kept
        else:
            self.committed += kept

    def _savepoint(self, subject: Membership, kept: list[str]) -> None:
        self.written += 1
        name = f"{self.number}/{self.written}"
        try:
            with transaction.atomic():
                record("bench.changed", subject, by=self.cast.admin.actor(), turn=name)
                if self.chance.random() < 0.3:
                    raise Undone
        except Undone:
            self.undone.append(name)
        else:
            kept.append(name)


def test_nothing_is_missed_with_sixteen_writers(own_database: Installation, tmp_path: Path) -> None:
    """Sixteen writers for thirty seconds, and a sealer that hardly rests: what they say they committed has a leaf each, and nothing else."""
    acme = own_database.acme
    chance = random.Random(0)
    end = time.monotonic() + WRITE_SECONDS
    writers = [Writer(acme, number, end) for number in range(WRITERS)]
    for writer in writers:
        writer.start()
    with sealer_in(tmp_path) as one:
        while any(writer.is_alive() for writer in writers):
            one.run()
            time.sleep(chance.random() * 0.4)
        run_all(one)
    for writer in writers:
        writer.join()
    assert [writer.failure for writer in writers if writer.failure] == []
    assert set(checked(own_database, acme, tmp_path)) == entered(own_database, acme)
    committed = Counter(name for writer in writers for name in writer.committed)
    undone = {name for writer in writers for name in writer.undone}
    assert all(writer.committed and writer.undone for writer in writers)
    assert len(undone) > WRITERS * 10
    sealed = as_owner(
        own_database,
        "SELECT e.body::jsonb #>> '{data,turn}' FROM ledger_leaf l JOIN ledger_entry e ON e.id = l.id "
        "WHERE e.organisation_id = %s AND e.\"table\" = 'ledger_event' AND e.body::jsonb ->> 'kind' = 'bench.changed'",
        acme.id,
    )
    assert Counter(name for (name,) in sealed) == committed
    assert set(committed.values()) == {1}
    assert not undone & committed.keys()


def test_what_is_not_committed_holds_back_what_came_after(own_database: Installation, tmp_path: Path) -> None:
    """An entry of a transaction that still runs has no leaf; later ones wait for it, so that the order is that of (xid, seq)."""
    acme = own_database.acme
    seal_all(tmp_path)
    with everything.connected(settings.DATABASE_OWNER_URL, own_database.name) as slow:
        with slow.transaction():
            slow.execute("SELECT pg_current_xact_id()")
            write(acme, 3)
            assert seal(tmp_path) == 0
            with acme.scope():
                assert (queries.sealing(acme.id).lag_seconds or 0) > 0
        assert seal_all(tmp_path) == 3
    checked(own_database, acme, tmp_path)


class Killed(BaseException):
    """As a signal would."""


@pytest.mark.parametrize("step", ["_compare", "_take", "_grow", "_sign", "publish"])
def test_a_sealer_that_dies_is_taken_up_by_the_next(
    own_database: Installation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    """After each step: before the commit nothing is left of it; after it, the next run publishes what was signed."""
    acme = own_database.acme
    before = seal_all(tmp_path)
    write(acme, 300)
    whole: Callable[..., Any] = getattr(Sealer, step)

    def dying(self: Sealer, *values: Any) -> Any:
        if step != "publish":
            whole(self, *values)
        elif as_owner(own_database, "SELECT count(*) FROM ledger_leaf") < [(before + 300,)]:
            return whole(self, *values)  # other tests' transactions hold some back: it is the last of them that dies unpublished
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(Sealer, step, dying)
        with pytest.raises(Killed):
            seal_all(tmp_path)
    assert seal_all(tmp_path) == (0 if step == "publish" else 300)
    assert set(checked(own_database, acme, tmp_path)) == entered(own_database, acme)


def test_two_sealers_at_once(own_database: Installation, tmp_path: Path) -> None:
    """Each organisation is one's at a time: both run, no leaf is given twice."""
    acme = own_database.acme
    failures: list[BaseException] = []

    def sealing() -> None:
        try:
            with sealer_in(tmp_path, batch=16) as one:
                for _ in range(15):
                    one.run()
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=sealing) for _ in range(2)]
    for thread in threads:
        thread.start()
    for _ in range(20):
        write(acme, 5)
    for thread in threads:
        thread.join()
    seal_all(tmp_path)
    assert not failures
    assert set(checked(own_database, acme, tmp_path)) == entered(own_database, acme)


def halted(house: Installation, cast: Cast, folder: Path) -> str:
    """Seal, and return why this organisation halts; nothing may be sealed of it."""
    size = len(envelopes(house, cast.id))
    write(cast)
    seal(folder)
    assert len(envelopes(house, cast.id)) == size, "it never seals on"
    with cast.scope():
        state = queries.sealing(cast.id)
    assert state.halted_at is not None
    return state.why


def test_a_rollback_to_an_old_backup_halts(own_database: Installation, tmp_path: Path) -> None:
    """The database that was restored ends before the newest checkpoint that is out. The other organisation goes on."""
    acme, globex = own_database.acme, own_database.globex
    seal_all(tmp_path)
    (public_id,) = as_owner(own_database, "SELECT public_id FROM tenants_organisation WHERE id = %s", acme.id)[0]
    with acme.scope():
        newest = queries.latest_checkpoint(acme.id)
        assert newest is not None
    later = notes.sign(notes.origin_of(newest.note), newest.size + 50, b"\7" * 32, KEY)
    shelf = next(tmp_path.glob(f"{public_id}/checkpoints/*"))
    out = shelf / f"{newest.size + 50:013d}"
    out.write_text(later, encoding="utf-8")
    assert "behind what was published" in halted(own_database, acme, tmp_path)
    write(globex, 2)
    assert seal_all(tmp_path) == 2
    out.unlink()  # the right backup is there again: it goes on by itself
    seal_all(tmp_path)
    assert set(checked(own_database, acme, tmp_path)) == entered(own_database, acme)
    with acme.scope():
        assert queries.sealing(acme.id).halted_at is None


def test_a_fork_halts(own_database: Installation, tmp_path: Path) -> None:
    """What was published of that size has another root; or is signed with a key that is not ours; or is no checkpoint."""
    acme = own_database.acme
    seal_all(tmp_path)
    (public_id,) = as_owner(own_database, "SELECT public_id FROM tenants_organisation WHERE id = %s", acme.id)[0]
    out = max(tmp_path.glob(f"{public_id}/checkpoints/*/*"))
    good = out.read_text(encoding="utf-8")
    note = notes.read(good, PUBLIC)
    out.chmod(0o644)
    out.write_text(notes.sign(note.origin, note.size, b"\7" * 32, KEY), encoding="utf-8")
    assert "forked" in halted(own_database, acme, tmp_path)
    out.write_text("not a checkpoint", encoding="utf-8")
    assert "is not ours" in halted(own_database, acme, tmp_path)
    write(own_database.globex, 2)
    out.write_bytes(b"\xff" + good.encode())
    assert "is no text" in halted(own_database, acme, tmp_path)
    out.unlink()
    out.mkdir()  # as good as a file that only another user may read
    assert "cannot be read or written" in halted(own_database, acme, tmp_path)
    with own_database.globex.scope():
        assert queries.sealing(own_database.globex.id).lag_seconds is None, "the others went on being sealed"
    out.rmdir()


@pytest.mark.parametrize(
    ("attack", "why"),
    [
        (
            "UPDATE ledger_leaf SET hash = '\\x07' WHERE index = (SELECT max(index) FROM ledger_leaf) AND organisation_id = {}",
            "some were changed",
        ),
        (
            "DELETE FROM ledger_leaf WHERE index = (SELECT max(index) FROM ledger_leaf WHERE organisation_id = {0}) AND organisation_id = {0}",
            "leaves, and",
        ),
    ],
)
def test_leaves_that_a_superuser_changed_halt(own_database: Installation, tmp_path: Path, attack: str, why: str) -> None:
    """Who may switch triggers off changes or takes a leaf: what is there does not give the root that was signed."""
    acme, globex = own_database.acme, own_database.globex
    seal_all(tmp_path)
    missing = len(envelopes(own_database, globex.id)) - len(envelopes(own_database, acme.id))
    write(acme, max(missing, 0) + 1)  # so that acme has the largest index of all
    seal_all(tmp_path)
    as_owner(own_database, "ALTER TABLE ledger_leaf DISABLE TRIGGER append_only")
    as_owner(own_database, attack.format(acme.id))
    as_owner(own_database, "ALTER TABLE ledger_leaf ENABLE ALWAYS TRIGGER append_only")
    assert why in halted(own_database, acme, tmp_path)


def test_a_dump_in_a_new_cluster_goes_on(own_database: Installation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Numbers of transactions begin anew there: old entries, whose numbers may lie far ahead, and new ones are all sealed, once."""
    acme = own_database.acme
    with monkeypatch.context() as old:
        old.setattr(Sealer, "_system", lambda self: 4711)
        seal_all(tmp_path)
    write(acme, 2)
    as_owner(  # as a dump brings it: written there, not sealed there, by a transaction that this cluster has not reached in years
        own_database,
        'INSERT INTO ledger_entry (xid, organisation_id, "table", pk, op, at, role, envelope) '
        "VALUES (1099511627776, %s, 'ledger_event', '1', '+', now(), 'x', '{\"seq\":0}')",
        acme.id,
    )
    assert seal_all(tmp_path, batch=2) == 3
    write(acme, 2)
    assert seal_all(tmp_path) == 2
    assert seal_all(tmp_path) == 0
    said = envelopes(own_database, acme.id)
    assert len(said) == len(entered(own_database, acme))
    with acme.scope():
        newest = queries.latest_checkpoint(acme.id)
        assert newest is not None
        assert bytes(newest.root) == naive_root(said)


def test_a_disk_that_is_full_loses_no_checkpoint(
    own_database: Installation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What could not be published after its commit is published when there is room again, though nothing new is sealed; meanwhile it says so."""
    acme = own_database.acme
    with sealer_in(tmp_path) as one:
        one.run()
        write(acme, 2)
        with monkeypatch.context() as full:
            full.setattr(Folder, "publish", _no_room)
            run_all(one)
            with acme.scope():
                assert "No space left on device" in queries.sealing(acme.id).why
        assert one.run() == 0
    checked(own_database, acme, tmp_path)
    with acme.scope():
        assert queries.sealing(acme.id).halted_at is None


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT body FROM ledger_entry",
        "INSERT INTO ledger_entry (xid) VALUES (1)",
        "UPDATE ledger_leaf SET index = 0",
        "DELETE FROM ledger_checkpoint",
        "SELECT title FROM incidents_incident",
        "SELECT * FROM ledger_event",
        "CREATE TABLE public.mine (id int)",
    ],
)
def test_the_sealers_role_only_seals(own_database: Installation, statement: str) -> None:
    """It reads envelopes and no body, adds leaves and checkpoints, and changes none."""
    with sealer.connect() as db, pytest.raises(psycopg.errors.InsufficientPrivilege):
        db.execute(statement)


def _no_room(*values: Any) -> None:
    raise OSError(28, "No space left on device")
