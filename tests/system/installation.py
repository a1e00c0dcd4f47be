"""A whole Muster as separate processes, on servers and data of its own, each of which a test may kill.

The processes are the ones `manage.py up` runs, with the same arguments; only nobody starts a killed one again but the test.
"""

import contextlib
import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, LiteralString
from urllib.parse import urlsplit

import httpx
import psutil
import psycopg
from psycopg import sql

from portal.embedded.orphans import MARK
from portal.embedded.postgres import EmbeddedPostgres
from portal.embedded.process import Child, Program
from portal.embedded.roles import make_roles
from portal.embedded.servers import ServerUrls, socket_folder
from portal.embedded.supervisor import Supervisor
from portal.embedded.valkey import EmbeddedValkey
from portal.embedded.welcome import Demo, Organisation, read_demo
from portal.management.commands.up import Place, key_file, programs, python
from tests.portal.embedded import fresh_folder, until
from tests.system.sink import Sink, free_port

SERVERS = ("postgres", "valkey")
PORTAL = ("web", "worker", "beat", "watch")
READY_SECONDS = 60.0
WORKERS_SWEEP_WITHIN = 9.0


class Api:
    """The API as one person uses it, by their token, over HTTP."""

    def __init__(self, http: httpx.Client, token: str) -> None:
        self._http = http
        self._headers = {"Authorization": f"Bearer {token}"}

    def get(self, path: str, **query: Any) -> Any:
        """What a GET below /api/v1/ answers; anything but 200 fails the test."""
        answer = self._http.get(f"/api/v1/{path}", params=query, headers=self._headers)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def ask(self, path: str, body: Mapping[str, Any] | None = None) -> httpx.Response:
        """Whatever a POST below /api/v1/ answers."""
        return self._http.post(f"/api/v1/{path}", json=dict(body or {}), headers=self._headers)

    def post(self, path: str, body: Mapping[str, Any] | None = None, *, expect: int = 200) -> Any:
        """What a POST answers; another status than `expect` fails the test."""
        answer = self.ask(path, body)
        assert answer.status_code == expect, f"{path} answered {answer.status_code}: {answer.text}"
        return answer.json()


class Tenant:
    """One of the demo's organisations, from outside: its people and its hook key, as demo.json tells of them."""

    def __init__(self, http: httpx.Client, told: Organisation) -> None:
        self.http = http
        self.slug = told["slug"]
        self.key = told["keys"]["alertmanager"]
        self.hook = f"{http.base_url}/hooks/{self.key}/alertmanager/"
        self._people = {person["email"].partition("@")[0]: person for person in told["people"]}

    def email(self, name: str) -> str:
        """A person's address, by its local part."""
        return self._people[name]["email"]

    def password(self, name: str) -> str:
        """What they sign in with."""
        return self._people[name]["password"]

    def api(self, name: str) -> Api:
        """The API, as this person."""
        return Api(self.http, self._people[name]["token"])


