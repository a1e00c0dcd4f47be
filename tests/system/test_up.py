"""`manage.py up` itself, as somebody starts it: what it promises about starting, hanging, being killed and stopping.

Three starts in all, on two data folders. Whatever belongs to a folder is found in /proc: by the mark in its environment, its command line, or
(PostgreSQL overwrites both) where it works.
"""

import contextlib
import json
import os
import signal
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, LiteralString

import httpx
import psutil
import psycopg
import pytest

from portal.embedded.orphans import MARK
from portal.embedded.welcome import read_demo
from tests.portal.embedded import fresh_folder, until
from tests.system.alerts import Volley, every_page_went_out_under_one_key
from tests.system.installation import Tenant
from tests.system.sink import Sink, free_port

pytestmark = [pytest.mark.system]

CHECKOUT = Path(__file__).resolve().parents[2]
PATIENCE = 300.0
ROLES = {"practitioner", "process_owner", "administrator", "auditor", "support", "executive"}
PAGED_WITHIN = 120.0
REPLACED_WITHIN = 120.0


class Up:
    """One `manage.py up` after the other on one data folder."""

    def __init__(self, data: Path, sink: Sink, *options: str) -> None:
        self.data = data.resolve()
        self.sink = sink
        self.port = free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        self.http = httpx.Client(base_url=self.address, timeout=30, trust_env=False)
        self._options = options
        self._process: subprocess.Popen[bytes] | None = None
        self._output = self.data.with_name(f"{self.data.name}.output")

    def command(self, port: int) -> list[str]:
        """How it is called."""
        return [sys.executable, "manage.py", "up", "--port", str(port), "--data", str(self.data), *self._options]

    def environment(self) -> dict[str, str]:
        """As somebody's shell has it, with a mail server."""
        ours = ("DATABASE_", "PG", "MUSTER_", "SMTP_", "BROKER_", "CACHE_")
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
        return {**inherited, "SMTP_HOST": "127.0.0.1", "SMTP_PORT": str(self.sink.port), "SMTP_FROM": "muster@portal.example"}

    def start(self) -> None:
        """Start it, and wait until it says that it is ready. How fast that is, `bench idle` tells."""
        began = time.monotonic()
        with self._output.open("wb") as output:
            self._process = subprocess.Popen(
                self.command(self.port), cwd=CHECKOUT, env=self.environment(), stdout=output, stderr=subprocess.STDOUT
            )
        while "Muster is ready" not in self.said():
            assert self._process.poll() is None, self.said()
            assert time.monotonic() - began < PATIENCE, f"not ready after {PATIENCE:.0f} s:\n{self.said()}"
            time.sleep(0.05)

    def running(self) -> None:
        """Start it where it does not run."""
        if self._process is None or self._process.poll() is not None:
            self.start()

    def said(self) -> str:
        """What stands on the terminal."""
        return self._output.read_text(errors="replace")

    def terminate(self) -> int:
        """SIGTERM, and its exit status."""
        assert self._process is not None
        self._process.terminate()
        return self._process.wait(90)

    def kill_everything(self) -> list[str]:
        """`kill -9` of all of it, the supervisor first, who would start the others again. Returns the names of whom it hit."""
        assert self._process is not None
        victims = [psutil.Process(self._process.pid), *self.processes()]
        names = [victim.name() for victim in victims]
        for victim in victims:
            with_fate(victim)
        self._process.wait()
        until(lambda: not self.processes())
        return names

    def processes(self) -> list[psutil.Process]:
        """Everything that belongs to the data folder, by what /proc tells of each process of this machine."""
        return [process for process in psutil.process_iter() if process.pid != os.getpid() and self._owns(process)]

    def pid(self, name: str) -> int:
        """The process id of one of its children, as it writes it down for people."""
        return int((self.data / "run" / f"{name}.pid").read_text())

    def tenant(self, slug: str) -> Tenant:
        """One of the demo's organisations."""
        demo = read_demo(self.data)
        assert demo is not None
        return Tenant(self.http, next(told for told in demo["organisations"] if told["slug"] == slug))

    def rows(self, statement: LiteralString, *values: object) -> list[tuple[Any, ...]]:
        """Rows of the database, as the owner role: the walls hide nothing from it."""
        serving = psutil.Process(self.pid("web")).environ()["DATABASE_URL"]
        with psycopg.connect(serving.replace("//muster_app@", "//muster_owner@"), autocommit=True, connect_timeout=5) as database:
            return database.execute(statement, values).fetchall()

    def value(self, statement: LiteralString, *values: object) -> Any:
        """The one value that a statement answers."""
        return self.rows(statement, *values)[0][0]

    def close(self) -> None:
        """Leave nothing behind, whatever a test did."""
        self.http.close()
        if self._process is not None and self._process.poll() is None:
            self.kill_everything()
        for left in self.processes():
            with_fate(left)
        until(lambda: not self.processes())
        self._output.unlink(missing_ok=True)

    def _owns(self, process: psutil.Process) -> bool:
        here = str(self.data)
        tells: tuple[Callable[[], bool], ...] = (
            lambda: process.environ().get(MARK) == here,
            lambda: any(here in word for word in process.cmdline()),
            lambda: Path(process.cwd()).is_relative_to(self.data),
        )
        for told in tells:
            with contextlib.suppress(psutil.Error, OSError):
                if told():
                    return bool(process.status() != psutil.STATUS_ZOMBIE)
        return False


