"""`manage.py watch`: the loop that never touches the broker, so that pages go out when it is gone."""

import signal
import time
from typing import Any

import structlog
from django.core.management.base import BaseCommand
from django.db import DatabaseError, close_old_connections

from portal import engines, sweeping

log = structlog.get_logger(__name__)

PAUSE_SECONDS = 0.5


class Command(BaseCommand):
    """Catch up on what nudges missed, and do the whole sweep when nobody else does."""

    help = "Sweep without the broker, as long as it runs. Any number may run."

    def handle(self, *args: Any, **options: Any) -> None:
        """Loop until SIGTERM or SIGINT."""
        stopping: list[int] = []
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda received, _frame: stopping.append(received))
        while not stopping:
            close_old_connections()
            try:
                if sweeping.is_late():
                    sweeping.sweep()
                else:
                    sweeping.catch_up()
                engines.look()
                engines.ping()
            except DatabaseError as error:  # the database restarts: so do we, in a moment
                log.warning("watch.database_away", error=str(error))
            except Exception:  # whatever one row does, the loop goes on
                log.exception("watch.failed")
            time.sleep(PAUSE_SECONDS)
