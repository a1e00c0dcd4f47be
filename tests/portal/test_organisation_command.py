"""`manage.py organisation`: what whoever runs Muster does on its server. It sees through the walls, and mixes up no two organisations."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

from tests.conftest import Installation, as_owner
from tests.portal.test_tasks import in_database

pytestmark = [pytest.mark.servers, pytest.mark.system]

ROOT = Path(__file__).resolve().parents[2]


def organisation(house: Installation, *arguments: str) -> tuple[int, str]:
    """Run the command as the owner role on the test's own database. Returns its status, and what it said."""
    environment = {
        **os.environ,
        "DATABASE_URL": in_database(settings.DATABASE_URL, house.name),
        "DATABASE_OWNER_URL": in_database(settings.DATABASE_OWNER_URL, house.name),
        "MUSTER_NOW": "",
        "PYTHONWARNINGS": "ignore",
    }
    command = [sys.executable, "manage.py", "organisation", *arguments]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=120)
    return done.returncode, done.stdout + done.stderr


def memberships(house: Installation, email: str) -> list[tuple[str, list[str]]]:
    """(organisation, roles) of somebody, by the organisation's slug."""
    return [
        (slug, roles)
        for slug, roles in as_owner(
            "SELECT o.slug, m.roles FROM tenants_membership m JOIN tenants_organisation o ON o.id = m.organisation_id "
            f"JOIN tenants_user u ON u.id = m.user_id WHERE u.email = '{email}' ORDER BY o.slug",
            database=house.name,
        )
    ]


def test_founding_inviting_and_what_is_refused(own_database: Installation) -> None:
    """The same verb as the admin's: one event, and a message that waits to be sent; in that organisation, and for all there is elsewhere."""
    house = own_database
    status, said = organisation(house, "found", "initech", "Initech", "--administrator", "Bill@Initech.example")
    assert (status, "bill@initech.example is written to" in said) == (0, True), said
    assert memberships(house, "bill@initech.example") == [("initech", ["administrator", "practitioner"])]

    known = house.acme.jon.email
    status, said = organisation(house, "member", "initech", known, "practitioner", "support")
    assert status == 0, said
    assert memberships(house, known) == [("acme", ["practitioner"]), ("initech", ["practitioner", "support"])]

    events = as_owner("SELECT actor_name, via FROM ledger_event WHERE kind = 'member.invited' ORDER BY id", database=house.name)
    assert events == [("Muster", "command")] * 2
    waiting = as_owner("SELECT count(*) FROM ledger_outbox WHERE reaction = 'tell-invited'", database=house.name)
    assert waiting == [(2,)], "they are written to by whatever sweeps"

    for refused, why in (
        (("member", "initech", known, "practitioner"), "is a member already"),
        (("member", "initech", "nobody", "practitioner"), "no e-mail address"),
        (("member", "initech", "new@initech.example", "auditor", "support"), "An auditor holds no other role"),
        (("member", "hooli", "new@initech.example", "support"), "There is no organisation hooli"),
    ):
        status, said = organisation(house, *refused)
        assert (status, why in said) == (1, True), said
    assert memberships(house, "new@initech.example") == []
