"""Real processes, killed with -9 while they have something in their hands: nothing that was accepted is lost.

Each test first shows that its kill hits something in flight. Rows are counted as the owner role; pages are counted at the SMTP
sink, by the key that every attempt of one page carries.
"""

import threading
import time

import httpx
import psutil
import pytest
import redis

from tests.portal.embedded import until
from tests.system.alerts import RETRIED_WITHIN, Volley, every_page_went_out_under_one_key
from tests.system.installation import PORTAL, SERVERS, Installation, Tenant

pytestmark = pytest.mark.system


@pytest.fixture(autouse=True)
def servers_of_our_own(muster: Installation) -> None:
    """Nobody's servers are killed but ours."""
    if muster.given is not None:
        pytest.skip("the environment's servers are not ours to kill; without DATABASE_ADMIN_URL these tests run on their own")


def talk_to_sink(muster: Installation, name: str) -> int:
    """How many open connections to the SMTP sink this process and its children hold."""
    connections = (found for process in muster.processes(name) for found in process.net_connections("tcp"))
    return sum(
        1
        for found in connections
        if found.raddr and found.raddr[1] == muster.sink.port and found.status == psutil.CONN_ESTABLISHED
    )


def queued(muster: Installation) -> int:
    """Messages that the broker holds: waiting, or handed to a worker and not acknowledged."""
    broker = redis.Redis(unix_socket_path=muster.broker_socket)
    try:
        return int(broker.llen("celery")) + int(broker.hlen("unacked"))
    finally:
        broker.close()


def test_a_worker_killed_between_commit_and_send(muster: Installation, globex: Tenant) -> None:
    """Its page is tried again, under the same key, as soon as the dead worker's lease has ended."""
    volley = Volley(muster, globex, "worker")
    muster.sink.hold()
    volley.fire(6)
    assert len(volley.accepted) == 6
    until(lambda: talk_to_sink(muster, "worker") and volley.started_unsent() and volley.at_sink())
    in_flight = volley.started_unsent()
    assert talk_to_sink(muster, "worker") > 0, "the kill would hit nothing in flight"
    assert in_flight > 0

    muster.kill("worker")
    muster.sink.release()
    muster.start("worker")

    until(volley.all_paged, RETRIED_WITHIN)
    assert volley.lost() == set()
    # A mail server may still take what the dead worker had sent, so that all have arrived before its lease has ended.
    until(lambda: max(volley.at_sink().values()) >= 2, RETRIED_WITHIN)
    assert max(volley.at_sink().values()) >= 2, "what was in flight was not tried again"
    every_page_went_out_under_one_key(volley)


def test_the_broker_killed_with_messages_in_it(muster: Installation, globex: Tenant) -> None:
    """What it held, and what comes while it is away, goes out; afterwards the worker works again."""
    volley = Volley(muster, globex, "broker")
    muster.sink.hold()
    volley.fire(10)
    until(lambda: volley.started_unsent() and volley.at_sink())
    assert queued(muster) > 0, "the kill would hit nothing in flight"

    muster.kill("valkey")
    muster.sink.release()
    volley.fire(5)
    assert len(volley.accepted) == 15, "an alert was refused while the broker was away"
    muster.start("valkey")

    until(volley.all_paged, RETRIED_WITHIN)
    muster.wait_ready()
    volley.fire(5)
    until(volley.all_paged, RETRIED_WITHIN)
    assert len(volley.accepted) == 20
    assert volley.lost() == set()
    every_page_went_out_under_one_key(volley)


class Notes(threading.Thread):
    """Somebody who writes one note after the other, and remembers which were answered with 2xx."""

    def __init__(self, globex: Tenant, ref: str, stop: threading.Event, label: str) -> None:
        super().__init__(name=label)
        self.api = globex.api("amira")
        self.ref = ref
        self.stop = stop
        self.accepted: list[str] = []
        self.failed = 0
        self.asking = False

    def run(self) -> None:
        """Until told to stop."""
        number = 0
        while not self.stop.is_set():
            number += 1
            text = f"{self.name} {number}"
            self.asking = True
            try:
                status = self.api.ask(f"incidents/{self.ref}/note/", {"text": text}).status_code
            except httpx.HTTPError:
                status = 0
            self.asking = False
            if 200 <= status < 300:
                self.accepted.append(text)
            else:
                self.failed += 1
                time.sleep(0.05)


