"""Organisations that were there before components came get the default set, with its history and its events (tools.components)."""

from importlib import import_module
from types import SimpleNamespace
from typing import Any

import psycopg
import pytest
from django.conf import settings

from incidents import components
from tests.conftest import Installation, as_owner
from tests.everything import connected

pytestmark = pytest.mark.servers

MIGRATION: Any = import_module("incidents.migrations.0010_ship_components")


def ship(database: str) -> None:
    """Run the migration's step as the owner role, and commit. Columns that came later have what their own migration filled in."""
    for table in ("incidents_component", "incidents_historicalcomponent"):
        as_owner(f"ALTER TABLE {table} ALTER down_when SET DEFAULT '{{major_outage}}'", database=database)
    with connected(settings.DATABASE_OWNER_URL, database) as db, db.transaction():
        MIGRATION.ship(None, SimpleNamespace(connection=db))


@pytest.mark.clause("tools.components")
def test_an_older_organisation_gets_them_once_and_one_with_its_own_keeps_those(own_database: Installation) -> None:
    database = own_database.name
    (older,) = as_owner(
        "INSERT INTO tenants_organisation (slug, name, public_id, created_at) VALUES ('older', 'Older', 'older0000000', now()) RETURNING id",
        database=database,
    )[0]
    for _ in range(2):
        ship(database)
    rows = as_owner(
        f"SELECT slug, name FROM incidents_component WHERE organisation_id = {older} ORDER BY position", database=database
    )
    assert dict(rows) == components.SHIPPED
    assert tuple(components.SHIPPED.items()) == MIGRATION.SHIPPED, "new organisations are founded with the same"
    for table, where in (
        ("incidents_historicalcomponent", "history_type = '+'"),
        ("ledger_event", "kind = 'configuration.changed' AND subject_type = 'incidents.component'"),
    ):
        counted = f"SELECT count(*) FROM {table} WHERE organisation_id = {older} AND {where}"
        assert as_owner(counted, database=database) == [(len(rows),)], table
    ours = f"SELECT count(*) FROM incidents_component WHERE organisation_id = {own_database.acme.id}"
    assert as_owner(ours, database=database) == [(len(rows),)]


def test_the_witness_would_have_noticed_a_missing_history(own_database: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
    as_owner(
        "INSERT INTO tenants_organisation (slug, name, public_id, created_at) VALUES ('older', 'Older', 'older0000000', now())",
        database=own_database.name,
    )
    monkeypatch.setattr(MIGRATION, "HISTORY", "SELECT %s")
    with pytest.raises(psycopg.errors.IntegrityConstraintViolation):
        ship(own_database.name)
