"""The walls between tenants, over every table there is: a new table, key or function is judged here without an edit.

What has no walls, and what is not audited, stands in docs/unaudited.md with its reason; the tests read that page and fail both
ways, for a table that is missing there and for one that does not belong there any more.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, LiteralString

import psycopg
import pytest
from django.conf import settings
from django.db import DatabaseError, IntegrityError, ProgrammingError, connection, models

from tests import everything, lived_in
from tests.conftest import Cast, Installation
from tests.everything import in_context, label, query

pytestmark = pytest.mark.servers

PAGE = Path(settings.BASE_DIR) / "docs" / "unaudited.md"
# Openings that return something else than ids, and why that tells nobody anything.
OPENINGS = {
    "audited_times": "the periods of one's own audit engagements, of the organisation whose context is open",
    "audited_misses": "broken clocks of one's own audit engagement that name no incident, and what each was about, without those that are hidden",
    "context": "what the open context says, to whoever opened it",
    "is_member": "a yes or no, about the organisation whose context is open",
    "figures": "sums over the whole installation, for /metrics",
    "due_clocks": "ids of organisations and clocks, and whether the clock failed before",
    "hidden_sources": "ids of the organisation's own integrations, each with the moment from which its raw requests are hidden",
    "unsent": "ids of organisations and rows, and which of eight kinds of difference it is, for the watchdog",
    "seal_lag": "how many seconds the oldest entry of the open organisation has waited for its leaf",
    "seal_figures": "the longest such wait of the installation, and how many organisations halt, for /metrics",
    "forget_answers": "returns nothing: it deletes remembered answers by their age",
}
IDS = re.compile(r"^(SETOF )?bigint(\[\])?$|^TABLE\(\w+ bigint(, \w+ bigint)*\)$")


def documented(heading: str) -> dict[str, str]:
    """The table under a heading of docs/unaudited.md: name -> reason."""
    _, found, rest = PAGE.read_text(encoding="utf-8").partition(f"\n## {heading}\n")
    assert found, f"docs/unaudited.md has no part called {heading!r}"
    rows = re.findall(r"^\| `(\w+)` \| (.+) \|$", rest.split("\n## ")[0], re.MULTILINE)
    return {str(name): str(reason) for name, reason in rows}


WALLED = """
SELECT c.relname FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
 AND c.relrowsecurity AND c.relforcerowsecurity
 AND (SELECT count(*) FROM pg_policy p WHERE p.polrelid = c.oid AND p.polpermissive) = 1
 AND EXISTS (SELECT 1 FROM pg_policy p WHERE p.polrelid = c.oid AND NOT p.polpermissive AND p.polname = 'wall' AND p.polcmd = '*'
             AND (SELECT count(*) FROM pg_roles r WHERE r.oid = ANY (p.polroles)) = 2
             AND NOT EXISTS (SELECT 1 FROM pg_roles r WHERE r.rolname IN ('serves', 'audits') AND r.oid <> ALL (p.polroles))
             AND pg_get_expr(p.polqual, p.polrelid) LIKE '%%muster.organisation()%%')
