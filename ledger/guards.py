"""PostgreSQL as the witness of history: append-only, sound and complete (evidence layers 1 and 2; for layer 3 see ledger/entries.py).

- Append-only: events and history rows are never changed or deleted, by the owner role neither.
- Sound: a history row that is written equals the row it is about, at that moment.
- Complete: a transaction that changed an audited row without its history row does not commit.

The functions are generated for each table, columns named one by one: several times cheaper than comparing whole rows as JSON.
A migration that adds a column to an audited table therefore runs `Regard(...)` once more; a test compares them with the models.
"""

from typing import Any

from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState

from ledger.entries import Entered
from tenants.roles import readers
from tenants.walls import Wall

REFUSE = """
CREATE FUNCTION muster.refuse() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
  RAISE EXCEPTION '% on % is refused: it is append-only', lower(TG_OP), TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
END $$;
"""


class _OnModel(Operation):
    """An operation on one model's table that leaves Django's state as it is."""

    reversible = False

    def __init__(self, app: str, model: str) -> None:
        self.app, self.model = app, model

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        """Changes no model."""

    def database_forwards(
        self, app_label: str, editor: BaseDatabaseSchemaEditor, before: ProjectState, after: ProjectState
    ) -> None:
        """Run the statements."""
        for statement in self.statements(after):
            editor.execute(statement, params=None)

    def statements(self, state: ProjectState) -> list[str]:
        """The SQL."""
        raise NotImplementedError


class AppendOnly(_OnModel):
    """Refuse UPDATE, DELETE and TRUNCATE, to everyone, whatever `session_replication_role` says."""

    def statements(self, state: ProjectState) -> list[str]:
        """Triggers that always fire, and the rights taken away."""
        table = state.apps.get_model(self.app, self.model)._meta.db_table
        return [
            f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION muster.refuse()",
            f"CREATE TRIGGER append_only_whole BEFORE TRUNCATE ON {table} EXECUTE FUNCTION muster.refuse()",
            f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER append_only",
            f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER append_only_whole",
            f"REVOKE UPDATE, DELETE, TRUNCATE ON {table} FROM {readers()}",
        ]

    def describe(self) -> str:
        """A line for `migrate --plan`."""
        return f"Make {self.app}.{self.model} append-only"


class Regard(_OnModel):
    """(Re)generate the sound and complete functions of an audited table from its present columns."""

    def statements(self, state: ProjectState) -> list[str]:
        """The two functions."""
        model = state.apps.get_model(self.app, self.model)
        table, history = model._meta.db_table, f"{self.app}_historical{self.model}"
        columns = [field.column for field in model._meta.local_concrete_fields if field.column != model._meta.pk.column]
        return [_sound(table, history, columns), _complete(table, history, columns)]

    def describe(self) -> str:
        """A line for `migrate --plan`."""
        return f"Regard every column of {self.app}.{self.model} in its guards"


class Guard(_OnModel):
    """Install the sound and complete triggers on an audited table and its history. `Regard` must have run."""

    def statements(self, state: ProjectState) -> list[str]:
        """The triggers and the index that they look up by."""
        model = state.apps.get_model(self.app, self.model)
        table, history = model._meta.db_table, f"{self.app}_historical{self.model}"
        return [
            f"CREATE INDEX {history}_witness ON {history} ({model._meta.pk.column}, history_xid)",
            f"CREATE TRIGGER sound BEFORE INSERT ON {history} FOR EACH ROW EXECUTE FUNCTION muster.sound_{table}()",
            f"ALTER TABLE {history} ENABLE ALWAYS TRIGGER sound",
            (
                f"CREATE CONSTRAINT TRIGGER complete AFTER INSERT OR UPDATE OR DELETE ON {table} DEFERRABLE INITIALLY DEFERRED "
                f"FOR EACH ROW EXECUTE FUNCTION muster.complete_{table}()"
            ),
            f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER complete",
            f"CREATE TRIGGER kept_whole BEFORE TRUNCATE ON {table} EXECUTE FUNCTION muster.refuse()",
            f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER kept_whole",
        ]

    def describe(self) -> str:
        """A line for `migrate --plan`."""
        return f"Guard {self.app}.{self.model}: no change without its history"


def _row(prefix: str, columns: list[str]) -> str:
    return "ROW(" + ", ".join(f'{prefix}."{column}"' for column in columns) + ")"


def _sound(table: str, history: str, columns: list[str]) -> str:
    """A history row is stamped by the database, and must say what the row holds now."""
    return f"""
CREATE OR REPLACE FUNCTION muster.sound_{table}() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp AS $$
BEGIN
  NEW.history_xid := pg_current_xact_id()::text::bigint;
  NEW.history_date := clock_timestamp();
  NEW.history_user_id := muster.person();
  IF NEW.history_type = '-' THEN
    IF EXISTS (SELECT 1 FROM {table} b WHERE b.id = NEW.id) THEN
      RAISE EXCEPTION 'the history of {table} % says deleted, but the row is there', NEW.id USING ERRCODE = 'integrity_constraint_violation';
    END IF;
  ELSIF NOT EXISTS (SELECT 1 FROM {table} b WHERE b.id = NEW.id AND {_row("b", columns)} IS NOT DISTINCT FROM {_row("NEW", columns)}) THEN
    RAISE EXCEPTION 'the history of {table} % differs from the row', NEW.id USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$"""


def _complete(table: str, history: str, columns: list[str]) -> str:
    """A changed row has, by the end of its transaction, a history row of that change with the same content."""
    return f"""
CREATE OR REPLACE FUNCTION muster.complete_{table}() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp AS $$
DECLARE r {table}; want text;
BEGIN
  IF TG_OP = 'DELETE' THEN r := OLD; want := '-';
  ELSIF TG_OP = 'INSERT' THEN r := NEW; want := '+';
  ELSE
    r := NEW; want := '~';
    IF NEW.id <> OLD.id THEN
      RAISE EXCEPTION 'a row of {table} keeps its id' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
  END IF;
  IF NOT EXISTS (SELECT 1 FROM {history} h WHERE h.id = r.id AND h.history_xid = pg_current_xact_id()::text::bigint
                 AND h.history_type = want AND {_row("h", columns)} IS NOT DISTINCT FROM {_row("r", columns)}) THEN
    RAISE EXCEPTION 'no history of this % of {table} % in its transaction', lower(TG_OP), r.id
      USING ERRCODE = 'integrity_constraint_violation', HINT = 'Change audited rows by save() or ledger.audited.audited_update().';
  END IF;
  RETURN NULL;
END $$"""


def audited(app: str, *models: str, walls: bool = True) -> list[Any]:
    """Wall, history, guards: everything a new audited tenant table needs, as one line of a migration."""
    operations: list[Any] = []
    for model in models:
        if walls:
            operations.append(Wall(app, model))
        operations += [
            Wall(app, f"historical{model}", rights="SELECT, INSERT"),
            AppendOnly(app, f"historical{model}"),
            Regard(app, model),
            Guard(app, model),
            Entered(app, f"historical{model}"),
        ]
    return operations


def append_only(app: str, *models: str) -> list[Any]:
    """Wall and guard for a table whose rows are facts themselves: written once, never changed."""
    return [
        op for model in models for op in (Wall(app, model, rights="SELECT, INSERT"), AppendOnly(app, model), Entered(app, model))
    ]
