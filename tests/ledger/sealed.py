"""What the tests of sealing share: a sealer of the test's own, and RFC 6962 written down once more, naively, to compare with."""

import json
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings
from django.db import connection

from ledger.models import Entry, Redaction
from ledger.sealing.sealer import Sealer, connect
from tests import everything
from tests.conftest import Installation

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
PUBLIC = KEY.public_key().public_bytes_raw()


@contextmanager
def sealer_in(folder: Path, *, batch: int = 10_000) -> Iterator[Sealer]:
    """A sealer with a connection of its own, as the sealer's role."""
    with connect() as db:
        yield Sealer(db, KEY, folder, "muster.example", batch=batch)


def seal(folder: Path, *, batch: int = 10_000) -> int:
    """Run the sealer once. Returns how many leaves were given: none that a transaction anywhere on the server holds back."""
    with sealer_in(folder, batch=batch) as sealer:
        return sealer.run()


def run_all(sealer: Sealer) -> int:
    """Run it until nothing waits but where it halted: other tests' transactions, on the same server, hold it back. Returns how many leaves."""
    waiting = (
        "SELECT count(*) FROM tenants_organisation o WHERE muster.oldest_unsealed(o.id) IS NOT NULL AND NOT EXISTS "
        "(SELECT 1 FROM ledger_sealstate s WHERE s.organisation_id = o.id AND s.halted_at IS NOT NULL)"
    )
    given, until = 0, time.monotonic() + 120
    while True:
        given += sealer.run()
        ((left,),) = sealer.db.execute(waiting).fetchall()
        if not left:
            return given
        assert time.monotonic() < until, "something on this server has a transaction open for two minutes"
        time.sleep(0.02)


def seal_all(folder: Path, *, batch: int = 10_000) -> int:
    """Seal all that is committed. Returns how many leaves were given."""
    with sealer_in(folder, batch=batch) as sealer:
        return run_all(sealer)


def seal_beside() -> None:
    """Seal what was really committed, with a folder that nobody looks into; inside a test's own transaction nothing was."""
    if not connection.in_atomic_block:
        with tempfile.TemporaryDirectory() as folder:
            seal_all(Path(folder))


def redact_something(reason: str) -> int:
    """Take the body of an entry that tells of no incident away, in the open scope of Muster's own work. Returns its seq."""
    seq = Entry.objects.filter(table="ledger_event", incident_id=None, body__isnull=False).latest("id").pk
    Redaction.objects.create(entry=seq, by_name="Privacy Officer", reason=reason)
    with connection.cursor() as cursor:
        cursor.execute("SELECT muster.redact_entry(%s)", [seq])
        assert cursor.fetchone() == (seq,)
    return seq


def as_owner(house: Installation, sql: Any, *values: Any) -> list[tuple[Any, ...]]:
    """Rows of a statement as the owner role, whom the walls do not hold."""
    with everything.connected(settings.DATABASE_OWNER_URL, house.name) as db:
        cursor = db.execute(sql, values or None)
        return list(cursor.fetchall()) if cursor.description else []


def naive_root(leaves: list[bytes]) -> bytes:
    """MTH of RFC 6962, 2.1, as it stands there, over the leaves' bytes."""
    if not leaves:
        return sha256(b"").digest()
    if len(leaves) == 1:
        return sha256(b"\x00" + leaves[0]).digest()
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    return sha256(b"\x01" + naive_root(leaves[:k]) + naive_root(leaves[k:])).digest()


def envelopes(house: Installation, organisation_id: int) -> list[bytes]:
    """The envelopes of an organisation in the order of their leaves, as the owner role reads them."""
    rows = as_owner(
        house,
        "SELECT e.envelope FROM ledger_leaf l JOIN ledger_entry e ON e.id = l.id WHERE l.organisation_id = %s ORDER BY l.index",
        organisation_id,
    )
    return [row[0].encode() for row in rows]


def told(envelope: bytes) -> dict[str, Any]:
    """What an envelope says."""
    found: dict[str, Any] = json.loads(envelope)
    return found
