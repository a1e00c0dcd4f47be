"""The auditor's own role in the database: the same walls, SELECT where it may look, and nothing else (clause people.auditor)."""

from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest
from django.conf import settings
from django.db import DatabaseError, ProgrammingError, connection, connections, transaction
from django.http import HttpRequest, JsonResponse
from django.test import Client
from django.urls import clear_url_caches, path

from ledger.models import Event
from portal import checks, urls, urls_organisation
from tenants.models import User
from tenants.roles import SECRETS
from tenants.scope import scope
from tests import everything
from tests.conftest import Cast, Door, Installation, Person
from tests.everything import in_context, label, query

pytestmark = [pytest.mark.servers, pytest.mark.clause("people.auditor")]

WHO = "SELECT current_user::text, session_user::text, current_setting('transaction_read_only')"


@pytest.fixture(scope="module")
def direct(shared_database: Installation) -> Iterator[psycopg.Connection[tuple[Any, ...]]]:
    """A connection of somebody who has the auditor's role's password, and says that they want to write."""
    with everything.connected(settings.DATABASE_AUDITOR_URL, shared_database.name) as db:
        db.execute("SET default_transaction_read_only = off")
        yield db


def who(request: HttpRequest) -> JsonResponse:
    """As whom PostgreSQL answers a page."""
    return JsonResponse({"who": query(WHO)[0]})


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A page more, and an address of the API more, that tell as whom they read."""
    for table in (urls_organisation, urls):
        monkeypatch.setattr(table, "urlpatterns", [path("who/", who), path("api/v1/who/", who), *table.urlpatterns])
    clear_url_caches()
    yield
    monkeypatch.undo()
    clear_url_caches()


@pytest.fixture(params=["committed", "rolled back"])
def cast(request: pytest.FixtureRequest) -> Cast:
    """Acme, by the auditor's own connection, and within a transaction that is rolled back."""
    found: Any = request.getfixturevalue("shared_database" if request.param == "committed" else "acme")
    acme: Cast = getattr(found, "acme", found)
    return acme


# --- As whom an auditor reads ----------------------------------------------------------------------------------------


def test_an_auditors_pages_are_read_by_the_auditors_role(
    shared_database: Installation, browse: Callable[[Person], Client], api: Callable[[Person], Door], asked: None
) -> None:
    """By session and by token: the role of the connection itself, READ ONLY. Everybody else is served by the serving role, before and after."""
    acme = shared_database.acme
    own, serving = [settings.AUDITOR_ROLE, settings.AUDITOR_ROLE, "on"], [settings.SERVING_ROLE, settings.SERVING_ROLE, "off"]
    assert browse(acme.auditor).get("/o/acme/who/").json()["who"] == own
    assert browse(acme.auditor).get("/o/acme/api/v1/who/").json()["who"] == own
    assert api(acme.auditor).get("who/").json()["who"] == own
    assert browse(acme.amira).get("/o/acme/who/").json()["who"] == serving
    assert list(query(WHO)[0]) == serving
    with acme.scope():
        assert Event.objects.filter(kind="auditor.read", data__path__endswith="/who/").count() == 3


def test_an_auditors_scope_in_a_transaction_that_is_open_becomes_the_role(acme: Cast) -> None:
    """Where nothing is committed (in tests), the same role reads, and the outer transaction gets its own back, whatever happens."""
    before = query(WHO)[0]
    with acme.scope(acme.amira):
        for failure in (None, ValueError, "abandoned"):
            try:
                with scope(acme.id, surface="web", user_id=acme.auditor.user_id, auditing=True) as opened:
                    assert query(WHO)[0] == (settings.AUDITOR_ROLE, settings.SERVING_ROLE, "on")
                    if failure is ValueError:
                        raise ValueError
                    if failure:
                        opened.abandon()
            except ValueError:
                assert failure is ValueError
            assert query(WHO)[0] == before
            assert query("SELECT muster.person(), current_setting('search_path')")[0][0] == acme.amira.user_id


def test_an_auditor_reads_no_hash_of_a_password(cast: Cast) -> None:
    """People come with their names; what opens their accounts does not leave the table."""
    with scope(cast.id, surface="web", user_id=cast.auditor.user_id, auditing=True):
        assert {person.password for person in User.objects.all()} == {""}
        assert User.objects.get(pk=cast.amira.user_id).name == cast.amira.name
        with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
            query("SELECT password FROM public.tenants_user")


# --- What it cannot do -----------------------------------------------------------------------------------------------

ATTEMPTS = {
    "insert": "INSERT INTO tenants_dutyholder (organisation_id, user_id, duty) SELECT organisation_id, user_id, 'cfo' FROM tenants_membership",
    "update": "UPDATE incidents_incident SET title = 'mine'",
    "delete": "DELETE FROM ledger_outbox",
    "truncate": "TRUNCATE ledger_event",
    "a function that writes": "SELECT muster.forget_answers(now())",
    "a function that tells": "SELECT muster.revoke(NULL, NULL)",
    "a sequence": "SELECT nextval('ledger_event_id_seq')",
    "a table": "CREATE TABLE public.mine (id int)",
    "another role": f'SET ROLE "{settings.SERVING_ROLE}"',
    "a secret": "SELECT digest FROM tenants_apitokensecret",
    "the context's key": "SELECT * FROM muster.context_key",
    "sessions": "SELECT * FROM django_session",
    "second factors": "SELECT * FROM mfa_authenticator",
}


