"""A limit on how long one piece of work may hold up what comes after it, wherever it hangs."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

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


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Let the block take at most `seconds` of wall time; past that TookTooLong is raised in it, whatever it is doing.

    SQL has limits of its own (`standard.clocks.hurry`) and is never broken off; this ends what hangs elsewhere, such as a loop.
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
