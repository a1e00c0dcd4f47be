"""The context that PostgreSQL believes: signed by this process, so that SQL alone cannot say whose rows it may show.

A context is one line: the key's id, organisation, person, surface, when it was signed, the backend it is for, and the HMAC-SHA-256 of
all that. `muster.context()` checks it with a key that the serving role cannot read (tenants/context_sql.py, docs/decisions/0021).
"""

import hashlib
import hmac
import select
import time
from functools import lru_cache
from typing import Any
from weakref import WeakSet

import psycopg
import structlog
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import DEFAULT_DB_ALIAS, connection, connections
from psycopg.pq import ExecStatus, TransactionStatus

from tenants import kept, prepared

log = structlog.get_logger(__name__)

SHORTEST_KEY = 32
READ_ONLY = "set_config('transaction_read_only', 'on', true)"
AUDITOR = f"{READ_ONLY}, set_config('search_path', 'muster_audit, public', true)"  # people come without their password's hash
# What is told is bound, not written into the statement: other connections of the role may read its text (pg_stat_activity).
# One plan for all values: some ask with an array, for which PostgreSQL would plan anew each time, longer than they take.
_TELL = "SELECT set_config('muster.context', %s, true), muster.organisation(), set_config('plan_cache_mode', 'force_generic_plan', true)"
_ASK = "SELECT pg_backend_pid(), date_part('epoch', clock_timestamp())"


class ContextRefused(RuntimeError):
    """PostgreSQL does not believe what this process signs: it would show nothing."""


@lru_cache(maxsize=4)
def pads(key: str) -> tuple[str, bytes, bytes]:
    """What the database keeps of a key: its id, and the key in the two forms that HMAC hashes first. Refuses none and short ones."""
    if len(key) < SHORTEST_KEY:
        what = f"has {len(key)} characters; it needs {SHORTEST_KEY}" if key else "is not set"
        raise ImproperlyConfigured(
            f"The key that signs contexts {what}. Set MUSTER_CONTEXT_KEY_FILE to a file with 50 random characters."
        )
    block = hashlib.sha256(key.encode()).digest().ljust(64, b"\0")
    inner, outer = bytes(byte ^ 0x36 for byte in block), bytes(byte ^ 0x5C for byte in block)
    return hashlib.sha256(b"id" + block).hexdigest()[:12], inner, outer


def signed(organisation_id: int, person: int | None, surface: str, *, backend: int, at: float) -> str:
    """The context for one backend, signed at a moment (seconds of PostgreSQL's clock). Raises ValueError for a surface that is no word."""
    if surface and not (surface.isascii() and surface.isalpha()):
        raise ValueError(f"A surface is a word, not {surface!r}.")
    name, _, _ = pads(settings.CONTEXT_KEY)
    said = f"{name} {organisation_id:d} {person or ''} {surface} {at:.3f} {backend:d}"
    key = hashlib.sha256(settings.CONTEXT_KEY.encode()).digest()
    return f"{said} {hmac.digest(key, said.encode(), 'sha256').hex()}"


class _Clock:
    """By how many seconds PostgreSQL's clock is ahead of this machine's, as far as anybody had to ask."""

    ahead = 0.0

    @classmethod
    def now(cls) -> float:
        return time.time() + cls.ahead


_pooled: "WeakSet[psycopg.Connection[Any]]" = WeakSet()
"""Connections behind a pooler: each transaction has another backend, which has to be asked for its number."""


