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
from functools import partial

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
_taken_on: ContextVar[list[Callable[[], object]] | None] = ContextVar("muster_taken_on", default=None)


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


def here(work: Callable[[], object]) -> None:
    """Do what was taken on (ledger.relay.take_on) in this process, after the block of `going_on`."""
    taken_on = _taken_on.get()
    if taken_on is None:
        raise RuntimeError("Nobody goes on here.")
    taken_on.append(work)


@contextmanager
def going_on() -> Iterator[None]:
    """Do what was taken on in the block, or else the first thing that is asked for, here, after the block; workers are asked for the rest.

    Only one thing, so that what takes long holds up nothing beside it.
    """
    woken: list[tuple[str, tuple[int, ...]]] = []
    work: list[Callable[[], object]] = []
    tokens = _woken.set(woken), _taken_on.set(work)
    try:
        yield
    finally:
        _woken.reset(tokens[0])
        _taken_on.reset(tokens[1])
        if not work and woken:
            task, ids = woken.pop(0)
            work.append(partial(_here[task], *ids))
        for task, ids in woken:
            send(task, *ids)
    for one in work:
        try:
            one()
        except Exception:  # its row is kept, and the sweep will come
            log.exception("nudge.failed", work=repr(one))


def _send(task: str, ids: tuple[int, ...]) -> None:
    global _nudger
    if _nudger is None or _nudger.pid != os.getpid():
        with _lock:
            if _nudger is None or _nudger.pid != os.getpid():  # a forked worker starts a thread of its own
                _nudger = _Nudger()
    _nudger.put(task, ids)
