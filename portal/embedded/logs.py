"""The file that a child writes to.

Children write to their file themselves, not through a pipe of ours: what they say is kept even if we are killed, and a busy
supervisor never makes one wait. We follow the file only to show warnings on the terminal.
"""

import contextlib
import os
import re
import shutil
import time
from pathlib import Path

LIMIT = 10 * 1024 * 1024
"""Bytes after which a log is moved to `<name>.log.1`, replacing the one before it."""

MOVED_AGAIN = 60.0
"""Seconds after which that is tried again where it failed: a copy each moment would keep a full disk busy, and full."""

READ_AT_ONCE = 256 * 1024
SHOWN_AT_ONCE = 6
SHOWN_EVERY = 10.0

WARNINGS = re.compile(
    r"""\b(WARNING|ERROR|CRITICAL|FATAL|PANIC)\b|"level":\s*"(warning|error|critical)"|^[\w.]+(Error|Exception)\b"""
)
"""What of a child's output belongs on the terminal, unless the program says otherwise."""


class Log:
    """One child's log file: opened for it, followed for us."""

    def __init__(self, path: Path, shown: re.Pattern[str] = WARNINGS) -> None:
        """Follow `path` from its present end."""
        self.path = path
        self.shown = shown
        self._offset = path.stat().st_size if path.exists() else 0
        self._rest = b""
        self._recently: list[float] = []
        self._stays_until = 0.0

    def open(self) -> int:
        """Open for a child to append to, readable by its owner only; the caller closes the descriptor."""
        self._rotate()
        return os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)

    def note(self, line: str) -> None:
        """Write a line of our own among the child's."""
        with contextlib.suppress(OSError):
            descriptor = self.open()
            try:
                os.write(descriptor, f"{time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime())} {line}\n".encode())
            finally:
                os.close(descriptor)

    def new_lines(self) -> list[str]:
        """Return what was written since the last call, whole lines only."""
        try:
            with self.path.open("rb") as file:
                size = file.seek(0, os.SEEK_END)
                # A flood is not worth reading for the terminal's sake, it is all in the file.
                file.seek(max(self._offset, size - READ_AT_ONCE))
                text = self._rest + file.read(READ_AT_ONCE)
                self._offset = file.tell()
        except FileNotFoundError:
            return []
        *lines, self._rest = text.split(b"\n")
        self._rotate()
        return [line.decode(errors="replace").rstrip() for line in lines]

    def warnings(self) -> list[str]:
        """Return those of the new lines that belong on the terminal, a few at a time."""
        found = [line for line in self.new_lines() if self.shown.search(line)]
        now = time.monotonic()
        self._recently = [moment for moment in self._recently if now - moment < SHOWN_EVERY]
        room = SHOWN_AT_ONCE - len(self._recently)
        self._recently += [now] * min(len(found), room + 1)
        if len(found) <= room:
            return found
        return [*found[:room], f"… more in {self.path}"] if room >= 0 else []

    def last_lines(self, count: int) -> list[str]:
        """Return the end of the file, for the message that says why a child died."""
        try:
            with self.path.open("rb") as file:
                file.seek(max(0, file.seek(0, os.SEEK_END) - READ_AT_ONCE))
                return file.read().decode(errors="replace").splitlines()[-count:]
        except FileNotFoundError:
            return []

    def _rotate(self) -> None:
        """Keep the file small: copied and emptied rather than renamed, since the child holds it open (in append mode).

        Where that fails, on a full disk for one, the child goes on writing to the file as it is: no log is worth ending what it tells of.
        """
        if time.monotonic() < self._stays_until:
            return
        aside = self.path.with_suffix(".log.1")
        try:
            if self.path.exists() and self.path.stat().st_size > LIMIT:
                shutil.copy(self.path, aside)
                os.truncate(self.path, 0)
                self._offset, self._rest = 0, b""
        except OSError:
            self._stays_until = time.monotonic() + MOVED_AGAIN
            with contextlib.suppress(OSError):
                aside.unlink(missing_ok=True)  # half a copy takes the room that others need