def test_the_database_killed_under_load(muster: Installation, globex: Tenant) -> None:
    """Every alert and every verb that was answered with 2xx is there afterwards, and the record has no gap."""
    ref = globex.api("amira").post("incidents/", {"title": "Under load", "severity": "SEV3"}, expect=201)["ref"]
    volley = Volley(muster, globex, "database")
    stop = threading.Event()
    notes = [Notes(globex, ref, stop, label) for label in ("first", "second")]

    def alerts() -> None:
        while not stop.is_set() and volley.asked < 400:
            volley.fire()
            time.sleep(0.05)

    loads = [*notes, threading.Thread(target=alerts)]
    for load in loads:
        load.start()
    try:
        until(lambda: len(volley.accepted) >= 15 and all(len(note.accepted) >= 5 for note in notes), 30)
        in_flight = volley.asking + sum(note.asking for note in notes)
        muster.kill("postgres")
        until(lambda: volley.failed and all(note.failed for note in notes), 30)
        before = len(volley.accepted), *(len(note.accepted) for note in notes)
        muster.start("postgres")
        until(
            lambda: (
                len(volley.accepted) > before[0] + 5
                and all(len(n.accepted) > b + 3 for n, b in zip(notes, before[1:], strict=True))
            ),
            40,
        )
    finally:
        stop.set()
        for load in loads:
            load.join()

    assert in_flight > 0, "the kill hit nothing in flight"
    assert volley.lost() == set()
    rows = muster.rows(
        "SELECT e.seq, e.kind, e.data ->> 'text' FROM ledger_event e JOIN incidents_incident i ON i.id = e.incident_id"
        " WHERE i.ref = %s AND i.organisation_id = e.organisation_id AND e.organisation_id ="
        " (SELECT id FROM tenants_organisation WHERE slug = 'globex') ORDER BY e.seq",
        ref,
    )
    written = [text for _, kind, text in rows if kind == "incident.noted"]
    for note in notes:
        assert set(note.accepted) <= set(written)
    assert len(written) >= sum(len(note.accepted) for note in notes)
    assert [seq for seq, _, _ in rows] == list(range(1, len(rows) + 1))
    until(volley.all_paged, 60)
    every_page_went_out_under_one_key(volley)


def test_everything_killed_and_started_again_on_the_same_data(muster: Installation, globex: Tenant) -> None:
    """Every accepted alert is there, and every page goes out, attempted at least once, under one key."""
    volley = Volley(muster, globex, "everything")
    muster.sink.hold()
    volley.fire(40)
    assert len(volley.accepted) == 40
    until(lambda: volley.started_unsent() and volley.at_sink())
    assert volley.started_unsent() > 0, "the kill would hit nothing in flight"
    assert queued(muster) > 0
    assert len(volley.accepted_at_sink()) == 0

    muster.kill(*PORTAL, *SERVERS)
    muster.sink.release()
    muster.start(*SERVERS, *PORTAL)
    muster.wait_ready()

    assert volley.lost() == set()
    until(volley.all_paged, 60)
    assert max(volley.at_sink().values()) >= 2, "what was in flight was not tried again"
    every_page_went_out_under_one_key(volley)


def test_a_mail_server_that_refuses_for_a_while(muster: Installation, globex: Tenant) -> None:
    """Its refusals are recorded as attempts, and the page goes out once it takes mail again."""
    volley = Volley(muster, globex, "refused")
    refused = muster.sink.turned_away
    muster.sink.refusal = "451 4.3.0 Try again later"
    volley.fire(2)
    assert len(volley.accepted) == 2
    until(lambda: muster.sink.turned_away >= refused + 3)
    muster.sink.refusal = "421 4.3.2 Too busy"
    until(lambda: muster.sink.turned_away >= refused + 5)
    muster.sink.behave()

    until(volley.all_paged, RETRIED_WITHIN)
    outcomes = muster.rows(
        "SELECT outcome, detail FROM notifications_attempt WHERE delivery_id::text = ANY(%s) ORDER BY id",
        [key.partition("-")[2] for key in volley.page_keys()],
    )
    assert "Try again later" in next(detail for outcome, detail in outcomes if outcome == "failed")
    assert sum(1 for outcome, _ in outcomes if outcome == "failed") >= 5
    assert sum(1 for outcome, _ in outcomes if outcome == "sent") == 2
    every_page_went_out_under_one_key(volley)


def test_the_broker_gone_for_good(muster: Installation, globex: Tenant) -> None:
    """A page still goes out within 15 seconds, by the loop that never touches the broker."""
    muster.kill("valkey")
    volley = Volley(muster, globex, "alone")
    for _ in range(2):
        began = time.monotonic()
        volley.fire()
        assert len(volley.accepted) == volley.asked
        until(volley.all_paged, 15)
        assert time.monotonic() - began < 15
    assert not muster.runs("valkey")
    every_page_went_out_under_one_key(volley)
