"""The embedded Valkey: the broker's and the cache's server, on one unix socket, with an append-only file."""

import os
import re
from pathlib import Path

import redis

from portal.embedded.account import Say, own_folder
from portal.embedded.orphans import MARK, wait_for_servers_to_leave
from portal.embedded.process import Child, Program
from portal.embedded.supervisor import Supervisor, silent
from portal.embedded.wheels import valkey_program

STARTING_SECONDS = 120.0
BROKER_DATABASE, CACHE_DATABASE = 0, 1


class EmbeddedValkey:
    """Valkey from the wheel, on `<sockets>/valkey` only, with its data in `folder`."""

    def __init__(self, folder: Path, sockets: Path, *, say: Say = silent) -> None:
        """Describe a server."""
        self.folder = folder.resolve()
        self.socket = sockets / "valkey" / "valkey.sock"
        self._say = say

    @property
    def broker_url(self) -> str:
        """Where Celery finds it, in kombu's spelling of a unix socket."""
        return f"redis+socket://{self.socket}?virtual_host={BROKER_DATABASE}"

    @property
    def cache_url(self) -> str:
        """Where Django's cache finds it, in redis-py's spelling of a unix socket."""
        return f"unix://{self.socket}?db={CACHE_DATABASE}"

    def start(self, supervisor: Supervisor) -> Child:
        """Start the server as a child of `supervisor` and return once it answers."""
        for folder in (self.folder, self.socket.parent):
            own_folder(folder, None)
        child = supervisor.start(self.program())
        supervisor.wait_until(self._why_not_ready, what="Valkey", seconds=STARTING_SECONDS, needs="valkey")
        return child

    def program(self) -> Program:
        """Return how the server is run."""
        settings = {
            "port": "0",
            "unixsocket": str(self.socket),
            "unixsocketperm": "700",
            "dir": str(self.folder),
            "appendonly": "yes",
            "appendfsync": "everysec",
            "save": "",
            "maxmemory-policy": "noeviction",  # a queue must refuse, never forget
            "loglevel": "notice",
            "set-proc-title": "no",  # keeps the mark in the environment readable, see `orphans`
        }
        options = [part for name, value in settings.items() for part in (f"--{name}", value)]
        return Program(
            name="valkey",
            argv=(str(valkey_program()), *options),
            env={"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC", MARK: str(self.folder.parent)},
            # Its warnings are advice about the kernel's settings, at every start; what is worth a look is a broken file.
            shown=re.compile(r"Bad file format|Error|error|Can't|can't save"),
            prepare=self._clear_remains,
        )

    def _clear_remains(self) -> None:
        wait_for_servers_to_leave(self.folder, seconds=5.0)
        self.socket.unlink(missing_ok=True)

    def _why_not_ready(self) -> str | None:
        client = redis.Redis(unix_socket_path=str(self.socket), socket_timeout=5)
        try:
            client.ping()
        except redis.BusyLoadingError:
            return "reading its append-only file"
        except redis.RedisError as error:
            return str(error)
        finally:
            client.close()
        return None
