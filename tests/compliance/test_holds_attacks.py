"""What is held stays: against the ORM, raw SQL of the serving role, the owner role itself, and whoever would end a hold alone."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest
from django.conf import settings
from django.db import DatabaseError, transaction

from compliance.actions import holds
from compliance.holds_sql import HELD_TABLES
from incidents import actions
from incidents.members import member_for
from incidents.models import Alert, Flag, Incident, LegalHold, Order
from incidents.states import FlagKey, Severity
from ledger.models import Redaction
from notifications.models import ContactMethod, ContactSecret
from tenants.models import Membership, User
from tenants.time import now
from tests import everything
from tests.conftest import Cast, Installation
from tests.everything import query

pytestmark = [pytest.mark.servers, pytest.mark.clause("breach.preserve-logs")]


def flagged(cast: Cast) -> Incident:
    """Amira's incident with an order, held by a money flag."""
    amira = cast.amira.actor()
    incident = actions.declare(by=amira, title="Checkout fails", severity=Severity.SEV1)
    actions.claim(incident, by=amira)
    actions.order(incident, by=amira, to=cast.jon.email, text="Roll back")
    return actions.flag(incident, by=amira, key=FlagKey.FINANCIAL_LOSS, reason="Charged twice")


def of_person(cast: Cast) -> LegalHold:
    """Legal holds Jon."""
    with cast.scope(cast.exec):
        by = cast.exec.actor()
        return holds.place_hold(by=by, matter="Case 7", reason="We may be sued", person=member_for(by, cast.jon.email))


def refused(act: Callable[[], object]) -> str:
    """What the database says to an attempt, which is undone."""
    with pytest.raises(DatabaseError) as said, transaction.atomic():
        act()
    return str(said.value)


class TestAsTheServingRole:
    def test_the_orm_deletes_nothing_of_a_held_incident(self, acme: Cast) -> None:
        with acme.scope(acme.amira):
            incident = flagged(acme)
            hold = LegalHold.objects.get()
            for row in (Order.objects.get(), Flag.objects.get(), incident.holds.get()):
                assert f"legal hold {hold.pk}" in refused(row.delete)
            assert f"legal hold {hold.pk} keeps it" in refused(Order.objects.all().delete)

    def test_nor_does_raw_sql(self, acme: Cast) -> None:
        """Of every table whose rows belong to an incident and may be deleted at all."""
        with acme.scope(acme.amira):
            incident = flagged(acme)
            tried = []
            for table, (column, _, _) in HELD_TABLES.items():
                if not column or not query(f"SELECT 1 FROM {table} WHERE {column} = {incident.pk} LIMIT 1"):
                    continue
                said = refused(lambda t=table, c=column: query(f"DELETE FROM {t} WHERE {c} = {incident.pk}"))  # type: ignore[misc]
                assert "keeps it" in said, (table, said)
                tried.append(table)
            assert {"incidents_incident", "incidents_order", "incidents_snapshotrequest", "standard_clock"} <= set(tried)

    def test_a_held_person_keeps_name_ways_and_membership(self, acme: Cast) -> None:
        hold = of_person(acme)
        with acme.scope(acme.jon):
            method = ContactMethod.objects.create(user_id=acme.jon.user_id, kind="sms", label="phone", masked="…1", position=1)
            ContactSecret.objects.create(method=method, sealed="x")
            jon = User.objects.get(pk=acme.jon.user_id)
            jon.name = "Nobody"
            for act in (
                jon.save,
                lambda: query(f"DELETE FROM notifications_contactmethod WHERE id = {method.pk}"),
                lambda: query(f"UPDATE tenants_user SET email = 'x@y.example' WHERE id = {jon.pk}"),
                lambda: query(f"DELETE FROM tenants_membership WHERE user_id = {jon.pk}"),
            ):
                assert f"legal hold {hold.pk} keeps it" in refused(act)
            ContactSecret.objects.all().delete()
            assert ContactSecret.objects.count() == 1, "its address waits for the release, although the method may go"
            jon.refresh_from_db()
            jon.time_zone = "Europe/Vienna"
            jon.save()  # what is no evidence is theirs to change
            member = Membership.objects.get(user_id=jon.pk)
            member.is_active = False
            member.save()  # they may leave: the row stays, and its history says so
            assert Membership.objects.filter(user_id=jon.pk, is_active=False).exists()

    def test_what_is_not_held_may_go(self, acme: Cast) -> None:
        """The triggers are in nobody's way: another incident's rows, and another person's."""
        of_person(acme)
        with acme.scope(acme.amira):
            ContactMethod.objects.create(user_id=acme.amira.user_id, kind="sms", label="a", masked="…", position=1).delete()
            assert not ContactMethod.objects.exists()

    def test_a_period_keeps_what_came_in_during_it(self, acme: Cast) -> None:
        with acme.scope(acme.exec):
            hold = holds.place_hold(by=acme.exec.actor(), matter="M", reason="R", starts_at=now())
        with acme.scope(acme.amira):
            incident = actions.declare(by=acme.amira.actor(), title="Later", severity=Severity.SEV3)
            assert f"legal hold {hold.pk} keeps it" in refused(
                lambda: query(f"DELETE FROM incidents_incident WHERE id = {incident.pk}")
            )

    def test_a_hold_is_not_ended_alone(self, acme: Cast) -> None:
        """Not deleted, not narrowed, not released by one person or in another's name: the database looks who acts."""
        hold = of_person(acme)
        admin, legal = acme.admin.user_id, acme.exec.user_id

        def change(**values: Any) -> Callable[[], object]:
            def act() -> None:
                row = LegalHold.objects.get(pk=hold.pk)
                for name, value in values.items():
                    setattr(row, name, value)
                row.save()

            return act

        released = {"released_at": now(), "release_asked_at": now(), "release_reason": "x"}
        with acme.scope(acme.exec):
            assert "released by two people" in refused(change(**released, released_by_id=legal, second_person_id=admin))
            assert "what legal hold" in refused(change(person_id=admin))
            assert "is not deleted" in refused(hold.delete)
            holds.ask_release(hold, by=acme.exec.actor(), reason="Over")
            assert "released by two people" in refused(change(released_at=now(), second_person_id=admin))
            assert refused(change(released_at=now(), second_person_id=legal))
        with acme.scope(acme.admin):
            assert "says so themselves" in refused(change(release_asked_at=now(), released_by_id=legal))
            holds.release(hold, by=acme.admin.actor())
            assert "is over" in refused(change(released_at=None))


