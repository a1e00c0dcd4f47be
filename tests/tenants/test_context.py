"""The signed context: SQL alone opens no organisation. What is forged, changed, borrowed or old shows nothing and takes nothing.

It protects from SQL that was injected into a request; not from whoever holds the key, which is the process itself.
"""

import io
import os
import signal
import subprocess
import threading
import time
from typing import Any

import psycopg
import pytest
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from django.db import DatabaseError, ProgrammingError, connection

from incidents import actions
from incidents.models import Incident
from incidents.states import Severity
from tenants import context
from tests import everything
from tests.conftest import Cast, Installation, _connect_as
from tests.everything import in_context, query

pytestmark = pytest.mark.servers

SEEN: Any = "SELECT (SELECT count(*) FROM incidents_incident), (SELECT count(*) FROM tenants_membership), muster.organisation()"
NOTHING = [(0, 0, None)]
TAKE: Any = "INSERT INTO tenants_dutyholder (organisation_id, user_id, duty) VALUES (%s, %s, 'cfo')"


def set_to(said: str) -> None:
    """What injected SQL does first."""
    query("SELECT set_config('muster.context', %s, true)", said)


def own_words() -> list[str]:
    """The open context, word by word, as injected SQL may read it."""
    return str(query("SELECT current_setting('muster.context')")[0][0]).split(" ")


def changed(at: int, word: str) -> str:
    """The open context with one word changed."""
    words = own_words()
    return " ".join([*words[:at], word, *words[at + 1 :]])


FORGERIES: dict[str, Any] = {
    "the organisation changed": lambda other: changed(1, str(other)),
    "Muster's own work": lambda other: changed(2, "").replace(" web ", " command "),
    "another key's id": lambda other: changed(0, "0" * 12),
    "no signature": lambda other: changed(6, "0" * 64),
    "the signature cut": lambda other: " ".join(own_words())[:-1],
    "a signature that is no hex": lambda other: changed(6, "z" * 64),
    "not even a line": str,
    "half a line": lambda other: " ".join(own_words()[3:]),
    "a long line": lambda other: "x " * 5000,
    "odd characters": lambda other: "€ \x01 ' ; --",
    "nothing": lambda other: "",
}


@pytest.mark.parametrize("how", FORGERIES)
def test_a_forged_context_shows_nothing_and_takes_nothing(acme: Cast, globex: Cast, how: str) -> None:
    """Injected SQL sets the context of its transaction to something else than what was signed: no row is seen, none is written."""
    with globex.scope(globex.amira):
        actions.declare(by=globex.amira.actor(), title="Not yours", severity=Severity.SEV1)
    with acme.scope(acme.amira):
        assert query(SEEN)[0][2] == acme.id
        set_to(FORGERIES[how](globex.id))
        assert query(SEEN) == NOTHING
        with connection.cursor() as cursor:
            cursor.execute("UPDATE tenants_membership SET is_active = false")
            assert cursor.rowcount == 0
    for target in (acme, globex):
        with pytest.raises(ProgrammingError, match="row-level security"), acme.scope(acme.amira):
            set_to(FORGERIES[how](globex.id))
            query(TAKE, target.id, target.amira.user_id)


def test_the_settings_of_old_open_nothing(acme: Cast, globex: Cast) -> None:
    """The plain settings that once were the context are read by nothing any more."""
    with acme.scope(acme.amira):
        for name, value in (("organisation", globex.id), ("person", globex.amira.user_id), ("surface", "command")):
            query(f"SELECT set_config('muster.{name}', '{value}', true)")
        assert query("SELECT muster.organisation(), muster.person(), muster.own_work()") == [(acme.id, acme.amira.user_id, False)]


def test_a_context_counts_on_its_own_connection_only(shared_database: Installation) -> None:
    """What was signed for one backend opens nothing on another, of the same role at the same moment."""
    with shared_database.globex.scope(shared_database.globex.amira):
        borrowed = " ".join(own_words())
        with everything.connected(settings.DATABASE_URL, shared_database.name) as other, other.transaction():
            other.execute("SELECT set_config('muster.context', %s, true)", [borrowed])
            assert other.execute(SEEN).fetchall() == NOTHING
        assert query(SEEN)[0][2] == shared_database.globex.id


@pytest.mark.parametrize("seconds", [-3600, -10, 60, 3600])
def test_a_context_counts_in_its_own_time_only(acme: Cast, seconds: float) -> None:
    """What was signed some seconds before the transaction began, or is of the future, opens nothing."""
    with acme.scope(acme.amira):
        backend, began = query("SELECT pg_backend_pid(), date_part('epoch', now())")[0]
        set_to(context.signed(acme.id, acme.amira.user_id, "web", backend=backend, at=began + seconds))
        assert query(SEEN) == NOTHING
        set_to(context.signed(acme.id, acme.amira.user_id, "web", backend=backend, at=began))
        assert query(SEEN)[0][2] == acme.id


