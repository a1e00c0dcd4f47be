"""The walls between tenants, as migration operations. A new tenant-owned table is one line: see ledger.guards.audited().

For each table: row level security enabled and forced; one permissive policy (so that there is something to restrict) and one
RESTRICTIVE policy for the serving and the auditor's role, which compares with `muster.organisation()`. The owner role is outside the policy, or
data migrations and guards would see nothing. References between tenant tables are composite, (organisation_id, id): foreign
keys are checked past row level security.
"""

import re
from typing import Any

from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState

from tenants.periods import keep_periods
from tenants.roles import GRANT_WHAT_POLICIES_ASK, SECRETS, auditor_role, named, readers, serving_role

FUNCTIONS = """
CREATE SCHEMA IF NOT EXISTS muster;
GRANT USAGE ON SCHEMA muster, public TO {role};

-- The only reader of the setting: to sign the context later, only this body changes.
CREATE FUNCTION muster.organisation() RETURNS bigint LANGUAGE sql STABLE PARALLEL SAFE
  AS $$ SELECT nullif(current_setting('muster.organisation', true), '')::bigint $$;
CREATE FUNCTION muster.person() RETURNS bigint LANGUAGE sql STABLE PARALLEL SAFE
  AS $$ SELECT nullif(current_setting('muster.person', true), '')::bigint $$;
"""

OPENINGS = """
-- The named openings in the walls: they return ids, nothing else.
CREATE FUNCTION muster.organisation_by_slug(text) RETURNS bigint LANGUAGE sql STABLE SECURITY DEFINER
  SET search_path = public, pg_temp AS $$ SELECT id FROM tenants_organisation WHERE slug = $1 $$;
CREATE FUNCTION muster.organisation_by_public_id(text) RETURNS bigint LANGUAGE sql STABLE SECURITY DEFINER
  SET search_path = public, pg_temp AS $$ SELECT id FROM tenants_organisation WHERE public_id = $1 $$;
CREATE FUNCTION muster.organisations_of(bigint) RETURNS SETOF bigint LANGUAGE sql STABLE SECURITY DEFINER
  SET search_path = public, pg_temp AS
  $$ SELECT organisation_id FROM tenants_membership WHERE user_id = $1 AND is_active $$;
CREATE FUNCTION muster.is_member(bigint) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER
  SET search_path = public, pg_temp AS
  $$ SELECT EXISTS (SELECT 1 FROM tenants_membership WHERE user_id = $1 AND organisation_id = muster.organisation()) $$;

-- People are seen from inside an organisation only where they are its members; from outside any (signing in) as themselves.
ALTER TABLE tenants_user ENABLE ROW LEVEL SECURITY;
ALTER TABLE tenants_user FORCE ROW LEVEL SECURITY;
CREATE POLICY present ON tenants_user USING (true);
CREATE POLICY members ON tenants_user AS RESTRICTIVE TO {role}
  USING ((SELECT muster.organisation()) IS NULL OR (SELECT muster.is_member(id)));
GRANT SELECT, INSERT, UPDATE ON tenants_user TO {role};

ALTER TABLE tenants_organisation ENABLE ROW LEVEL SECURITY;
ALTER TABLE tenants_organisation FORCE ROW LEVEL SECURITY;
CREATE POLICY present ON tenants_organisation USING (true);
CREATE POLICY wall ON tenants_organisation AS RESTRICTIVE TO {role} USING (id = (SELECT muster.organisation()));
GRANT SELECT ON tenants_organisation TO {role};
"""


# Who may know of a restricted incident (clause breach.need-to-know). PL/pgSQL, because the tables that it reads come with a room
# above. Muster's own work (a clock, a reaction, a hook, a command) sees all of its organisation; nobody in particular sees none.
NEED_TO_KNOW = """
CREATE FUNCTION muster.hidden_incidents() RETURNS bigint[] LANGUAGE plpgsql STABLE SECURITY DEFINER
  SET search_path = public, pg_temp AS $$
DECLARE hidden bigint[];
BEGIN
  IF muster.person() IS NULL AND current_setting('muster.surface', true) IN ('clock', 'relay', 'hook', 'command') THEN
    RETURN '{}';
  END IF;
  SELECT array_agg(i.id) INTO hidden FROM incidents_incident i
  WHERE i.organisation_id = muster.organisation() AND i.restricted AND NOT EXISTS (
    SELECT 1 FROM incidents_needtoknow n WHERE n.organisation_id = i.organisation_id AND n.incident_id = i.id
      AND n.user_id = muster.person() AND n.removed_at IS NULL AND (n.expires_at IS NULL OR n.expires_at > now()));
  RETURN coalesce(hidden, '{}');
END $$;
"""

