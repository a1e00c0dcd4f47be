"""What a page costs does not grow with what is on it: literal numbers of queries, for a short record and a long one."""

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from incidents import actions
from incidents.facts import room_facts_sql
from incidents.models import Incident
from incidents.states import Severity
from ledger.actions import configure
from standard.models import Calendar, CalendarDay
from tests.conftest import Cast, Person
from tests.everything import query
from tests.incidents.scene import Scene
from tests.incidents.test_who_is_called import others_own
from tests.oncall.planning import layer, made, monday, override, plan
from tests.postmortems.filing import filed

pytestmark = pytest.mark.servers

SEEN = 14  # of the war room, signing in and opening the scope included; one more where a team that is called has a schedule
LIST = 13


def asked(client: Client, path: str) -> list[str]:
    """The queries that a page asks, but the savepoints that only a test's outer transaction makes."""
    with CaptureQueriesContext(
        connection,
    ) as captured:
        assert client.get(path).status_code == 200
    return [q["sql"] for q in captured.captured_queries if not q["sql"].startswith(("SAVEPOINT", "RELEASE", "ROLLBACK"))]


@pytest.fixture
def incident(acme: Cast, follow: Callable[[], int]) -> Incident:
    """A SEV 1 with a commander, whose people were paged."""
    with acme.scope(acme.amira):
        found = actions.declare(by=acme.amira.actor(), title="Checkout fails", severity=Severity.SEV1)
        actions.claim(found, by=acme.amira.actor())
    follow()
    return found


def test_the_facts_are_read_as_the_code_says(acme: Cast) -> None:
    """The function in the database is the newest migration's: whoever changes a part of the room makes it again."""
    ((installed,),) = query("SELECT prosrc FROM pg_proc WHERE oid = 'muster.room_facts'::regproc")
    assert f"$facts${installed}$facts$" in room_facts_sql()


def test_the_war_room(acme: Cast, browse: Callable[[Person], Client], incident: Incident) -> None:
    client = browse(acme.amira)
    path = f"/o/acme/incidents/{incident.ref}/"
    client.get(path)  # the law is read once a process
    costs = []
    for entries in (20, 180):
        with acme.scope(acme.jon):
            for number in range(entries):
                actions.note(incident, by=acme.jon.actor(), text=f"Entry **{number}**")
        queries = asked(client, path)
        costs.append(len(queries))
    assert costs[0] == costs[1], "the record's length"
    assert costs[1] <= SEEN + 1, "\n".join(queries)  # one gives the outer transaction of a test its context back


def test_the_war_room_at_work(acme: Cast, browse: Callable[[Person], Client], incident: Incident) -> None:
    """Orders, changes, hypotheses and people cost nothing more, however many they are."""
    client = browse(acme.amira)
    path = f"/o/acme/incidents/{incident.ref}/"
    client.get(path)
    amira, jon = acme.amira.actor(), acme.jon.actor()
    costs = []
    for more in (2, 25):
        for person in (acme.jon, acme.mei)[: 1 + (more > 2)]:
            with acme.scope(person):
                actions.note(incident, by=person.actor(), text="Here")
        with acme.scope(acme.amira):
            for number in range(more):
                actions.order(incident, by=amira, to=acme.jon.email, text=f"Order {number}")
                actions.state_hypothesis(incident, by=jon, text=f"Cause {number}")
                actions.propose(incident, by=jon, text=f"Change {number}")
        costs.append(len(asked(client, path)))
    assert costs[0] == costs[1]
    assert costs[1] <= SEEN + 1


def test_who_is_called_next_costs_the_same_for_two_teams_with_a_schedule_as_for_one(scene: Scene) -> None:
    """What is asked of schedules, layers and overrides is asked of all teams at once."""
    plan(scene, start=monday(scene))
    others_own(scene, "search")
    made(scene.api("admin").post("schedules/", {"name": "Data", "slug": "data", "team": "data", "time_zone": "UTC"}))
    for person, duty in (("mei", "primary"), ("jon", "secondary")):
        begins = f"{scene.clock.now:%Y-%m-%d}"
        made(scene.api("admin").post("schedules/data/layers/", layer(scene, person, duty=duty, starts_on=begins)))
    made(override(scene, "mei", scene.clock.now, scene.clock.now + timedelta(hours=8)))
    client, costs = scene.page("amira"), []
    for services in (["checkout"], ["checkout", "search"]):
        path = f"/o/acme/incidents/{scene.declare(severity='SEV2', services=services)}/"
        scene.follow()
        client.get(path)  # the law is read once a process
        costs.append(len(asked(client, path)))
        assert client.get(path).content.decode().count("Next: ") == len(services)
    assert costs[0] == costs[1]
    assert costs[1] <= SEEN + 1 + 1


def test_what_follows_from_an_incident_costs_one_query_more(scene: Scene) -> None:
    """The organisation's calendar, with its own days, for the days on which action items are due."""
    ref = scene.commanded()
    by = scene.acme.admin.actor()
    with scene.acme.scope(scene.acme.admin):
        for day in (24, 31):
            configure(CalendarDay(), {"calendar": Calendar.objects.get(), "day": date(2026, 12, day)}, by=by)
    scene.follow()
    client, path, costs = scene.page("amira"), f"/o/acme/incidents/{ref}/", []
    client.get(path)  # the law is read once a process
    for more in (0, 1, 20):
        for number in range(more):
            filed(scene, ref, title=f"Nr {number}")
        costs.append(len(asked(client, path)))
    assert costs == [costs[0], costs[0] + 1, costs[0] + 1]
    assert costs[2] <= SEEN + 1 + 1


def test_the_panels_of_a_live_room(acme: Cast, browse: Callable[[Person], Client], incident: Incident) -> None:
    """They are asked for after each entry that changes some, so they read no record."""
    client = browse(acme.amira)
    path = f"/o/acme/incidents/{incident.ref}/panels/"
    client.get(path)
    queries = asked(client, path)
    assert len(queries) <= SEEN, "\n".join(queries)
    assert not any('FROM "ledger_event"' in query for query in queries)


def test_the_list(acme: Cast, browse: Callable[[Person], Client]) -> None:
    client = browse(acme.amira)
    costs = []
    for more in (1, 20):
        with acme.scope(acme.amira):
            for number in range(more):
                actions.declare(by=acme.amira.actor(), title=f"Nr {number}", severity=Severity.SEV2)
        costs.append(len(asked(client, "/o/acme/incidents/")))
    assert costs[0] == costs[1]
    assert costs[1] <= LIST + 1
