"""The policy `period`: what the auditor's role sees of a table whose rows belong to incidents (people.auditor).

It asks `muster.audited_incidents()` and `muster.audited_times()`, which come with the room of audit engagements; until that has been
built there is nothing to keep, and everything is looked at then.
"""

from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from tenants.roles import GRANT_WHAT_POLICIES_ASK, named

# When a row that belongs to no incident happened, by the first of these columns that its table has.
MOMENTS = (
    *("history_date", "occurred_at", "opened_at", "received_at", "began_at", "started_at", "paged_at", "declined_at"),
    *("created_at", "at", "next_try_at", "placed_at", "asked_at"),
)


OWN = ("incidents_incident", "incidents_historicalincident")


def period(table: str, columns: dict[str, bool], column: str) -> str:
    """The condition of the policy `period` of one table: its columns (and whether each may be empty), and the one that names the incident."""
    of_it = f"{column} IN (SELECT muster.audited_incidents())"
    if not columns[column]:
        return of_it
    moment = next((name for name in MOMENTS if name in columns), None)
    else_ = f'"{moment}" <@ (SELECT muster.audited_times())' if moment else "false"
    if table == "ledger_event":
        else_ += " OR actor_id = (SELECT muster.person())"
    return f"CASE WHEN {column} IS NOT NULL THEN {of_it} ELSE {else_} END"


def keep_periods(editor: BaseDatabaseSchemaEditor) -> None:
    """Put the policy on every table that has the second wall and not this one yet."""
    with editor.connection.cursor() as cursor:
        cursor.execute("SELECT to_regproc('muster.audited_incidents') IS NOT NULL")
        if not cursor.fetchone()[0]:
            return
        cursor.execute(
            "SELECT c.relname, a.attname, NOT a.attnotnull FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 "
            "AND NOT a.attisdropped WHERE c.relnamespace = 'public'::regnamespace "
            "AND EXISTS (SELECT 1 FROM pg_policy p WHERE p.polrelid = c.oid AND p.polname LIKE 'need_to_know%') "
            "AND NOT EXISTS (SELECT 1 FROM pg_policy p WHERE p.polrelid = c.oid AND p.polname = 'period') ORDER BY 1"
        )
        tables: dict[str, dict[str, bool]] = {}
        for table, column, nullable in cursor.fetchall():
            tables.setdefault(table, {})[column] = nullable
    for table, columns in tables.items():
        column = "id" if table in OWN else "incident_id"
        if column in columns:
            condition = period(table, columns, column)
            policy = f"CREATE POLICY period ON {table} AS RESTRICTIVE TO {{auditor}} USING ({condition})"
            editor.execute(named(policy), params=None)
    editor.execute(named(GRANT_WHAT_POLICIES_ASK), params=None)
