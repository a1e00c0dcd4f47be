"""What the tests of `portal.embedded` share: folders of their own, waiting, small programs."""

import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from portal.embedded.orphans import MARK
from portal.embedded.process import Program
from portal.embedded.supervisor import Supervisor

STUBBORN = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); time.sleep(600)"


@contextmanager
def fresh_folder() -> Iterator[Path]:
    """Make a data folder, not below pytest's: another run of pytest would close that to PostgreSQL's user."""
    folder = Path(tempfile.mkdtemp(prefix="muster-test-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


def until(true: Callable[[], object], seconds: float = 60.0) -> None:
    """Wait until `true()`, or fail: how long a machine with much to do takes for it is no test's business."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not become true in time"
        time.sleep(0.02)


def supervised_until(supervisor: Supervisor, true: Callable[[], object]) -> None:
    """Wait until `true()` while the supervisor looks after its children."""

    def looked_after() -> object:
        supervisor.look_after_children()
        return true()

    until(looked_after)


def python(name: str, code: str, data: Path, *, grace: float = 10.0) -> Program:
    """Return a program that runs a few lines of Python, marked as a child of `data`'s supervisor."""
    return Program(name, (sys.executable, "-c", code), {"PATH": os.defpath, MARK: str(data)}, grace=grace)
