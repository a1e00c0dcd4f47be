"""A limit on how long one piece of work may hold up what comes after it, wherever it hangs."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from django.db import connection

MOMENT_SECONDS = 1.8
"""What a piece of work may take that others wait behind (bar R7: none of them by more than two seconds)."""

STATEMENT_MS, LOCK_MS = 1500, 200
AGAIN_SECONDS = 0.25  # after the first time: work that swallows it is told again


class TookTooLong(Exception):
    """The work was ended because its time was over. What it did so far is rolled back with its transaction."""


def _not_now(frame: FrameType | None) -> bool:
    """Whether this is no moment to break in: it is told again soon.

    A statement has its own limit, and a connection that is left in the middle of one is lost; what is raised in `__del__` reaches nobody.
    """
    while frame is not None:
        if "psycopg" in frame.f_globals.get("__name__", "").partition(".")[0] or frame.f_code.co_name == "__del__":
            return True
        frame = frame.f_back
    return False


def hurried(statement_ms: int = STATEMENT_MS, lock_ms: int = LOCK_MS) -> str:
    """What `hurry` sets, for a transaction that is begun (tenants.scope.scope)."""
    return f"set_config('lock_timeout', '{lock_ms:d}', true), set_config('statement_timeout', '{statement_ms:d}', true)"


def hurry(statement_ms: int = STATEMENT_MS, lock_ms: int = LOCK_MS) -> None:
    """Let this transaction wait for no lock and no statement longer than a moment: what is due behind it has its time too."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {hurried(statement_ms, lock_ms)}")


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Let the block take at most `seconds` of wall time; past that TookTooLong is raised in it, whatever it is doing.

    SQL has limits of its own (`hurry`) and is never broken off; this ends what hangs elsewhere, such as a loop.
    It needs the process's main thread, where the workers and the watch loop do their work; anywhere else the block runs without a
    limit. Blocks do not nest: an inner one leaves the outer one's limit as it is.
    """
    if threading.current_thread() is not threading.main_thread() or signal.getitimer(signal.ITIMER_REAL)[0]:
        yield
        return

    def ring(_number: int, frame: FrameType | None) -> None:
        if not _not_now(frame):
            raise TookTooLong(f"This took longer than {seconds:g} seconds.")

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds, AGAIN_SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
