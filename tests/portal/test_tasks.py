"""The tasks, run by a real Celery worker over a real broker: what a verb sets off happens without anybody sweeping."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from email import message_from_bytes
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connections

from incidents import actions
from incidents.states import Severity
from ledger.models import Outbox
from notifications.models import Attempt, QueuedDelivery
from oncall.models import Service
from tests import everything
from tests.conftest import Cast, Installation
from tests.everything import query

pytestmark = [pytest.mark.servers, pytest.mark.system]

PATIENCE_SECONDS = 120  # a worker takes its time to start beside others


def in_database(url: str, name: str) -> str:
    """The same server and role, another database."""
    head, _, query = url.partition("?")
    return f"{head.rpartition('/')[0]}/{name}{'?' + query if query else ''}"


@pytest.fixture
def workers(own_database: Installation, tmp_path: Path) -> Iterator[Path]:
    """Two workers of one host, each with a name of its own, as docs/operations.md has it, on the test's own database.

    Yields the folder where their mail lands.
    """
    environment = {
        **os.environ,
        "DATABASE_URL": in_database(settings.DATABASE_URL, own_database.name),
        "MUSTER_DATA": str(tmp_path),
        "MUSTER_NOW": "",
        "PYTHONWARNINGS": "ignore",
    }
    arguments = ["-A", "portal", "worker", "--concurrency", "1", "--without-gossip", "--without-mingle", "--loglevel", "ERROR"]
    with (tmp_path / "workers.log").open("wb") as log:
        command = [sys.executable, "-m", "celery", *arguments]
        names = [f"--hostname=muster-{os.getpid()}-{number}@%h" for number in range(2)]
        started = [subprocess.Popen([*command, name], env=environment, stdout=log, stderr=log) for name in names]
    try:
        yield tmp_path / "mail"
        assert [one.poll() for one in started] == [None, None], (tmp_path / "workers.log").read_text(encoding="utf-8")
    finally:
        for one in started:
            one.terminate()
        for one in started:
            one.wait(20)


def declare(acme: Cast) -> None:
    """Three people hear of it by e-mail."""
    with acme.scope(acme.jon):
        service = Service.objects.get(slug="checkout")
        actions.declare(by=acme.jon.actor(), title="Nobody can pay", severity=Severity.SEV1, services=[service])


def all_sent(acme: Cast, times: int = 1) -> tuple[set[str], int]:
    """Wait until that was sent so many times. Returns to whom, and how much waits."""
    end = time.monotonic() + PATIENCE_SECONDS
    while True:
        with acme.scope():
            sent = list(
                Attempt.objects.filter(outcome="sent", delivery__channel="email").values_list(
                    "delivery__recipient__email", flat=True
                )
            )
            waiting = Outbox.objects.count() + QueuedDelivery.objects.count()
        if (len(sent) >= 3 * times and not waiting) or time.monotonic() > end:
            return set(sent), waiting
        time.sleep(0.1)


def test_declaring_pages_by_a_worker(own_database: Installation, workers: Path) -> None:
    """A committed verb nudges the worker; its reactions run, its messages are rendered and handed over, nothing is left."""
    acme = own_database.acme
    declare(acme)
    sent, waiting = all_sent(acme)
    assert sent == {acme.amira.email, acme.director.email, acme.exec.email}
    assert waiting == 0
    texts = b"".join(file.read_bytes() for file in workers.iterdir()).split(b"-" * 79)  # those of one second may share a file
    mails = [message_from_bytes(text.lstrip()) for text in texts if text.strip()]
    assert {mail["To"] for mail in mails} == sent
    assert all(mail["X-Muster-Key"] for mail in mails)


def sessions(acme: Cast) -> int:
    """How many connections were ever opened to the database. What a server process has done is counted once it is idle."""
    time.sleep(2)
    with acme.scope():
        return int(query("SELECT sessions FROM pg_stat_database WHERE datname = current_database()")[0][0])


def test_a_worker_keeps_its_connection_over_its_tasks(own_database: Installation, workers: Path) -> None:
    """A task begins with the connection that the one before it had, and with a new one where the database has ended that."""
    acme = own_database.acme
    declare(acme)
    assert all_sent(acme)[1] == 0
    before = sessions(acme)
    for _ in range(5):
        declare(acme)
    assert all_sent(acme, times=6)[1] == 0
    assert sessions(acme) - before <= 5, "five declarations are some twenty tasks"
    others = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = current_user AND pid <> pg_backend_pid()"
    connections.close_all()
    with everything.connected(settings.DATABASE_URL, own_database.name) as ending:
        assert len(ending.execute(others + " AND datname = current_database()").fetchall()) >= 2, "each worker has one"
    declare(acme)
    assert all_sent(acme, times=7)[1] == 0
