"""Statements that stand in the code are planned once a connection: never where a pooler gives each transaction another one."""

import time
from typing import Any

import psycopg
import pytest
from django.db import DatabaseError, IntegrityError, connection
from django.test.utils import CaptureQueriesContext

from incidents.models import Signal
from standard.models import StandardVersion
from tenants import prepared
from tenants.models import Membership, Organisation, User
from tenants.scope import scope
from tests.conftest import Cast, Installation
from tests.everything import query

pytestmark = pytest.mark.servers

SLUG = "SELECT o.slug FROM tenants_organisation o WHERE o.id = %s"
KEPT: Any = "SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE 'SELECT o.slug FROM tenants_organisation%%'"


def kept() -> int:
    """How many statements like SLUG the open connection's backend has prepared."""
    return int(query(KEPT)[0][0])


def test_a_statement_is_planned_once(shared_database: Installation) -> None:
    """It is kept prepared over transactions, one for all values that it is run with."""
    acme = shared_database.acme
    for _ in range(3):
        with acme.scope(acme.amira):
            assert prepared.one(SLUG, [acme.id]) == ("acme",)
            assert prepared.one(SLUG, [shared_database.globex.id]) is None, "the walls hold for what is kept"
            assert kept() == 1


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
            assert kept() == 0
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
        assert connection.connection.prepare_threshold is None
        assert prepared.one(SLUG, [acme.id]) == ("acme",)
    connection.close()


def test_plans_are_made_anew(acme: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    """The plan of a table that was empty a moment ago does not stay: after a few seconds each is made anew."""
    moment = time.monotonic() + prepared.PLANS_SECONDS + 1
    monkeypatch.setattr("tenants.prepared.time.monotonic", lambda: moment)
    said: list[str] = []
    real = psycopg.Cursor.execute

    def heard(self: Any, statement: Any, *args: Any, **options: Any) -> Any:
        said.append(str(statement))
        return real(self, statement, *args, **options)

    monkeypatch.setattr(psycopg.Cursor, "execute", heard)
    with acme.scope():
        for _ in range(3):
            prepared.run(SLUG, [acme.id])
        assert said.count("DISCARD PLANS") == 1
        moment += prepared.PLANS_SECONDS + 1
        prepared.run(SLUG, [acme.id])
    assert said.count("DISCARD PLANS") == 2


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
