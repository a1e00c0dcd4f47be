"""What is held stays: against the ORM, raw SQL of the serving role, the owner role itself, and whoever would end a hold alone."""

import re
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
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
from tests import everything, lived_in
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


def ago(hours: int) -> datetime:
    """So many hours from now; less than nothing is past."""
    return now() + timedelta(hours=hours)


def period(cast: Cast, starts: int, ends: int) -> LegalHold:
    """Legal holds a period, in hours from now."""
    with cast.scope(cast.exec):
        return holds.place_hold(by=cast.exec.actor(), matter="M", reason="R", starts_at=ago(starts), ends_at=ago(ends))


def attempted(act: Callable[[], object]) -> str:
    """What the database says to an attempt, which is undone; "" where it does it."""
    try:
        with transaction.atomic():
            act()
            transaction.set_rollback(True)
    except DatabaseError as said:
        return str(said)
    return ""


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

    @pytest.mark.parametrize(
        ("received", "seen", "fires", "kept"),
        [(-30, -30, True, True), (-30, -5, False, True), (-5, -5, False, True), (-30, -20, False, False), (-1, -1, True, False)],
    )
    def test_a_period_keeps_an_alert_that_fired_in_it(
        self, acme: Cast, received: int, seen: int, fires: bool, kept: bool
    ) -> None:
        """The period was the hours from 10 to 2 ago. What began before and fires still is held; what ended before it, or began after, is not."""
        hold = period(acme, -10, -2)
        with acme.scope(acme.amira):
            lived_in.take(acme, lived_in.delivery("Disk full", "x"))
            alert = Alert.objects.get()
            alert.state, alert.received_at, alert.last_seen_at = "firing" if fires else "resolved", ago(received), ago(seen)
            alert.save()
            if kept:
                assert f"legal hold {hold.pk} keeps it" in refused(alert.delete)
            else:
                alert.delete()
            assert Alert.objects.exists() == kept

    @pytest.mark.parametrize(
        ("state", "began", "ended", "kept"),
        [
            ("investigation", -30, None, True),
            ("resolved", -30, -5, True),
            ("resolved", -30, -20, True),
            ("closed", -30, -5, True),
            ("closed", -30, -20, False),
            ("investigation", -1, None, False),
        ],
    )
    def test_a_period_keeps_an_incident_that_ran_into_it(
        self, acme: Cast, state: str, began: int, ended: int | None, kept: bool
    ) -> None:
        """And what belongs to it, however much earlier it began: until it was closed: a resolution may be taken back."""
        hold = period(acme, -10, -2)
        with acme.scope(acme.amira):
            incident = actions.declare(by=acme.amira.actor(), title="Slow", severity=Severity.SEV3)
            actions.claim(incident, by=acme.amira.actor())
            actions.order(incident, by=acme.amira.actor(), to=acme.jon.email, text="Roll back")
            incident.refresh_from_db()
            incident.state, incident.detected_at, incident.declared_at = state, ago(began), ago(began)
            incident.resolved_at = None if ended is None else ago(-25 if state == "closed" else ended)
            incident.closed_at = ago(ended) if state == "closed" and ended is not None else None
            incident.save()
            for table, column in (("incidents_incident", "id"), ("incidents_order", "incident_id")):
                said = attempted(lambda t=table, c=column: query(f"DELETE FROM {t} WHERE {c} = {incident.pk}"))  # type: ignore[misc]
                assert (f"legal hold {hold.pk} keeps it" in said) == kept, (table, said)

    def test_an_incident_began_with_its_impact_and_one_that_was_none_has_ended(self, acme: Cast) -> None:
        """It is held where only its impact lies in the period; and one that was none has ended when its row last changed."""
        period(acme, -10, -2)
        asked = "SELECT muster.held(%s, NULL, NULL)"
        last = "(SELECT max(h.history_date) FROM incidents_historicalincident h WHERE h.id = i.id)"
        over = f"SELECT upper(muster.span(i)) = {last} FROM incidents_incident i WHERE i.id = %s"
        with acme.scope(acme.amira):
            by = acme.amira.actor()
            incident = actions.declare(by=by, title="Slow", severity=Severity.SEV3)
            assert query(asked, incident.pk) == [(None,)]
            incident.refresh_from_db()
            incident.impact_start = ago(-5)
            incident.save()
            assert query(asked, incident.pk) != [(None,)]
            none = actions.declare(by=by, title="A test", severity=Severity.SEV3)
            assert query(over, none.pk) == [(False,)], "it goes on"
            actions.mark_false_positive(none, by=by, reason="A drill")
            assert query(over, none.pk) == [(True,)]

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
