"""Waking a worker, after the answer and without waiting: a dead broker never slows or fails what was committed.

One thread a process hands names and ids to the broker. When the broker does not answer, nudges are dropped for a few seconds
(the rows they are about are found by the sweep), so nobody queues behind a dead socket.
"""

import os
import queue
import threading
import time

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


def send(task: str, *ids: int) -> None:
    """Ask a worker to run `task` for `ids` soon. Never blocks, never raises; may be lost."""
    global _nudger
    if _nudger is None or _nudger.pid != os.getpid():
        with _lock:
            if _nudger is None or _nudger.pid != os.getpid():  # a forked worker starts a thread of its own
                _nudger = _Nudger()
    _nudger.put(task, ids)
