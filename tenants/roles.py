"""The database's roles by name, as migrations need them; what each is granted stands in tenants/walls.py and tenants/auditor_walls.py."""

from django.conf import settings

# What the auditor's role is not granted: the hashes of secrets, and where people are reached.
SECRETS = frozenset(
    {
        "tenants_apitokensecret",
        "incidents_integrationsecret",
        "oncall_calendarlinksecret",
        "notifications_contactsecret",
    }
)


def _quoted(role: str) -> str:
    return '"' + role.replace('"', '""') + '"'


def serving_role() -> str:
    """The serving role's name, quoted for SQL."""
    return _quoted(settings.SERVING_ROLE)


def auditor_role() -> str:
    """The auditor's role's name, quoted for SQL. It selects, behind the same walls, and does nothing else."""
    return _quoted(settings.AUDITOR_ROLE)


def readers() -> str:
    """The roles that every policy holds: the serving one and the auditor's."""
    return f"{serving_role()}, {auditor_role()}"


# An auditor's role may execute what the policies ask, and what those ask in its name; nothing that writes.
GRANT_WHAT_POLICIES_ASK = """
DO $$ DECLARE asked regprocedure; BEGIN
  FOR asked IN SELECT p.oid::regprocedure FROM pg_proc p WHERE p.pronamespace = 'muster'::regnamespace AND p.provolatile <> 'v'
    AND (p.proname IN ('context', 'organisation', 'person', 'own_work', 'is_member', 'unsent', 'population', 'seal_lag', 'held', 'room_facts')
    OR p.proname IN ('due_quiet', 'due_expiries', 'due_notices', 'due_review_openings', 'due_item_dates', 'unpaged_signals', 'unpaged_incidents',
      'unput_incidents', 'uncalled_duties', 'unreached')
    OR EXISTS (
      SELECT 1 FROM pg_depend d WHERE d.classid = 'pg_policy'::regclass AND d.refclassid = 'pg_proc'::regclass AND d.refobjid = p.oid))
  LOOP EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO {auditor}', asked); END LOOP;
END $$
"""


def named(sql: str) -> str:
    """SQL with the roles' names: `{role}` serves, `{auditor}` is the auditor's, and `{readers}` are both (every policy is for them)."""
    return sql.replace("{role}", serving_role()).replace("{auditor}", auditor_role()).replace("{readers}", readers())
