"""Processes that an earlier `up` on the same data left behind.

On Linux the children of a killed supervisor are told to stop by the kernel (see `process.die_with`), but they may take their
time, ignore it, or have children of their own. Whoever holds the lock on the data may end them all, and must: two servers
on one data folder destroy it, and an old web process holds the port.

A process counts as ours only on evidence: the mark that every child of a supervisor carries in its environment and hands down,
or, for the two servers (PostgreSQL's processes overwrite their environment), its name and its working directory. A pid file
alone proves nothing, the number may be somebody else's by now; a shell that stands in the data folder is left in peace.
"""

import contextlib
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import psutil

from portal.embedded.account import Say
from portal.embedded.errors import EmbeddedError

MARK = "MUSTER_SUPERVISED_DATA"
"""Environment variable of every child: the data folder it belongs to."""

SERVERS = frozenset({"postgres", "valkey-server"})
POLITE_SECONDS = 8.0
KILLED_SECONDS = 5.0


def orphans(data: Path) -> list[psutil.Process]:
    """Return the processes that an earlier supervisor of `data` started, directly or not, and that still run."""
    mine = {os.getpid(), *(parent.pid for parent in psutil.Process().parents())}
    candidates = {process.pid: process for process in (*_written_down(data), *psutil.process_iter())}
    return [process for pid, process in candidates.items() if pid not in mine and _belongs(process, data)]


def end_orphans(data: Path, say: Say) -> None:
    """End what an earlier `up` left running and wait until it is gone; call it with the lock on `data` held."""
    if left := orphans(data):
        say(f"Ending {len(left)} process(es) that an earlier run left on this data: {_names(left)}.")
        end(left)
    # What the first wave was just starting, or what only its parent's death revealed.
    if left := orphans(data):
        end(left)
    if left := orphans(data):
        raise EmbeddedError(f"These processes of an earlier run do not end, please end them by hand: {_names(left)}.")
    for pid_file in (data / "run").glob("*.pid"):
        pid_file.unlink()


def end(processes: list[psutil.Process]) -> None:
    """Ask `processes` to stop, then kill those that do not."""
    for process in processes:
        # To PostgreSQL SIGTERM means "when the last session has ended", SIGINT means now.
        _send(process, signal.SIGINT if _name(process) == "postgres" else signal.SIGTERM)
    for process in psutil.wait_procs(processes, timeout=POLITE_SECONDS)[1]:
        _send(process, signal.SIGKILL)
    psutil.wait_procs(processes, timeout=KILLED_SECONDS)


def servers_in(folder: Path) -> list[psutil.Process]:
    """Return the server processes that work in `folder`, the backends of a dead postmaster included."""
    return [process for process in psutil.process_iter() if _serves(process, folder)]


def wait_for_servers_to_leave(folder: Path, seconds: float) -> None:
    """Wait until no server process works in `folder`, ending those that stay.

    The backends of a killed postmaster notice its death by themselves, at the latest when their statement ends.
    """
    until = time.monotonic() + seconds
    while left := servers_in(folder):
        if time.monotonic() > until:
            end(left)
        time.sleep(0.02)


def _written_down(data: Path) -> Iterator[psutil.Process]:
    for pid_file in (data / "run").glob("*.pid"):
        try:
            yield psutil.Process(int(pid_file.read_text(encoding="ascii")))
        except (OSError, ValueError, psutil.Error):
            continue


def _belongs(process: psutil.Process, data: Path) -> bool:
    try:
        if process.status() == psutil.STATUS_ZOMBIE:
            return False
        if process.environ().get(MARK) == str(data):
            return True
    except (psutil.Error, OSError):  # gone meanwhile, or another user's
        pass
    return _serves(process, data)


def _serves(process: psutil.Process, folder: Path) -> bool:
    try:
        if process.name() not in SERVERS or process.status() == psutil.STATUS_ZOMBIE:
            return False
        return Path(process.cwd()).is_relative_to(folder)
    except (psutil.Error, OSError):
        return False


def _send(process: psutil.Process, number: signal.Signals) -> None:
    with contextlib.suppress(psutil.Error):  # gone already
        process.send_signal(number)


def _names(processes: list[psutil.Process]) -> str:
    return ", ".join(f"{_name(process)} ({process.pid})" for process in processes)


def _name(process: psutil.Process) -> str:
    try:
        return process.name()
    except psutil.Error:
        return "?"
