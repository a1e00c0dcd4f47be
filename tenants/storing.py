"""INSERT and UPDATE of one row by statements that are made once a model: Django composes each anew, which costs more than running it.

What is stored is Django's own, to the value: each field prepares it. Whatever is not a plain value is left to Django.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from django.db import connection, models
from django.db.models.expressions import DatabaseDefault

from tenants import prepared

FEW = 4  # rows that are often inserted at a time: such a statement is kept prepared

type Values = list[tuple[Any, Any]]  # (field, what is to be stored)


def insert(
    model: type[models.Model], values: Values, returning: Sequence[Any] = (), *, once: bool = False
) -> list[tuple[Any, ...]] | None:
    """Insert one row. Returns what `returning` has, as a list of one row; None where Django must do it.

    With `once`, a row whose unique columns are there already is left as it is, and the list is empty.
    """
    if not (_plain(model) and all(_is_plain(value) or isinstance(value, DatabaseDefault) for _, value in values)):
        return None
    given = [(field, value) for field, value in values if not isinstance(value, DatabaseDefault)]
    columns, back = tuple(field.column for field, _ in given), tuple(field.column for field in returning)
    sql = _insert(model._meta.db_table, columns, back, once)
    found = prepared.run(sql, [field.get_db_prep_save(value, connection) for field, value in given])
    return found if returning else [()]


def update(model: type[models.Model], pk: Any, values: Values) -> bool | None:
    """Update one row. Returns whether it was there; None where Django must do it."""
    if not (_plain(model) and all(_is_plain(value) for _, value in values)):
        return None
    key = model._meta.pk
    sql = _update(model._meta.db_table, tuple(field.column for field, _ in values), key.column)
    return bool(prepared.changed(sql, [*(field.get_db_prep_save(value, connection) for field, value in values), pk]))


def _is_plain(value: Any) -> bool:
    return not hasattr(value, "resolve_expression")


@lru_cache(maxsize=256)
def _plain(model: type[models.Model]) -> bool:
    """Whether each column takes its value as it is, and gives it back as it is."""
    return not any(
        field.generated
        or any(hasattr(field, name) for name in ("get_placeholder", "get_placeholder_sql", "get_db_prep_expression"))
        for field in model._meta.local_concrete_fields
    ) and not any(hasattr(field, "from_db_value") for field in model._meta.db_returning_fields)


@lru_cache(maxsize=512)
def _insert(table: str, columns: tuple[str, ...], returning: tuple[str, ...], once: bool, times: int = 1) -> str:
    names, marks = ", ".join(f'"{column}"' for column in columns), f"({', '.join(['%s'] * len(columns))})"
    named = ", ".join(column if column == "*" else f'"{column}"' for column in returning)
    back = f" RETURNING {named}" if returning else ""
    return f'INSERT INTO "{table}" ({names}) VALUES {", ".join([marks] * times)}{" ON CONFLICT DO NOTHING" if once else ""}{back}'


def insert_with_history(
    row: models.Model, history: type[models.Model], values: Values, returning: Sequence[Any], reason: str | None
) -> list[tuple[Any, ...]] | None:
    """Insert one row and the history row that says so, in one statement. As `insert` otherwise."""
    model = type(row)
    if not (returning and _plain(model) and all(_is_plain(value) for _, value in values)):
        return None
    own, back = tuple(field.column for field, _ in values), tuple(field.column for field in returning)
    everything = tuple(field.column for field in model._meta.local_concrete_fields)
    sql = _insert_with_history(model._meta.db_table, history._meta.db_table, own, everything, back)
    return prepared.run(sql, [*(field.get_db_prep_save(value, connection) for field, value in values), reason])


@lru_cache(maxsize=256)
def _insert_with_history(
    table: str, history: str, columns: tuple[str, ...], everything: tuple[str, ...], returning: tuple[str, ...]
) -> str:
    copied = ", ".join(f'"{column}"' for column in everything)
    return (
        f"WITH made AS ({_insert(table, columns, ('*',), False)}), "
        f'told AS (INSERT INTO "{history}" ({copied}, history_type, history_date, history_change_reason, history_xid) '
        f"SELECT {copied}, '+', clock_timestamp(), %s::text, 0 FROM made) SELECT {', '.join(f'"{column}"' for column in returning)} FROM made"
    )


@lru_cache(maxsize=512)
def _update(table: str, columns: tuple[str, ...], key: str) -> str:
    return f'UPDATE "{table}" SET {", ".join(f'"{column}" = %s' for column in columns)} WHERE "{key}" = %s'


def insert_once(row: models.Model) -> bool:
    """Insert a new row unless one with its unique columns is there already. Returns whether it was inserted; it has its id then."""
    return bool(insert_all_once([row], by=()))


def insert_all_once[M: models.Model](new: Sequence[M], *, by: tuple[str, ...]) -> list[M]:
    """Insert new rows of one model in one statement, but for those whose unique columns are there already.

    Returns those that were inserted; they have their ids then. `by` are columns that tell them from each other.
    """
    if not new:
        return []
    meta = new[0]._meta
    fields = [field for field in meta.local_concrete_fields if field is not meta.auto_field]
    if not _plain(type(new[0])):
        raise TypeError(f"{meta.label} has columns that only Django can store.")
    sql = _insert(meta.db_table, tuple(field.column for field in fields), (meta.pk.column, *by), True, len(new))
    bound = [field.get_db_prep_save(getattr(row, field.attname), connection) for row in new for field in fields]
    ids = {tuple(told): pk for pk, *told in prepared.run(sql, bound, keep=len(new) <= FEW)}
    made = [row for row in new if tuple(getattr(row, column) for column in by) in ids]
    for row in made:
        row.pk = ids[tuple(getattr(row, column) for column in by)]
        row._state.adding = False
    return made
