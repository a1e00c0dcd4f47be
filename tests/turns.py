"""Workers take turns: their tests run beside each other, but for what says within how many seconds something has to happen.

A test marked `alone` has the machine to itself from its fixtures to its end; `quiet()` gives it to a part of a test, so that nobody
waits while an installation starts.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

TOGETHER = "MUSTER_TESTS_TOGETHER"
"""In the environment: the folder where workers agree on who runs."""

_room: TextIO | None = None  # what this worker's test holds together with the others'


@contextmanager
def turn(*, alone: bool) -> Iterator[None]:
    """Wait until this worker may run its next test: with the others' tests, or while nothing else runs."""
    global _room
    if "PYTEST_XDIST_WORKER" not in os.environ:
        yield
        return
    folder = Path(os.environ[TOGETHER])
    with (folder / "door").open("w") as door, (folder / "room").open("w") as room:
        fcntl.flock(door, fcntl.LOCK_EX)  # who wants to be alone stays in the door, so that the room empties
        fcntl.flock(room, fcntl.LOCK_EX if alone else fcntl.LOCK_SH)
        if not alone:
            fcntl.flock(door, fcntl.LOCK_UN)
            _room = room
        try:
            yield
        finally:
            _room = None


@contextmanager
def quiet() -> Iterator[None]:
    """Let nothing else run meanwhile: the others' tests of this moment are waited for, and their next ones wait for us."""
    global _room
    room, _room = _room, None  # a part of a quiet part is quiet already
    if room is None:
        yield
        return
    with (Path(os.environ[TOGETHER]) / "door").open("w") as door:
        fcntl.flock(room, fcntl.LOCK_UN)  # two that want to be alone do not wait for each other
        fcntl.flock(door, fcntl.LOCK_EX)
        fcntl.flock(room, fcntl.LOCK_EX)
        try:
            yield
        finally:
            fcntl.flock(room, fcntl.LOCK_SH)
            _room = room
