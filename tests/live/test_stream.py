"""The live feed: everybody who watches gets each entry once, in the record's order, whatever breaks in between."""

import os
import signal
import threading
import time

import pytest
from django.conf import settings
from django.db import connection

from incidents import actions
from incidents.models import Incident
from ledger.models import Event
from portal import environment
from tests.conftest import as_owner
from tests.everything import connected
from tests.live.conftest import House


def last_seq(house: House) -> int:
    acme = house.installation.acme
    with acme.scope():
        return Event.objects.filter(incident_id=Incident.objects.get(ref="INC-1").pk).latest("seq").seq or 0


def test_an_entry_comes_to_everybody_who_watches(house: House) -> None:
    acme = house.installation.acme
    page, other = house.watch(acme.amira), house.watch(acme.jon)
    machine = house.by_token(acme.jon, after=last_seq(house)).ready()
    house.note(acme.jon, "The **lock** is gone.")
    for watch in (page, other):
        (entry,) = watch.until(lambda w: w.seqs).named("entry")
        assert entry.id == entry.data["seq"] == last_seq(house)
        assert f'id="{entry.data["anchor"]}"' in entry.data["html"]
        assert "<strong>lock</strong>" in entry.data["html"]
    (entry,) = machine.until(lambda w: w.seqs).named("entry")
    assert entry.data["text"] == "The **lock** is gone."
    assert entry.data["actor"] == acme.jon.name
    assert page.headers["X-Accel-Buffering"] == "no"
    assert "Content-Encoding" not in page.headers


def test_an_entry_that_changes_panels_is_followed_by_a_hint(house: House) -> None:
    acme = house.installation.acme
    watch = house.watch(acme.jon)
    house.note(acme.jon, "Only told.")
    with acme.scope(acme.amira):
        actions.claim(Incident.objects.get(ref="INC-1"), by=acme.amira.actor())
    watch.until(lambda w: w.named("changed"))
    changed = next(i for i, said in enumerate(watch.said) if said.name == "changed")
    assert [said.name for said in watch.said[:changed]] == ["ready", "entry", "entry"]  # the note brought no hint
    assert "I have command" in watch.said[changed - 1].data["html"]


