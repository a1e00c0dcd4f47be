"""Both embedded servers and the database's roles, ready to use, as one context manager."""

import hashlib
import os
import shutil
import stat
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from portal.embedded.account import Say
from portal.embedded.errors import EmbeddedError
from portal.embedded.postgres import EmbeddedPostgres
from portal.embedded.roles import make_roles
from portal.embedded.supervisor import Supervisor, silent
from portal.embedded.valkey import EmbeddedValkey

LONGEST_SOCKET_PATH = 103
"""Bytes; what the kernel takes for a unix socket's address (107 on Linux, 103 on macOS)."""

LONGEST_BELOW_SOCKETS = len("/valkey/valkey.sock")


@dataclass(frozen=True)
class ServerUrls:
    """Where the servers are, for each that connects."""

    database_url: str
    auditor_url: str
    owner_url: str
    sealer_url: str
    admin_url: str
    broker_url: str
    cache_url: str

    def environment(self) -> dict[str, str]:
        """Return what a process that serves is told; the owner's and the administrator's addresses are not its business."""
        return {
            "DATABASE_URL": self.database_url,
            "DATABASE_AUDITOR_URL": self.auditor_url,
            "BROKER_URL": self.broker_url,
            "CACHE_URL": self.cache_url,
        }

    def owner_environment(self) -> dict[str, str]:
        """Return what a process that changes the database itself is told (`migrate`, `seed`)."""
        return {**self.environment(), **self.sealer_environment(), "DATABASE_OWNER_URL": self.owner_url}

    def sealer_environment(self) -> dict[str, str]:
        """Return what the sealer is told besides, and nobody else that runs."""
        return {"DATABASE_SEALER_URL": self.sealer_url}


@contextmanager
def running_servers(
    folder: Path,
    *,
    durable: bool = True,
    supervisor: Supervisor | None = None,
    settings: Mapping[str, str] | None = None,
    say: Say = silent,
) -> Iterator[ServerUrls]:
    """Run PostgreSQL and Valkey on the data in `folder` while the block runs.

    With a `supervisor` of the caller's they are its children too, and so are restarted when they die. `settings` overrides
    PostgreSQL's. The caller sees to it that nobody else uses `folder` (`lock.locked`, or a fresh folder). Call it from the
    main thread: the servers die with the thread that starts them.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder = folder.resolve()
    with socket_folder(folder) as sockets, supervisor or Supervisor(folder, say=say) as keeper:
        postgres = EmbeddedPostgres(folder / "postgres", sockets, settings, durable=durable, say=say)
        postgres.start(keeper)
        valkey = EmbeddedValkey(folder / "valkey", sockets, say=say)
        valkey.start(keeper)
        urls = ServerUrls(
            database_url=postgres.url("muster_app", "muster"),
            auditor_url=postgres.url("muster_auditor", "muster"),
            owner_url=postgres.url("muster_owner", "muster"),
            sealer_url=postgres.url("muster_sealer", "muster"),
            admin_url=postgres.url("postgres", "postgres"),
            broker_url=valkey.broker_url,
            cache_url=valkey.cache_url,
        )
        make_roles(urls.admin_url, urls.owner_url, urls.database_url, urls.auditor_url, urls.sealer_url, for_tests=not durable)
        yield urls


@contextmanager
def socket_folder(data: Path) -> Iterator[Path]:
    """Make a folder for the sockets of `data`, with a path short enough for one, and remove it at the end.

    0700, and each server's socket in a 0700 folder of that server's user below it. The name follows from the data folder, so
    that what a killed `up` left behind is found and replaced.
    """
    name = "muster-" + hashlib.sha256(f"{os.geteuid()} {data}".encode()).hexdigest()[:12]
    base = Path(tempfile.gettempdir()).resolve()
    if len(os.fsencode(base / name)) + LONGEST_BELOW_SOCKETS > LONGEST_SOCKET_PATH:
        base = Path("/tmp")  # noqa: S108  TMPDIR may be of any length, this is where sockets fit
    folder = base / name
    _remove(folder)
    folder.mkdir(mode=0o700)
    try:
        yield folder
    finally:
        _remove(folder)


def _remove(folder: Path) -> None:
    """Remove an earlier folder, unless somebody else put it there: anyone may write into the temp dir."""
    try:
        found = folder.lstat()
    except FileNotFoundError:
        return
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid():
        raise EmbeddedError(f"{folder}, where the servers' sockets go, was made by somebody else; remove it, or set TMPDIR.")
    shutil.rmtree(folder)