def tell(organisation_id: int, person: int | None, surface: str, *, also: str = "") -> None:
    """Set PostgreSQL's context for this transaction, and begin it in the same trip where it has not begun.

    `also` is what is set with it: READ_ONLY or AUDITOR. Raises ContextRefused where PostgreSQL does not believe it: better loud than
    every page empty.
    """
    db: Any = connections[DEFAULT_DB_ALIAS]
    db.ensure_connection()
    raw: Any = db.connection
    surface = str(surface)
    backend = _ask(raw)[0] if raw in _pooled else raw.info.backend_pid
    believed = _set(raw, signed(organisation_id, person, surface, backend=backend, at=_Clock.now()), also)
    if believed != organisation_id:  # another backend than we know of, or another clock: ask, and say it again
        backend, moment = _ask(raw)
        if backend != raw.info.backend_pid:
            _pooled.add(raw)
        if abs(moment - _Clock.now()) > 1:
            _Clock.ahead = moment - time.time()
            log.warning("context.clocks_differ", seconds=round(_Clock.ahead))
        if _set(raw, signed(organisation_id, person, surface, backend=backend, at=_Clock.now()), "") != organisation_id:
            raise ContextRefused(
                "PostgreSQL does not believe whose request this is: it has another key than MUSTER_CONTEXT_KEY_FILE names. "
                "Install this one with `manage.py context_key`, or use the key that it has (docs/operations.md)."
            )
    kept.allow(raw, own_backend=raw not in _pooled)  # the backend that it has had since it was opened believed it


def clear() -> None:
    """Take PostgreSQL's context away for the rest of this transaction."""
    connection.ensure_connection()
    _execute(connection.connection, "SELECT set_config('muster.context', '', true)")


def _set(raw: Any, context: str, also: str) -> int | None:
    """Set it, and return the organisation that PostgreSQL believes."""
    statement = f"{_TELL}, {also}" if also else _TELL
    if raw.pgconn.transaction_status == TransactionStatus.IDLE and not raw.closed and not connection.queries_logged:
        row = _begin(raw, statement, [context.encode()])
        if row is not None:
            return int(row) if row else None
    found = _execute(raw, statement, [context])
    return None if found is None else found[1]


def _begin(raw: Any, statement: str, values: list[bytes]) -> bytes | None:
    """Begin and run one statement, in one trip. Returns its second column ("" for NULL); None where it went wrong."""
    pgconn, keeps = raw.pgconn, kept.of(raw)
    try:
        name = keeps.name_of(statement) if keeps is not None else None
        pgconn.enter_pipeline_mode()
        try:
            pgconn.send_query_params(b"BEGIN", None)
            if name is not None:
                pgconn.send_query_prepared(name, values)
            else:
                pgconn.send_query_params(kept.numbered(statement), values)
            pgconn.pipeline_sync()
            results = [_result(pgconn) for _ in range(5)]  # each with the None after it, and the sync
        finally:
            pgconn.exit_pipeline_mode()
        told = results[2]
        if told is None or told.status != ExecStatus.TUPLES_OK:
            if keeps is not None and told is not None and kept.state_of(told) == kept.UNKNOWN:
                keeps.forget()
            pgconn.exec_(b"ROLLBACK")  # and it is said again, in full
            return None
    except psycopg.Error:
        return None
    return told.get_value(0, 1) or b""


def _result(pgconn: Any) -> Any:
    """The next result. libpq would wait for it with the interpreter in its hands, and every other thread and stream with it."""
    while pgconn.is_busy():
        readable = select.poll()
        readable.register(pgconn.socket, select.POLLIN)
        readable.poll()
        pgconn.consume_input()
    return pgconn.get_result()


def _ask(raw: Any) -> tuple[int, float]:
    """The number of this transaction's backend, and its clock."""
    found = _execute(raw, _ASK)
    if found is None:
        raise ContextRefused("PostgreSQL does not say which backend this is.")
    return int(found[0]), float(found[1])


def _execute(raw: Any, statement: str, values: list[str] | None = None) -> tuple[Any, ...] | None:
    """Run a statement whose values are bound by the server. Returns its first row."""
    with prepared.cursor(raw) as asked:
        asked.execute(statement, values)
        row: tuple[Any, ...] | None = asked.fetchone()
        return row


def install(key: str, *, alone: bool = False) -> None:
    """Let PostgreSQL believe what is signed with this key; with `alone`, nothing else any more. Runs as the owner role."""
    name, inner, outer = pads(key)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO muster.context_key (id, inner_pad, outer_pad) VALUES (%s, %s, %s) ON CONFLICT (id) DO NOTHING",
            [name, inner, outer],
        )
        if alone:
            cursor.execute("DELETE FROM muster.context_key WHERE id <> %s", [name])
