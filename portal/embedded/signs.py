"""Signs of life: what a process leaves behind as long as it gets on with its work, and how its supervisor reads them.

A process that hangs still runs, and nobody would start another. So whoever does the work says so where it is done (a turn of the loop, a
task taken up), by the time of a file in `<data>/run`: one system call, no database, no socket, and it can be read when nothing else
answers. The rows in `ledger_heartbeat` say how the installation fares, not which process of which machine has stopped.

Only changes are looked at, by the reader's own steady clock: a clock that is set back or forth ends nothing. Nor does a pause of the whole
machine: for as long as the reader itself did not look, nobody's silence counts.
"""

import contextlib
import os
import time
from pathlib import Path

VARIABLE = "MUSTER_SIGN_FILE"
"""Environment variable of a child: where to leave its signs. Without it nobody looks, and nothing is left."""

EVERY_SECONDS = 1.0
STARTING_SECONDS = 300.0
"""What a process may take until its first sign: starting it again would make a machine that is overloaded no faster."""
STALE_SECONDS = 10.0
"""When nobody has asked for anything for so long, silence means nothing."""

_ASKED, _PROGRESS = ".asked", ".progress"
_left: dict[str, float] = {}


def leave(suffix: str = "") -> None:
    """Say that this process gets on; at most once a second. That it cannot be said (a full disk) is no reason to stop."""
    file = os.environ.get(VARIABLE)
    if file is None:
        return
    now = time.monotonic()
    if now - _left.get(suffix, -EVERY_SECONDS) < EVERY_SECONDS:
        return
    _left[suffix] = now
    try:
        os.utime(f"{file}{suffix}")
    except OSError:
        return


def asked() -> None:
    """Say that this process has given others work to do."""
    leave(_ASKED)


def progressed() -> None:
    """Say that this process got on with a task: the worker it belongs to reads it, and speaks for it during its next step."""
    leave()
    leave(_PROGRESS)


def progress(now: float) -> "Watched | None":
    """What this process's own processes say of their tasks, to be followed; None where nobody looks."""
    file = os.environ.get(VARIABLE)
    if file is None:
        return None
    path = Path(f"{file}{_PROGRESS}")
    with contextlib.suppress(OSError):  # a service manager of your own makes the other file only
        path.touch(mode=0o600)
    return Watched(path, now)


class Watched:
    """The time of one file, followed."""

    def __init__(self, path: Path, now: float) -> None:
        self._path = path
        self._time = self._read()
        self.at = now
        """When it last changed, by our clock."""
        self.changed = False
        """Whether it ever did."""

    def look(self, now: float) -> None:
        """See whether there is news."""
        read = self._read()
        if read is not None and read != self._time:
            self._time, self.at, self.changed = read, now, True

    def _read(self) -> int | None:
        try:
            return self._path.stat().st_mtime_ns
        except OSError:
            return None


class Pulse:
    """How long a running child has said nothing."""

    def __init__(self, folder: Path, name: str, asks: str | None, now: float) -> None:
        """Follow the child `name`; where it works at the request of the child `asks`, only while that one asks."""
        self.file = sign_file(folder, name)
        self._own = Watched(self.file, now)
        self._asked = Watched(Path(f"{sign_file(folder, asks)}{_ASKED}"), now - STALE_SECONDS) if asks else None
        self._since = now

    def silence(self, now: float) -> float:
        """Seconds since its last sign, or since it is being asked for one."""
        self._own.look(now)
        self._since = max(self._since, self._own.at)
        if self._asked is not None:
            self._asked.look(now)
            if now - self._asked.at >= STALE_SECONDS:
                self._since = now
        return now - self._since

    def paused(self, seconds: float, now: float) -> None:
        """Leave out of its silence that nobody looked for so long: with us everything may have stood still."""
        self._since = min(self._since + seconds, now)
        if self._asked is not None:
            self._asked.at = min(self._asked.at + seconds, now)

    def hung(self, after: float, now: float) -> bool:
        """Whether it has been silent for longer than `after` seconds, or than a process may take to start."""
        silent = self.silence(now)
        return silent > (after if self._own.changed else max(after, STARTING_SECONDS))


def sign_file(folder: Path, name: str) -> Path:
    """Where the child of this name leaves its signs."""
    return folder / f"{name}.sign"


def _files(file: Path) -> list[Path]:
    return [file, Path(f"{file}{_ASKED}"), Path(f"{file}{_PROGRESS}")]


def made(folder: Path, name: str) -> Path:
    """Make the files that a child's signs are times of, so that leaving one needs no room on the disk."""
    file = sign_file(folder, name)
    for path in _files(file):
        path.touch(mode=0o600)
    return file


def removed(folder: Path, name: str) -> None:
    """Remove them."""
    for path in _files(sign_file(folder, name)):
        path.unlink(missing_ok=True)