def test_writers_at_once_are_seen_in_order_and_once(house: House) -> None:
    """Six people write at the same time: two who watch get every number once, in the record's order, without a gap."""
    acme = house.installation.acme
    first = last_seq(house)
    watches = [house.watch(acme.amira), house.by_token(acme.jon, after=first).ready()]

    def write(number: int) -> None:
        try:
            for turn in range(10):
                house.note(acme.jon, f"{number}.{turn}")
        finally:
            connection.close()

    writers = [threading.Thread(target=write, args=(number,)) for number in range(6)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    for watch in watches:
        watch.until(lambda w: len(w.seqs) >= 60)
        assert watch.seqs == list(range(first + 1, first + 61))


def test_a_stream_resumes_where_it_was(house: House) -> None:
    """By Last-Event-ID, or by ?after=, which it is stronger than; from the record, and from what the process keeps of it."""
    acme = house.installation.acme
    first = last_seq(house)
    for number in range(5):
        house.note(acme.jon, f"Number {number}")
    for _ in range(2):  # the second time the process has them
        watch = house.by_token(acme.jon, after=first + 2).ready()
        assert watch.seqs == [first + 3, first + 4, first + 5]
        watch = house.by_token(acme.jon, after=0, **{"Last-Event-ID": str(first + 4)}).ready()
        assert watch.seqs == [first + 5]
        house.note(acme.jon, "One more")
        watch.until(lambda w: len(w.seqs) == 2)
        assert watch.seqs == [first + 5, first + 6]
        watch.close()
        first += 1


def test_a_long_absence_is_caught_up_from_the_record(house: House) -> None:
    acme = house.installation.acme
    first = last_seq(house)
    with acme.scope(acme.jon):
        incident = Incident.objects.get(ref="INC-1")
        for number in range(450):
            actions.note(incident, by=acme.jon.actor(), text=f"Number {number}")
    assert house.by_token(acme.jon, after=first).ready().seqs == list(range(first + 1, first + 451))


def test_numbers_of_another_life_are_forgotten(house: House) -> None:
    """A client that has a higher number than the record (a restored database) is told to look again, and hears what is new."""
    watch = house.by_token(house.installation.acme.jon, after=100_000).ready()
    assert watch.named("resync")
    assert watch.named("ready")[0].data["seq"] == last_seq(house)
    house.note(house.installation.acme.jon, "New.")
    watch.until(lambda w: w.seqs == [last_seq(house)])


LISTENING = "SELECT pid FROM pg_stat_activity WHERE application_name = 'muster live' AND datname = current_database()"


def terminate(house: House) -> int:
    """End the connection that listens, as an administrator of the database would. Returns how many there were."""
    with connected(settings.DATABASE_URL, house.installation.name) as db:
        return len(db.execute(f"SELECT pg_terminate_backend(pid) FROM ({LISTENING}) AS found").fetchall())


def test_nothing_is_lost_when_the_connection_that_listens_dies(house: House) -> None:
    """What is committed while nobody listens comes all the same, once, with a hint that the page may be old."""
    acme = house.installation.acme
    watches = [house.watch(acme.amira), house.watch(acme.jon)]
    first = last_seq(house)
    for round_ in range(3):
        assert terminate(house) == 1
        for number in range(4):
            house.note(acme.jon, f"{round_}.{number}")
        for watch in watches:
            watch.until(lambda w, r=round_: len(w.named("resync")) > r and len(w.seqs) >= 4 * (r + 1))  # type: ignore[misc]
    for watch in watches:
        assert watch.seqs == list(range(first + 1, first + 13))
        assert watch.named("deaf")


def test_while_nobody_listens_the_stream_says_so(house: House) -> None:
    """The process cannot get its connection back: it says so, and says nothing that sounds alive, until it can."""
    acme = house.installation.acme
    watch = house.watch(acme.jon)
    role, name = environment.database(settings.DATABASE_URL)["USER"], house.installation.name
    with connected(settings.DATABASE_URL, name) as db:
        as_owner(f'REVOKE CONNECT ON DATABASE "{name}" FROM "{role}", PUBLIC')
        db.execute(f"SELECT pg_terminate_backend(pid) FROM ({LISTENING}) AS found")
    watch.until(lambda w: w.named("deaf"))
    assert watch.named("deaf")[0].data["ago"] < 10
    came = len(watch.raw)
    time.sleep(1)
    assert len(watch.raw) == came
    as_owner(f'GRANT CONNECT ON DATABASE "{name}" TO "{role}"')
    house.note(acme.jon, "Again.")
    watch.until(lambda w: w.named("resync") and w.seqs)


def test_a_connection_that_hangs_is_given_up(house: House) -> None:
    """PostgreSQL's process stands still and says nothing: within seconds a new connection listens, and what was missed is sent."""
    acme = house.installation.acme
    watch = house.watch(acme.jon)
    with connected(settings.DATABASE_URL, house.installation.name) as db:
        ((pid,),) = db.execute(LISTENING).fetchall()
    try:
        os.kill(pid, signal.SIGSTOP)
    except (ProcessLookupError, PermissionError):
        pytest.skip("PostgreSQL runs where this test cannot stop a process of it.")
    try:
        house.note(acme.amira, "Unheard.")
        watch.until(lambda w: w.named("resync") and w.seqs)
        assert watch.named("deaf")[0].data["ago"] > 1  # since when, not since it was noticed
    finally:
        os.kill(pid, signal.SIGCONT)
    house.note(acme.amira, "Heard.")
    watch.until(lambda w: len(w.seqs) == 2)


def test_a_slow_reader_is_told_and_misses_nothing(house: House) -> None:
    """A reader that takes nothing does not make the process grow: what waits for it is dropped and read from the record later."""
    import socket
    from urllib.parse import urlsplit

    acme = house.installation.acme
    first = last_seq(house)
    parts = urlsplit(house.url)
    with socket.socket() as slow:
        slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        slow.connect((parts.hostname, parts.port))
        slow.sendall(
            f"GET /api/v1/incidents/INC-1/stream?after={first} HTTP/1.1\r\nHost: 127.0.0.1\r\n"
            f"Authorization: Bearer {acme.jon.token}\r\n\r\n".encode()
        )
        assert b"200 OK" in slow.recv(200)
        quick = house.by_token(acme.amira, after=first).ready()
        text = "x" * 9000
        with acme.scope(acme.jon):
            incident = Incident.objects.get(ref="INC-1")
        for _ in range(400):  # more than the sockets of both ends hold
            with acme.scope(acme.jon):
                actions.note(incident, by=acme.jon.actor(), text=text)
        quick.until(lambda w: len(w.seqs) == 400)
        waiting = [len(stream.waiting) for stream in streams()]
        assert max(waiting) <= 64
        slow.settimeout(10)
        got = b""
        while f"id: {first + 400}\n".encode() not in got:
            got += slow.recv(65536)
        numbers = [int(part.split(b"\n")[0]) for part in got.split(b"\nid: ")[1:]]
        assert numbers == sorted(set(numbers))
        assert b"event: resync" in got


def streams() -> list:  # type: ignore[type-arg]
    from portal.live.endpoint import LIVE

    assert LIVE.hub is not None
    return list(LIVE.hub.streams)