class Installation:
    """Servers and processes, by name: `kill("worker")`, `start("worker")`, `wait_ready()`."""

    def __init__(self, data: Path, sockets: Path, supervisor: Supervisor, sink: Sink, given: ServerUrls | None = None) -> None:
        self.given = given
        """Servers that are not ours to start and kill, or None."""
        self.data = data.resolve()
        self.sink = sink
        self._supervisor = supervisor
        self._postgres = EmbeddedPostgres(self.data / "postgres", sockets)
        self._valkey = EmbeddedValkey(self.data / "valkey", sockets)
        self._place = Place(self.data, "127.0.0.1", free_port())
        self._children: dict[str, Child] = {}
        self._programs: dict[str, Program] = {}
        self.address = self._place.address
        self.http = httpx.Client(base_url=self.address, timeout=30, trust_env=False)
        self.demo: Demo | None = None
        self.clock_file: Path | None = None
        """Where its processes read how far their clock is ahead (tests/clock.py); None: they have the real one."""

    # --- Its life -------------------------------------------------------------------------------------------------

    def build(self) -> None:
        """Servers, roles, tables, the demo; then every process."""
        self.start(*self.servers)
        urls = self.urls  # on given servers the roles are the other tests' too, who need what they have
        make_roles(
            urls.admin_url, urls.owner_url, urls.database_url, urls.auditor_url, urls.sealer_url, for_tests=self.given is not None
        )
        owning = self._environment(self.urls.owner_environment())
        self._supervisor.run_once(python("migrate", owning, "manage.py", "migrate", "--no-input", "--verbosity=0"))
        seed = ("manage.py", "seed", "--data", str(self.data), "--base-url", self.address)
        self._supervisor.run_once(python("seed", owning, *seed))
        self.demo = read_demo(self.data)
        serving = self._environment(self.urls.environment())
        self._programs = {program.name: program for program in programs(self._place, serving)}
        self.start(*PORTAL)
        self.wait_ready()

    def start(self, *names: str) -> None:
        """Start these, on the data that is there; a server answers when this returns."""
        for name in names:
            if name == "postgres":
                self._children[name] = self._postgres.start(self._supervisor)
            elif name == "valkey":
                self._children[name] = self._valkey.start(self._supervisor)
            else:
                self._children[name] = self._supervisor.start(self._programs[name])

    def plant(self, what: str, *values: object) -> None:
        """Call a function of tests/system/planting.py inside, in a process of its own."""
        code = f"from tests.system import planting; planting.{what}(*{values!r})"
        serving = self._environment(self.urls.environment())
        self._supervisor.run_once(python("plant", serving, "manage.py", "shell", "--no-imports", "-c", code))

    def kill(self, *names: str) -> None:
        """`kill -9` these and all they started, at once; they are gone when this returns."""
        names = tuple(name for name in names if self.runs(name))
        victims = [process for name in names for process in self.processes(name)]
        for process in victims:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        for name in names:
            until(lambda child=self._children[name]: child.ended() is not None)  # type: ignore[misc]
        until(lambda: not any(_alive(process) for process in victims))

    def processes(self, name: str) -> list[psutil.Process]:
        """The process of this name, and those it started."""
        top = psutil.Process(self._children[name].pid)
        return [top, *top.children(recursive=True)]

    def runs(self, name: str) -> bool:
        """Whether it has not died."""
        return name in self._children and self._children[name].ended() is None

    def restore(self) -> None:
        """Start what does not run, and wait until all of it works."""
        self.sink.behave()
        if missing := [name for name in (*self.servers, *PORTAL) if not self.runs(name)]:
            self.start(*missing)
        self.wait_ready()

    def wait_ready(self) -> None:
        """Wait until the portal says that it is ready, and a worker does what beat asks for."""
        until(self._is_ready, READY_SECONDS)
        until(self._swept_by_a_worker, READY_SECONDS)

    def _swept_by_a_worker(self) -> bool:
        """Wait for two sweeps, and say whether the second was a worker's.

        The loop without a broker sweeps only after ten seconds without a sweep: what comes sooner is a worker's.
        """
        for seconds in (READY_SECONDS, WORKERS_SWEEP_WITHIN):
            swept, end = self.swept_at(), time.monotonic() + seconds
            while self.swept_at() == swept:
                if time.monotonic() > end:
                    return False
                time.sleep(0.02)
        return True

    def _is_ready(self) -> bool:
        try:
            answer = self.http.get("/readyz", timeout=5)
        except httpx.HTTPError:
            return False
        return answer.status_code == 200 and answer.json()["broker"] == "answers"

    # --- What a test looks at -------------------------------------------------------------------------------------

    @property
    def servers(self) -> tuple[str, ...]:
        """The servers that are ours."""
        return SERVERS if self.given is None else ()

    @property
    def urls(self) -> ServerUrls:
        """Where the servers are."""
        return self.given or ServerUrls(
            database_url=self._postgres.url("muster_app", "muster"),
            auditor_url=self._postgres.url("muster_auditor", "muster"),
            owner_url=self._postgres.url("muster_owner", "muster"),
            sealer_url=self._postgres.url("muster_sealer", "muster"),
            admin_url=self._postgres.url("postgres", "postgres"),
            broker_url=self._valkey.broker_url,
            cache_url=self._valkey.cache_url,
        )

    @property
    def broker_socket(self) -> str:
        """Where the broker listens."""
        return str(self._valkey.socket)

    def tenant(self, slug: str) -> Tenant:
        """One of the demo's organisations."""
        assert self.demo is not None
        return Tenant(self.http, next(told for told in self.demo["organisations"] if told["slug"] == slug))

    def rows(self, statement: LiteralString, *values: object) -> list[tuple[Any, ...]]:
        """Rows of the database, as the owner role: the walls hide nothing from it."""
        with psycopg.connect(self.urls.owner_url, autocommit=True, connect_timeout=5) as database:
            return database.execute(statement, values).fetchall()

    def value(self, statement: LiteralString, *values: object) -> Any:
        """The one value that a statement answers."""
        return self.rows(statement, *values)[0][0]

    def swept_at(self) -> object:
        """When the last sweep ended."""
        return next(iter(self.rows("SELECT at FROM ledger_heartbeat WHERE engine = 'sweep'")), None)

    def log(self, name: str) -> str:
        """What a process has said so far."""
        return (self.data / "log" / f"{name}.log").read_text(errors="replace")

    def sealing(self, evidence: Path, key: str) -> dict[str, str]:
        """What a sealer of it is told, which publishes to `evidence` and signs with `key`."""
        told = self._environment({**self.urls.environment(), **self.urls.sealer_environment()})
        return {**told, "MUSTER_SEAL_KEY": key, "MUSTER_EVIDENCE_DIR": str(evidence)}

    def _environment(self, servers: Mapping[str, str]) -> dict[str, str]:
        """What a process is told: as `manage.py up` does it, and nothing of what pytest's own settings say."""
        ours = ("DATABASE_", "PG", "MUSTER_", "SMTP_", "BROKER_", "CACHE_")
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
        return {
            **inherited,
            **servers,
            MARK: str(self.data),
            "MUSTER_DATA": str(self.data),
            "MUSTER_BASE_URL": self.address,
            "MUSTER_SECRET_KEY_FILE": str(key_file(self.data, "secret_key")),
            "MUSTER_CONTEXT_KEY_FILE": str(key_file(self.data, "context_key")),
            "SMTP_HOST": "127.0.0.1",
            "SMTP_PORT": str(self.sink.port),
            "SMTP_FROM": "muster@portal.example",
            # A messenger of the tests' own: on this machine, without TLS, and never too thick to go out.
            "MUSTER_APPRISE_SCHEMES": "json",
            "MUSTER_REACH_INSIDE": "127.0.0.1",
            "MUSTER_MESSAGES_A_MINUTE": "apprise=0",
            "PYTHONUNBUFFERED": "1",
            **({"MUSTER_NOW": "tests.clock.now", "MUSTER_CLOCK_FILE": str(self.clock_file)} if self.clock_file else {}),
        }


