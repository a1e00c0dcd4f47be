"""The embedded PostgreSQL: a data folder, one foreground child, one unix socket."""

import os
import re
import shutil
import signal
import subprocess
from collections.abc import Mapping
from pathlib import Path

import psycopg

from portal.embedded.account import Account, Say, account_for, let_pass, own_folder
from portal.embedded.errors import EmbeddedError
from portal.embedded.orphans import MARK, wait_for_servers_to_leave
from portal.embedded.process import Child, Program
from portal.embedded.supervisor import Supervisor, silent
from portal.embedded.wheels import postgres_programs

PORT = 5432
"""Only part of the socket's name: nothing listens on a network port."""

SETTINGS: Mapping[str, str] = {
    "listen_addresses": "",
    "port": str(PORT),
    "unix_socket_permissions": "0700",
    "max_connections": "100",
    "timezone": "UTC",
    "log_timezone": "UTC",
    # Small, since the whole portal shares one small machine: no helper process that we have no use for.
    "shared_buffers": "64MB",
    "huge_pages": "off",
    "io_method": "sync",
    "max_wal_size": "256MB",
    "max_wal_senders": "0",
    "max_logical_replication_workers": "0",
    "jit": "off",  # the portal's statements are short; compiling one costs more than running it
    "log_line_prefix": "%m [%p] %q%u@%d ",
    "log_checkpoints": "off",
}
NOT_DURABLE: Mapping[str, str] = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
STARTING_SECONDS = 600.0
"""Replaying the log after a crash is bounded by max_wal_size, but a slow disk may take its time."""


class EmbeddedPostgres:
    """PostgreSQL from the wheel, on `<sockets>/pg` only, with its data in `folder`."""

    def __init__(
        self, folder: Path, sockets: Path, extra: Mapping[str, str] | None = None, *, durable: bool = True, say: Say = silent
    ) -> None:
        """Describe a server; `extra` overrides its settings, `durable=False` is for tests only."""
        self.folder = folder.resolve()
        self.socket_folder = sockets / "pg"
        self.account: Account | None = None
        self._settings = {
            **SETTINGS,
            **({} if durable else NOT_DURABLE),
            **(extra or {}),
            "unix_socket_directories": str(self.socket_folder),
        }
        self._durable = durable
        self._say = say

    def start(self, supervisor: Supervisor) -> Child:
        """Start the server as a child of `supervisor` and return once it accepts connections."""
        programs = postgres_programs()
        self.account = account_for(self.folder, self.folder.parent)
        self._make_reachable(programs)
        self._initialise(programs)
        own_folder(self.socket_folder, self.account)
        child = supervisor.start(self.program())
        supervisor.wait_until(self._why_not_ready, what="PostgreSQL", seconds=STARTING_SECONDS, needs="postgres")
        return child

    def url(self, role: str, database: str) -> str:
        """Return the address of `database` for `role`."""
        return f"postgresql://{role}@/{database}?host={self.socket_folder}&port={PORT}"

    def program(self) -> Program:
        """Return how the server is run."""
        options = [f"--{name}={value}" for name, value in self._settings.items()]
        return Program(
            name="postgres",
            argv=(str(postgres_programs() / "postgres"), "-D", str(self.folder), *options),
            env=self._environment(),
            # Fast shutdown (sessions are ended, everything is written), then immediate (recovery at the next start).
            stop_signals=(signal.SIGINT, signal.SIGQUIT),
            grace=20.0,
            account=self.account,
            # Its ERROR and FATAL lines are its clients' affairs, who report them; all of them are in the file.
            shown=re.compile(r"\bPANIC:"),
            prepare=self._clear_remains,
        )

    def _make_reachable(self, programs: Path) -> None:
        """See that the account that runs the server reaches data, sockets and programs; refuse what it could not read."""
        if self.account is not None:
            for path in (self.folder, self.socket_folder.parent, programs / "postgres"):
                let_pass(path, self.account, self._say)
            let_pass(self.socket_folder, self.account, silent)  # ours, made a moment ago
        version = self._run(programs / "postgres", "--version").split()[2]
        made_by = self.folder / "PG_VERSION"
        if made_by.exists() and (made := made_by.read_text(encoding="ascii").strip()) != version.split(".")[0]:
            raise EmbeddedError(
                f"The database in {self.folder} was made by PostgreSQL {made}, the installed one is {version}: "
                "dump it with the old release and load it into a new data folder (docs/operations.md)."
            )

    def _initialise(self, programs: Path) -> None:
        """Make the database files in a folder beside the real one, so that a half-made database is never mistaken for one."""
        if (self.folder / "PG_VERSION").exists():
            own_folder(self.folder, self.account)
            return
        if self.folder.exists() and any(self.folder.iterdir()):
            raise EmbeddedError(f"{self.folder} is neither empty nor a PostgreSQL data folder; choose another one with --data.")
        self._say(f"PostgreSQL: making a new database in {self.folder}")
        new = self.folder.with_name(self.folder.name + ".new")
        shutil.rmtree(new, ignore_errors=True)
        own_folder(new, self.account)
        # The built-in C.UTF-8 sorts by code point and knows every script's letters, the same on every machine.
        locale = ("--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8")
        access = ("--username=postgres", "--auth-local=trust", "--auth-host=reject")
        sync = () if self._durable else ("--no-sync",)
        self._run(programs / "initdb", f"--pgdata={new}", *locale, *access, *sync, "--text-search-config=english")
        new.rename(self.folder)

    def _clear_remains(self) -> None:
        """Make way for a start after a crash.

        PostgreSQL takes the pid in a stale `postmaster.pid` for a running server if any process has that number today, as is
        common after a restart of the machine. We hold the lock on the data and have looked, so we know better.
        """
        wait_for_servers_to_leave(self.folder, seconds=5.0)
        (self.folder / "postmaster.pid").unlink(missing_ok=True)
        for remains in self.socket_folder.glob(".s.PGSQL.*"):
            remains.unlink()

    def _why_not_ready(self) -> str | None:
        try:
            psycopg.connect(self.url("postgres", "postgres"), connect_timeout=5).close()
        except psycopg.OperationalError as error:
            reason = str(error).strip().splitlines()[-1].removeprefix("connection failed: ")
            return "recovering after it was not stopped cleanly" if "starting up" in reason or "recovery" in reason else reason
        return None

    def _run(self, program: Path, *arguments: str) -> str:
        """Run a program of PostgreSQL's to its end, as the user the server runs as."""
        account = self.account
        try:
            done = subprocess.run(
                [str(program), *arguments],
                env=self._environment(),
                cwd="/",
                capture_output=True,
                text=True,
                check=False,
                user=account.uid if account else None,
                group=account.gid if account else None,
                extra_groups=[] if account else None,
            )
        except PermissionError:
            who = account.name if account else "you"
            raise EmbeddedError(
                f"PostgreSQL's program {program} may not be run by {who}. Run Muster as an ordinary user, or let others read "
                f"the installed programs: chmod -R o+rX {program.parent.parent}"
            ) from None
        if done.returncode != 0:
            raise EmbeddedError(f"{program.name} failed: {(done.stderr or done.stdout).strip()}")
        return done.stdout

    def _environment(self) -> dict[str, str]:
        """Return an environment of our own: what the user's shell says about PostgreSQL (PGPORT, say) is not meant for us."""
        return {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC", MARK: str(self.folder.parent)}
