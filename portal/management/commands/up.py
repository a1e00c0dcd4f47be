"""`manage.py up`: everything that Muster needs, on this machine, until Ctrl-C."""

import argparse
import contextlib
import errno
import json
import os
import secrets
import signal
import socket
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from ledger.sealing.keys import new_key
from portal.embedded.errors import EmbeddedError, Stopped
from portal.embedded.lock import locked
from portal.embedded.orphans import MARK, end_orphans
from portal.embedded.process import Program, die_with
from portal.embedded.servers import running_servers
from portal.embedded.supervisor import Supervisor
from portal.embedded.welcome import read_demo, welcome

CHECKOUT = Path(__file__).resolve().parents[3]
OWN_SERVERS = ("DATABASE_URL", "DATABASE_AUDITOR_URL", "DATABASE_OWNER_URL", "DATABASE_SEALER_URL", "BROKER_URL", "CACHE_URL")
NOT_OF_WHAT_SERVES = ("DATABASE_OWNER_URL", "DATABASE_SEALER_URL", "MUSTER_SEAL_KEY", "MUSTER_SEAL_KEY_FILE")
READY_SECONDS = 120.0
HUNG_AFTER = {"web": 60.0, "worker": 30.0, "beat": 60.0, "watch": 60.0, "seal": 300.0}
"""Seconds without a sign of life after which a process counts as hung. Each leaves one every few seconds where it does its work; the longest
that is no hanging is a loop's single turn: of the sealer, the first look at a long record."""
_UNPROXIED = urllib.request.build_opener(urllib.request.ProxyHandler({}))


@dataclass(frozen=True)
class Place:
    """Where this `up` keeps its data and where it is reached."""

    data: Path
    host: str
    port: int

    @property
    def address(self) -> str:
        """The address on this machine."""
        host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.host, self.host)  # noqa: S104  (the address to show, not to bind)
        return f"http://{f'[{host}]' if ':' in host else host}:{self.port}"


class Command(BaseCommand):
    """Start the servers, the web, the worker and beat, look after them, and stop them all together."""

    help = "Start Muster with servers of its own (or those the environment names), and stop it all on Ctrl-C."
    # The database is not there yet, and this process never uses it.
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the options."""
        parser.add_argument("--port", type=_port, default=8000, help="port of the portal (8000)")
        parser.add_argument("--host", default="127.0.0.1", help="address to listen on (127.0.0.1)")
        parser.add_argument("--data", type=Path, default=Path("var"), help="folder of the data, the logs and the key (var)")
        parser.add_argument("--no-demo", dest="demo", action="store_false", help="make no demo organisations")

    def handle(self, *, port: int, host: str, data: Path, demo: bool, **options: Any) -> None:
        """Run until stopped; what the user can act on is one sentence and exit status 1."""
        place = Place(data.resolve(), host, port)
        try:
            if os.environ.get("MUSTER_STOP_WITH_PARENT"):  # `make up`: a killed make must not leave us running
                die_with(os.getppid(), signal.SIGTERM)()
            place.data.mkdir(mode=0o700, parents=True, exist_ok=True)
            (place.data / "mail").mkdir(mode=0o700, exist_ok=True)  # acknowledge and password links lie there
            with locked(place.data, place.address):
                end_orphans(place.data, self.say)
                refuse_taken_port(host, port)
                self.run_everything(place, demo=demo)
        except (EmbeddedError, OSError) as error:
            raise CommandError(str(error)) from error

    def say(self, line: str) -> None:
        """Print a line; that nobody reads it any more (a closed terminal) is no reason to stop."""
        with contextlib.suppress(OSError):
            self.stdout.write(line)
            self.stdout.flush()

    def run_everything(self, place: Place, *, demo: bool) -> None:
        """Servers, then tables, then the portal; all of it stops together."""
        supervisor = Supervisor(place.data, say=self.say)
        with supervisor.stopping_on_signals(), supervisor:
            try:
                with self.servers(place, supervisor) as (serving, owning):
                    self.prepare_database(place, supervisor, owning, demo=demo)
                    for program in programs(place, serving, sealing=sealer_environment(place, owning)):
                        supervisor.start(program)
                    supervisor.wait_until(lambda: why_not_ready(place.address), what="The portal", seconds=READY_SECONDS)
                    self.say(welcome(place.address, read_demo(place.data) if demo else None))
                    supervisor.run()
                    self.say("Stopping …")
            except Stopped:
                self.say("Stopping before everything was ready …")
        self.say("Everything has stopped.")

    @contextmanager
    def servers(self, place: Place, supervisor: Supervisor) -> Iterator[tuple[dict[str, str], dict[str, str]]]:
        """Yield the environments of the processes that serve and of those that change the database."""
        common = {
            MARK: str(place.data),
            "MUSTER_DATA": str(place.data),
            "MUSTER_BASE_URL": os.environ.get("MUSTER_BASE_URL") or place.address,
            "MUSTER_SECRET_KEY_FILE": str(key_file(place.data, "secret_key")),
            "MUSTER_CONTEXT_KEY_FILE": str(key_file(place.data, "context_key")),
            "PYTHONUNBUFFERED": "1",
        }
        if named := [name for name in OWN_SERVERS if os.environ.get(name)]:
            if missing := [name for name in OWN_SERVERS if name not in named]:
                raise EmbeddedError(f"{', '.join(named)} is set: to use servers of your own, set {', '.join(missing)} too.")
            self.say("Using the servers that the environment names.")
            owning = {**os.environ, **common}
            owning.pop("DATABASE_ADMIN_URL", None)
            yield of_what_serves(owning), owning
            return
        self.say("Starting PostgreSQL and Valkey")
        inherited = _without_databases(os.environ)
        with running_servers(place.data, supervisor=supervisor, say=self.say) as urls:
            owning = {**inherited, **common, **urls.owner_environment()}
            yield of_what_serves(owning), owning

    def prepare_database(self, place: Place, supervisor: Supervisor, owning: Mapping[str, str], *, demo: bool) -> None:
        """Bring the tables up to date and, unless told otherwise, make the demo organisations."""
        self.say("Bringing the database up to date")
        supervisor.run_once(python("migrate", owning, "manage.py", "migrate", "--no-input", "--verbosity=1"))
        if demo:
            self.say("Making the demo organisations")
            supervisor.run_once(
                python("seed", owning, "manage.py", "seed", "--data", str(place.data), "--base-url", owning["MUSTER_BASE_URL"])
            )
        self.say("Starting the portal, its worker and its clocks")


def of_what_serves(owning: Mapping[str, str]) -> dict[str, str]:
    """Leave out what a process that serves has no business with: the owner's and the sealer's addresses, and the key of the log."""
    return {name: value for name, value in owning.items() if name not in NOT_OF_WHAT_SERVES}


def sealer_environment(place: Place, owning: Mapping[str, str]) -> dict[str, str]:
    """Return what the sealer alone is told: its role's address, and the key, which is made on the first run where none is named."""
    told = {name: owning[name] for name in ("DATABASE_SEALER_URL", "MUSTER_SEAL_KEY", "MUSTER_SEAL_KEY_FILE") if owning.get(name)}
    if "MUSTER_SEAL_KEY" not in told and "MUSTER_SEAL_KEY_FILE" not in told:
        told["MUSTER_SEAL_KEY_FILE"] = str(seal_key_file(place.data))
    return told