# The surfaces of Muster's own work, named: any other, and one that is still to come, is refused by default where nobody is known.
OWN_WORK = """
CREATE FUNCTION muster.own_work() RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE AS
$$ SELECT muster.person() IS NULL AND coalesce(current_setting('muster.surface', true), '') IN ('clock', 'relay', 'hook', 'command') $$;

CREATE OR REPLACE FUNCTION muster.hidden_incidents() RETURNS bigint[] LANGUAGE plpgsql STABLE SECURITY DEFINER
  SET search_path = public, pg_temp AS $$
DECLARE hidden bigint[];
BEGIN
  IF muster.own_work() THEN
    RETURN '{}';
  END IF;
  SELECT array_agg(i.id) INTO hidden FROM incidents_incident i
  WHERE i.organisation_id = muster.organisation() AND i.restricted AND NOT EXISTS (
    SELECT 1 FROM incidents_needtoknow n WHERE n.organisation_id = i.organisation_id AND n.incident_id = i.id
      AND n.user_id = muster.person() AND n.removed_at IS NULL AND (n.expires_at IS NULL OR n.expires_at > now()));
  RETURN coalesce(hidden, '{}');
END $$;
"""


class Sql(Operation):
    """Run SQL that names the roles as `named` says. Not reversible: a wall is not taken down by a migration."""

    reversible = False

    def __init__(self, sql: str) -> None:
        self.sql = sql

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        """Changes no model."""

    def database_forwards(
        self, app_label: str, editor: BaseDatabaseSchemaEditor, before: ProjectState, after: ProjectState
    ) -> None:
        """Run it."""
        editor.execute(named(self.sql), params=None)
        if "CREATE POLICY" in self.sql:
            editor.execute(named(GRANT_WHAT_POLICIES_ASK), params=None)

    def describe(self) -> str:
        """A line for `migrate --plan`."""
        return "Run the SQL of the walls"


class Grant(Sql):
    """Let the serving role use a table that has no tenant (docs/unaudited.md lists each with its reason)."""

    def __init__(self, table: str, rights: str = "SELECT, INSERT, UPDATE, DELETE") -> None:
        self.table, self.rights = table, rights
        super().__init__(f"GRANT {rights} ON {table} TO {{role}}")

    def describe(self) -> str:
        """A line for `migrate --plan`."""
        return f"Let the serving role {self.rights} {self.table}"


class Wall(Operation):
    """Put a tenant-owned table behind the walls, with its composite keys.

    `rights` are the serving role's. The tables that its TenantKeys point to must have their walls already.
    """

    reversible = False

    def __init__(self, app: str, model: str, rights: str = "SELECT, INSERT, UPDATE, DELETE") -> None:
        self.app, self.model, self.rights = app, model, rights

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        """Changes no model."""

    def database_forwards(
        self, app_label: str, editor: BaseDatabaseSchemaEditor, before: ProjectState, after: ProjectState
    ) -> None:
        """Build the wall."""
        model = after.apps.get_model(self.app, self.model)
        for statement in wall_statements(model, self.rights):
            editor.execute(statement, params=None)
        drop_lone_indexes(editor, model._meta.db_table)

    def describe(self) -> str:
        """A line for `migrate --plan`."""
        return f"Put {self.app}.{self.model} behind the tenants' walls"


class DropLoneIndexes(Operation):
    """Drop the lone indexes of tables that have their walls already, or have had a key added since."""

    reversible = False

    def __init__(self, app: str) -> None:
        self.app = app

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        """Changes no model."""

    def database_forwards(
        self, app_label: str, editor: BaseDatabaseSchemaEditor, before: ProjectState, after: ProjectState
    ) -> None:
        """Drop them."""
        for model in after.apps.get_app_config(self.app).get_models():
            if any(field.name == "organisation" for field in model._meta.local_fields):
                drop_lone_indexes(editor, model._meta.db_table)

    def describe(self) -> str:
        """A line for `migrate --plan`."""
        return f"Drop the indexes of {self.app} that no query inside the walls uses"


# What is asked across tenants, by a named opening: which organisations a person may sign in to.
ACROSS_TENANTS = frozenset({("tenants_membership", "user_id")})

LONE_INDEXES = """
SELECT i.relname, a.attname FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid
JOIN pg_attribute a ON a.attrelid = x.indrelid AND a.attnum = x.indkey[0]
WHERE x.indrelid = %s::regclass AND x.indnkeyatts = 1 AND NOT x.indisunique AND x.indpred IS NULL
"""


