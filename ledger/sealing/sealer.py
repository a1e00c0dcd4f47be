"""The sealer: gives committed entries their leaves, signs a checkpoint in the same transaction, and publishes it after the commit.

Which entries: those of transactions that ended before every one that still runs (`xid < pg_snapshot_xmin`), in (xid, seq) order: whatever
commits later has a larger xid, so nothing is passed by. Transaction numbers are a cluster's own: where the last checkpoint was made in
another one (a dump was restored), everything committed that has no leaf is sealed once, whatever its number, and counting begins anew.

It never seals on where the database is behind what was published, or says something else: that organisation halts, and says why.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import structlog
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings
from django.db import connections

from ledger.sealing import notes, storing, tree
from ledger.sealing.publishing import Folder
from ledger.sealing.storing import Missing

log = structlog.get_logger(__name__)

BATCH = 10_000  # leaves a checkpoint at most
LOOK_AT_ALL_SECONDS = 60.0  # how often organisations in which nothing happens are compared with their folder too
LOCK = 1_397_047_379  # any number: the first half of the advisory lock, the second is the organisation

_TAKE = """
WITH chosen AS (
  SELECT e.id, e.xid, e.envelope FROM ledger_entry e WHERE e.organisation_id = %(organisation)s AND e.xid >= %(after)s
    AND (%(foreign)s OR e.xid < pg_snapshot_xmin(pg_current_snapshot())::text::bigint)
    AND NOT EXISTS (SELECT 1 FROM ledger_leaf l WHERE l.id = e.id) ORDER BY e.xid, e.id LIMIT %(batch)s),
placed AS (
  SELECT id, xid, row_number() OVER (ORDER BY xid, id) - 1 + %(size)s AS index, sha256('\\x00'::bytea || convert_to(envelope, 'UTF8')) AS hash
  FROM chosen),
put AS (INSERT INTO ledger_leaf (id, organisation_id, index, hash) SELECT id, %(organisation)s, index, hash FROM placed)
SELECT hash, xid, pg_snapshot_xmin(pg_current_snapshot())::text::bigint FROM placed ORDER BY index"""
_LATEST = "SELECT size, root, note, system, through_xid, key FROM ledger_checkpoint WHERE organisation_id = %s ORDER BY size DESC LIMIT 1"
_STATE = """
INSERT INTO ledger_sealstate (organisation_id, sealed_at, halted_at, why) VALUES (%(organisation)s, %(sealed)s, NULL, '')
ON CONFLICT (organisation_id) DO UPDATE SET sealed_at = coalesce(EXCLUDED.sealed_at, ledger_sealstate.sealed_at), halted_at = NULL, why = ''"""
_HALT = """
INSERT INTO ledger_sealstate (organisation_id, halted_at, why) VALUES (%(organisation)s, clock_timestamp(), %(why)s)
ON CONFLICT (organisation_id) DO UPDATE SET halted_at = coalesce(ledger_sealstate.halted_at, EXCLUDED.halted_at), why = EXCLUDED.why"""


class Halted(Exception):
    """The database and what was published do not agree; the text says how, as a sentence."""


@dataclass(frozen=True, slots=True)
class Last:
    """The newest checkpoint in the database; size 0 where there is none yet."""

    size: int = 0
    root: bytes = tree.EMPTY
    note: str = ""
    system: int = 0
    through_xid: int = 0
    key: bytes = b""


def connect() -> "psycopg.Connection[Any]":
    """A connection as the sealer's role, to the database that Django uses here."""
    parts = settings.DATABASE_SEALER
    named = {"user": parts["USER"], "password": parts["PASSWORD"], "host": parts["HOST"], "port": parts["PORT"]}
    given = {"application_name": "muster seal"} | {name: value for name, value in named.items() if value} | parts["OPTIONS"]
    return psycopg.connect(dbname=connections["default"].settings_dict["NAME"], autocommit=True, **given)


