"""`manage.py seal` as processes of their own, which a test stops at one of their steps from the outside, looks at, and kills with -9.

Nothing of the sealer knows of it: a lock that somebody else holds on the table that it writes next, or a pipe in the place of a file that it
reads next, is what any of its steps may meet.
"""

import errno
import os
import signal
import subprocess
import sys
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings

from ledger.sealing import notes
from tests import everything
from tests.conftest import Cast, Installation
from tests.ledger.sealed import KEY, PUBLIC, as_owner
from tests.portal.embedded import until

CHECKOUT = Path(__file__).resolve().parents[2]
SECONDS = 60.0  # for a process to start and seal on a machine with much to do
ADDRESSES = ("DATABASE_URL", "DATABASE_AUDITOR_URL", "DATABASE_OWNER_URL", "DATABASE_SEALER_URL")

WRITES: Mapping[str, frozenset[str]] = {
    "ledger_leaf": frozenset(),
    "ledger_tile": frozenset({"ledger_leaf"}),
    "ledger_checkpoint": frozenset({"ledger_leaf", "ledger_tile"}),
    "ledger_sealstate": frozenset({"ledger_leaf", "ledger_tile", "ledger_checkpoint"}),
}
"""What a batch writes, in its order, and what it has written in the same transaction before that."""


def environment(database: str, folder: Path) -> dict[str, str]:
    """What a sealer of the tests' servers is told."""
    urls = {name: urlsplit(os.environ[name])._replace(path=f"/{database}").geturl() for name in ADDRESSES}
    key = b64encode(KEY.private_bytes_raw()).decode()
    own = {"MUSTER_SEAL_KEY": key, "MUSTER_EVIDENCE_DIR": str(folder), "MUSTER_BASE_URL": "http://muster.example"}
    return {**os.environ, **urls, **own}


class Process:
    """One `manage.py seal`, until the test kills it."""

    def __init__(self, env: Mapping[str, str], *arguments: str) -> None:
        self._popen = subprocess.Popen([sys.executable, "manage.py", "seal", *arguments], cwd=CHECKOUT, env=dict(env))

    @property
    def runs(self) -> bool:
        """Whether it has not ended."""
        return self._popen.poll() is None

    def kill(self) -> None:
        """`kill -9`; it is gone when this returns, though the database may not know of it yet."""
        self._popen.kill()
        self._popen.wait()

    def stop(self) -> None:
        """Let it do nothing from here on, in the middle of whatever it does."""
        self._popen.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        """Let it go on where it was stopped."""
        self._popen.send_signal(signal.SIGCONT)

    def ended(self) -> int:
        """Wait for its end. Returns its status."""
        return self._popen.wait(SECONDS)


@contextmanager
def running(env: Mapping[str, str], *arguments: str) -> Iterator[Process]:
    """Run one while the block runs; one that still runs then is killed."""
    process = Process(env, *arguments)
    try:
        yield process
    finally:
        process.kill()


# --- Stopping it at a step ----------------------------------------------------------------------------------------


def stopped_at(ask: Callable[..., list[tuple[Any, ...]]], table: str) -> frozenset[str] | None:
    """What the sealer that waits to write this table has written in its transaction, uncommitted; None where none waits.

    `ask` answers a statement with its values, as the owner role.
    """
    waiting = ask(
        "SELECT l.pid FROM pg_locks l WHERE l.relation = %s::regclass AND NOT l.granted AND l.mode = 'RowExclusiveLock' "
        "AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())",
        table,
    )
    for (pid,) in waiting:
        held = ask(
            "SELECT c.relname FROM pg_locks l JOIN pg_class c ON c.oid = l.relation "
            "WHERE l.pid = %s AND l.granted AND l.mode = 'RowExclusiveLock' AND c.relkind = 'r'",
            pid,
        )
        return frozenset(name for (name,) in held) & WRITES.keys()
    return None


@contextmanager
def locked(house: Installation, table: str) -> Iterator[None]:
    """Nobody writes this table while the block runs: whoever is about to waits there."""
    with everything.connected(settings.DATABASE_OWNER_URL, house.name) as db, db.transaction():
        db.execute(f"LOCK TABLE {table} IN SHARE MODE")
        yield


@contextmanager
def pipe_for_key(shelf: Path) -> Iterator[Path]:
    """A pipe in the place of the published key, which the sealer reads before it publishes: it waits there while the block runs."""
    key, aside = shelf / "key", shelf / "key.aside"
    key.rename(aside)
    os.mkfifo(key)
    try:
        yield key
    finally:
        aside.replace(key)


@contextmanager
def reading(pipe: Path) -> Iterator[None]:
    """Wait until somebody reads from the pipe. They read on, and get nothing, while the block runs."""
    opened: list[int] = []

    def somebody() -> bool:
        try:
            opened.append(os.open(pipe, os.O_WRONLY | os.O_NONBLOCK))
        except OSError as error:
            if error.errno != errno.ENXIO:
                raise
        return bool(opened)

    until(somebody, SECONDS)
    try:
        yield
    finally:
        os.close(opened[0])


# --- What is there ------------------------------------------------------------------------------------------------


def counts(house: Installation, cast: Cast) -> tuple[int, int, int]:
    """How many leaves, hashes of tiles and checkpoints an organisation has that are committed."""
    tables = ("ledger_leaf", "ledger_tile", "ledger_checkpoint")
    found = [as_owner(house, f"SELECT count(*) FROM {name} WHERE organisation_id = %s", cast.id)[0][0] for name in tables]
    return found[0], found[1], found[2]


def shelf_of(house: Installation, cast: Cast, folder: Path) -> Path:
    """The folder that an organisation's checkpoints are published to."""
    return folder / str(as_owner(house, "SELECT public_id FROM tenants_organisation WHERE id = %s", cast.id)[0][0])


def published(shelf: Path) -> dict[int, str]:
    """The signed notes that are out, by their size."""
    return {int(file.name): file.read_text(encoding="utf-8") for file in shelf.glob("checkpoints/*/[0-9]*")}


def signed(house: Installation, cast: Cast) -> dict[int, str]:
    """The signed notes in the database, by their size."""
    return dict(as_owner(house, "SELECT size, note FROM ledger_checkpoint WHERE organisation_id = %s", cast.id))


def halted(house: Installation) -> list[str]:
    """Why organisations halt."""
    return [why for (why,) in as_owner(house, "SELECT why FROM ledger_sealstate WHERE halted_at IS NOT NULL")]


def all_sealed(house: Installation, cast: Cast, folder: Path) -> bool:
    """Whether every entry of an organisation has its leaf, and its newest checkpoint is out."""
    entries = as_owner(house, "SELECT count(*) FROM ledger_entry WHERE organisation_id = %s", cast.id)[0][0]
    out = published(shelf_of(house, cast, folder))
    return bool(out) and max(out) == entries and notes.read(out[entries], PUBLIC).size == entries
