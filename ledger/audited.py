"""Changing many audited rows at once, with their history, in one statement."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection, models


def audited_update(rows: models.QuerySet[Any], **values: Any) -> int:
    """Set columns on every row of a queryset of one audited model, and write each row's history, in one SQL statement.

    `values` are plain values by field name (attname for keys). Returns how many rows were changed. This and `audited_update_of` are
    the only bulk writes of audited tables: QuerySet.update() and bulk_update() leave no history, and the database refuses their commit.
    """
    try:
        which, bound = rows.order_by().values("pk").query.sql_with_params()
    except EmptyResultSet:  # Django knows without asking that there is no such row
        return 0
    return _update(rows.model, f"id IN ({which})", bound, values)


def audited_update_of(model: type[models.Model], ids: Collection[int], **values: Any) -> int:
    """The same of rows by their ids, which a transaction mostly holds already: they are found by the key, and nothing is joined."""
    return _update(model, "id = ANY(%s)", [list(ids)], values) if ids else 0


def _update(model: type[models.Model], which: str, which_bound: Sequence[Any], values: Mapping[str, Any]) -> int:
    table, history = model._meta.db_table, f"{model._meta.app_label}_historical{model._meta.model_name}"
    fields: dict[str, Any] = {name: model._meta.get_field(name) for name in values}
    assignments = ", ".join(f'"{field.column}" = %s' for field in fields.values())
    bound = [field.get_db_prep_save(values[name], connection) for name, field in fields.items()]
    columns = ", ".join(f'"{field.column}"' for field in model._meta.local_concrete_fields)
    sql = (
        f"WITH changed AS (UPDATE {table} SET {assignments} WHERE {which} RETURNING *) "
        f"INSERT INTO {history} ({columns}, history_type, history_date, history_xid) "
        f"SELECT {columns}, '~', clock_timestamp(), 0 FROM changed"
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, [*bound, *which_bound])
        changed: int = cursor.rowcount
        return changed
