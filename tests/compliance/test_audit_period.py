"""An auditor sees the period of an engagement and nothing else, while it is open: the database keeps to it (people.auditor)."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings

from incidents.models import Incident
from ledger.models import Event
from tenants.scope import scope
from tests import addresses
from tests.compliance.audits import engage, expire
from tests.everything import query
from tests.incidents.scene import Scene

pytestmark = [pytest.mark.servers, pytest.mark.clause("people.auditor")]


@pytest.fixture
def two(scene: Scene) -> tuple[str, str]:
    """An incident of the period, and one that was declared after it, each with notes; and the engagement."""
    inside = scene.commanded()
    engage(scene, -5, 2, expires=300)
    scene.clock.advance(days=10)
    outside = scene.commanded()
    scene.do("amira", outside, "note", text="Nobody of the audit reads this.")
    scene.follow()
    return inside, outside


def test_what_was_declared_outside_the_period_is_not_there(scene: Scene, two: tuple[str, str]) -> None:
    """At no address: 404 as of an incident that there is not; neither in a list nor in a sum."""
    inside, outside = two
    api, page = scene.api("auditor"), scene.page("auditor")
    assert [row["ref"] for row in api.get("incidents/").json()["results"]] == [inside]
    for part in ("", "timeline/", "clocks/", "pages/", "updates/", "roles/"):
        assert api.get(f"incidents/{inside}/{part}").status_code == 200, part
        assert api.get(f"incidents/{outside}/{part}").status_code == 404, part
    assert page.get(f"/o/acme/incidents/{inside}/").status_code == 200
    assert page.get(f"/o/acme/incidents/{outside}/").status_code == 404
    listed = page.get("/o/acme/incidents/?view=all").content
    assert (inside.encode() in listed, outside.encode() in listed) == (True, False)
    assert api.get("metrics/").json()["incidents"] == 1
    assert scene.api("amira").get("metrics/").json()["incidents"] == 2


def test_the_database_itself_keeps_to_it(scene: Scene, two: tuple[str, str]) -> None:
    """Whatever a query asks for, and whatever SQL is injected into it: only rows of the period's incidents, and what is of its time."""
    inside, outside = two
    ids = dict(incident_ids(scene))
    with scope(scene.acme.id, surface="web", user_id=scene.acme.auditor.user_id, auditing=True):
        for table in ("ledger_event", "standard_clock", "oncall_page", "incidents_roleholding", "metrics_incidentfigure"):
            found = {pk for (pk,) in query(f"SELECT DISTINCT incident_id FROM {table} WHERE incident_id IS NOT NULL")}
            assert found == {ids[inside]}, table
        assert query("SELECT ref FROM incidents_incident UNION SELECT ref FROM incidents_historicalincident") == [(inside,)]
        assert query("SELECT count(*) FROM ledger_event WHERE data::text LIKE '%%Nobody of the audit%%'") == [(0,)]
        late = scene.clock.now.isoformat()
        own = "kind = 'auditor.read'"
        assert query(
            f"SELECT count(*) FROM ledger_event WHERE incident_id IS NULL AND occurred_at >= %s AND NOT {own}", late
        ) == [(0,)]
    with scene.acme.scope(scene.acme.amira):
        assert Event.objects.filter(incident_id=ids[outside]).exists()


def incident_ids(scene: Scene) -> Iterator[tuple[str, int]]:
    with scene.acme.scope(scene.acme.amira):
        yield from Incident.objects.values_list("ref", "id")


def test_an_auditor_without_an_engagement_sees_a_sentence_and_nothing_else(scene: Scene) -> None:
    """Every address says why, but the list of engagements and who one is; and the reading is recorded all the same."""
    ref = scene.declare()
    (known,) = scene.api("admin").get("audit/engagements/").json()["results"]
    assert scene.api("auditor").get(f"incidents/{ref}/").status_code == 200
    scene.api("admin").post(f"audit/engagements/{known['id']}/end/", {"reason": "The audit is over."})
    everywhere_refused(scene)
    assert scene.api("auditor").get("audit/engagements/").json()["results"][0]["open"] is False
    home = scene.page("auditor").get("/o/acme/audit/")
    assert home.status_code == 200
    assert b"Your engagement (Inspector &amp; Partners) ended on" in home.content
    with scene.acme.scope():
        assert Event.objects.filter(kind="auditor.read", data__path="/o/acme/triage/").exists()