class Sealer:
    """Seals every organisation through one connection. Any number may run: each organisation is one's at a time."""

    def __init__(
        self, db: "psycopg.Connection[Any]", key: Ed25519PrivateKey, folder: Path, host: str, *, batch: int = BATCH
    ) -> None:
        """`host` begins the origin of logs that begin now; one that has begun keeps its own."""
        self.db, self.key, self.folder, self.host, self.batch = db, key, folder, host, batch
        self.public = key.public_key().public_bytes_raw()
        self._looked_at_all: float | None = None
        self._unpublished: set[int] = set()

    def run(self) -> int:
        """Seal what there is, of everybody. Returns how many leaves were given. Leaves a heartbeat."""
        began = time.monotonic()
        everybody = self._looked_at_all is None or began - self._looked_at_all > LOOK_AT_ALL_SECONDS
        condition = "" if everybody else "WHERE muster.oldest_unsealed(o.id) IS NOT NULL OR o.id = ANY(%s)"
        values = [] if everybody else [list(self._unpublished)]
        given = 0
        for organisation_id, public_id in self._ask(
            f"SELECT o.id, o.public_id FROM tenants_organisation o {condition} ORDER BY o.id", values
        ):
            given += self.seal(organisation_id, public_id)
        if everybody:
            self._looked_at_all = began
        self.db.execute(
            "INSERT INTO ledger_heartbeat (engine, at, took_ms) VALUES ('seal', clock_timestamp(), %s) "
            "ON CONFLICT (engine) DO UPDATE SET at = EXCLUDED.at, took_ms = EXCLUDED.took_ms",
            [(time.monotonic() - began) * 1000],
        )
        return given

    def seal(self, organisation_id: int, public_id: str) -> int:
        """Seal all that one organisation has now, a batch at a time. Returns how many leaves were given; 0 where it halts."""
        shelf, given = Folder(self.folder, public_id), 0
        self._unpublished.add(organisation_id)  # until all of it is done: what fails on the way is taken up by the next run
        try:
            while True:
                done = self._batch(organisation_id, public_id, shelf)
                if done is None:  # another sealer has it
                    break
                given += done
                self.publish(organisation_id, shelf)
                if done < self.batch:
                    break
        except (Halted, Missing, FileExistsError) as error:
            self._halt(organisation_id, str(error))
        except OSError as error:  # its folder alone may be out of reach: the others have their turn
            self._halt(organisation_id, f"What is published of it cannot be read or written: {error.strerror or error}.")
        else:
            self._unpublished.discard(organisation_id)
        return given

    def _batch(self, organisation_id: int, public_id: str, shelf: Folder) -> int | None:
        """One batch in one transaction: leaves, tiles, checkpoint. Returns how many leaves; None where another sealer is at it."""
        with self.db.transaction():
            ((mine,),) = self._ask("SELECT pg_try_advisory_xact_lock(%s, %s::integer)", (LOCK, organisation_id))
            if not mine:
                return None
            last = self._last(organisation_id)
            self._compare(organisation_id, last, shelf)
            hashes, through, system = self._take(organisation_id, last)
            if hashes:
                size, root = self._grow(organisation_id, last, hashes)
                origin = notes.origin_of(last.note) if last.note else f"{self.host}/{public_id}"
                self._sign(organisation_id, origin, size, root, through, system)
            else:
                self.db.execute(
                    "UPDATE ledger_sealstate SET halted_at = NULL, why = '' WHERE organisation_id = %s AND halted_at IS NOT NULL",
                    [organisation_id],
                )
            return len(hashes)

    def _last(self, organisation_id: int) -> Last:
        for size, root, note, system, through, key in self._ask(_LATEST, (organisation_id,)):
            return Last(size, bytes(root), note, system, through, bytes(key))
        return Last()

    def _compare(self, organisation_id: int, last: Last, shelf: Folder) -> None:
        """What was published must be the beginning of what the database holds, and the database must hold what it signed."""
        ((leaves,),) = self._ask(
            "SELECT coalesce(max(index) + 1, 0) FROM ledger_leaf WHERE organisation_id = %s", (organisation_id,)
        )
        hashes = storing.hashes_of(organisation_id, self._ask)
        if leaves != last.size:
            raise Halted(f"The database holds {leaves} leaves, and its newest checkpoint is of {last.size}.")
        if tree.root(hashes, last.size) != last.root:
            raise Halted(
                f"The leaves in the database do not give the root of its newest checkpoint, of {last.size}: some were changed."
            )
        if last.key and last.key != self.public:
            raise Halted("The newest checkpoint was signed with another key than the sealer was given.")
        try:
            published = shelf.latest()
        except UnicodeDecodeError as error:
            raise Halted("The newest published checkpoint is no text: its bytes were changed.") from error
        if published is None:
            return
        size, text = published
        try:
            note = notes.read(text, self.public)
        except notes.BadNote as error:
            raise Halted(f"The newest published checkpoint, of {size}, is not ours: {error}.") from error
        if note.size != size:
            raise Halted(f"The checkpoint that was published as that of {size} is of {note.size}.")
        if size > last.size:
            raise Halted(
                f"The database is behind what was published: it ends at {last.size} entries, and a checkpoint of {size} is out. "
                "An old backup was restored, or entries were taken away."
            )
        if (last.root if size == last.size else tree.root(hashes, size)) != note.root:
            raise Halted(
                f"The database says something else than the checkpoint of {size} that was published: its record was forked."
            )

    def _take(self, organisation_id: int, last: Last) -> tuple[list[bytes], int, int]:
        """Give leaves to what may have one. Returns their hashes, and how far that goes, in which cluster."""
        here = self._system()
        foreign = last.system != here
        asked = {
            "organisation": organisation_id,
            "after": 0 if foreign else last.through_xid,
            "foreign": foreign,
            "batch": self.batch,
            "size": last.size,
        }
        rows = self.db.execute(_TAKE, asked).fetchall()
        if len(rows) == self.batch:  # there may be more of the last one's transaction
            return [bytes(row[0]) for row in rows], 0 if foreign else rows[-1][1], 0 if foreign else here
        return [bytes(row[0]) for row in rows], rows[0][2] if rows else 0, here

    def _system(self) -> int:
        """Which cluster this is: a dump that is restored elsewhere brings numbers of transactions that mean nothing there."""
        ((here,),) = self._ask("SELECT system_identifier FROM pg_control_system()", ())
        return int(here)

    def _grow(self, organisation_id: int, last: Last, new: list[bytes]) -> tuple[int, bytes]:
        """Keep the tiles that are full now. Returns the tree's size and root."""
        hashes = storing.hashes_of(organisation_id, self._ask)
        made = list(tree.grow(hashes, last.size, new))
        if made:
            self.db.execute(
                "INSERT INTO ledger_tile (organisation_id, level, index, hash) SELECT %s, * FROM unnest(%s::smallint[], %s::bigint[], %s::bytea[])",
                [organisation_id, *(list(column) for column in zip(*made, strict=True))],
            )
        size = last.size + len(new)
        return size, tree.root(hashes, size)

    def _sign(self, organisation_id: int, origin: str, size: int, root: bytes, through: int, system: int) -> None:
        note = notes.sign(origin, size, root, self.key)
        self.db.execute(
            "INSERT INTO ledger_checkpoint (organisation_id, size, root, note, key, system, through_xid) VALUES (%s, %s, %s, %s, %s, %s, %s)",
            [organisation_id, size, root, note, self.public, system, through],
        )
        self.db.execute(_STATE.replace("%(sealed)s", "clock_timestamp()"), {"organisation": organisation_id})

    def publish(self, organisation_id: int, shelf: Folder) -> int:
        """Publish what is committed and is not out yet, the smallest first. Returns how many checkpoints."""
        out = shelf.latest()
        rows = self._ask(
            "SELECT size, note, key FROM ledger_checkpoint WHERE organisation_id = %s AND size > %s ORDER BY size",
            (organisation_id, out[0] if out else 0),
        )
        for size, note, key in rows:
            shelf.publish(size, note, notes.key_line(notes.origin_of(note), bytes(key)))
        return len(rows)

    def _halt(self, organisation_id: int, why: str) -> None:
        log.error("seal.halted", organisation=organisation_id, why=why)
        self.db.execute(_HALT, {"organisation": organisation_id, "why": why})

    def _ask(self, sql: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
        return self.db.execute(sql, values).fetchall()
