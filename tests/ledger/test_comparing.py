"""`manage.py compare`: a row that a superuser changed, took away or put in differs from the ledger, and is named (clause evidence.export)."""

from collections.abc import Callable

import pytest
from django.core.management import call_command

from tests.compliance.test_holds_erasure import ask, decide, left
from tests.conftest import Cast, Installation
from tests.incidents.scene import Scene
from tests.ledger.sealed import as_owner

pytestmark = [pytest.mark.servers, pytest.mark.clause("evidence.export")]

HISTORY = "tenants_historicalmembership"


def compared(capsys: pytest.CaptureFixture[str], slug: str) -> tuple[int, list[str]]:
    """What the command ends with, and says."""
    ended = 0
    try:
        call_command("compare", slug)
    except SystemExit as end:
        ended = int(end.code or 0)
    return ended, capsys.readouterr().out.splitlines()


def changed(house: Installation, table: str, statement: str) -> int:
    """Do what only who may switch triggers off can do; the statement returns the row's number."""
    every = ("append_only", "sound", "entered")
    there = [name for (name,) in as_owner(house, "SELECT tgname FROM pg_trigger WHERE tgrelid = %s::regclass", table)]
    for name in every:
        if name in there:
            as_owner(house, f"ALTER TABLE {table} DISABLE TRIGGER {name}")
    ((row,),) = as_owner(house, statement)
    for name in every:
        if name in there:
            as_owner(house, f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {name}")
    return int(row)


def test_what_a_superuser_did_to_a_row_is_named(own_database: Installation, capsys: pytest.CaptureFixture[str]) -> None:
    """A changed and a deleted history row, an event that says something else, and one that never was; the other organisation agrees still."""
    acme, globex = own_database.acme, own_database.globex
    assert compared(capsys, "acme") == (0, ["acme: every row is what the ledger says"])
    of_acme = f"organisation_id = {acme.id}"
    newest = f"(SELECT max(history_id) FROM {HISTORY} WHERE {of_acme})"
    gone = changed(own_database, HISTORY, f"DELETE FROM {HISTORY} WHERE history_id = {newest} RETURNING history_id")
    other = changed(
        own_database, HISTORY, f"UPDATE {HISTORY} SET is_active = NOT is_active WHERE history_id = {newest} RETURNING history_id"
    )
    event = changed(
        own_database,
        "ledger_event",
        f"UPDATE ledger_event SET actor_name = 'Nobody' WHERE id = (SELECT max(id) FROM ledger_event WHERE {of_acme}) RETURNING id",
    )
    invented = changed(
        own_database,
        "ledger_event",
        "INSERT INTO ledger_event (organisation_id, kind, subject_type, subject_id, actor_kind, actor_name, via, request_id, occurred_at, "
        f"recorded_at, data) VALUES ({acme.id}, 'x.invented', 'x', 1, 'system', 'x', 'command', '', now(), now(), '{{}}') RETURNING id",
    )
    assert compared(capsys, "acme") == (
        1,
        [
            f"acme: ledger_event {event}: it says something else than its entry",
            f"acme: ledger_event {invented}: the ledger has no entry of it",
            f"acme: {HISTORY} {other}: it says something else than its entry",
            f"acme: {HISTORY} {gone}: it is gone",
        ],
    )
    assert compared(capsys, globex.slug)[0] == 0


def test_what_a_superuser_did_after_an_erasure_is_named(
    own_database: Installation, capsys: pytest.CaptureFixture[str], at_work: Callable[[Cast, Cast], Scene]
) -> None:
    """Of rows whose entries lost their bodies, the ledger still has the number: one put in is named, and one taken away."""
    acme, table = own_database.acme, "notifications_historicalcontactmethod"
    scene = at_work(acme, own_database.globex)
    left(scene)
    assert decide(scene, ask(scene).json()["id"]).json()["outcome"]["methods"] == 1
    scene.follow()
    assert compared(capsys, "acme") == (0, ["acme: every row is what the ledger says"])
    ((method, first),) = as_owner(
        own_database,
        f"SELECT e.pk, (SELECT min(h.history_id) FROM {table} h WHERE h.id::text = e.pk) FROM ledger_entry e "
        f"WHERE e.organisation_id = {acme.id} AND e.\"table\" = '{table}' AND e.body IS NULL GROUP BY e.pk",
    )
    copied = "jsonb_populate_record(h, jsonb_build_object('history_id', h.history_id + 1000000, 'label', 'forged'))"
    forged = changed(
        own_database,
        table,
        f"INSERT INTO {table} SELECT ({copied}).* FROM {table} h WHERE h.history_id = {first} RETURNING history_id",
    )
    ended, said = compared(capsys, "acme")
    assert ended == 1
    (line,) = said
    assert line.startswith(f"acme: {table} {forged}: the ledger has no entry of it, or of an older one with the id {method}")
    changed(own_database, table, f"DELETE FROM {table} WHERE history_id = {forged} RETURNING history_id")
    assert compared(capsys, "acme")[0] == 0
    changed(own_database, table, f"DELETE FROM {table} WHERE history_id = {first} RETURNING history_id")
    assert compared(capsys, "acme") == (
        1,
        [f"acme: {table} {method}: of the rows with this id whose entries were erased, 1 is gone"],
    )
