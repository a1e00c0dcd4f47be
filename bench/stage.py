"""A fresh Muster on servers of its own, durable, with the demo organisations and the programs that a measurement asks for."""

import json
import os
import shutil
import socket
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from portal.embedded.orphans import MARK
from portal.embedded.process import Child
from portal.embedded.servers import ServerUrls, running_servers
from portal.embedded.supervisor import Supervisor
from portal.management.commands import up

_UNPROXIED = urllib.request.build_opener(urllib.request.ProxyHandler({}))


@dataclass
class Stage:
    """What runs."""

    folder: Path
    port: int
    urls: ServerUrls
    supervisor: Supervisor
    owner: "psycopg.Connection[Any]"
    demo: dict[str, Any]
    environment: dict[str, str]
    children: dict[str, Child]

    @property
    def address(self) -> str:
        """The portal's."""
        return f"http://127.0.0.1:{self.port}"

    def organisation(self, slug: str = "acme") -> dict[str, Any]:
        """What demo.json says of one organisation."""
        return next(o for o in self.demo["organisations"] if o["slug"] == slug)

    def organisation_id(self, slug: str = "acme") -> int:
        """Its id."""
        return int(self.one("SELECT id FROM tenants_organisation WHERE slug = %s", slug))

    def hook(self, slug: str = "acme") -> str:
        """The path of its Alertmanager's hook."""
        return f"/hooks/{self.organisation(slug)['keys']['alertmanager']}/alertmanager/"

    def person(self, local: str, slug: str = "acme") -> dict[str, Any]:
        """A member."""
        return next(p for p in self.organisation(slug)["people"] if p["email"].startswith(f"{local}@"))

    def one(self, sql: str, *values: Any) -> Any:
        """The single value of a query, as the owner role."""
        row = self.owner.execute(sql, values or None).fetchone()
        return row[0] if row else None

    def count(self, table: str) -> int:
        """How many rows a table has, over all organisations."""
        return int(self.one(f"SELECT count(*) FROM {table}"))

    def start(self, *names: str) -> None:
        """Start programs of the portal as `up` starts them."""
        place = up.Place(self.folder, "127.0.0.1", self.port)
        for program in up.programs(place, self.environment):
            if program.name in names:
                self.children[program.name] = self.supervisor.start(program)
        if "web" in names:
            self.supervisor.wait_until(lambda: None if self._answers() else "starting", what="web", seconds=60)

    def post(self, path: str, body: Any, token: str = "") -> Any:
        """POST JSON. Returns the answer's."""
        headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
        request = urllib.request.Request(self.address + path, json.dumps(body).encode(), headers, method="POST")
        try:
            with _UNPROXIED.open(request, timeout=30) as answer:
                return json.loads(answer.read())
        except urllib.error.HTTPError as error:
            raise RuntimeError(f"{path}: {error.code} {error.read()[:500]!r}") from error

    def _answers(self) -> bool:
        try:
            with _UNPROXIED.open(f"{self.address}/healthz", timeout=5) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False


@contextmanager
def stage(*programs: str, env: Mapping[str, str] | None = None) -> Iterator[Stage]:
    """Run the servers, fsync on, and these programs of the portal, while the block runs."""
    folder = Path(tempfile.mkdtemp(prefix="muster-bench-"))
    try:
        with Supervisor(folder) as supervisor, running_servers(folder, supervisor=supervisor) as urls:
            port = free_port()
            environment = {
                **{k: v for k, v in os.environ.items() if not k.startswith(("DATABASE_", "PG"))},
                MARK: str(folder),
                "MUSTER_DATA": str(folder),
                "MUSTER_BASE_URL": f"http://127.0.0.1:{port}",
                "MUSTER_SECRET_KEY_FILE": str(up.key_file(folder, "secret_key")),
                "MUSTER_CONTEXT_KEY_FILE": str(up.key_file(folder, "context_key")),
                **urls.environment(),
                **(env or {}),
            }
            owning = {**environment, **urls.owner_environment()}
            for name, *arguments in (("migrate", "--no-input"), ("seed", "--data", str(folder))):
                supervisor.run_once(up.python(name, owning, "manage.py", name, *arguments))
            with psycopg.connect(urls.owner_url, autocommit=True) as owner:
                made = Stage(
                    folder, port, urls, supervisor, owner, json.loads((folder / "demo.json").read_text()), environment, {}
                )
                made.start(*programs)
                yield made
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def in_process(found: Stage) -> None:
    """Make this process a Django process on the stage's servers, in the serving role."""
    os.environ.update(found.environment)
    os.environ["DJANGO_SETTINGS_MODULE"] = "portal.settings"
    import django

    django.setup()


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def until(true: Any, seconds: float) -> bool:
    """Wait until `true()`. Returns whether it became so."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if true():
            return True
        time.sleep(0.05)
    return False
