"""`manage.py watch`: the loop that never touches the broker, so that pages go out when it is gone."""

import signal
import time
from collections.abc import Callable, Sequence
from typing import Any

import structlog
from django.core.management.base import BaseCommand
from django.db import DatabaseError, close_old_connections

from notifications import lanes
from portal import engines, sweeping
from portal.embedded import signs
from portal.loading import load
from tenants import progress
from tenants.database import connected

log = structlog.get_logger(__name__)

PAUSE_SECONDS = 0.5
DRAINED_SECONDS = 5.0  # with what is being caught up on, less than the supervisor's patience
LOOK_EVERY_TURNS = 10  # the watchdog and the switch have longer to wait, and ask the database whether it is time


class Command(BaseCommand):
    """Catch up on what nudges missed, and do the whole sweep when nobody else does."""

    help = "Sweep without the broker, as long as it runs. Any number may run."

    def handle(self, *args: Any, **options: Any) -> None:
        """Loop until SIGTERM or SIGINT."""
        load()
        progress.hear(signs.leave)  # a sweep of much, or a look at many organisations, may take its time
        stopping: list[int] = []
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda received, _frame: stopping.append(received))
        go_round(stopping)
        lanes.drain(DRAINED_SECONDS)


def go_round(stopping: Sequence[object]) -> None:
    """Turn after turn, until there is something in `stopping`. After a pause where there was nothing to do; else what came meanwhile waits."""
    turn = 0
    while not stopping:
        close_old_connections()
        done = 0
        try:
            done = _goes_on(_sweep)
            for step in (engines.look, engines.ping) if turn % LOOK_EVERY_TURNS == 0 else ():
                _goes_on(step)
        except DatabaseError as error:  # the database restarts: so do we, in a moment
            log.warning("watch.database_away", error=str(error))
        turn += 1
        if not stopping and not done:
            time.sleep(PAUSE_SECONDS)


def _sweep() -> int:
    return sweeping.sweep() if sweeping.is_late() else sweeping.catch_up()


def _goes_on(step: Callable[[], int | None]) -> int:
    """Take a step; whatever it raises keeps no other from its turn: a sweep that breaks each time is what the watchdog is there to say.

    That a statement failed is no reason to leave the others out. Only a database that is away is, which `connected` raises. Returns
    what the step says that it did.
    """
    signs.leave()
    try:
        return step() or 0
    except Exception:
        connected()
        log.exception("watch.failed")
        return 0
