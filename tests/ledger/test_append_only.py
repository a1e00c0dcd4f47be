"""What was written once stays as it was written; events are numbered without a gap and stamped by the database.

Everything here really commits or is really refused.
"""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from django.conf import settings
from django.db import DatabaseError, ProgrammingError, connection

from incidents import actions
from incidents.models import Incident
from incidents.states import Severity
from ledger.actions import record
from ledger.models import Event
from tests import everything, lived_in
from tests.conftest import Installation
from tests.everything import label, query
from tests.ledger.test_guards import LONG_AGO, writing
from tests.tenants.test_walls import documented

pytestmark = pytest.mark.servers


@pytest.fixture(scope="module")
def house(shared_database: Installation) -> Installation:
    """Two organisations that are lived in: a row of every model."""
    lived_in.live(shared_database.acme, "acmeword")
    lived_in.live(shared_database.globex, "globexword")
    return shared_database


@pytest.fixture(scope="module")
def owner(house: Installation) -> Iterator[psycopg.Connection[Any]]:
    """A connection as the owner role."""
    with everything.connected(settings.DATABASE_OWNER_URL, house.name) as db:
        yield db


# --- Append-only -----------------------------------------------------------------------------------------------------


def _append_only() -> list[Any]:
    """Every model that is written once: history, and the models that are neither audited nor on the page of the exceptions."""
    but = documented("Tenant tables without history")
    audited = everything.audited_models()
    return [m for m in everything.tenant_models() if m not in audited and m._meta.db_table not in but]


@pytest.mark.parametrize("model", _append_only(), ids=label)
class TestEveryAppendOnlyModel:
    """What was written once is never changed, deleted or emptied, by anybody."""

    @staticmethod
    def statements(model: Any) -> list[str]:
        table = model._meta.db_table
        return [f"UPDATE {table} SET organisation_id = organisation_id", f"DELETE FROM {table}", f"TRUNCATE {table} CASCADE"]

    def test_not_by_the_serving_role(self, house: Installation, model: Any) -> None:
        """The serving role has no right to."""
        for statement in self.statements(model):
            with pytest.raises(ProgrammingError, match="permission denied"), writing(house.acme, model):
                query(statement)

    def test_not_by_the_owner_role(self, house: Installation, owner: psycopg.Connection[Any], model: Any) -> None:
        """The owner role has the right, and is refused by a trigger.

        session_replication_role does not switch that off, where the server lets the owner set it at all.
        """
        for prepare in ("", "SET LOCAL session_replication_role = replica"):
            for statement in self.statements(model):
                with pytest.raises(psycopg.errors.InsufficientPrivilege) as error, owner.transaction():
                    owner.execute(prepare)
                    owner.execute(statement)
                assert "append-only" in str(error.value) or "session_replication_role" in str(error.value)

    def test_the_guards_fire_always(self, house: Installation, owner: psycopg.Connection[Any], model: Any) -> None:
        """Its triggers are ENABLE ALWAYS: they fire as a replica too."""
        sql: Any = "SELECT tgname, tgenabled FROM pg_trigger WHERE tgrelid = %s::regclass AND NOT tgisinternal"
        found = dict(owner.execute(sql, [model._meta.db_table]).fetchall())
        assert {"append_only", "append_only_whole"} <= set(found)
        assert set(found.values()) == {"A"}


def test_the_guards_of_audited_tables_fire_always(owner: psycopg.Connection[Any]) -> None:
    """So do the triggers that make history sound and complete, and the one that stamps events."""
    sql = "SELECT DISTINCT tgname, tgenabled FROM pg_trigger WHERE NOT tgisinternal AND tgname IN ('sound', 'complete', 'stamp')"
    assert sorted(owner.execute(sql).fetchall()) == [("complete", "A"), ("sound", "A"), ("stamp", "A")]


# --- Events ----------------------------------------------------------------------------------------------------------


def test_seq_is_gapless_under_concurrent_writers(house: Installation) -> None:
    """Eight writers on one incident, every third of whose transactions is rolled back.

    What commits is numbered 1, 2, 3 … without a gap, in the order of recording.
    """
    cast = house.acme
    with cast.scope():
        incident = actions.declare(by=cast.amira.actor(), title="Much is written", severity=Severity.SEV3)
        first = Event.objects.filter(incident_id=incident.pk).count()

    class Undone(Exception):
        pass

    failures: list[BaseException] = []

    def write(writer: int) -> None:
        try:
            for turn in range(9):
                try:
                    with cast.scope(cast.jon):
                        record("incident.noted", incident, by=cast.jon.actor(), incident_id=incident.pk, text=f"{writer}.{turn}")
                        if turn % 3 == 2:
                            raise Undone
                except Undone:
                    continue
        except BaseException as error:  # told by the test's own thread
            failures.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=write, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    with cast.scope():
        written = list(Event.objects.filter(incident_id=incident.pk).order_by("seq"))
    assert [event.seq for event in written] == list(range(1, first + 8 * 6 + 1))
    assert [e.recorded_at for e in written] == sorted(e.recorded_at for e in written)


def test_recorded_at_and_seq_are_the_databases(house: Installation) -> None:
    """An event that says when it was recorded, or which number it has, is not believed."""
    cast = house.acme
    with cast.scope():
        incident = Incident.objects.earliest("pk")
        last = Event.objects.filter(incident_id=incident.pk).latest("seq").seq
        assert last is not None
        event = Event.objects.create(
            kind="incident.noted",
            subject_type="incidents.incident",
            subject_id=incident.pk,
            incident_id=incident.pk,
            actor_kind="person",
            via="web",
            occurred_at=LONG_AGO,
            recorded_at=LONG_AGO,
            seq=4711,
        )
        event.refresh_from_db()
        assert event.seq == last + 1
        assert event.recorded_at > datetime.now(UTC) - timedelta(minutes=1)
        assert event.occurred_at == LONG_AGO, "when it happened is the writer's to say"


def test_a_number_taken_in_a_rolled_back_transaction_is_given_again(house: Installation) -> None:
    """The counter's row is part of the transaction."""
    cast = house.acme

    def next_seq(keep: bool) -> int | None:
        with cast.scope() as opened:
            incident = Incident.objects.earliest("pk")
            event = record("incident.noted", incident, by=cast.jon.actor(), incident_id=incident.pk, text="x")
            if not keep:
                opened.abandon()
            return event.seq

    given = next_seq(keep=False)
    assert next_seq(keep=True) == given


def test_outside_a_scope_nothing_is_written(house: Installation) -> None:
    """Without a scope there is no organisation to write for: the database refuses, whatever the row says of itself."""
    cast = house.acme
    with cast.scope():
        incident = Incident.objects.earliest("pk")
    with pytest.raises(RuntimeError, match="No tenant's scope"):
        Incident.objects.create(number=901, ref="INC-901", title="x", severity=1)
    with pytest.raises(DatabaseError, match="row-level security"):
        record("incident.noted", incident, by=cast.jon.actor(), incident_id=incident.pk, text="x")
    incident.organisation_id = cast.id
    incident.title = "changed outside"
    with pytest.raises(DatabaseError):
        incident.save()
    with cast.scope():
        assert Incident.objects.get(pk=incident.pk).title != "changed outside"
