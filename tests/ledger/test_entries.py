"""Each history row and each fact adds one entry to the ledger, in exact bytes; nobody adds, changes or takes away any other."""

import json
import re
from hashlib import sha256
from typing import Any

import psycopg
import pytest
from django.conf import settings
from django.db import ProgrammingError, connection

from incidents import actions
from incidents.models import Incident
from incidents.states import FlagKey, Severity
from ledger.entries import THE_LOG, EnteredEverywhere
from ledger.models import Entry, Redaction
from tests import everything
from tests.conftest import Cast, Installation, _connect_as
from tests.everything import query
from tests.ledger.sealed import as_owner, redact_something

pytestmark = pytest.mark.servers

ENVELOPE = re.compile(
    r'\{"v":1,"seq":(\d+),"xid":"(\d+)","organisation":(\d+),"incident":(\d+|null),"table":"([a-z_]+)","pk":"(\d+)","op":"([+~-])",'
    r'"at":"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z","role":"(\w+)","actor":(\d+|null),"body_sha256":"([0-9a-f]{64})"\}'
)


def test_every_append_only_table_is_entered(acme: Cast) -> None:
    """History and facts: each table has the trigger, always firing, and it is told the right column of the incident."""
    triggers = dict(query("SELECT tgrelid::regclass::text, tgargs FROM pg_trigger WHERE tgname = 'entered' AND tgenabled = 'A'"))
    guarded = {name for (name,) in query("SELECT tgrelid::regclass::text FROM pg_trigger WHERE tgname = 'append_only'")}
    assert set(triggers) == guarded - THE_LOG
    assert {"ledger_event", "ledger_redaction", "incidents_historicalincident", "notifications_attempt"} <= set(triggers)
    for model in everything.tenant_models():
        table, columns = model._meta.db_table, everything.columns(model)
        if table in triggers:
            incident, history, *raw = bytes(triggers[table]).decode().rstrip("\0").split("\0") + [""] * 2
            own = table == "incidents_historicalincident"
            assert incident == ("id" if own else "incident_id" if "incident_id" in columns else ""), table
            assert (history == "history") == ("history_xid" in columns), table
            assert "body" in raw or not any(f.get_internal_type() == "BinaryField" for f in model._meta.local_concrete_fields)


def test_an_entry_is_the_rows_exact_bytes(acme: Cast) -> None:
    """The body is PostgreSQL's JSON of the row; the envelope has the form of docs/evidence-format.md, and hashes salt and body."""
    with acme.scope(acme.amira):
        made = actions.declare(by=acme.amira.actor(), title='Quotes " and ünï\ncode', severity=Severity.SEV2)
        made.summary = "changed"
        made.save()
    with acme.scope():
        found = list(Entry.objects.filter(table="incidents_historicalincident", pk_text=str(made.pk)).order_by("id"))
        rows = query("SELECT row_to_json(h)::text FROM incidents_historicalincident h WHERE id = %s ORDER BY history_id", made.pk)
        assert [entry.body for entry in found] == [row for (row,) in rows]
        assert found[0].op == "+"
        assert {entry.op for entry in found[1:]} == {"~"}
        for entry in found:
            form = ENVELOPE.fullmatch(entry.envelope)
            assert form, entry.envelope
            seq, xid, organisation, incident, table, pk, op, role, actor, digest = form.groups()
            assert (int(seq), int(xid), int(organisation)) == (entry.pk, entry.xid, acme.id)
            assert (int(incident), table, int(pk), op) == (made.pk, "incidents_historicalincident", made.pk, entry.op)
            assert (role, int(actor)) == (connection.settings_dict["USER"], acme.amira.user_id)
            assert sha256(bytes(entry.salt or b"") + (entry.body or "").encode()).hexdigest() == digest
            assert len(bytes(entry.salt or b"")) == 16
            assert json.loads(entry.envelope)["at"] == f"{entry.at:%Y-%m-%dT%H:%M:%S.%fZ}"
        assert len({bytes(entry.salt or b"") for entry in found}) == len(found)


def test_bytes_of_a_file_stand_in_it_as_their_hash(acme: Cast) -> None:
    """They are not kept twice, and go with the file."""
    with acme.scope(acme.amira):
        made = actions.declare(by=acme.amira.actor(), title="With a file", severity=Severity.SEV3)
        actions.attach_file(made, by=acme.amira.actor(), name="log.txt", body=b"\x00bytes", caption="")
    with acme.scope():
        body = json.loads(Entry.objects.filter(table="incidents_attachment", incident_id=made.pk).latest("id").body or "")
        assert body["body"] == "\\x" + sha256(b"\x00bytes").hexdigest()


