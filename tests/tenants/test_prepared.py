"""Statements that stand in the code are planned once a connection: never where a pooler gives each transaction another one."""

import time
from typing import Any

import psycopg
import pytest
from django.conf import settings
from django.db import DatabaseError, IntegrityError, OperationalError, connection
from django.test.utils import CaptureQueriesContext

from incidents.models import Signal
from standard.models import StandardVersion
from tenants import kept, prepared
from tenants.models import Membership, Organisation, User
from tenants.scope import scope
from tests.conftest import Cast, Installation
from tests.everything import connected, query

pytestmark = pytest.mark.servers

SLUG = "SELECT o.slug FROM tenants_organisation o WHERE o.id = %s"
KEPT: Any = "SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE 'SELECT o.slug FROM tenants_organisation%%'"


def how_many() -> int:
    """How many statements like SLUG the open connection's backend has prepared."""
    return int(query(KEPT)[0][0])


def test_a_statement_is_planned_once(shared_database: Installation) -> None:
    """It is kept prepared over transactions, one for all values that it is run with."""
    acme = shared_database.acme
    for _ in range(3):
        with acme.scope(acme.amira):
            assert prepared.one(SLUG, [acme.id]) == ("acme",)
            assert prepared.one(SLUG, [shared_database.globex.id]) is None, "the walls hold for what is kept"
            assert how_many() == 1


def test_what_is_kept_shows_each_organisation_its_own(shared_database: Installation) -> None:
    """The plan is kept, not what it found: the next scope on the connection sees its own rows."""
    for cast, slug in ((shared_database.acme, "acme"), (shared_database.globex, "globex"), (shared_database.acme, "acme")):
        with cast.scope(cast.amira):
            assert [row.slug for row in prepared.rows(Organisation, "SELECT o.* FROM tenants_organisation o")] == [slug]