def test_another_key_signs_nothing(acme: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    """A process with another key is not believed, and says so instead of showing empty pages; one without a key opens nothing."""
    monkeypatch.setattr(settings, "CONTEXT_KEY", "another-key-of-forty-characters-or-so-0123")
    with pytest.raises(context.ContextRefused, match="does not believe"), acme.scope(acme.amira):
        pass
    for key, said in (("", "is not set"), ("short", "has 5 characters")):
        monkeypatch.setattr(settings, "CONTEXT_KEY", key)
        with pytest.raises(ImproperlyConfigured, match=said), acme.scope(acme.amira):
            pass


@pytest.mark.parametrize("ahead", [-900.0, 900.0])
def test_clocks_that_differ_are_found_out(shared_database: Installation, monkeypatch: pytest.MonkeyPatch, ahead: float) -> None:
    """Where this machine's clock and the database's differ, the first refusal tells by how much, and everything goes on."""
    real = time.time
    monkeypatch.setattr(context._Clock, "ahead", 0.0)
    monkeypatch.setattr("tenants.context.time.time", lambda: real() + ahead)
    for _ in range(2):
        with shared_database.acme.scope(shared_database.acme.amira):
            assert query(SEEN)[0][2] == shared_database.acme.id
    assert round(context._Clock.ahead / 60) == round(-ahead / 60)


def test_behind_a_pooler_the_backend_is_asked(shared_database: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
    """A pooler tells its clients of a backend that is not there: then each transaction asks for its own, and is believed."""
    monkeypatch.setattr(psycopg.ConnectionInfo, "backend_pid", property(lambda self: 1))
    for _ in range(2):
        with shared_database.acme.scope(shared_database.acme.amira):
            assert query(SEEN)[0][2] == shared_database.acme.id
            assert connection.connection in context._pooled


def test_nobody_reads_the_key(acme: Cast) -> None:
    """Neither the serving role nor what runs in its name can read the key, or put one of its own beside it."""
    for statement in (
        "SELECT * FROM muster.context_key",
        "INSERT INTO muster.context_key (id, inner_pad, outer_pad) VALUES ('mine', 'x', 'x')",
        "DELETE FROM muster.context_key",
    ):
        with pytest.raises(ProgrammingError, match="permission denied"), acme.scope():
            query(statement)


def test_nobody_else_sees_what_was_signed(shared_database: Installation) -> None:
    """What a connection runs may be read by others of its role: the context is bound to it and stands in no statement."""
    globex = shared_database.globex
    with everything.connected(settings.DATABASE_URL, shared_database.name) as watcher, globex.scope(globex.amira):
        asked: Any = "SELECT query FROM pg_stat_activity WHERE pid = %s"
        pid = connection.connection.info.backend_pid
        for statement in range(2):
            if statement:
                context.tell(globex.id, globex.amira.user_id, "web")  # within the transaction, as a nested scope does
            (shown,) = watcher.execute(asked, [pid]).fetchone() or ("",)
            assert "muster.context" in shown
            assert str(globex.amira.user_id) not in shown
            assert " web " not in shown


def test_a_key_is_changed_without_a_pause(own_database: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
    """A new key is installed beside the old one, whose processes go on; once it stands alone, what the old one signs opens nothing."""
    old, new = settings.CONTEXT_KEY, "the-next-key-of-this-installation-0123456789"

    def install(*options: str) -> None:
        _connect_as(settings.DATABASE_OWNER_URL, own_database.name)
        call_command("context_key", *options, stdout=io.StringIO())
        _connect_as(settings.DATABASE_URL, own_database.name)

    def works(key: str) -> bool:
        monkeypatch.setattr(settings, "CONTEXT_KEY", key)
        try:
            with own_database.acme.scope():
                return Incident.objects.count() == 0
        except context.ContextRefused:
            return False

    assert (works(old), works(new)) == (True, False)
    install()
    assert (works(old), works(new)) == (True, True)
    install("--alone")
    assert (works(old), works(new)) == (False, True)


def test_what_looks_signed_opens_nothing(shared_database: Installation) -> None:
    """By the raw connection, too: a context that looks right but for its signature shows nothing and takes nothing."""
    acme = shared_database.acme
    with everything.connected(settings.DATABASE_URL, shared_database.name) as raw, raw.transaction():
        asked: Any = in_context(acme.id)
        raw.execute(asked)
        assert raw.execute(SEEN).fetchall() == NOTHING
        with pytest.raises(psycopg.errors.InsufficientPrivilege), raw.transaction():
            raw.execute(TAKE, [acme.id, acme.amira.user_id])


def test_a_failed_transaction_is_told_as_what_it_is(acme: Cast) -> None:
    """Opening a scope in a transaction that has failed says that, and nothing of keys."""
    with pytest.raises(DatabaseError, match="division by zero"), acme.scope():
        query("SELECT 1 / 0")


def test_a_database_that_does_not_answer_stops_no_other_thread(shared_database: Installation) -> None:
    """While one thread waits for its scope to open, the rest of the process goes on: streams, health, and who declares meanwhile."""
    backend, asks, opened = [0], threading.Event(), threading.Event()

    def open_one() -> None:
        try:
            with shared_database.acme.scope():
                backend[0] = query("SELECT pg_backend_pid()")[0][0]
            os.kill(backend[0], signal.SIGSTOP)
            goes_on = subprocess.Popen(["/bin/sh", "-c", f"sleep 1; kill -CONT {backend[0]}"])
            asks.set()
            with shared_database.acme.scope():
                opened.set()
            goes_on.wait()
        finally:
            connection.close()

    thread = threading.Thread(target=open_one)
    thread.start()
    assert asks.wait(20)
    time.sleep(0.1)  # by now it waits
    went_on_meanwhile = not opened.is_set()
    thread.join(20)
    assert opened.is_set()
    assert went_on_meanwhile