def drop_lone_indexes(editor: BaseDatabaseSchemaEditor, table: str) -> None:
    """Drop the single-column indexes that Django gives every foreign key of a table (and django-simple-history its own columns).

    Each is paid for at every insert, and none is used: inside the walls every query is led by the organisation, and so are the
    indexes that models declare. Those keep their names and are left, whatever their columns.
    """
    pattern = re.compile(rf'^CREATE INDEX "(\w+)" ON "{table}" \("(\w+)"\)$')
    for waiting in list(editor.deferred_sql):  # of a table that this very migration makes
        match = pattern.match(str(waiting))
        if match and _is_implicit(match[1], table, match[2]):
            editor.deferred_sql.remove(waiting)
    with editor.connection.cursor() as cursor:
        cursor.execute(LONE_INDEXES, [f'"{table}"'])
        found = cursor.fetchall()
    for name, column in found:
        if _is_implicit(name, table, column):
            editor.execute(f'DROP INDEX "{name}"', params=None)


def _is_implicit(name: str, table: str, column: str) -> bool:
    """Whether an index is one that Django made for a field by itself: its name ends in a hash."""
    return re.search(r"_[0-9a-f]{8}$", name) is not None and (table, column) not in ACROSS_TENANTS


def wall_statements(model: Any, rights: str) -> list[str]:
    """The SQL that walls one model's table: policies, grants, and the keys that cannot cross."""
    table, role, key = model._meta.db_table, serving_role(), model._meta.pk.column
    statements = [
        f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY",
        f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY",
        f"CREATE POLICY present ON {table} USING (true)",
        f"CREATE POLICY wall ON {table} AS RESTRICTIVE TO {readers()} USING (organisation_id = (SELECT muster.organisation()))",
        f"REVOKE ALL ON {table} FROM {readers()}",
        f"GRANT {rights} ON {table} TO {role}",
    ]
    if table not in SECRETS:
        statements.append(f"GRANT SELECT ON {table} TO {auditor_role()}")
    if not table.startswith(f"{model._meta.app_label}_historical"):
        statements.append(f'ALTER TABLE {table} ADD CONSTRAINT "{table}_within" UNIQUE (organisation_id, {key})')
        statements += [within(table, field) for field in model._meta.local_fields if is_tenant_key(field)]
    return statements


def within(table: str, field: Any) -> str:
    """The SQL of the composite key of one TenantKey: it cannot lead into another organisation."""
    to = field.related_model._meta
    return (
        f'ALTER TABLE {table} ADD CONSTRAINT "{table}_{field.column}_within" FOREIGN KEY (organisation_id, {field.column}) '
        f"REFERENCES {to.db_table} (organisation_id, {to.pk.column}) DEFERRABLE INITIALLY DEFERRED"
    )


def is_tenant_key(field: Any) -> bool:
    """Whether a field refers to a tenant-owned row (in a migration's state the class is TenantKey all the same)."""
    from tenants.walled import TenantKey

    return isinstance(field, TenantKey)


class Within(Operation):
    """The composite key of a TenantKey that was added to a table which has its walls already."""

    reversible = False

    def __init__(self, app: str, model: str, field: str) -> None:
        self.app, self.model, self.field = app, model, field

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        """Changes no model."""

    def database_forwards(
        self, app_label: str, editor: BaseDatabaseSchemaEditor, before: ProjectState, after: ProjectState
    ) -> None:
        """Add it."""
        meta = after.apps.get_model(self.app, self.model)._meta
        editor.execute(within(meta.db_table, meta.get_field(self.field)), params=None)

    def describe(self) -> str:
        """A line for `migrate --plan`."""
        return f"Keep {self.app}.{self.model}.{self.field} within its organisation"


class NeedToKnow(Operation):
    """Hide what belongs to a restricted incident from who is not named on it: a second wall, on `incident_id` (or `id` itself)."""

    reversible = False

    def __init__(self, app: str, *models: str, column: str = "incident_id") -> None:
        self.app, self.models, self.column = app, models, column

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        """Changes no model."""

    def database_forwards(
        self, app_label: str, editor: BaseDatabaseSchemaEditor, before: ProjectState, after: ProjectState
    ) -> None:
        """Build it. The function is asked once a statement, not once a row."""
        for model in self.models:
            table = after.apps.get_model(self.app, model)._meta.db_table
            editor.execute(
                f"CREATE POLICY need_to_know ON {table} AS RESTRICTIVE TO {readers()} USING "
                f"({self.column} IS NULL OR NOT ({self.column} = ANY ((SELECT muster.hidden_incidents())::bigint[])))",
                params=None,
            )
        keep_periods(editor)

    def describe(self) -> str:
        """A line for `migrate --plan`."""
        return f"Let only who is named see what belongs to a restricted incident in {self.app}.{', '.join(self.models)}"
