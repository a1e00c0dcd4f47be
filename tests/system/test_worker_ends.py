"""A real worker and a real broker: it ends in time when it is told to, and goes on when its broker comes back, whatever it has in hand."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
import redis
from celery import Celery

from portal import ending
from portal.embedded import signs
from portal.embedded.process import Child, Program
from portal.embedded.servers import socket_folder
from portal.embedded.supervisor import Supervisor
from portal.embedded.valkey import EmbeddedValkey
from portal.working import BUSY_EVERY_SECONDS
from tests.portal.embedded import fresh_folder, until

pytestmark = pytest.mark.system

CHECKOUT = Path(__file__).resolve().parents[2]
QUEUE = "naps"
STARTED_WITHIN = 60.0
PATIENCE = Program("", (), {}).grace
"""How long the supervisor waits after SIGTERM before it becomes rough."""
SETTINGS_ONLY = {
    "MUSTER_SECRET_KEY": "only-for-a-worker-that-naps-0123456789-abcdefghijklmnopqrstuvwxyz-ABCDEFGH",
    "MUSTER_CONTEXT_KEY": "only-for-a-worker-that-naps-too-0123456789",
    "MUSTER_BASE_URL": "http://127.0.0.1:1",
    "MUSTER_QUEUE": QUEUE,
    "DATABASE_URL": "postgresql://muster_app@/muster?host=/nonexistent",
    "DATABASE_AUDITOR_URL": "postgresql://muster_auditor@/muster?host=/nonexistent",
    "CACHE_URL": "redis://127.0.0.1:1/1",
}


class Bench:
    """A broker, and a worker of its own at a time."""

    def __init__(self, data: Path, sockets: Path, supervisor: Supervisor) -> None:
        self.data = data
        self.sign = data / "worker.sign"
        self._supervisor = supervisor
        self._valkey = EmbeddedValkey(data / "valkey", sockets)
        self.broker: Child = self._valkey.start(supervisor)
        self._sending = Celery(
            broker=self._valkey.broker_url, set_as_current=False
        )  # other tests of this process ask for the portal's
        self._sending.conf.task_default_queue = QUEUE

    def start_broker(self) -> None:
        """Start it on the data that is there."""
        self.broker = self._valkey.start(self._supervisor)

    def kill_broker(self) -> None:
        """`kill -9`, and it is gone."""
        self.broker.signal(signal.SIGKILL)
        until(lambda: self.broker.ended() is not None)

    def start_worker(self) -> "subprocess.Popen[bytes]":
        """Start one; `works()` waits until it does."""
        ours = ("DATABASE_", "PG", "MUSTER_", "BROKER_", "CACHE_")
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
        self.sign.touch()
        told = {"BROKER_URL": self._valkey.broker_url, signs.VARIABLE: str(self.sign), "PYTHONWARNINGS": "ignore"}
        environment = {**inherited, **SETTINGS_ONLY, **told}
        arguments = ("--concurrency", "2", "--without-gossip", "--without-mingle", "--without-heartbeat", "--loglevel", "ERROR")
        command = [sys.executable, "-m", "celery", "-A", "tests.system.napping", "worker", *arguments]
        with (self.data / "worker.log").open("ab") as log:
            return subprocess.Popen(command, env=environment, cwd=CHECKOUT, stdout=log, stderr=log, process_group=0)

    def works(self) -> None:
        """Wait until a task that is sent now has been done."""
        mark = self.data / "mark"
        self.send(1, leave=str(mark))
        until(mark.exists, STARTED_WITHIN)
        mark.unlink()

    def forget(self) -> None:
        """Let the broker hold nothing: what a test left unacknowledged would come again."""
        with redis.Redis(unix_socket_path=str(self._valkey.socket)) as asking:
            asking.flushdb()

    def send(self, count: int, seconds: float = 0.0, leave: str = "") -> None:
        """Ask for so many naps."""
        for _ in range(count):
            self._sending.send_task("tests.nap", (seconds, leave))

    def unacknowledged(self) -> int:
        """How many messages a worker has in its hands."""
        with redis.Redis(unix_socket_path=str(self._valkey.socket)) as asking:
            return int(asking.hlen("unacked"))


@pytest.fixture(scope="module")
def bench() -> Iterator[Bench]:
    """A broker, made once."""
    with fresh_folder() as data, socket_folder(data.resolve()) as sockets, Supervisor(data.resolve()) as supervisor:
        yield Bench(data.resolve(), sockets, supervisor)


@pytest.fixture
def worker(bench: Bench) -> Iterator["subprocess.Popen[bytes]"]:
    """A worker that works; whatever it did, nothing of it is left afterwards."""
    if bench.broker.ended() is not None:
        bench.start_broker()
    bench.forget()
    started = bench.start_worker()
    try:
        bench.works()
        yield started
    finally:
        if started.poll() is None:
            os.killpg(started.pid, signal.SIGKILL)
            started.wait()


def ends(worker: "subprocess.Popen[bytes]") -> int:
    """Tell it to end, and wait no longer than its supervisor would; its processes go with it. Returns its exit status."""
    pool = psutil.Process(worker.pid).children(recursive=True)
    assert pool, "it has no processes of its own"
    worker.terminate()
    status = worker.wait(PATIENCE)
    until(lambda: not any(process.is_running() and process.status() != psutil.STATUS_ZOMBIE for process in pool))
    return status


def test_told_to_end_right_after_nudges(bench: Bench, worker: "subprocess.Popen[bytes]") -> None:
    """While messages come in, its pool's last results may be read by nobody any more. It ends by itself all the same."""
    bench.send(40)
    assert ends(worker) == 0


