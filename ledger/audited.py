"""Changing many audited rows at once, with their history, in one statement."""

from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection, models


def audited_update(rows: models.QuerySet[Any], **values: Any) -> int:
    """Set columns on every row of a queryset of one audited model, and write each row's history, in one SQL statement.

    `values` are plain values by field name (attname for keys). Returns how many rows were changed. This is the only bulk
    write of audited tables: QuerySet.update() and bulk_update() leave no history, and the database refuses their commit.
    """
    model = rows.model
    table, history = model._meta.db_table, f"{model._meta.app_label}_historical{model._meta.model_name}"
    fields = {name: model._meta.get_field(name) for name in values}
    assignments = ", ".join(f'"{field.column}" = %s' for field in fields.values())
    bound = [field.get_db_prep_save(values[name], connection) for name, field in fields.items()]
    columns = ", ".join(f'"{field.column}"' for field in model._meta.local_concrete_fields)
    try:
        inner, inner_bound = rows.order_by().values("pk").query.sql_with_params()
    except EmptyResultSet:  # Django knows without asking that there is no such row
        return 0
    sql = (
        f"WITH changed AS (UPDATE {table} SET {assignments} WHERE id IN ({inner}) RETURNING *) "
        f"INSERT INTO {history} ({columns}, history_type, history_date, history_xid) "
        f"SELECT {columns}, '~', clock_timestamp(), 0 FROM changed"
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, [*bound, *inner_bound])
        changed: int = cursor.rowcount
        return changed
