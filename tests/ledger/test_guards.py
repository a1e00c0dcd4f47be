"""PostgreSQL as the witness of history, over every audited and every append-only model there is (evidence layers 1 and 2).

Everything here really commits or is really refused: the guards fire at commit. What is refused leaves the row as it was.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import IntegrityError, ProgrammingError, transaction
from simple_history.utils import bulk_create_with_history, bulk_update_with_history

from incidents.models import Incident
from ledger.audited import audited_update, audited_update_of
from tests import everything, lived_in
from tests.conftest import Cast, Installation
from tests.everything import another, label, query, values

pytestmark = pytest.mark.servers

UNWITNESSED = r"no history of this (insert|update|delete) of|differs from the row"
LONG_AGO = datetime(2001, 1, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def house(shared_database: Installation) -> Installation:
    """An organisation that is lived in: a row of every model."""
    lived_in.live(shared_database.acme, "acmeword")
    lived_in.live(shared_database.globex, "globexword")
    return shared_database


@pytest.fixture(scope="module")
def owner(house: Installation) -> Iterator[psycopg.Connection[Any]]:
    """A connection as the owner role."""
    with everything.connected(settings.DATABASE_OWNER_URL, house.name) as db:
        yield db


@contextmanager
def writing(cast: Cast, model: Any) -> Iterator[None]:
    """Amira's transaction: what stands inside is undone at the commit at the latest, and neither rows nor history are then other."""

    def state() -> list[Any]:
        with cast.scope():
            history = everything.history_of(model) if hasattr(model, "history") else model
            return [list(m._base_manager.order_by("pk").values()) for m in (model, history)]

    before = state()
    try:
        with cast.scope(cast.amira):
            yield
    finally:
        assert state() == before


# --- Complete and sound: every audited model ------------------------------------------------------------------------