def test_behind_a_pooler_nothing_is_kept(shared_database: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
    """There each transaction has another backend, on which somebody else's statement may have the name of ours."""
    acme = shared_database.acme
    connection.close()
    monkeypatch.setattr(psycopg.ConnectionInfo, "backend_pid", property(lambda self: 1))
    for _ in range(2):
        with acme.scope(acme.amira):
            assert prepared.one(SLUG, [acme.id]) == ("acme",)
            assert how_many() == 0
    connection.close()


def test_what_was_kept_is_left_alone_once_a_pooler_is_noticed(
    shared_database: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A connection that turns out to be a pooler's asks in full from then on."""
    acme = shared_database.acme
    with acme.scope(acme.amira):
        prepared.one(SLUG, [acme.id])
    monkeypatch.setattr(psycopg.ConnectionInfo, "backend_pid", property(lambda self: 1))
    with acme.scope(acme.amira):
        assert kept.of(connection.connection) is None
        assert prepared.one(SLUG, [acme.id]) == ("acme",)
    connection.close()


def test_plans_are_made_anew_where_much_was_written_since(acme: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    """The plan of a table that was empty a moment ago does not stay; while little is written nothing is planned twice."""
    moment = time.monotonic()
    monkeypatch.setattr("tenants.kept.time.monotonic", lambda: moment)
    monkeypatch.setattr("tenants.kept.MUCH", 1 << 20)
    much = "SELECT count(*) FROM pg_logical_emit_message(false, 'bench', repeat('x', 2097152))"
    with acme.scope(acme.amira):
        found = kept.of(connection.connection)
        assert found is not None
        query(much)
        moment += prepared.PLANS_SECONDS + 1
        assert [found.plan_anew(prepared.PLANS_SECONDS) for _ in range(3)] == [True, False, False]
        moment += prepared.PLANS_SECONDS + 1
        assert not found.plan_anew(prepared.PLANS_SECONDS), "nothing was written"
        query(much)
        assert not found.plan_anew(prepared.PLANS_SECONDS), "it was looked at a moment ago"
        moment += prepared.PLANS_SECONDS + 1
        assert [prepared.one(SLUG, [acme.id]) for _ in range(2)] == [("acme",)] * 2
        moment += prepared.PLANS_SECONDS + 1
        assert not found.plan_anew(prepared.PLANS_SECONDS), "the first of the two had it done"


def test_what_failed_is_djangos_error_and_the_connection_goes_on(shared_database: Installation) -> None:
    """A statement that a constraint refuses undoes its transaction alone; what is prepared stays prepared over the roll-back."""
    acme = shared_database.acme
    twice = "INSERT INTO tenants_dutyholder (organisation_id, duty, user_id) VALUES (%s, %s, %s)"
    with acme.scope(acme.amira):
        prepared.one(SLUG, [acme.id])
    with pytest.raises(IntegrityError), acme.scope(acme.amira):
        prepared.run(twice, [acme.id, None, acme.amira.user_id])
    with acme.scope(acme.amira):
        assert prepared.one(SLUG, [acme.id]) == ("acme",)
        assert how_many() == 1
    with pytest.raises(DatabaseError, match="syntax error"), acme.scope(acme.amira):
        prepared.run("SELECT o.slug FROM tenants_organisation o WHERE o.id = = %s", [acme.id])
    with acme.scope(acme.amira):
        assert prepared.one(SLUG, [acme.id]) == ("acme",)


def test_what_somebody_had_forgotten_is_prepared_anew(shared_database: Installation) -> None:
    """Who has all that is prepared forgotten spoils no later transaction; within theirs a statement fails, once."""
    acme = shared_database.acme
    with acme.scope(acme.amira):
        prepared.one(SLUG, [acme.id])
        query("DEALLOCATE ALL")
    for _ in range(2):
        with acme.scope(acme.amira):
            assert prepared.one(SLUG, [acme.id]) == ("acme",)
    with pytest.raises(DatabaseError, match="does not exist"), acme.scope(acme.amira):
        query("DEALLOCATE ALL")
        prepared.one(SLUG, [acme.id])
    with acme.scope(acme.amira):
        assert prepared.one(SLUG, [acme.id]) == ("acme",)


def test_a_connection_keeps_so_many_and_begins_anew(shared_database: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many different statements there are; and where somebody had all of them forgotten meanwhile."""
    monkeypatch.setattr("tenants.kept.MOST", 5)
    acme = shared_database.acme
    asked: Any = "SELECT count(*) FROM pg_prepared_statements WHERE NOT from_sql"
    connection.close()
    with acme.scope(acme.amira):
        for number in [*range(12), 1, 11]:
            assert prepared.one(f"SELECT {number}") == (number,)
        assert 1 <= query(asked)[0][0] <= 5
        query("DEALLOCATE ALL")
        for number in range(20, 26):
            assert prepared.one(f"SELECT {number}") == (number,)
    connection.close()


def test_a_connection_that_is_lost_is_said_to_be(own_database: Installation) -> None:
    """The database goes away within a scope: what asks it hears so, as the edges do that answer 503, and the next scope has another."""
    acme = own_database.acme
    with pytest.raises(OperationalError), acme.scope(acme.amira):
        prepared.one(SLUG, [acme.id])
        with connected(settings.DATABASE_URL, own_database.name) as ending:
            ending.execute("SELECT pg_terminate_backend(%s, 5000)", [connection.connection.info.backend_pid])
        prepared.one(SLUG, [acme.id])
    connection.close()
    with acme.scope(acme.amira):
        assert prepared.one(SLUG, [acme.id]) == ("acme",)
    connection.close()


@pytest.mark.parametrize(
    ("sql", "values", "found"),
    [
        ("SELECT %s::int, %s::text", [1, "a"], (1, "a")),
        ("SELECT %(b)s::text, %(a)s::int, %(b)s::text", {"a": 1, "b": "x", "c": "of no use"}, ("x", 1, "x")),
        ("SELECT 'a%%b' LIKE %s", ["a%"], (True,)),
        ("SELECT %(one)b::bytea, %(one)b::bytea", {"one": b"\x00%s"}, (b"\x00%s", b"\x00%s")),
        ("SELECT %s::bigint[], %s::int", [[1, 2], None], ([1, 2], None)),
    ],
)
def test_values_are_bound_as_psycopg_binds_them(acme: Cast, sql: str, values: Any, found: tuple[Any, ...]) -> None:
    """By place or by name, in each format; where statements are counted they go by its own cursor, and are the same."""
    with acme.scope(acme.amira):
        assert prepared.one(sql, values) == found
        with CaptureQueriesContext(connection):
            assert prepared.one(sql, values) == found


def test_rows_are_djangos_own(acme: Cast) -> None:
    """A row that was read so is the one that the ORM reads, JSON and lists included; what else was asked is told with it."""
    with acme.scope(acme.amira):
        for model in (StandardVersion, Membership, User):
            table = model._meta.db_table
            found: list[Any] = prepared.rows(model, f"SELECT x.*, 7 AS beside FROM {table} x ORDER BY x.id")
            wanted = list(model._default_manager.order_by("pk"))
            fields = [field.attname for field in model._meta.concrete_fields]
            assert [[getattr(row, name) for name in fields] for row in found] == [
                [getattr(row, name) for name in fields] for row in wanted
            ]
            assert wanted
            assert all(row.beside == 7 and not row._state.adding for row in found)


def test_rows_of_an_auditors_connection_are_no_others(shared_database: Installation) -> None:
    """What an auditor reads so goes together with what the ORM reads for them."""
    acme = shared_database.acme
    with scope(acme.id, surface="web", user_id=acme.auditor.user_id, auditing=True):
        (found,) = prepared.rows(Organisation, "SELECT o.* FROM tenants_organisation o")
        assert found._state.db == Organisation.objects.get()._state.db
        member = Membership(user_id=acme.auditor.user_id)
        member.organisation = found
        assert member.organisation_id == acme.id


def test_what_was_not_asked_for_is_read_when_it_is(acme: Cast) -> None:
    """Columns may be left out: such a field is read once somebody wants it, as Django does."""
    with acme.scope(acme.amira):
        found = prepared.row(User, "SELECT u.id, u.name FROM tenants_user u WHERE u.id = %s", [acme.amira.user_id])
        assert found is not None
        assert found.get_deferred_fields() >= {"email"}
        assert found.email == User.objects.get(pk=acme.amira.user_id).email


def test_whoever_counts_statements_sees_them(acme: Cast) -> None:
    """They are among those that a page is said to ask."""
    with acme.scope(acme.amira), CaptureQueriesContext(connection) as asked:
        prepared.run(SLUG, [acme.id])
        assert prepared.changed("UPDATE tenants_membership SET is_active = is_active WHERE id = %s", [0]) == 0
    assert len([one for one in asked.captured_queries if "FROM tenants_organisation o" in one["sql"]]) == 1


def test_errors_are_djangos(acme: Cast) -> None:
    """Whoever catches Django's errors catches these; and what follows in a broken transaction is refused as usual."""
    with pytest.raises(DatabaseError), acme.scope(acme.amira):
        prepared.run("SELECT 1 / %s::integer", [0])
    with pytest.raises(IntegrityError), acme.scope(acme.amira):
        prepared.run("INSERT INTO oncall_team (organisation_id, name) VALUES (%s, %s)", [acme.id, None])
    with acme.scope(acme.amira):
        assert prepared.rows(Signal, "SELECT s.* FROM incidents_signal s WHERE s.id = %s", [0]) == []