def everywhere_refused(scene: Scene) -> None:
    """Walk the whole URL table as the auditor."""
    api, page = scene.api("auditor"), scene.page("auditor")
    values = _Whatever()
    wrong: list[str] = []
    for address in addresses.every(addresses.ORGANISATION_TABLE):
        if address.is_admin or address.name in ("audit", "profile", "api-me", "api-audit-engagements"):
            continue
        answer: Any = page.get(address.path(values))
        if answer.status_code != 403 or b"engagement" not in answer.content:
            wrong.append(f"{address}: {answer.status_code}")
    assert wrong == []
    answer = api.get("incidents/")
    assert (answer.status_code, answer.json()["code"], answer.json()["clause"]) == (403, "no_engagement", "people.auditor")


class _Whatever(dict[str, Any]):
    """A value for every parameter: nothing is looked up before the engagement is."""

    def __contains__(self, name: object) -> bool:
        return name != "learnt"

    def __missing__(self, name: str) -> str:
        return "1"


def test_after_expiry_there_is_nothing(scene: Scene) -> None:
    """By the portal, which says when it ended, and by the database, whose own clock ends it."""
    ref = scene.declare()
    made = engage(scene)
    assert scene.api("auditor").get(f"incidents/{ref}/").status_code == 200
    expire(scene, made)
    answer = scene.api("auditor").get(f"incidents/{ref}/")
    assert (answer.status_code, answer.json()["code"]) == (403, "no_engagement")
    with scope(scene.acme.id, surface="web", user_id=scene.acme.auditor.user_id, auditing=True):
        assert query("SELECT count(*) FROM incidents_incident") == [(0,)]
        assert query(
            "SELECT count(*) FROM ledger_event WHERE kind <> 'auditor.read' AND actor_id <> %s", scene.acme.auditor.user_id
        ) == [(0,)]
        assert query("SELECT count(*) FROM muster.population(%s)", made) == [(0,)]


def test_who_is_an_auditor_no_longer_has_no_period(scene: Scene) -> None:
    """Somebody else by the auditor's role in the database sees no incident: the period is a member's whose role is auditor."""
    scene.declare()
    made = engage(scene)
    for person in (scene.acme.jon, scene.acme.admin):
        with scope(scene.acme.id, surface="web", user_id=person.user_id, auditing=True):
            assert query("SELECT count(*) FROM incidents_incident") == [(0,)]
            assert query("SELECT count(*) FROM muster.population(%s)", made) == [(0,)]
    with scope(scene.acme.id, surface="command", auditing=True):
        assert query("SELECT count(*) FROM incidents_incident") == [(0,)], "nor does nobody in particular"


def test_an_engagement_of_another_organisation_opens_nothing_here(scene: Scene) -> None:
    """An auditor of globex holds an open engagement there, and finds nothing of acme's by its id."""
    scene.declare()
    made = engage(scene)
    stranger = scene.door(scene.globex.auditor)
    for what in ("population", "sample", "controls"):
        assert stranger.get(f"audit/engagements/{made}/{what}/").status_code == 404
    with scope(scene.globex.id, surface="web", user_id=scene.globex.auditor.user_id, auditing=True):
        assert query("SELECT count(*) FROM muster.population(%s)", made) == [(0,)]


def test_every_table_of_incidents_keeps_the_period(scene: Scene) -> None:
    """Whatever belongs to an incident has the policy, the auditor's alone; a new table without it fails here."""
    both = "EXISTS (SELECT 1 FROM pg_policy p WHERE p.polrelid = c.oid AND p.polname {})"
    missing = query(
        f"SELECT c.relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid WHERE a.attname = 'incident_id' AND c.relkind = 'r' "
        f"AND {both.format('LIKE %s')} AND NOT {both.format('= %s')}",
        "need_to_know%",
        "period",
    )
    assert missing == []
    roles = query(
        "SELECT DISTINCT r.rolname::text FROM pg_policy p JOIN pg_roles r ON r.oid = ANY (p.polroles) WHERE p.polname = 'period'"
    )
    assert roles == [(settings.AUDITOR_ROLE,)]