@pytest.mark.parametrize("model", everything.audited_models(), ids=label)
class TestEveryAuditedModel:
    """The ways of writing that leave no history, or a false one; each is refused when the transaction commits.

    Amira writes: some rows are a restricted incident's, and she is named on it.
    """

    def test_save_is_accepted_and_leaves_matching_history(self, house: Installation, model: Any) -> None:
        """The good way: save() writes one history row that equals the row, stamped with who, when and which transaction."""
        with house.acme.scope():
            row = model.objects.order_by("pk").first()
            count = row.history.count()
        name, value = another_in(house.acme, row)
        with house.acme.scope(house.acme.amira):
            setattr(row, name, value)
            row.save()
            (xid,) = query("SELECT pg_current_xact_id()::text::bigint")[0]
        with house.acme.scope():
            newest = row.history.latest("history_id")
            assert row.history.count() == count + 1
            assert {k: getattr(newest, k) for k in values(row)} == values(model.objects.get(pk=row.pk))
            assert (newest.history_type, newest.history_user_id, newest.history_xid) == ("~", house.acme.amira.user_id, xid)
            assert abs(newest.history_date - datetime.now(UTC)) < timedelta(minutes=1)

    def test_update_is_refused(self, house: Installation, model: Any) -> None:
        """QuerySet.update() leaves no history."""
        row, name, value = a_change(house.acme, model)
        with pytest.raises(IntegrityError, match=UNWITNESSED), writing(house.acme, model):
            assert model.objects.filter(pk=row.pk).update(**{name: value}) == 1

    def test_bulk_update_is_refused(self, house: Installation, model: Any) -> None:
        """Neither does bulk_update()."""
        row, name, value = a_change(house.acme, model)
        setattr(row, name, value)
        with pytest.raises(IntegrityError, match=UNWITNESSED), writing(house.acme, model):
            model.objects.bulk_update([row], [field_name(model, name)])

    def test_bulk_create_is_refused(self, house: Installation, model: Any) -> None:
        """Nor does bulk_create(): a copy of a row, its unique values changed or not, does not get in."""
        row, _, _ = a_change(house.acme, model)
        row.pk = None
        with pytest.raises(IntegrityError, match=f"{UNWITNESSED}|duplicate key"), writing(house.acme, model):
            model.objects.bulk_create([row])

    def test_raw_sql_is_refused(self, house: Installation, model: Any) -> None:
        """Nor does SQL, whether it changes anything or says what is there already."""
        row, name, value = a_change(house.acme, model)
        column = model._meta.get_field(name).column
        with pytest.raises(IntegrityError, match=UNWITNESSED), writing(house.acme, model):
            query(f"UPDATE {model._meta.db_table} SET {column} = %s WHERE id = %s", value, row.pk)
        with pytest.raises(IntegrityError, match=UNWITNESSED), writing(house.acme, model):
            query(f"UPDATE {model._meta.db_table} SET {column} = {column} WHERE id = %s", row.pk)

    def test_raw_sql_of_the_owner_is_refused_too(self, house: Installation, owner: psycopg.Connection[Any], model: Any) -> None:
        """The owner role, whom no wall holds, is held by the guards."""
        row, name, value = a_change(house.acme, model)
        column = model._meta.get_field(name).column
        sql: Any = f"UPDATE {model._meta.db_table} SET {column} = %s WHERE id = %s"
        with pytest.raises(psycopg.errors.IntegrityConstraintViolation, match=UNWITNESSED), writing(house.acme, model):
            owner.execute(sql, [value, row.pk])

    def test_save_without_history_is_refused(self, house: Installation, model: Any) -> None:
        """The library's own way around history does not get around the database."""
        row, name, value = a_change(house.acme, model)
        setattr(row, name, value)
        with pytest.raises(IntegrityError, match=UNWITNESSED), writing(house.acme, model):
            row.save_without_historical_record()

    def test_delete_without_history_is_refused(self, house: Installation, model: Any) -> None:
        """A row does not go without a history row that says so; what others refer to does not go at all."""
        row, _, _ = a_change(house.acme, model)
        with pytest.raises(IntegrityError, match=f"{UNWITNESSED}|foreign key|legal hold"), writing(house.acme, model):
            model.objects.filter(pk=row.pk)._raw_delete("default")
        with pytest.raises(IntegrityError, match=f"{UNWITNESSED}|foreign key|legal hold"), writing(house.acme, model):
            query(f"DELETE FROM {model._meta.db_table} WHERE id = %s", row.pk)

    def test_a_stale_save_of_some_fields_is_refused(self, house: Installation, model: Any) -> None:
        """save(update_fields=…) of an instance that carries values the database never had would write a false history."""
        row, name, value = a_change(house.acme, model)
        setattr(row, name, value)
        with pytest.raises(IntegrityError, match="differs from the row"), writing(house.acme, model):
            row.save(update_fields=[another_field(model, name)])

    def test_a_stale_instance_is_refused(self, house: Installation, model: Any) -> None:
        """Two copies of one row: the second, saved by fields, does not undo the first in history."""
        row, name, value = a_change(house.acme, model)
        with pytest.raises(IntegrityError, match="differs from the row"), writing(house.acme, model):
            stale = model.objects.get(pk=row.pk)
            setattr(row, name, value)
            row.save()
            stale.save(update_fields=[another_field(model, name)])

    def test_history_is_neither_edited_nor_deleted(self, house: Installation, model: Any) -> None:
        """Not by the ORM, not by the library's command, not by SQL."""
        history = everything.history_of(model)
        with house.acme.scope():
            newest = history.objects.latest("history_id")
        for forge in (
            lambda: history.objects.filter(pk=newest.pk).update(history_type="+"),
            lambda: history.objects.filter(pk=newest.pk).delete(),
            lambda: history.objects.filter(pk=newest.pk)._raw_delete("default"),
            lambda: newest.save(),
            lambda: query(f"TRUNCATE {history._meta.db_table}"),
        ):
            with pytest.raises(ProgrammingError, match="permission denied"), writing(house.acme, model):
                forge()

    def test_forged_history_is_refused(self, house: Installation, model: Any) -> None:
        """A history row that says what the row does not hold, or that it is gone while it is there, does not get in."""
        row, name, value = a_change(house.acme, model)
        history = everything.history_of(model)
        with pytest.raises(IntegrityError, match="differs from the row"), writing(house.acme, model):
            history.objects.create(**{**values(row), name: value}, history_type="~", history_date=LONG_AGO)
        with pytest.raises(IntegrityError, match="says deleted, but the row is there"), writing(house.acme, model):
            history.objects.create(**values(row), history_type="-", history_date=LONG_AGO)
        with pytest.raises(IntegrityError, match="differs from the row"), writing(house.acme, model):
            history.objects.create(**{**values(row), "id": 2**60}, history_type="+", history_date=LONG_AGO)

    def test_history_is_stamped_by_the_database(self, house: Installation, model: Any) -> None:
        """Who wrote it, when and in which transaction are the database's, whatever an instance says."""
        row, _, _ = a_change(house.acme, model)
        row._history_date, row._history_user = LONG_AGO, house.acme.mei
        with house.acme.scope(house.acme.amira):
            row.save()
            history = everything.history_of(model)
            forged = {"history_type": "~", "history_date": LONG_AGO, "history_user_id": house.acme.mei.user_id, "history_xid": 7}
            history.objects.create(**values(model.objects.get(pk=row.pk)), **forged)
            (xid,) = query("SELECT pg_current_xact_id()::text::bigint")[0]
            for stamped in history.objects.filter(id=row.pk).order_by("-history_id")[:2]:
                assert stamped.history_date > datetime.now(UTC) - timedelta(minutes=1)
                assert (stamped.history_user_id, stamped.history_xid) == (house.acme.amira.user_id, xid)

    def test_audited_update_is_accepted(self, house: Installation, model: Any) -> None:
        """The one bulk write, of a queryset and by ids: it changes rows and writes their history in one statement."""
        row, name, value = a_change(house.acme, model)
        with house.acme.scope(house.acme.amira):
            count = row.history.count()
            assert audited_update(model.objects.filter(pk=row.pk), **{name: value}) == 1
            assert audited_update(model.objects.none(), **{name: value}) == 0
            assert audited_update_of(model, [row.pk], **{name: value}) == 1
            assert audited_update_of(model, [], **{name: value}) == 0
        with house.acme.scope():
            stored, newest = model.objects.get(pk=row.pk), row.history.latest("history_id")
            assert getattr(stored, name) == value
            assert row.history.count() == count + 2
            assert {k: getattr(newest, k) for k in values(stored)} == values(stored)
            assert (newest.history_type, newest.history_user_id) == ("~", house.acme.amira.user_id)

    def test_savepoints_are_fine(self, house: Installation, model: Any) -> None:
        """Two saves, the second in a savepoint; and one whose savepoint is rolled back: history says what committed."""
        row, name, value = a_change(house.acme, model)
        with house.acme.scope():
            count, before = row.history.count(), getattr(row, name)
        with house.acme.scope():
            setattr(row, name, value)
            row.save()
            with transaction.atomic():
                row.save()
        with house.acme.scope():
            assert row.history.count() == count + 2
        with house.acme.scope():
            row.save()
            with pytest.raises(ZeroDivisionError), transaction.atomic():
                setattr(row, name, before)
                row.save()
                raise ZeroDivisionError
        with house.acme.scope():
            assert row.history.count() == count + 3
            assert getattr(model.objects.get(pk=row.pk), name) == value == getattr(row.history.latest("history_id"), name)

    def test_the_guards_regard_every_column(self, house: Installation, model: Any) -> None:
        """Each column of the model, and of its history, is compared by both guards: a migration that adds one runs Regard()."""
        table = model._meta.db_table
        history = everything.history_of(model)
        assert set(everything.columns(model)) <= set(everything.columns(history)), "no excluded fields"
        bodies = dict(
            query("SELECT proname, prosrc FROM pg_proc WHERE proname IN (%s, %s)", f"sound_{table}", f"complete_{table}")
        )
        stored = [
            c
            for (c,) in query(
                "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped", table
            )
        ]
        assert sorted(stored) == sorted([*everything.columns(model), "id"])
        for column in everything.columns(model):
            for name, one, two in ((f"sound_{table}", "b", "NEW"), (f"complete_{table}", "h", "r")):
                assert f'{one}."{column}"' in bodies[name], f"{name} does not regard {column}"
                assert f'{two}."{column}"' in bodies[name], f"{name} does not regard {column}"