""".replace("serves", settings.SERVING_ROLE).replace("audits", settings.AUDITOR_ROLE)


@pytest.fixture(scope="module")
def house(shared_database: Installation) -> Installation:
    """Both organisations, lived in: every table has rows of each."""
    lived_in.live(shared_database.globex, "globexword")
    lived_in.live(shared_database.acme, "acmeword", more=1)
    return shared_database


@pytest.fixture(scope="module")
def owner(house: Installation) -> Iterator[psycopg.Connection[tuple[Any, ...]]]:
    """A connection as the owner role, whom the walls do not hold."""
    with everything.connected(settings.DATABASE_OWNER_URL, house.name) as db:
        yield db


@pytest.mark.parametrize("opening", ["unpaged_signals", "unpaged_incidents", "unput_incidents", "uncalled_duties", "unreached"])
def test_in_an_organisation_that_is_lived_in_every_page_was_made(
    house: Installation, owner: psycopg.Connection[tuple[Any, ...]], opening: LiteralString
) -> None:
    """Whatever is seeded, suppressed, attached, drilled or answered there is no false alarm."""
    assert owner.execute(f"SELECT * FROM muster.{opening}(now() + interval '1 year', 10)").fetchall() == []


def an_id(owner: psycopg.Connection[tuple[Any, ...]], table: str, organisation: Cast) -> int:
    """The key of some row of an organisation."""
    row = owner.execute(f"SELECT min(id) FROM {table} WHERE organisation_id = {organisation.id}").fetchone()
    assert row is not None
    assert row[0] is not None, f"{organisation.slug} has no row in {table}: teach tests.lived_in.live()"
    return int(row[0])


# --- What PostgreSQL's catalogue says ------------------------------------------------------------------------------


def test_every_table_has_walls_or_a_reason(acme: Cast) -> None:
    """A table is behind the walls, or docs/unaudited.md says why not.

    Behind them: row level security enabled and forced, one permissive policy, a restrictive one called `wall` for the serving
    role and the auditor's. A view would be without.
    """
    kinds = "('r', 'p', 'v', 'm', 'f')"
    every = {
        t for (t,) in query(f"SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN {kinds}")
    }
    walled = {name for (name,) in query(WALLED)}
    reasons = documented("Tables without walls")
    assert sorted(every - walled) == sorted(reasons), "docs/unaudited.md and the database differ"
    assert all(len(reason) > 20 for reason in reasons.values()), "each with a real reason"


def test_every_table_with_an_organisation_has_walls(acme: Cast) -> None:
    """No reason is good enough for a table whose rows carry an organisation."""
    owned = {t for (t,) in query("SELECT table_name FROM information_schema.columns WHERE column_name = 'organisation_id'")}
    assert owned == {model._meta.db_table for model in everything.tenant_models()}
    assert owned <= {name for (name,) in query(WALLED)}


def test_every_tenant_table_is_audited_or_append_only_or_has_a_reason(acme: Cast) -> None:
    """A tenant table has guarded history, or is append-only itself, or docs/unaudited.md says why neither."""

    def triggered(*names: str) -> set[str]:
        sql = "SELECT tgrelid::regclass::text FROM pg_trigger WHERE tgname = ANY(%s) AND tgenabled = 'A' GROUP BY 1 HAVING count(*) = %s"
        return {name for (name,) in query(sql, list(names), len(names))}

    append_only = triggered("append_only", "append_only_whole")
    guarded = triggered("complete")
    sound = triggered("sound")
    for model in everything.audited_models():
        history = everything.history_of(model)._meta.db_table
        assert model._meta.db_table in guarded, f"{label(model)} has history, but PostgreSQL does not insist on it"
        assert history in append_only & sound, f"the history of {label(model)} is not guarded"
    walled = {name for (name,) in query(WALLED)}
    reasons = documented("Tenant tables without history")
    assert sorted(walled - guarded - append_only) == sorted(reasons), "docs/unaudited.md and the database differ"
    assert all(len(reason) > 20 for reason in reasons.values()), "each with a real reason"


def test_every_key_between_tenant_tables_is_composite(acme: Cast) -> None:
    """A foreign key between two tables of tenants is (organisation_id, id), deferrable and deferred.

    PostgreSQL checks foreign keys past row level security, so a plain one could point into another organisation.
    """
    rows = query(
        "SELECT conname, conrelid::regclass::text, confrelid::regclass::text, pg_get_constraintdef(oid), condeferrable AND condeferred "
        "FROM pg_constraint WHERE contype = 'f' AND connamespace = 'public'::regnamespace"
    )
    owned = {model._meta.db_table for model in everything.tenant_models()}
    between = [row for row in rows if row[1] in owned and row[2] in owned]
    assert between
    for name, table, target, definition, deferred in between:
        shape = (
            rf"^FOREIGN KEY \(organisation_id, \w+\) REFERENCES {target}\(organisation_id, id\) DEFERRABLE INITIALLY DEFERRED$"
        )
        assert re.match(shape, definition), f"{table}: {name}: {definition}"
        assert deferred
    composite = {(table, re.findall(r"\(organisation_id, (\w+)\)", definition)[0]) for _, table, _, definition, _ in between}
    for model in everything.tenant_models():
        if not model._meta.db_table.startswith(f"{model._meta.app_label}_historical"):
            for field in model._meta.local_fields:
                if field.related_model in everything.tenant_models() or field.attname == "incident_id":
                    assert (model._meta.db_table, field.column) in composite, f"{label(model)}.{field.name} has no composite key"


def test_the_serving_role_is_plain(acme: Cast) -> None:
    """The role that serves owns nothing, is no superuser, passes no row security and is a member of nothing."""
    role = query(
        "SELECT rolsuper, rolbypassrls, rolcreaterole, rolcreatedb, rolreplication FROM pg_roles WHERE rolname = current_user"
    )
    assert role == [(False, False, False, False, False)]
    for catalogue, column in (("class", "relowner"), ("proc", "proowner"), ("namespace", "nspowner"), ("auth_members", "member")):
        mine = f"{column} = (SELECT oid FROM pg_roles WHERE rolname = current_user)"
        if (
            catalogue == "auth_members"
        ):  # on the tests' servers it may become the auditor's role, which may less (tests of test_auditor.py)
            mine += f" AND roleid <> (SELECT oid FROM pg_roles WHERE rolname = '{settings.AUDITOR_ROLE}')"
        assert query(f"SELECT count(*) FROM pg_{catalogue} WHERE {mine}") == [(0,)], catalogue
    tables = "FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'"
    assert query(f"SELECT relname {tables} AND has_table_privilege(oid, 'TRUNCATE, TRIGGER, REFERENCES')") == []


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TABLE public.mine (id int)",
        "CREATE TABLE muster.mine (id int)",
        "CREATE FUNCTION public.mine() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "CREATE OR REPLACE FUNCTION muster.organisation() RETURNS bigint LANGUAGE sql AS 'SELECT 1::bigint'",
        "ALTER TABLE incidents_incident DISABLE ROW LEVEL SECURITY",
        "ALTER TABLE incidents_incident NO FORCE ROW LEVEL SECURITY",
        "DROP POLICY wall ON incidents_incident",
        "CREATE POLICY more ON incidents_incident USING (true)",
        "ALTER TABLE incidents_incident DISABLE TRIGGER ALL",
        "TRUNCATE incidents_incident CASCADE",
        "TRUNCATE ledger_event CASCADE",
        "SET ROLE muster_owner",
        "SET session_replication_role = replica",
    ],
)
def test_the_serving_role_moves_no_wall(acme: Cast, statement: str) -> None:
    """Whoever injects SQL as the serving role can neither create nor alter nor truncate anything."""
    sql = statement.replace(
        "muster_owner", str(query("SELECT relowner::regrole::text FROM pg_class WHERE relname = 'ledger_event'")[0][0])
    )
    with acme.scope(), pytest.raises(ProgrammingError, match=r"permission denied|must be owner"), acme.scope():
        query(sql)


def test_every_opening_is_narrow(acme: Cast) -> None:
    """A SECURITY DEFINER function is the owner role's, has a pinned search path that ends with pg_temp, and returns ids.

    Nothing else, but for the few that say above why.
    """
    found = query(
        "SELECT proname, proconfig, pg_get_function_result(p.oid), proowner = (SELECT relowner FROM pg_class WHERE oid = 'ledger_event'::regclass) "
        "FROM pg_proc p WHERE prosecdef AND pronamespace IN ('public'::regnamespace, 'muster'::regnamespace)"
    )
    for name, config, result, is_owners in found:
        assert is_owners, name
        assert config == ["search_path=public, pg_temp"], name
        assert result == "trigger" or IDS.match(result) or name in OPENINGS, f"{name} returns {result}"
    assert set(OPENINGS) <= {row[0] for row in found}, "an opening that is not there any more"


def test_the_context_has_one_reader(acme: Cast) -> None:
    """Only muster.context() reads the setting, and believes nothing that is not signed."""
    reading = "prosrc LIKE '%%current_setting(%%'"
    readers = query(f"SELECT proname FROM pg_proc WHERE pronamespace = 'muster'::regnamespace AND {reading}")
    assert readers == [("context",)]
    assert query("SELECT polname FROM pg_policy WHERE pg_get_expr(polqual, polrelid) LIKE '%%current_setting%%'") == []


# --- What can be seen ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("model", everything.tenant_models(), ids=label)
class TestEveryTenantTable:
    def test_is_empty_without_a_context(self, house: Installation, owner: psycopg.Connection[Any], model: Any) -> None:
        """No context, no rows: by raw SQL as the serving role, by an empty context, and by one that nobody signed."""
        table = model._meta.db_table
        an_id(owner, table, house.acme), an_id(owner, table, house.globex)  # so that nothing is shown by an empty table
        assert query(f"SELECT count(*) FROM {table}") == [(0,)]
        with connection.cursor() as cursor:
            for forged in (None, 0, -1, 2**62, house.acme.id):
                cursor.execute("BEGIN")
                cursor.execute(in_context(forged))
                cursor.execute(f"SELECT count(*) FROM {table}")
                assert cursor.fetchone() == (0,)
                cursor.execute("ROLLBACK")

    def test_shows_its_own_organisation_only(self, house: Installation, owner: psycopg.Connection[Any], model: Any) -> None:
        """With acme's context: every row of acme and none of globex, by raw SQL and by the ORM, whatever a filter asks for."""
        table = model._meta.db_table
        sql: Any = f"SELECT count(*) FROM {table} WHERE organisation_id = {house.acme.id}"
        (own,) = owner.execute(sql).fetchone() or (0,)
        with house.acme.scope():
            assert query(f"SELECT organisation_id, count(*) FROM {table} GROUP BY 1") == [(house.acme.id, own)]
            for manager in (model._default_manager, model._base_manager):
                assert manager.count() == own
                assert not manager.filter(organisation_id=house.globex.id).exists()
                assert not manager.filter(pk=an_id(owner, table, house.globex)).exists() or "historical" in table
                assert not manager.exclude(organisation_id=house.acme.id).exists()

    def test_takes_no_row_for_another_organisation(self, house: Installation, owner: psycopg.Connection[Any], model: Any) -> None:
        """With acme's context a row cannot be written into globex, nor moved there, nor globex's be changed or deleted."""
        table, columns = model._meta.db_table, everything.columns(model)
        listed = ", ".join(f'"{c}"' for c in columns)
        taken = ", ".join(str(house.globex.id) if c == "organisation_id" else f'"{c}"' for c in columns)
        first, stranger = an_id(owner, table, house.acme), an_id(owner, table, house.globex)
        if not table.startswith(f"{model._meta.app_label}_historical"):
            refused = r"row-level security|permission denied"
            with pytest.raises(ProgrammingError, match=refused), house.acme.scope():
                query(f"INSERT INTO {table} ({listed}) SELECT {taken} FROM {table} WHERE id = {first}")
        else:  # the guard of history looks before the wall does: the row that it is about is not globex's
            with pytest.raises((ProgrammingError, IntegrityError)), house.acme.scope():
                query(f"INSERT INTO {table} ({listed}) SELECT {taken} FROM {table} LIMIT 1")
        allowed = query("SELECT has_table_privilege(%s, 'UPDATE'), has_table_privilege(%s, 'DELETE')", table, table)[0]
        if allowed[0]:
            with pytest.raises(ProgrammingError, match="row-level security"), house.acme.scope():
                query(f"UPDATE {table} SET organisation_id = {house.globex.id} WHERE id = {first}")
            with house.acme.scope(), connection.cursor() as cursor:
                cursor.execute(f"UPDATE {table} SET organisation_id = organisation_id WHERE id = {stranger}")
                assert cursor.rowcount == 0
        if allowed[1]:
            with house.acme.scope(), connection.cursor() as cursor:
                cursor.execute(f"DELETE FROM {table} WHERE id = {stranger}")
                assert cursor.rowcount == 0