@pytest.mark.parametrize("what", ATTEMPTS)
def test_injected_sql_writes_nothing(shared_database: Installation, what: str) -> None:
    """In an auditor's request: neither rows, nor by a function, nor as somebody else; READ ONLY is not switched off."""
    acme = shared_database.acme
    off = "SELECT set_config('transaction_read_only', 'off', true)"
    for statements in (
        [ATTEMPTS[what]],
        ["RESET ROLE", ATTEMPTS[what]],
        [off, ATTEMPTS[what]],
        ["SET TRANSACTION READ WRITE", ATTEMPTS[what]],
    ):
        with (
            pytest.raises(DatabaseError, match=r"permission denied|read-only|read-write"),
            scope(acme.id, surface="web", user_id=acme.auditor.user_id, auditing=True),
        ):
            for statement in statements:
                query(statement)


@pytest.mark.parametrize("what", ATTEMPTS)
def test_a_direct_connection_writes_nothing(
    shared_database: Installation, direct: psycopg.Connection[tuple[Any, ...]], what: str
) -> None:
    """As that role, past the portal, with READ ONLY switched off: refused for want of a right."""
    statement: Any = ATTEMPTS[what]
    with pytest.raises(psycopg.errors.InsufficientPrivilege), direct.transaction():
        direct.execute(statement)


@pytest.mark.parametrize("model", everything.ours(), ids=label)
def test_a_direct_connection_sees_nothing(
    shared_database: Installation, direct: psycopg.Connection[tuple[Any, ...]], model: Any
) -> None:
    """Without a context that is signed there is no row, in any table; of secrets not even the right to ask."""
    table = model._meta.db_table
    columns = "id, name" if table == "tenants_user" else "*"
    asked: Any = f"SELECT {columns} FROM {table} LIMIT 1"
    rights: Any = f"SELECT has_table_privilege('public.{table}', 'INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER')"
    assert direct.execute(rights).fetchone() == (False,)
    forged: Any = in_context(shared_database.acme.id)
    for statement in ("SELECT 1", forged):
        with direct.transaction():
            direct.execute(statement)
            if table in SECRETS:
                with pytest.raises(psycopg.errors.InsufficientPrivilege), direct.transaction():
                    direct.execute(asked)
            elif table != "ledger_heartbeat":  # it tells when engines last ran, of no organisation
                assert direct.execute(asked).fetchall() == []


def test_an_auditor_of_one_organisation_sees_no_other(shared_database: Installation) -> None:
    """The same walls: with acme's context no row of globex, in any table that is granted."""
    acme, globex = shared_database.acme, shared_database.globex
    with scope(acme.id, surface="web", user_id=acme.auditor.user_id, auditing=True):
        for model in everything.tenant_models():
            if model._meta.db_table not in SECRETS:
                assert query(f"SELECT count(*) FROM {model._meta.db_table} WHERE organisation_id = {globex.id}") == [(0,)]
        assert not User.objects.filter(pk=globex.amira.user_id).exists()


# --- What the catalogue says -----------------------------------------------------------------------------------------


def test_every_policy_is_the_auditors_too(acme: Cast) -> None:
    """A restrictive policy that is the serving role's alone would hide from everybody but auditors; what is theirs alone hides more."""
    roles = "(SELECT array_agg(rolname::text) FROM pg_roles r WHERE r.oid = ANY (p.polroles))"
    rows = query(f"SELECT polrelid::regclass::text, polname, {roles} FROM pg_policy p WHERE NOT polpermissive")
    assert [row for row in rows if settings.AUDITOR_ROLE not in row[2]] == []


def test_the_auditors_role_runs_what_policies_ask_and_nothing_that_writes(acme: Cast) -> None:
    """Of our functions, those that a policy needs; none that may change anything."""
    role = settings.AUDITOR_ROLE
    ours = "SELECT proname FROM pg_proc p WHERE pronamespace = 'muster'::regnamespace AND"
    assert query(f"{ours} provolatile = 'v' AND has_function_privilege(%s, p.oid, 'EXECUTE')", role) == []
    asked = "EXISTS (SELECT 1 FROM pg_depend d WHERE d.classid = 'pg_policy'::regclass AND d.refclassid = 'pg_proc'::regclass AND d.refobjid = p.oid)"
    assert query(f"{ours} {asked} AND NOT has_function_privilege(%s, p.oid, 'EXECUTE')", role) == []
    assert query(f"{ours} NOT has_function_privilege(%s, p.oid, 'EXECUTE')", settings.SERVING_ROLE) == []


def test_every_table_is_read_or_a_secret(acme: Cast) -> None:
    """What an auditor may not read at all is the four tables of secrets; a new one named like them is one, too."""
    tables = [model._meta.db_table for model in everything.tenant_models()]
    denied = {t for t in tables if not query("SELECT has_table_privilege(%s, %s, 'SELECT')", settings.AUDITOR_ROLE, t)[0][0]}
    assert denied == SECRETS == {t for t in tables if t.endswith("secret")}


def test_people_have_the_same_columns_in_the_auditors_view(acme: Cast) -> None:
    """The view that stands before the table of people: a column that is added to one is added to the other."""
    columns = "SELECT attname::text FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace"
    named = f"{columns} WHERE n.nspname = %s AND c.relname = 'tenants_user' AND attnum > 0 AND NOT attisdropped ORDER BY 1"
    assert query(named, "muster_audit") == query(named, "public")


def test_the_checks_know_a_role_that_writes(shared_database: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
    """An auditor's address that leads to the serving role is found before anything is served."""
    assert checks.roles_are_plain(None, databases=["default", "auditor"]) == []
    monkeypatch.setitem(connections["auditor"].settings_dict, "USER", settings.SERVING_ROLE)
    connections["auditor"].close()
    assert [found.id for found in checks.roles_are_plain(None, databases=["auditor"])] == ["muster.E006"]
    connections["auditor"].close()
    assert connection.alias == "default"
