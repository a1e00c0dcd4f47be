"""How a worker ends: soon, and whatever its broker does within a bounded time after it was told to, or began to.

- A process of the pool that is to end waits until the worker has counted its last result, for up to 30 seconds. A worker that stops
  while messages come in has often stopped reading by then (billiard 4.3 with Celery 5.7), so these were waited out. Our tasks have no
  results, and what was not acknowledged comes again: a second is enough.
- For the rest there is a last resort. Celery waits for its tasks, for what they acknowledge, for the broker and for threads of its own,
  and a worker that hangs there is worse than one that died: it works no more, and nobody starts another, because it still runs.
  Nothing is lost by a hard end, since every wait is a row and every task may run twice. So from the first sign of an end the kernel's
  alarm clock runs, and ends the process unless it has ended by then. That needs nothing of Python: not the main thread, not the
  interpreter's lock, no thread that would have to be started in a signal handler.
"""

import os
import signal
from typing import Any

from billiard import pool
from celery import Celery, bootsteps
from celery.signals import worker_process_init, worker_process_shutdown, worker_shutdown, worker_shutting_down

from portal.embedded.process import die_with

SECONDS = 8
"""Longer than the longest piece of work (an attempt is cut off after six), shorter than the supervisor's patience (ten)."""

RESULT_COUNTED_SECONDS = 1


def arm(**_: object) -> None:
    """Let the kernel end this process in SECONDS; a later sign of the same end puts nothing off."""
    if not signal.getitimer(signal.ITIMER_REAL)[0]:
        signal.alarm(SECONDS)


class LastResort(bootsteps.StartStopStep):
    """What of a worker hears that it stops, for whatever reason: Celery calls an error that it knows nothing of an end too."""

    def close(self, parent: Any) -> None:
        """The worker begins to stop."""
        arm()


def _with_its_parent(**_: object) -> None:
    """A process of the pool goes with the worker, whose hard end leaves nobody to end it."""
    die_with(os.getppid(), signal.SIGKILL)()


def _answered(**_: object) -> None:
    """A process of the pool ends once what it has handed over is answered, which is within six seconds, or never."""
    from notifications import lanes  # the apps are ready by now, and were not when this module was imported

    lanes.drain()


def bound(app: "Celery[Any]") -> None:
    """See to it that workers of `app` end in time."""
    pool.GUARANTEE_MESSAGE_CONSUMPTION_RETRY_LIMIT = round(
        RESULT_COUNTED_SECONDS / pool.GUARANTEE_MESSAGE_CONSUMPTION_RETRY_INTERVAL
    )
    app.steps["worker"].add(LastResort)
    worker_shutting_down.connect(arm)  # a signal came, wherever the worker is: it may never get as far as stopping
    worker_shutdown.connect(arm)  # one that had not fully started stops without closing its parts
    worker_process_init.connect(_with_its_parent)
    worker_process_shutdown.connect(_answered)
