"""Statements that stand in the code: bound, and planned once a connection instead of each time they are run.

Behind the walls PostgreSQL takes longer to plan a statement by key than to run it. Django writes values into the text of a statement,
which makes each a new one. Here they are bound, and psycopg has PostgreSQL keep what it has parsed. Every parameter must have a type
that PostgreSQL can tell, from the column it is compared with or a cast.

Nothing is kept prepared behind a pooler, where the next transaction has another backend: `tenants.context` tells which is one.
"""

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import lru_cache
from typing import Any
from weakref import WeakKeyDictionary

import psycopg
from django.db import DEFAULT_DB_ALIAS, connection, models

PLANS_SECONDS = 5.0
MOST_KEPT = 200  # statements a connection

type Values = Sequence[Any] | Mapping[str, Any]

_planned: "WeakKeyDictionary[Any, float]" = WeakKeyDictionary()


def allow(raw: Any, *, own_backend: bool) -> None:
    """Let a connection keep statements prepared, or not: `own_backend` says that no pooler gives each transaction another one."""
    threshold = 0 if own_backend else None
    if raw.prepare_threshold != threshold:
        raw.prepare_threshold, raw.prepared_max = threshold, MOST_KEPT


class _Bound(psycopg.Cursor[Any]):
    """psycopg's cursor, which Django's wrappers cannot tell whether a statement is to be kept."""

    keep = True

    def execute(self, query: Any, params: Any = None, *, prepare: bool | None = None, binary: bool | None = None) -> Any:
        """Run a statement, and keep it prepared where that is allowed and it says nothing else."""
        return super().execute(query, params, prepare=prepare if self.keep else False, binary=binary)


def cursor(raw: Any) -> Any:
    """A cursor that binds values by the server, as Django wraps its own: seen by whoever counts statements, errors as Django's."""
    plain: Any = _Bound(raw)
    return connection.make_debug_cursor(plain) if connection.queries_logged else connection.make_cursor(plain)


def run(sql: str, values: Values = (), *, keep: bool = True) -> list[tuple[Any, ...]]:
    """Run a statement on the open connection. Returns its rows; none for one that returns nothing.

    Without `keep` it is not prepared: one that is seldom the same again would push out others.
    """
    with _ran(sql, values, keep) as asked:
        found: list[tuple[Any, ...]] = asked.fetchall() if asked.pgresult.nfields else []
        return found


def changed(sql: str, values: Values = ()) -> int:
    """Run a statement that changes rows. Returns how many."""
    with _ran(sql, values) as asked:
        return int(asked.rowcount)


def one(sql: str, values: Values = ()) -> tuple[Any, ...] | None:
    """The first row of a statement, or None."""
    return next(iter(run(sql, values)), None)


def rows[M: models.Model](model: type[M], sql: str, values: Values = ()) -> list[M]:
    """What a statement finds, as rows of a model. Columns that are not the model's are attributes of theirs; fields may be left out."""
    with _ran(sql, values) as asked:
        found, columns = asked.fetchall(), _columns(asked.pgresult)
    reading = _reading(model, columns)
    return [reading.row(row) for row in found]


def row[M: models.Model](model: type[M], sql: str, values: Values = ()) -> M | None:
    """The first of these rows, or None."""
    return next(iter(rows(model, sql, values)), None)


def plans_are_old(raw: Any, seconds: float) -> bool:
    """Whether the plans of a connection's prepared statements are to be made anew, as they are then taken to be.

    The plan of a table that was empty a moment ago is the wrong one in its first storm, long before anything gathers statistics of it.
    """
    moment = time.monotonic()
    old = raw.prepare_threshold is not None and moment - _planned.get(raw, 0.0) > seconds
    if old:
        _planned[raw] = moment
    return old


@contextmanager
def _ran(sql: str, values: Values, keep: bool = True) -> Iterator[Any]:
    """Run it, for psycopg's cursor with what came of it."""
    connection.ensure_connection()
    raw: Any = connection.connection
    with cursor(raw) as asked:
        if plans_are_old(raw, PLANS_SECONDS):
            with connection.wrap_database_errors:
                asked.cursor.execute("DISCARD PLANS", prepare=False)
        asked.cursor.keep = keep
        asked.execute(sql, values)
        yield asked.cursor


def _columns(result: Any) -> tuple[str, ...]:
    """The columns' names. Not the cursor's `description`, which makes an object of each."""
    return tuple([result.fname(number).decode() for number in range(result.nfields)])


class _Reading[M: models.Model]:
    """How rows with these columns become rows of a model."""

    def __init__(self, model: type[M], columns: tuple[str, ...]) -> None:
        self.model = model
        place = {name: index for index, name in enumerate(columns)}
        fields: list[Any] = [field for field in model._meta.concrete_fields if field.column in place]
        self.names = [field.attname for field in fields]
        self.places = [place[field.column] for field in fields]
        self.others = [(name, index) for name, index in place.items() if name not in {field.column for field in fields}]
        self.converted = [
            (number, field.from_db_value, field.cached_col)
            for number, field in enumerate(fields)
            if hasattr(field, "from_db_value")
        ]

    def row(self, values: tuple[Any, ...]) -> M:
        told = [values[place] for place in self.places]
        for number, convert, column in self.converted:
            told[number] = convert(told[number], column, connection)
        made = self.model.from_db(DEFAULT_DB_ALIAS, self.names, told)  # as the ORM's own rows, on an auditor's connection too
        for name, index in self.others:
            setattr(made, name, values[index])
        return made


@lru_cache(maxsize=512)
def _reading(model: type[Any], columns: tuple[str, ...]) -> _Reading[Any]:
    return _Reading(model, columns)
