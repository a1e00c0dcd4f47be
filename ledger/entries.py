"""The ledger (evidence layer 3): each history row and each fact adds one entry, in the exact bytes that are sealed later.

`audited()` and `append_only()` install the trigger on tables to come; `EnteredEverywhere` installed it on those there were, and
wrote an entry for each row that they held. The format is docs/evidence-format.md, section 1.
"""

from django.conf import settings
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState

THE_LOG = frozenset({"ledger_entry", "ledger_leaf", "ledger_tile", "ledger_checkpoint"})
"""The log itself: append-only, and no facts about anything else."""

BYTES = "body"  # the one column of bytes that a table may have
PAGE = 10_000  # entries that are written by one statement, where rows are already there


def sealer_role() -> str:
    """The sealer's role's name, quoted for SQL."""
    role: str = settings.SEALER_ROLE
    return '"' + role.replace('"', '""') + '"'


class Entered(Operation):
    """Have each new row of an append-only table add its entry. Where the ledger does not exist yet, `EnteredEverywhere` comes to it."""

    reversible = False

    def __init__(self, app: str, model: str) -> None:
        self.app, self.model = app, model

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        """Changes no model."""

    def database_forwards(
        self, app_label: str, editor: BaseDatabaseSchemaEditor, before: ProjectState, after: ProjectState
    ) -> None:
        """Install the trigger."""
        with editor.connection.cursor() as cursor:
            cursor.execute("SELECT to_regproc('muster.enter') IS NOT NULL")
            if cursor.fetchone()[0]:
                enter(editor, after.apps.get_model(self.app, self.model)._meta.db_table)

    def describe(self) -> str:
        """A line for `migrate --plan`."""
        return f"Enter {self.app}.{self.model} in the ledger"


class EnteredEverywhere(Operation):
    """The same for every append-only table that is there and has it not, with an entry for each row that it holds already."""

    reversible = False

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        """Changes no model."""

    def database_forwards(
        self, app_label: str, editor: BaseDatabaseSchemaEditor, before: ProjectState, after: ProjectState
    ) -> None:
        """Table by table. Making the trigger keeps writers out until the end of the migration, so no row comes in between."""
        with editor.connection.cursor() as cursor:
            cursor.execute(
                "SELECT t.tgrelid::regclass::text FROM pg_trigger t WHERE t.tgname = 'append_only' AND NOT EXISTS "
                "(SELECT 1 FROM pg_trigger e WHERE e.tgrelid = t.tgrelid AND e.tgname = 'entered') ORDER BY 1"
            )
            tables = [name for (name,) in cursor.fetchall() if name not in THE_LOG]
        for table in tables:
            enter(editor, table)
            enter_what_is_there(editor, table)

    def describe(self) -> str:
        """A line for `migrate --plan`."""
        return "Enter every append-only table in the ledger, and what is in it"


def _columns(editor: BaseDatabaseSchemaEditor, table: str) -> dict[str, str]:
    with editor.connection.cursor() as cursor:
        cursor.execute(
            "SELECT attname, format_type(atttypid, atttypmod) FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped",
            [table],
        )
        return dict(cursor.fetchall())


def _incident(table: str, columns: dict[str, str]) -> str:
    """The column that says of which incident a row tells, "" for none."""
    if table == "incidents_historicalincident":
        return "id"
    return "incident_id" if "incident_id" in columns else ""


def enter(editor: BaseDatabaseSchemaEditor, table: str) -> None:
    """Install the trigger on one table."""
    columns = _columns(editor, table)
    raw = [name for name, kind in columns.items() if kind == "bytea"]
    if raw not in ([], [BYTES]):
        raise ValueError(f"{table} has bytes in {raw}: muster.enter() gives the SHA-256 of a column called {BYTES} only.")
    told = (_incident(table, columns), "history" if "history_id" in columns else "", *raw)
    arguments = ", ".join(f"'{one}'" for one in told)
    editor.execute(
        f"CREATE TRIGGER entered AFTER INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION muster.enter({arguments})", None
    )
    editor.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER entered", None)


def enter_what_is_there(editor: BaseDatabaseSchemaEditor, table: str) -> int:
    """Write the entry of each row of one table, in the order in which they were written, some at a time. Returns how many.

    Their `at`, `xid` and `role` are those of now: that is when the ledger learnt of them. Each body says when it happened.
    """
    columns = _columns(editor, table)
    history = "history_id" in columns
    key = "history_id" if history else "id"
    body = (
        f"(to_jsonb(t) || jsonb_build_object('{BYTES}', sha256(t.{BYTES})))"
        if BYTES in columns and columns[BYTES] == "bytea"
        else "row_to_json(t)"
    )
    op, actor = ("t.history_type", "t.history_user_id") if history else ("'+'", "NULL::bigint")
    incident = _incident(table, columns)
    sql = f"""
WITH page AS (SELECT * FROM {table} t WHERE t.{key} > %s ORDER BY t.{key} LIMIT {PAGE}),
 told AS (SELECT t.{key} AS place, t.organisation_id, {f"t.{incident}::bigint" if incident else "NULL::bigint"} AS about, t.id::text AS pk,
   {op}::text AS op, {actor} AS who, {body}::text AS body, uuid_send(gen_random_uuid()) AS salt,
   clock_timestamp() AS at FROM page t ORDER BY t.{key}),
 numbered AS (SELECT nextval('ledger_entry_id_seq') AS seq, told.* FROM told),
 written AS (INSERT INTO ledger_entry (id, xid, organisation_id, incident_id, "table", pk, op, at, role, actor, salt, body, envelope)
   SELECT seq, pg_current_xact_id()::text::bigint, organisation_id, about, '{table}', pk, op, at, session_user, who, salt, body,
     muster.envelope(seq, pg_current_xact_id()::text::bigint, organisation_id, about, '{table}', pk, op, at, session_user::text, who,
                     sha256(salt || convert_to(body, 'UTF8'))) FROM numbered)
SELECT max(place), count(*) FROM numbered"""
    done, last = 0, 0
    with editor.connection.cursor() as cursor:
        while True:
            cursor.execute(sql, [last])
            place, count = cursor.fetchone()
            if not count:
                break
            cursor.execute(
                "SET CONSTRAINTS ALL IMMEDIATE"
            )  # checked page by page, so that what is still to check does not pile up
            cursor.execute("SET CONSTRAINTS ALL DEFERRED")
            done, last = done + count, place
    return done
