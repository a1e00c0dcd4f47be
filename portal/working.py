"""Signs of life of the worker and of beat, left where their work is done; `manage.py up` kills and replaces what leaves none.

The worker's is a task that a process of its pool takes up. Beat asks for one each second, so that a worker without any has lost its
queue, its pool or itself; a worker that merely runs would not show that. As long as all of its processes are at work it says so itself:
a long piece of work (an evidence pack) is no hanging. It does so for a single step of that work, and not for the whole: a pack may take
as long as it has to, so long as it gets on (`tenants.progress`).
"""

import time
from typing import Any

import structlog
from celery import Celery, bootsteps
from celery.beat import PersistentScheduler
from celery.signals import after_task_publish, beat_init, task_prerun, worker_init
from celery.worker import state

from portal.embedded import signs
from tenants import progress

log = structlog.get_logger(__name__)

BUSY_EVERY_SECONDS = 5.0
LONGEST_STEP_SECONDS = 900.0
AGAIN_AT_MOST_SECONDS = 5


class Busy(bootsteps.StartStopStep):
    """The worker's own word for its processes, while they work on something that takes long."""

    requires = ("celery.worker.components:Timer",)

    def start(self, parent: Any) -> None:
        """Begin to look."""
        steps = signs.progress(time.monotonic())
        if steps is not None:  # otherwise nobody listens
            parent.timer.call_repeatedly(BUSY_EVERY_SECONDS, _say_if_busy, (parent.concurrency, steps))


def _say_if_busy(processes: int, steps: signs.Watched) -> None:
    now = time.monotonic()
    steps.look(now)
    if len(state.active_requests) >= processes and now - steps.at < LONGEST_STEP_SECONDS:
        signs.leave()


class Scheduler(PersistentScheduler):
    """Beat's schedule, which says that it turns, also while it waits for the broker."""

    def tick(self, *args: Any, **options: Any) -> float:
        """Send what is due."""
        signs.leave()
        return float(super().tick(*args, **options))

    def adjust(self, n: Any, drift: float = 0.0) -> Any:
        """How long to sleep until something is due: all of it. Celery wakes a hundredth of a second earlier, and spins through that."""
        return super().adjust(n, drift)

    def _ensure_connected(self) -> Any:
        # Celery waits up to 30 seconds between two tries, and says nothing to us meanwhile.
        def waits(error: Exception, interval: float) -> None:
            signs.leave()
            log.error("beat.broker_away", error=str(error), again_in=interval)

        return self.connection.ensure_connection(waits, interval_max=AGAIN_AT_MOST_SECONDS)


def _took_up_a_task(**_: object) -> None:
    signs.progressed()


def _hears_of_steps(**_: object) -> None:
    """Before its processes are made, which inherit it."""
    progress.hear(signs.progressed)


def _asked_for_a_task(**_: object) -> None:
    signs.asked()


def _is_beat(**_: object) -> None:
    """Only what beat asks for is known to come each second."""
    after_task_publish.connect(_asked_for_a_task)


def watched(app: "Celery[Any]") -> None:
    """See to it that what runs `app` leaves signs of life."""
    app.steps["worker"].add(Busy)
    app.conf.beat_scheduler = "portal.working:Scheduler"
    task_prerun.connect(_took_up_a_task)
    worker_init.connect(_hears_of_steps)
    beat_init.connect(_is_beat)
