"""Letting the auditor's own role in where it may look, as a migration operation (clause people.auditor)."""

from django.conf import settings
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState

from tenants.roles import GRANT_WHAT_POLICIES_ASK, SECRETS, named

# The auditor's role on what is there: behind every policy, with SELECT where it may look, and no function that writes. People come without the
# hash of their password: by a view of the table's name, which an auditor's scope finds first.
AUDITOR = """
DO $$ DECLARE found record; BEGIN
  FOR found IN SELECT p.polname, p.polrelid::regclass AS relation FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid
    WHERE c.relnamespace = 'public'::regnamespace AND p.polroles = ARRAY[(SELECT oid FROM pg_roles WHERE rolname = {role_name})]
  LOOP EXECUTE format('ALTER POLICY %I ON %s TO {readers}', found.polname, found.relation); END LOOP;
  FOR found IN SELECT c.oid::regclass AS relation FROM pg_class c JOIN pg_policy p ON p.polrelid = c.oid AND p.polname = 'wall'
    WHERE c.relnamespace = 'public'::regnamespace AND NOT c.relname = ANY ({secrets})
  LOOP EXECUTE format('GRANT SELECT ON %s TO {auditor}', found.relation); END LOOP;
END $$;
GRANT USAGE ON SCHEMA muster TO {auditor};
GRANT SELECT ON ledger_heartbeat TO {auditor};
GRANT SELECT (id, organisation_id, token_id, last_used_at) ON tenants_apitokensecret TO {auditor};

REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA muster FROM PUBLIC, {auditor};
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA muster TO {role};
ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
ALTER DEFAULT PRIVILEGES IN SCHEMA muster GRANT EXECUTE ON FUNCTIONS TO {role};

GRANT SELECT (id, last_login, email, name, time_zone, is_active, joined_at) ON tenants_user TO {auditor};
CREATE POLICY within ON tenants_user AS RESTRICTIVE TO {auditor} USING ((SELECT muster.organisation()) IS NOT NULL);
CREATE SCHEMA IF NOT EXISTS muster_audit;
GRANT USAGE ON SCHEMA muster_audit TO {auditor};
CREATE VIEW muster_audit.tenants_user WITH (security_invoker = true) AS
  SELECT id, ''::varchar(128) AS password, last_login, email, name, time_zone, is_active, joined_at FROM public.tenants_user;
GRANT SELECT ON muster_audit.tenants_user TO {auditor};
"""


class AuditorsRole(Operation):
    """Let the auditor's role in where it may look, in every table that there is; later ones let it in as they get their walls."""

    reversible = False

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        """Changes no model."""

    def database_forwards(
        self, app_label: str, editor: BaseDatabaseSchemaEditor, before: ProjectState, after: ProjectState
    ) -> None:
        """Do it."""
        secrets = "ARRAY[" + ", ".join(f"'{table}'" for table in sorted(SECRETS)) + "]"
        name = "'" + settings.SERVING_ROLE.replace("'", "''") + "'"
        editor.execute(named(AUDITOR.replace("{secrets}", secrets).replace("{role_name}", name)), params=None)
        editor.execute(named(GRANT_WHAT_POLICIES_ASK), params=None)

    def describe(self) -> str:
        """A line for `migrate --plan`."""
        return "Let the auditor's role in where it may look"