def with_fate(process: psutil.Process) -> None:
    """`kill -9`, if it is not too late."""
    try:
        process.kill()
    except psutil.NoSuchProcess:
        return


@contextmanager
def an_up(sink: Sink, *options: str) -> Iterator[Up]:
    """One on a folder of its own."""
    with fresh_folder() as data:
        made = Up(data, sink, *options)
        try:
            yield made
        finally:
            made.close()


@pytest.fixture(scope="module")
def sink() -> Iterator[Sink]:
    """A real mail server."""
    with Sink() as made:
        yield made


@pytest.fixture(scope="module")
def begun(sink: Sink) -> Iterator[Up]:
    """The one that most of the tests share."""
    with an_up(sink) as made:
        yield made


@pytest.fixture
def up(begun: Up) -> Iterator[Up]:
    """It runs."""
    begun.sink.behave()
    begun.running()
    yield begun
    begun.sink.behave()


def test_everything_a_newcomer_needs_is_said(up: Up) -> None:
    """The address, who may sign in, one line that fires an alert; and demo.json, which nobody else may read."""
    said = up.said()
    file = up.data / "demo.json"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    told = json.loads(file.read_text())
    assert set(told) == {"base_url", "organisations"}
    assert told["base_url"] == up.address
    assert f"Muster is ready: {up.address}" in said
    assert sum(line.strip().startswith("curl ") for line in said.splitlines()) == 1
    assert [organisation["slug"] for organisation in told["organisations"]] == ["acme", "globex"]
    for organisation in told["organisations"]:
        assert set(organisation) == {"slug", "people", "keys"}
        assert organisation["keys"]["alertmanager"] in said or organisation["slug"] == "globex"
        people = organisation["people"]
        assert {role for person in people for role in person["roles"]} == ROLES
        assert sum("practitioner" in person["roles"] for person in people) >= 3
        for person in people:
            assert set(person) == {"email", "password", "roles", "token"}
            assert person["email"] in said
            assert person["password"] in said
            answer = up.http.get("/api/v1/incidents/", headers={"Authorization": f"Bearer {person['token']}"})
            assert answer.status_code == 200, person["email"]


def test_a_second_one_on_the_same_data_says_so(up: Up) -> None:
    """It names the first one's process and address, ends with an error, and disturbs nothing."""
    second = subprocess.run(
        up.command(free_port()), cwd=CHECKOUT, env=up.environment(), capture_output=True, text=True, timeout=60, check=False
    )
    assert second.returncode != 0
    lock = json.loads((up.data / "lock").read_text())
    sentence = f"already runs on the data in {up.data} (process {lock['pid']}, {up.address})"
    assert sentence in second.stdout + second.stderr
    assert up.http.get("/readyz").status_code == 200