def test_told_to_end_in_a_task_that_does_not(bench: Bench, worker: "subprocess.Popen[bytes]") -> None:
    """The kernel ends it, when its time is over, and its pool with it."""
    bench.send(2, seconds=600)
    until(lambda: bench.unacknowledged() == 2)
    assert ends(worker) == -signal.SIGALRM
    assert ending.SECONDS < PATIENCE, "the supervisor would have been rough by then"


def test_told_to_end_while_the_broker_says_nothing(bench: Bench, worker: "subprocess.Popen[bytes]") -> None:
    """A broker that hangs, which no error tells of."""
    bench.send(3, seconds=0.2)
    until(lambda: bench.unacknowledged() > 0)
    bench.broker.signal(signal.SIGSTOP)
    try:
        assert ends(worker) in {0, -signal.SIGALRM}
    finally:
        bench.broker.signal(signal.SIGCONT)


def test_told_to_end_after_the_broker_was_killed(bench: Bench, worker: "subprocess.Popen[bytes]") -> None:
    """It is connecting again by then, or was about to."""
    bench.send(3, seconds=0.2)
    until(lambda: bench.unacknowledged() > 0)
    bench.kill_broker()
    assert ends(worker) in {0, -signal.SIGALRM}


def test_it_leaves_signs_while_it_works_and_none_while_nothing_is_asked(bench: Bench, worker: "subprocess.Popen[bytes]") -> None:
    """A task that is taken up is one; and as long as all its processes are at work on something long it says so itself."""

    def times(seconds: float) -> int:
        """How often it leaves a sign in so many seconds."""
        seen, end = {bench.sign.stat().st_mtime_ns}, time.monotonic() + seconds
        while time.monotonic() < end:
            time.sleep(0.05)
            seen.add(bench.sign.stat().st_mtime_ns)
        return len(seen) - 1

    time.sleep(2 * signs.EVERY_SECONDS)
    assert times(2 * BUSY_EVERY_SECONDS) == 0, "it was not asked for anything"
    bench.send(2, seconds=600)
    until(lambda: bench.unacknowledged() == 2)
    time.sleep(2 * signs.EVERY_SECONDS)
    assert times(3 * BUSY_EVERY_SECONDS) >= 2


def test_the_broker_killed_with_messages_in_the_workers_hands(bench: Bench, worker: "subprocess.Popen[bytes]") -> None:
    """The same worker connects again, and works: losing a connection is not the end of it, whatever it still had to say there."""
    for _ in range(3):
        bench.send(5, seconds=0.3)
        until(lambda: bench.unacknowledged() >= 3)
        time.sleep(0.5)  # into the second tasks: it listens for more, and has not acknowledged these
        assert bench.unacknowledged() > 2, "the kill would hit nothing that waits in its hands"
        bench.kill_broker()
        time.sleep(1)  # it is refused at least once
        bench.start_broker()
        bench.works()
        assert worker.poll() is None, "another one would have had to be started"
