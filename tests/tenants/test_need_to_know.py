"""The second wall, over every table there is (clause breach.need-to-know): a table that is new is judged here without an edit.

A table whose rows say of which incident they are has the policy `need_to_know`; one whose rows may speak of an incident without
saying so has another besides; what has neither stands in docs/unaudited.md with the reason why its rows tell of no incident.
"""

import pytest

from incidents import actions
from incidents.states import FlagKey, Severity
from tenants.scope import scope
from tests import everything
from tests.conftest import Cast
from tests.everything import query
from tests.tenants.test_walls import documented

pytestmark = [pytest.mark.servers, pytest.mark.clause("breach.need-to-know")]

POLICIES = (
    "SELECT polrelid::regclass::text, polname, pg_get_expr(polqual, polrelid) FROM pg_policy WHERE NOT polpermissive AND polcmd = '*' "
    "AND (SELECT oid FROM pg_roles WHERE rolname = current_user) = ANY (polroles) AND polname <> 'wall'"
)


def policies() -> dict[str, dict[str, str]]:
    """Table -> the second walls around it, each with its condition."""
    found: dict[str, dict[str, str]] = {}
    for table, name, condition in query(POLICIES):
        found.setdefault(table, {})[name] = condition
    return found


def test_every_table_with_an_incident_has_the_second_wall(acme: Cast) -> None:
    """Whatever has `incident_id` (or is the incident) compares it with what is hidden; a new table without that fails here."""
    found = policies()
    for model in everything.tenant_models():
        table = model._meta.db_table
        own = table in ("incidents_incident", "incidents_historicalincident")
        if own or "incident_id" in everything.columns(model):
            condition = found.get(table, {}).get("need_to_know", "")
            assert "muster.hidden_incidents()" in condition, f"{table} needs NeedToKnow(…) in a migration (tenants/walls.py)"
            assert f"({'id' if own else 'incident_id'} = ANY" in condition


def test_every_other_table_is_walled_too_or_says_why_it_tells_of_no_incident(acme: Cast) -> None:
    """Both ways: a table without a second wall is listed with its reason, and one that is listed has none. History goes with its table."""
    walled = {table for table, found in policies().items() if any(name.startswith("need_to_know") for name in found)}
    bare = {model._meta.db_table.replace("_historical", "_") for model in everything.tenant_models()} - walled
    reasons = documented("Tenant tables that tell of no incident")
    assert sorted(bare) == sorted(reasons), "docs/unaudited.md and the database differ"
    assert all(len(reason) > 20 for reason in reasons.values()), "each with a real reason"
    for model in everything.audited_models():
        history = everything.history_of(model)._meta.db_table
        assert (history in walled) == (model._meta.db_table in walled), f"{history} and its table are not walled alike"


def test_a_column_that_may_be_empty_does_not_hide_less(acme: Cast) -> None:
    """Where `incident_id` may be empty and the row was there before the incident, a second policy asks for what it is about."""
    besides = {table for table, found in policies().items() if {"need_to_know_before", "need_to_know_period"} & set(found)}
    may_be_empty = {
        model._meta.db_table
        for model in everything.tenant_models()
        for field in model._meta.local_concrete_fields
        if field.column == "incident_id" and field.null and "historical" not in model._meta.db_table
    }
    # A signal, an alert and a page carry the incident themselves from the moment they join it.
    # A hold of a person or of a period is of no incident, and one of an incident is from its first moment; how far a period's
    # evidence pack is tells of nothing that is in it.
    expected = {"incidents_signal", "incidents_alert", "oncall_page", "incidents_legalhold", "compliance_packwork"}
    assert may_be_empty - besides == expected
    for table in ("incidents_historicalsignal", "oncall_historicalpage", "standard_historicalclock"):
        assert table in besides


def test_no_policy_asks_for_each_row(acme: Cast) -> None:
    """A policy asks muster's functions within a SELECT of its own, so that they run once a statement and not once a row."""
    for table, found in policies().items():
        if table == "tenants_user":
            continue
        for name, condition in found.items():
            assert "muster." not in condition.replace("( SELECT muster.", ""), f"{table}.{name}: {condition}"


@pytest.mark.parametrize("surface", ["web", "api", "email", "admin", "live", "chat", ""])
def test_nobody_in_particular_sees_nothing_hidden(acme: Cast, surface: str) -> None:
    """Deny by default: only Muster's own work, on the surfaces that are named, sees what is restricted without being somebody."""
    with acme.scope(acme.amira):
        made = actions.declare(by=acme.amira.actor(), title="Leak", severity=Severity.SEV1, flags=[FlagKey.PERSONAL_DATA])
    for opened, person, seen in (
        (surface, None, False),
        ("clock", None, True),
        ("relay", None, True),
        ("hook", None, True),
        ("command", None, True),
        ("clock", acme.jon.user_id, False),
        (surface, acme.amira.user_id, True),
    ):
        with scope(acme.id, surface=opened, user_id=person):
            assert query("SELECT count(*) FROM incidents_incident WHERE id = %s", made.pk) == [(int(seen),)], (opened, person)
            assert query("SELECT muster.own_work()") == [(opened in ("clock", "relay", "hook", "command") and person is None,)]
