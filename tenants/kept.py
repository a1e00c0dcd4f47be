"""What one connection keeps prepared, and how a kept statement is run: by libpq, in one call.

A cursor of psycopg's costs more than the statement: it composes the text anew, waits for the answer in Python, and has PostgreSQL forget all
that is prepared at each roll-back. Values and rows are psycopg's here too, to the byte: its Transformer turns the one into the other.

libpq waits without the interpreter's lock. A signal is heard when the statement is over, and never in the middle of one: that has
limits of its own (tenants/limits.py).
"""

import re
import time
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import psycopg
from psycopg.adapt import PyFormat, Transformer
from psycopg.pq import ExecStatus, PipelineStatus, TransactionStatus

MOST = 200  # statements a connection keeps; then it begins anew
MUCH = 4 << 20  # bytes that the database has written, after which plans may be of tables that have grown

type Values = Sequence[Any] | Mapping[str, Any]

_DONE = (ExecStatus.TUPLES_OK, ExecStatus.COMMAND_OK)
_MARK = re.compile(r"%(?:\((\w+)\))?([sbt%])")
_FORMATS = {"s": PyFormat.AUTO, "b": PyFormat.BINARY, "t": PyFormat.TEXT}
UNKNOWN = "26000"  # there is no such prepared statement: somebody had all of them forgotten
CHANGED = "0A000"  # a table's columns have changed since it was planned


@lru_cache(maxsize=1024)
def _numbered(sql: str) -> tuple[bytes, tuple[str, ...], tuple[PyFormat, ...]]:
    """A statement with its parameters numbered as PostgreSQL has them; their names in that order, where they have names; and their formats."""
    names: list[str] = []
    formats: list[PyFormat] = []

    def number(mark: "re.Match[str]") -> str:
        name, kind = mark.groups()
        if kind == "%":
            return "%"
        if name is None or name not in names:
            formats.append(_FORMATS[kind])
        if name is None:
            return f"${len(formats)}"
        if name not in names:
            names.append(name)
        return f"${names.index(name) + 1}"

    return _MARK.sub(number, sql).encode(), tuple(names), tuple(formats)


def numbered(sql: str) -> bytes:
    """A statement as PostgreSQL has it, whose parameters are numbered."""
    return _numbered(sql)[0]


class Kept:
    """The statements of one connection. Not for two threads at a time, as no connection is."""

    def __init__(self, raw: "psycopg.Connection[Any]") -> None:
        self._pgconn: Any = raw.pgconn
        self._turning: Any = Transformer(raw)
        self._names: dict[tuple[str, tuple[int, ...]], bytes] = {}
        self._made = self._there = 0
        self._looked = 0.0
        self._written = 0

    def takes(self) -> bool:
        """Whether a statement can be run now: within a transaction that has begun and not failed."""
        return bool(
            self._pgconn.transaction_status == TransactionStatus.INTRANS and self._pgconn.pipeline_status == PipelineStatus.OFF
        )

    def plan_anew(self, seconds: float) -> bool:
        """Have the plans made anew, where they are older than so many seconds and much was written since. Returns whether they were.

        The plan of a table that was empty a moment ago is the wrong one in its first storm, long before anything gathers statistics of it.
        While little is written they stay: the facts of a room alone take PostgreSQL 12 ms to plan, and 4 to read.
        """
        moment = time.monotonic()
        if moment - self._looked <= seconds:
            return False
        self._looked = moment
        result = self._looked_at(self._pgconn.exec_(b"SELECT (pg_current_wal_insert_lsn() - '0/0')::bigint"))
        written = int(result.get_value(0, 0))
        if written - self._written < MUCH:
            return False
        self._written = written
        self._looked_at(self._pgconn.exec_(b"DISCARD PLANS"))
        return True

    def ask(self, sql: str, values: Values = ()) -> Any:
        """Run a statement. Returns libpq's result. Raises psycopg's errors."""
        text, names, wanted = _numbered(sql)
        given = [values[name] for name in names] if isinstance(values, Mapping) else values
        bound = self._turning.dump_sequence(given, wanted)
        types, formats = self._turning.types or (), self._turning.formats
        key = (sql, types)
        name = self._names.get(key) or self._prepare(key, text)
        result = self._pgconn.exec_prepared(name, bound, formats)
        if result.status not in _DONE:
            self._learn(key, result)
        return self._looked_at(result)

    def rows(self, result: Any) -> list[tuple[Any, ...]]:
        """The rows of a result, as psycopg reads them."""
        if not result.ntuples:
            return []
        self._turning.set_pgresult(result)
        try:
            found: list[tuple[Any, ...]] = self._turning.load_rows(0, result.ntuples, tuple)
        finally:
            self._turning.set_pgresult(None)  # or they would be held until the next statement, whoever asks that
        return found

    def name_of(self, sql: str) -> bytes:
        """What a statement is kept as whose values are text; it is prepared where it is not yet. Raises psycopg's errors."""
        return self._names.get((sql, ())) or self._prepare((sql, ()), numbered(sql))

    def forget(self) -> None:
        """Prepare everything anew from now on."""
        self._names.clear()

    def _prepare(self, key: tuple[str, tuple[int, ...]], text: bytes) -> bytes:
        if self._there >= MOST:  # counted at the server, where what is forgotten here stays
            self._looked_at(self._pgconn.exec_(b"DEALLOCATE ALL"))  # all is ours: psycopg prepares nothing itself
            self._there = 0
            self.forget()
        self._made += 1
        self._there += 1
        name = f"muster_{self._made}".encode()
        self._looked_at(self._pgconn.prepare(name, text, key[1]))
        self._names[key] = name
        return name

    def _learn(self, key: tuple[str, tuple[int, ...]], result: Any) -> None:
        """What cannot be run any more is prepared anew the next time; this transaction has failed."""
        if state_of(result) == UNKNOWN:
            self.forget()
        elif state_of(result) == CHANGED:
            self._names.pop(key, None)

    def _looked_at(self, result: Any) -> Any:
        if result.status in _DONE:
            return result
        if not state_of(result):  # libpq's own word: the connection is gone
            raise psycopg.OperationalError(result.get_error_message())
        raise psycopg.errors.error_from_result(result)


def state_of(result: Any) -> str:
    """The SQLSTATE of what went wrong; "" where it was the connection."""
    return (result.error_field(psycopg.pq.DiagnosticField.SQLSTATE) or b"").decode()


def allow(raw: Any, *, own_backend: bool) -> None:
    """Let a connection keep statements prepared, or not any more: `own_backend` says that no pooler gives each transaction another one."""
    raw.muster_keeps = own_backend


def of(raw: Any) -> Kept | None:
    """What a connection keeps, which is there as long as the connection is; None where it may keep nothing."""
    if not getattr(raw, "muster_keeps", False):
        return None
    found: Kept | None = getattr(raw, "muster_kept", None)
    if found is None:
        found = raw.muster_kept = Kept(raw)
    return found