def _alive(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


@contextmanager
def given_servers() -> Iterator[ServerUrls | None]:
    """The servers that the environment names, with a database of our own on them; None where it names none.

    DATABASE_ADMIN_URL tells (.ci/run sets it): pytest itself has servers of its own, which are not meant.
    """
    if "DATABASE_ADMIN_URL" not in os.environ:
        yield None
        return
    name = f"muster_system_{os.getpid()}"
    urls = ServerUrls(
        database_url=_with_database(os.environ["DATABASE_URL"], name),
        auditor_url=_with_database(os.environ["DATABASE_AUDITOR_URL"], name),
        owner_url=_with_database(os.environ["DATABASE_OWNER_URL"], name),
        sealer_url=_with_database(os.environ["DATABASE_SEALER_URL"], name),
        admin_url=os.environ["DATABASE_ADMIN_URL"],
        broker_url=os.environ["BROKER_URL"],
        cache_url=os.environ["CACHE_URL"],
    )
    try:
        yield urls
    finally:
        with psycopg.connect(urls.admin_url, autocommit=True) as admin:
            admin.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def _with_database(url: str, name: str) -> str:
    return urlsplit(url)._replace(path=f"/{name}").geturl()


@contextmanager
def installation(*, time_travels: bool = False) -> Iterator[Installation]:
    """Build one, and leave nothing of it behind. Call it from the main thread: the processes die with the one that starts them.

    Where `time_travels`, a test moves the clock of all its processes (`clock_file`).
    """
    with (
        fresh_folder() as data,
        socket_folder(data.resolve()) as sockets,
        Sink() as sink,
        given_servers() as given,
        Supervisor(data.resolve()) as supervisor,
    ):
        made = Installation(data, sockets, supervisor, sink, given)
        made.clock_file = data / "ahead" if time_travels else None
        try:
            made.build()
            yield made
        finally:
            made.http.close()
            made.kill(*PORTAL)  # they have nothing to tidy up, and stopping politely takes its time