def another_in(cast: Cast, row: Any) -> tuple[str, Any]:
    """A field of a row and another value for it."""
    with cast.scope():
        return another(row)


def a_change(cast: Cast, model: Any) -> tuple[Any, str, Any]:
    """A row, fresh from the database, with a field of it and another value for that field."""
    with cast.scope():
        row = model.objects.order_by("pk").first()
        assert row is not None, f"no row of {label(model)}: teach tests.lived_in.live()"
        return row, *another(row)


def another_field(model: Any, attname: str) -> str:
    """The name of a field besides this one; the organisation where there is no other."""
    fields = [f for f in model._meta.local_concrete_fields if not f.primary_key and f.attname != attname]
    return str(min(fields, key=lambda f: f.attname == "organisation_id").name)


def field_name(model: Any, attname: str) -> str:
    """A field's name by its attname."""
    return str(model._meta.get_field(attname).name)


def test_the_librarys_own_writers_are_judged_alike(house: Installation) -> None:
    """bulk_update_with_history and bulk_create_with_history write matching history, so they pass; clean_old_history does not."""
    with house.acme.scope(house.acme.jon):
        row = Incident.objects.earliest("pk")
        row.summary = "changed in bulk"
        bulk_update_with_history([row], Incident, ["summary"])
        copy = Incident.objects.get(pk=row.pk)
        copy.pk, copy.number, copy.ref = None, 900, "INC-900"
        bulk_create_with_history([copy], Incident)
    with pytest.raises(ProgrammingError, match="permission denied"), writing(house.acme, Incident):
        call_command("clean_old_history", "--auto", "--days", "0", verbosity=0)


def test_a_row_is_not_exchanged_for_another(house: Installation) -> None:
    """A primary key is not changed under its history."""
    with pytest.raises(IntegrityError, match=f"{UNWITNESSED}|foreign key|legal hold"), writing(house.acme, Incident):
        query("UPDATE incidents_incident SET id = 999999 WHERE number = 1")