def programs(place: Place, serving: Mapping[str, str], *, sealing: Mapping[str, str] | None = None) -> list[Program]:
    """Return what makes up the running portal, in the order in which it is started; with `sealing`, the sealer too."""
    listen = ("--host", place.host, "--port", str(place.port), "--lifespan", "on")
    quiet = ("--no-access-log", "--log-level", "warning", "--timeout-graceful-shutdown", "5")
    celery = ("-m", "celery", "--quiet", "-A", "portal")
    # One queue, two processes, and no talk among workers, of which a single machine needs none. Its name is its own: RabbitMQ, which
    # several installations and hosts may share, lets one of each name in.
    name = ("--hostname", f"muster-{os.getpid()}-{secrets.token_hex(3)}@%h")
    work = (*name, "--concurrency", "2", "--without-gossip", "--without-mingle", "--without-heartbeat", "--loglevel", "WARNING")
    beat = ("-s", str(place.data / "beat-schedule"), "--pidfile=", "--loglevel", "WARNING")
    found = [
        python("web", serving, "-m", "uvicorn", "portal.asgi:application", *listen, *quiet),
        # Beat asks for a sweep each second, so a worker that takes up nothing for so long hangs, whatever else it does.
        replace(python("worker", serving, *celery, "worker", *work, then=(signal.SIGQUIT,)), asked_by="beat"),
        python("beat", serving, *celery, "beat", *beat),
        python("watch", serving, "manage.py", "watch"),
        *([python("seal", {**serving, **sealing}, "manage.py", "seal")] if sealing is not None else []),
    ]
    return [replace(program, hung_after=HUNG_AFTER[program.name]) for program in found]


def python(name: str, env: Mapping[str, str], *argv: str, then: tuple[signal.Signals, ...] = ()) -> Program:
    """Return a program of this checkout, run by this Python."""
    return Program(name, (sys.executable, *argv), env, cwd=CHECKOUT, stop_signals=(signal.SIGTERM, *then))


def key_file(data: Path, name: str) -> Path:
    """Return the file of this name with a random key, made on the first run."""
    return _made_once(data / name, lambda: secrets.token_urlsafe(50))


def seal_key_file(data: Path) -> Path:
    """Return the file with the key that signs checkpoints, likewise."""
    return _made_once(data / "seal_key", new_key)


def _made_once(path: Path, content: Callable[[], str]) -> Path:
    """A file that only its owner reads; it appears whole or not at all."""
    if not path.exists():
        new = path.with_name(f"{path.name}.new")
        new.unlink(missing_ok=True)
        with open(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
            file.write(content())
            file.flush()
            os.fsync(file.fileno())
        new.rename(path)
    return path


def refuse_taken_port(host: str, port: int) -> None:
    """Raise unless the portal will be able to listen there; found out now rather than after half a minute of starting."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise EmbeddedError(f"Port {port} on {host} is taken by another program; choose another one with --port.") from None
        raise EmbeddedError(f"Muster cannot listen on {host} port {port}: {error.strerror}.") from None


def why_not_ready(address: str) -> str | None:
    """Ask the portal whether it is ready; return what it says it waits for."""
    try:
        with _UNPROXIED.open(f"{address}/readyz", timeout=5) as answer:
            return None if answer.status == 200 else f"/readyz answers {answer.status}"
    except urllib.error.HTTPError as error:
        return f"/readyz answers {error.code} {_brief(error.read(500))}"
    except OSError:
        return "not listening yet"


def _brief(body: bytes) -> str:
    try:
        return json.dumps(json.loads(body))
    except ValueError:
        return " ".join(body.decode(errors="replace").split())[:200]


def _without_databases(environ: Mapping[str, str]) -> dict[str, str]:
    """Leave out what would steer a connection elsewhere than to the embedded servers (libpq reads PG*)."""
    return {name: value for name, value in environ.items() if not name.startswith(("DATABASE_", "PG"))}


def _port(value: str) -> int:
    port = int(value)
    if not 0 < port < 65536:
        raise argparse.ArgumentTypeError("a port is a number from 1 to 65535")
    return port
