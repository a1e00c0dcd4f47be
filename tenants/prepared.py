"""Statements that stand in the code: bound, and planned once a connection instead of each time they are run.

Behind the walls PostgreSQL takes longer to plan a statement by key than to run it. Django writes values into the text of a statement,
which makes each a new one. Here they are bound, and PostgreSQL keeps what it has parsed (tenants/kept.py). Every parameter must have a type
that PostgreSQL can tell, from the column it is compared with or a cast.

Nothing is kept prepared behind a pooler, where the next transaction has another backend: `tenants.context` tells which is one.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import psycopg
from django.db import DEFAULT_DB_ALIAS, connection, connections, models

from tenants import kept
from tenants.kept import Values

PLANS_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class _Came:
    """What came of a statement: its rows, how many it touched, and libpq's result, which names the columns."""

    rows: list[tuple[Any, ...]]
    touched: int
    result: Any


def cursor(raw: Any) -> Any:
    """A cursor that binds values by the server, as Django wraps its own: seen by whoever counts statements, errors as Django's."""
    plain: Any = psycopg.Cursor(raw)
    return connection.make_debug_cursor(plain) if connection.queries_logged else connection.make_cursor(plain)


def run(sql: str, values: Values = (), *, keep: bool = True) -> list[tuple[Any, ...]]:
    """Run a statement on the open connection. Returns its rows; none for one that returns nothing.

    Without `keep` it is not prepared: one that is seldom the same again would push out others.
    """
    return _ran(sql, values, keep).rows


def changed(sql: str, values: Values = ()) -> int:
    """Run a statement that changes rows. Returns how many."""
    return _ran(sql, values).touched


def one(sql: str, values: Values = ()) -> tuple[Any, ...] | None:
    """The first row of a statement, or None."""
    return next(iter(run(sql, values)), None)


def rows[M: models.Model](model: type[M], sql: str, values: Values = ()) -> list[M]:
    """What a statement finds, as rows of a model. Columns that are not the model's are attributes of theirs; fields may be left out."""
    came = _ran(sql, values)
    if not came.rows:
        return []
    reading = _reading(model, _columns(came.result))
    return [reading.row(row) for row in came.rows]


def row[M: models.Model](model: type[M], sql: str, values: Values = ()) -> M | None:
    """The first of these rows, or None."""
    return next(iter(rows(model, sql, values)), None)


def plan_anew(seconds: float = PLANS_SECONDS) -> None:
    """Have the plans of the open connection's statements made anew, where they are older than so many seconds."""
    db = connections[DEFAULT_DB_ALIAS]
    if (found := _kept(db)) is not None:
        with db.wrap_database_errors:
            found.plan_anew(seconds)


def _kept(db: Any) -> kept.Kept | None:
    """What a connection of Django's keeps; None where a statement has to be run as Django would, or where somebody counts them."""
    db.ensure_connection()
    if db.queries_logged or db.execute_wrappers or db.needs_rollback:
        return None
    found = kept.of(db.connection)
    return found if found is not None and found.takes() else None


def _ran(sql: str, values: Values, keep: bool = True) -> _Came:
    """Run it."""
    db = connections[DEFAULT_DB_ALIAS]  # looked up once: `connection` does so for each attribute
    found = _kept(db) if keep else None
    if found is not None:
        with db.wrap_database_errors:
            found.plan_anew(PLANS_SECONDS)
            result = found.ask(sql, values)
            return _Came(found.rows(result), result.command_tuples or 0, result)
    with cursor(db.connection) as asked:
        asked.execute(sql, values)
        plain = asked.cursor
        return _Came(plain.fetchall() if plain.pgresult.nfields else [], int(plain.rowcount), plain.pgresult)


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