def _composite() -> list[tuple[str, str, str]]:
    """(table, column, target) of every reference between tenant tables, by the models."""
    owned = everything.tenant_models()
    found = []
    for model in owned:
        if model._meta.db_table.startswith(f"{model._meta.app_label}_historical"):
            continue
        for field in model._meta.local_fields:
            if field.related_model in owned:
                found.append((model._meta.db_table, str(field.column), field.related_model._meta.db_table))
            elif field.attname == "incident_id":
                found.append((model._meta.db_table, str(field.column), "incidents_incident"))
    return found


def _renewed(model: Any, column: str) -> str:
    """A column's value for a copy of a row: the same, or another where it must be unique."""
    field = next(f for f in model._meta.local_concrete_fields if f.column == column)
    unique = {name for c in model._meta.constraints if isinstance(c, models.UniqueConstraint) for name in c.fields}
    if field.name not in unique or isinstance(field, models.ForeignKey):
        return f'"{column}"'
    return "'other'" if isinstance(field, models.CharField) else f'"{column}" + 1000'


@pytest.mark.parametrize(("table", "column", "target"), _composite(), ids=lambda value: value)
def test_no_key_crosses_the_wall(
    house: Installation, owner: psycopg.Connection[Any], table: str, column: str, target: str
) -> None:
    """A row of acme that refers to a row of globex does not commit: the composite key itself refuses it, deferred to the end."""
    first, stranger = an_id(owner, table, house.acme), an_id(owner, target, house.globex)
    sql: Any = (
        "SELECT conname FROM pg_constraint WHERE contype = 'f' AND conrelid = %s::regclass AND pg_get_constraintdef(oid) LIKE %s"
    )
    (name,) = owner.execute(sql, [table, f"FOREIGN KEY (organisation_id, {column})%"]).fetchone() or ("",)
    may_insert, may_update = query("SELECT has_table_privilege(%s, 'INSERT'), has_table_privilege(%s, 'UPDATE')", table, table)[0]
    if may_update:
        together = {
            "incidents_incident.merged_into_id": "state = 'merged'",
            "oncall_escalationtarget.schedule_id": "kind = 'schedule'",
            "compliance_evidencepack.engagement_id": "kind = 'period', incident_id = NULL, starts_on = '2026-07-01', "
            "ends_before = '2026-10-01'",
            "compliance_erasurerequest.custodian_id": "person_id = NULL",
        }
        beside = f", {together[f'{table}.{column}']}" if f"{table}.{column}" in together else ""  # the table says so
        change = f"UPDATE {table} SET {column} = {stranger}{beside} WHERE id = {first}"
    elif may_insert:
        model = next(m for m in everything.tenant_models() if m._meta.db_table == table)
        names = everything.columns(model)
        taken = ", ".join(str(stranger) if c == column else _renewed(model, c) for c in names)
        change = f"INSERT INTO {table} ({', '.join(names)}) SELECT {taken} FROM {table} WHERE id = {first}"
    else:  # only the database itself writes here
        return
    # What a hold keeps is not changed at all: its own trigger says so first.
    with pytest.raises(IntegrityError, match=f'violates foreign key constraint "{name}"|what legal hold'), house.acme.scope():
        query(change)
        query(f'SET CONSTRAINTS "{name}" IMMEDIATE')
    with pytest.raises(DatabaseError), house.acme.scope():
        query(change)