def test_a_worker_that_hangs_is_replaced_and_pages_go_out(up: Up) -> None:
    """SIGSTOP, to it and its pool: it runs, and does nothing. Meanwhile others send; then it is killed, and another one works."""
    volley = Volley(up, up.tenant("acme"), "hung")
    sign = up.data / "run" / "worker.sign"
    alive = sign.stat().st_mtime_ns
    until(lambda: sign.stat().st_mtime_ns > alive, REPLACED_WITHIN)  # one that never left a sign may still be starting
    stopped = up.pid("worker")
    pool = psutil.Process(stopped).children()
    os.killpg(stopped, signal.SIGSTOP)
    volley.fire(3)
    assert len(volley.accepted) == 3
    until(lambda: volley.all_paged(), PAGED_WITHIN)
    assert psutil.Process(stopped).status() == psutil.STATUS_STOPPED, "it was not hung while they went out"

    until(lambda: up.pid("worker") != stopped, REPLACED_WITHIN)
    until(lambda: not any(one.is_running() and one.status() != psutil.STATUS_ZOMBIE for one in pool))
    since = sign.stat().st_mtime_ns
    until(lambda: sign.stat().st_mtime_ns > since, REPLACED_WITHIN)
    assert "worker   | it hangs: no sign of life for" in up.said()
    assert "supervisor: it hangs" in (up.data / "log" / "worker.log").read_text()
    assert 'muster_processes_replaced{process="worker"} 1.0' in up.http.get("/metrics").text
    volley.fire(2)
    assert len(volley.accepted) == 5
    until(lambda: volley.all_paged(), PAGED_WITHIN)
    every_page_went_out_under_one_key(volley)


def test_everything_killed_in_the_middle_of_alerts_and_started_again(up: Up) -> None:
    """`kill -9` of all there is, database and broker too. Nothing that was answered with 2xx is lost, and every page goes out."""
    volley = Volley(up, up.tenant("globex"), "killed")
    before = (up.data / "demo.json").read_bytes()
    stop = threading.Event()

    def alerts() -> None:
        while not stop.is_set() and volley.asked < 400:
            volley.fire()

    firing = threading.Thread(target=alerts)
    up.sink.hold()
    firing.start()
    try:
        until(lambda: len(volley.accepted) >= 20 and volley.started_unsent() and volley.at_sink() and volley.asking, PAGED_WITHIN)
        in_flight = volley.asking
        hit = up.kill_everything()
    finally:
        stop.set()
        firing.join()
    assert in_flight, "the kill hit no request in flight"
    assert {"postgres", "valkey-server"} <= set(hit)
    assert len(hit) >= 8

    up.start()
    assert volley.lost() == set()
    assert not volley.accepted_at_sink(), "nothing had been delivered when it was killed: all of it was in flight"
    up.sink.release()
    until(lambda: volley.all_paged(), PAGED_WITHIN)
    assert max(volley.at_sink().values()) >= 2, "what was in flight was not tried again"
    every_page_went_out_under_one_key(volley)
    assert (up.data / "demo.json").read_bytes() == before, "who may sign in is as it was"


def test_sigterm_leaves_no_process(up: Up) -> None:
    """It says so, and ends well."""
    assert len(up.processes()) >= 8
    assert up.terminate() == 0
    assert up.processes() == []
    assert "Everything has stopped." in up.said()


def test_without_a_demonstration_nobody_is_there(sink: Sink) -> None:
    """`--no-demo`: no organisation, no person, no demo.json, and no word of them."""
    with an_up(sink, "--no-demo") as bare:
        bare.start()
        assert not (bare.data / "demo.json").exists()
        assert "sign in" not in bare.said()
        assert bare.value("SELECT (SELECT count(*) FROM tenants_organisation) + (SELECT count(*) FROM tenants_user)") == 0
        assert bare.terminate() == 0
        assert bare.processes() == []
