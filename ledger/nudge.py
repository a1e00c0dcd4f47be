"""Waking a worker, after the answer and without waiting: a dead broker never slows or fails what was committed.

One thread a process hands names and ids to the broker. When the broker does not answer, nudges are dropped for a few seconds
(the rows they are about are found by the sweep), so nobody queues behind a dead socket.

A process that is at work on the cause goes on with what follows from it by itself (`going_on`): a page then reaches its first
person without a trip through the broker between the reactions, and also where there is no broker.
"""

import os
import queue
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

import structlog
from celery import current_app

log = structlog.get_logger(__name__)

PAUSE_SECONDS = 3.0
_MAX_WAITING = 20_000


class _Nudger:
    def __init__(self) -> None:
        self.pid = os.getpid()
        self.waiting: queue.Queue[tuple[str, tuple[int, ...]]] = queue.Queue(_MAX_WAITING)
        self.paused_until = 0.0
        threading.Thread(target=self._run, name="nudge", daemon=True).start()

    def put(self, task: str, ids: tuple[int, ...]) -> None:
        if time.monotonic() >= self.paused_until:
            try:
                self.waiting.put_nowait((task, ids))
            except queue.Full:
                self.paused_until = time.monotonic() + PAUSE_SECONDS

    def _run(self) -> None:
        while True:
            task, ids = self.waiting.get()
            if time.monotonic() < self.paused_until:
                continue
            try:
                current_app.send_task(task, args=ids, retry=False, ignore_result=True)
            except Exception as error:  # whatever the transport raises, the row is kept and the sweep will come
                self.paused_until = time.monotonic() + PAUSE_SECONDS
                log.warning("broker.away", error=str(error), task=task)


_nudger: _Nudger | None = None
_lock = threading.Lock()


_here: dict[str, Callable[..., object]] = {}
_woken: ContextVar[list[tuple[str, tuple[int, ...]]] | None] = ContextVar("muster_woken", default=None)


def doing[**P, R](task: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Say that a function does what `task` does, for a process that goes on by itself."""

    def name(function: Callable[P, R]) -> Callable[P, R]:
        _here[task] = function
        return function

    return name


def send(task: str, *ids: int) -> None:
    """Ask a worker to run `task` for `ids` soon. Never blocks, never raises; may be lost."""
    woken = _woken.get()
    if woken is None:
        _send(task, ids)
    else:
        woken.append((task, ids))


@contextmanager
def going_on() -> Iterator[None]:
    """Do the first thing that is asked for in the block here, after the block; the workers are asked for all others.

    Only the first, so that what takes long (a mail server that does not answer) holds up nothing beside it.
    """
    woken: list[tuple[str, tuple[int, ...]]] = []
    token = _woken.set(woken)
    try:
        yield
    finally:
        _woken.reset(token)
        for task, ids in woken[1:]:
            send(task, *ids)
    for task, ids in woken[:1]:
        try:
            _here[task](*ids)
        except Exception:  # its row is kept, and the sweep will come
            log.exception("nudge.failed", task=task, ids=ids)


def _send(task: str, ids: tuple[int, ...]) -> None:
    global _nudger
    if _nudger is None or _nudger.pid != os.getpid():
        with _lock:
            if _nudger is None or _nudger.pid != os.getpid():  # a forked worker starts a thread of its own
                _nudger = _Nudger()
    _nudger.put(task, ids)