@pytest.fixture
def owner(own_database: Installation) -> Iterator[psycopg.Connection[Any]]:
    """The owner role, whom the walls do not hold, in a database where an incident and a person are held."""
    cast = own_database.acme
    of_person(cast)
    with cast.scope(cast.amira):
        flagged(cast)
    with everything.connected(settings.DATABASE_OWNER_URL, own_database.name) as db:
        yield db


class TestAsTheOwner:
    def test_it_is_refused_too_whatever_the_session_says(
        self, owner: psycopg.Connection[Any], own_database: Installation
    ) -> None:
        """Deleting, truncating, giving the organisation up: the triggers fire for the owner, and in a replica's session as well."""
        cast = own_database.acme
        alone = (
            "UPDATE incidents_legalhold SET released_at = now(), release_asked_at = now(), release_reason = 'x', "
            f"released_by_id = {cast.exec.user_id}, second_person_id = {cast.admin.user_id}"
        )
        for attack in (
            "DELETE FROM incidents_order",
            "DELETE FROM incidents_incident",
            "DELETE FROM incidents_legalhold",
            alone,
            f"UPDATE tenants_user SET name = 'x' WHERE id = {cast.jon.user_id}",
            f"DELETE FROM tenants_user WHERE id = {cast.jon.user_id}",
            f"DELETE FROM tenants_organisation WHERE id = {cast.id}",
            "TRUNCATE incidents_alert",
            "TRUNCATE notifications_contactsecret",
            "TRUNCATE tenants_organisation CASCADE",
        ):
            with pytest.raises((psycopg.errors.IntegrityConstraintViolation, psycopg.errors.InsufficientPrivilege)):
                owner.execute(attack)
        with owner.transaction(), owner.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM incidents_legalhold WHERE released_at IS NULL")
            assert cursor.fetchone() == (2,)

    def test_the_ledger_keeps_the_bodies_of_what_is_held(
        self, owner: psycopg.Connection[Any], own_database: Installation
    ) -> None:
        """An erasure that says so in the ledger takes no body of a held incident, nor of what a held person did; of others it does."""
        cast = own_database.acme
        with cast.scope(cast.mei):
            free = actions.declare(by=cast.mei.actor(), title="A printer is slow", severity=Severity.SEV4)
        entries = {
            "held incident": "incident_id IN (SELECT incident_id FROM incidents_legalhold)",
            "held person": f"incident_id IS NULL AND actor = {cast.jon.user_id}",
            "nobody's": f"incident_id = {free.pk}",
        }
        with cast.scope(cast.jon):
            actions.report(by=cast.jon.actor(), title="It smells of smoke", text="In the hall")
        for what, where in entries.items():
            with cast.scope():
                ((seq,),) = query(
                    f"SELECT id FROM ledger_entry WHERE {where} AND body IS NOT NULL AND \"table\" <> 'ledger_redaction' LIMIT 1"
                )

                def redact(seq: int = seq) -> None:
                    Redaction.objects.create(entry=seq, by_name="Privacy Officer", reason="They asked")
                    assert query("SELECT muster.redact_entry(%s)", seq) == [(seq,)]

                if what == "nobody's":
                    redact()
                else:
                    assert re.match("update on ledger_entry is refused: legal hold [0-9]+ keeps it", refused(redact)), what

    def test_an_organisation_without_holds_is_not_in_the_way(
        self, owner: psycopg.Connection[Any], own_database: Installation
    ) -> None:
        """Globex holds nothing: what refuses to give it up is its own rows, and no hold."""
        with pytest.raises(psycopg.Error) as said:
            owner.execute(f"DELETE FROM tenants_organisation WHERE id = {own_database.globex.id}")
        assert "legal hold" not in str(said.value)


def test_every_table_with_an_incident_is_held_or_keeps_itself(acme: Cast) -> None:
    """A new table that belongs to an incident and may be deleted has the trigger, or is named here with why not."""
    free = {
        "incidents_participant": "leaving a room is part of the record; its history, which is append-only, keeps what was",
        "standard_clockfailure": "a queue",
        "compliance_packwork": "a queue",
        "compliance_packpart": "a pack's bytes, made again from the ledger; a try that came to nothing is taken away",
        "compliance_conformancefigure": "made again from the record",
        "metrics_clockfigure": "made again from the record",
        "metrics_incidentfigure": "made again from the record",
        "postmortems_trait": "made again from the record",
    }
    deletable = {
        model._meta.db_table
        for model in everything.tenant_models()
        if "incident_id" in everything.columns(model)
        and query("SELECT has_table_privilege(current_user, %s, 'DELETE')", model._meta.db_table) == [(True,)]
    }
    guarded = {t for (t,) in query("SELECT tgrelid::regclass::text FROM pg_trigger WHERE tgname = 'held' AND tgenabled = 'A'")}
    assert deletable - guarded - {"incidents_legalhold"} == set(free)
    assert Alert._meta.db_table in guarded