@pytest.mark.clause("breach.need-to-know")
def test_entries_of_a_restricted_incident_are_hidden(acme: Cast, globex: Cast) -> None:
    """From who is not named on it; what says of no incident is for Muster's own work alone; another organisation sees nothing."""
    with acme.scope(acme.amira):
        made = actions.declare(by=acme.amira.actor(), title="Leak", severity=Severity.SEV1, flags=[FlagKey.PERSONAL_DATA])
    counted = "SELECT count(*) FROM ledger_entry WHERE incident_id = %s"
    with acme.scope(acme.jon):
        assert query(counted, made.pk) == [(0,)]
        assert query("SELECT count(*) FROM ledger_entry WHERE incident_id IS NULL") == [(0,)]
    with globex.scope():
        assert query(counted, made.pk) == [(0,)]
    for who in (acme.amira, None):
        with acme.scope(who):
            assert query(counted, made.pk)[0][0] > 3


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO ledger_entry SELECT * FROM ledger_entry LIMIT 1",
        "UPDATE ledger_entry SET body = '{}'",
        "DELETE FROM ledger_entry",
        "INSERT INTO ledger_leaf (id, organisation_id, index, hash) VALUES (1, 1, 0, '')",
        "UPDATE ledger_leaf SET index = 0",
        "INSERT INTO ledger_tile (organisation_id, level, index, hash) VALUES (1, 0, 0, '')",
        "DELETE FROM ledger_tile",
        "INSERT INTO ledger_checkpoint (organisation_id) VALUES (1)",
        "UPDATE ledger_checkpoint SET note = ''",
        "UPDATE ledger_sealstate SET halted_at = NULL",
        "SELECT nextval('ledger_entry_id_seq')",
        "UPDATE ledger_redaction SET reason = ''",
        "SET ROLE muster_sealer",
    ],
)
def test_the_serving_role_cannot_touch_the_log(acme: Cast, statement: str) -> None:
    """Whoever injects SQL can read what the walls show, and neither add to the log nor change it."""
    with pytest.raises(ProgrammingError, match="permission denied"), acme.scope(acme.amira):
        query(statement.replace("muster_sealer", settings.SEALER_ROLE))


def test_the_owner_cannot_change_an_entry(own_database: Installation) -> None:
    """Whatever of it: the trigger refuses; one that loses its body without saying so too."""
    for change in ("body = '{}'", "envelope = ''", "salt = NULL, body = NULL", "at = now()", "organisation_id = organisation_id"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="append-only"):
            as_owner(own_database, f"UPDATE ledger_entry SET {change}")
    for statement in ("DELETE FROM ledger_entry", "TRUNCATE ledger_entry"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="append-only"):
            as_owner(own_database, statement)


def test_a_body_goes_only_with_its_redaction(acme: Cast, globex: Cast) -> None:
    """Said in the same transaction; the envelope stays, and the redaction is an entry itself, which cannot be redacted."""
    with acme.scope():
        event = Entry.objects.filter(table="ledger_event", incident_id=None).latest("id")
        with pytest.raises(ProgrammingError, match="append-only"), acme.scope():
            query("SELECT muster.redact_entry(%s)", event.pk)
        seq = redact_something("a person asked")
        redacted = Entry.objects.get(pk=seq)
        assert (redacted.salt, redacted.body, redacted.envelope) == (None, None, event.envelope)
        told = Entry.objects.get(table="ledger_redaction", pk_text=str(Redaction.objects.get(entry=seq).pk))
        assert json.loads(told.body or "")["entry"] == seq
        Redaction.objects.create(entry=told.pk, by_name="x", reason="x")
        with pytest.raises(ProgrammingError, match="append-only"), acme.scope():
            query("SELECT muster.redact_entry(%s)", told.pk)
    with globex.scope():
        assert query("SELECT muster.redact_entry(%s)", event.pk) == [(None,)], "another organisation's is not there"


def test_what_was_there_before_the_ledger_is_entered(own_database: Installation) -> None:
    """Rows of a table that comes to the ledger later: one entry each, of now, which hashes as every other."""
    table = "incidents_historicalincident"
    acme = own_database.acme
    with acme.scope(acme.amira):
        actions.declare(by=acme.amira.actor(), title="Before", severity=Severity.SEV3)
    rows = as_owner(own_database, f"SELECT history_type, id FROM {table} ORDER BY history_id")
    (before,) = as_owner(own_database, "SELECT coalesce(max(id), 0) FROM ledger_entry")[0]
    as_owner(own_database, f"DROP TRIGGER entered ON {table}")
    _connect_as(settings.DATABASE_OWNER_URL, own_database.name)
    try:
        with connection.schema_editor() as editor:
            EnteredEverywhere().database_forwards("ledger", editor, None, None)  # type: ignore[arg-type]
    finally:
        _connect_as(settings.DATABASE_URL, own_database.name)
    sql: Any = "SELECT op, incident_id, \"table\", envelope, sha256(salt||convert_to(body, 'UTF8')), body FROM ledger_entry WHERE id > %s ORDER BY id"
    found = as_owner(own_database, sql, before)
    assert [(op, incident, name) for op, incident, name, *_ in found] == [(op, pk, table) for op, pk in rows]
    assert all(
        ENVELOPE.fullmatch(envelope) and json.loads(envelope)["body_sha256"] == bytes(hashed).hex()
        for *_, envelope, hashed, _ in found
    )
    with acme.scope(acme.amira):
        made = actions.declare(by=acme.amira.actor(), title="After", severity=Severity.SEV3)
    with acme.scope():
        assert Incident.objects.filter(pk=made.pk).exists()
        assert Entry.objects.filter(table=table, incident_id=made.pk).exists()
