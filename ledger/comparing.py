"""Whether each history row and each fact still says what its entry in the ledger says: who may switch triggers off could have changed a row.

The ledger and its packs stand by themselves; the pages show the rows. This finds where the two are no longer one.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from django.db import connection

from ledger.entries import BYTES, THE_LOG

FIRST = 20  # of what is wrong with a table, so many rows are named

_TABLES = """
SELECT t.tgrelid::regclass::text,
  EXISTS (SELECT 1 FROM pg_attribute a WHERE a.attrelid = t.tgrelid AND a.attname = 'history_id'),
  EXISTS (SELECT 1 FROM pg_attribute a WHERE a.attrelid = t.tgrelid AND a.attname = %s AND a.atttypid = 'bytea'::regtype)
FROM pg_trigger t WHERE t.tgname = 'append_only' ORDER BY 1"""


@dataclass(frozen=True, slots=True)
class Fault:
    """A row that is not what the ledger says: of which table, its number, and what is wrong with it."""

    table: str
    row: int
    what: str

    def __str__(self) -> str:
        return f"{self.table} {self.row}: {self.what}"


def faults(organisation_id: int) -> Iterator[Fault]:
    """What differs, of each table the first twenty; inside an open scope of Muster's own work, which sees everything.

    An entry whose body was erased says nothing of its row any more; but there are as many rows as entries. A row may have columns that came
    after its entry.
    """
    with connection.cursor() as cursor:
        cursor.execute(_TABLES, [BYTES])
        tables = [(table, history, raw) for table, history, raw in cursor.fetchall() if table not in THE_LOG]
    for table, history, raw in tables:
        yield from _of(table, organisation_id, "history_id" if history else "id", raw)


def _of(table: str, organisation_id: int, key: str, raw: bool) -> Iterator[Fault]:
    row = f"(to_jsonb(t) || jsonb_build_object('{BYTES}', sha256(t.{BYTES})))" if raw else "to_jsonb(t)"
    differing = f"""
WITH told AS MATERIALIZED (SELECT (e.body::jsonb ->> '{key}')::bigint AS place, e.body::jsonb AS body FROM ledger_entry e
  WHERE e.organisation_id = %s AND e."table" = %s AND e.body IS NOT NULL)
SELECT told.place, t.{key} IS NULL FROM told LEFT JOIN {table} t ON t.organisation_id = %s AND t.{key} = told.place
WHERE t.{key} IS NULL OR NOT {row} @> told.body ORDER BY 1 LIMIT {FIRST}"""
    counted = f"""
WITH erased AS (SELECT e.pk, count(*) AS many FROM ledger_entry e
  WHERE e.organisation_id = %s AND e."table" = %s AND e.body IS NULL GROUP BY e.pk),
told AS MATERIALIZED (SELECT e.pk, (e.body::jsonb ->> '{key}')::bigint AS place FROM ledger_entry e
  WHERE e.organisation_id = %s AND e."table" = %s AND e.body IS NOT NULL),
untold AS (SELECT t.id::text AS pk, t.{key} AS place, row_number() OVER (PARTITION BY t.id ORDER BY t.{key}) AS nth FROM {table} t
  WHERE t.organisation_id = %s AND NOT EXISTS (SELECT 1 FROM told WHERE told.pk = t.id::text AND told.place = t.{key}))"""
    too_many = f"""{counted}
SELECT untold.place, erased.pk FROM untold LEFT JOIN erased USING (pk) WHERE untold.nth > coalesce(erased.many, 0) ORDER BY 1 LIMIT {FIRST}"""
    too_few = f"""{counted}
SELECT erased.pk::bigint, erased.many - count(untold.place) FROM erased LEFT JOIN untold USING (pk) GROUP BY erased.pk, erased.many
HAVING erased.many > count(untold.place) ORDER BY 1 LIMIT {FIRST}"""
    ours: list[int | str] = [organisation_id, table, organisation_id, table, organisation_id]
    with connection.cursor() as cursor:
        cursor.execute(differing, [organisation_id, table, organisation_id])
        for place, gone in cursor.fetchall():
            yield Fault(table, place, "it is gone" if gone else "it says something else than its entry")
        cursor.execute(too_many, ours)
        for place, pk in cursor.fetchall():
            # Of rows whose entries were erased nobody can tell which was put in: the newest is named.
            others = "" if pk is None else f", or of an older one with the id {pk} (erased entries no longer say of which)"
            yield Fault(table, place, f"the ledger has no entry of it{others}")
        cursor.execute(too_few, ours)
        for pk, count in cursor.fetchall():
            are = "is" if count == 1 else "are"
            yield Fault(table, pk, f"of the rows with this id whose entries were erased, {count} {are} gone")