def test_people_are_seen_from_inside_only_where_they_are_members(house: Installation) -> None:
    """From inside acme nobody of globex is found, by id or address; from outside (signing in) people are found as themselves."""
    from tenants.models import User

    with house.acme.scope():
        assert {user.email.split("@")[1] for user in User.objects.all()} == {"acme.example"}
        assert not User.objects.filter(email=house.globex.amira.email).exists()
    assert User.objects.filter(email=house.globex.amira.email).exists()


LONE = """
SELECT c.relname, a.attname, i.relname FROM pg_index x JOIN pg_class c ON c.oid = x.indrelid JOIN pg_class i ON i.oid = x.indexrelid
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = x.indkey[0]
WHERE c.relnamespace = 'public'::regnamespace AND x.indnkeyatts = 1 AND NOT x.indisunique
  AND EXISTS (SELECT 1 FROM pg_attribute o WHERE o.attrelid = c.oid AND o.attname = 'organisation_id' AND o.attnum > 0)
"""


def test_indexes_are_led_by_the_organisation(owner: psycopg.Connection[tuple[Any, ...]]) -> None:
    """No tenant table has an index on a single key: every insert would pay for it, and no query inside the walls uses it.

    What stands alone is asked across tenants, by a named opening: what is due next, what is old, whose a person is.
    """
    rows: list[tuple[Any, ...]] = owner.execute(LONE).fetchall()
    declared = {index.name for model in everything.tenant_models() for index in model._meta.indexes}
    lone = {(table, column) for table, column, name in rows if name not in declared}
    assert lone == {("tenants_membership", "user_id")}
