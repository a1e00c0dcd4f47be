"""`manage.py seal`: the sealer, as a process of its own, with a role of its own and the key that nobody else has."""

import signal
import time
from typing import Any

import psycopg
import structlog
from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandError, CommandParser

from ledger.sealing import keys
from portal import sealing
from portal.embedded import signs

log = structlog.get_logger(__name__)

PAUSE_SECONDS = 1.0  # at least, between two runs: at most so many checkpoints a second, and a small part of the lag


class Command(BaseCommand):
    """Seal the ledger of every organisation, as long as it runs."""

    help = "Give entries of the ledger their leaves, sign checkpoints and publish them. Any number may run."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the options."""
        parser.add_argument("--once", action="store_true", help="seal what there is, and end")
        parser.add_argument(
            "--new-key", action="store_true", help="print a new key, for the file of MUSTER_SEAL_KEY_FILE, and end"
        )

    def handle(self, *args: Any, once: bool, new_key: bool, **options: Any) -> None:
        """Loop until SIGTERM or SIGINT."""
        if new_key:
            self.stdout.write(keys.new_key())
            return
        stopping: list[int] = []
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda received, _frame: stopping.append(received))
        while not stopping:
            signs.leave()
            try:
                with sealing.sealer() as sealer:
                    while not stopping:  # a new connection begins with a look at everybody
                        signs.leave()
                        sealer.run()
                        if once:
                            return
                        time.sleep(PAUSE_SECONDS)
            except ImproperlyConfigured as error:
                raise CommandError(str(error)) from error
            except psycopg.Error as error:  # the database restarts: so do we, in a moment
                log.warning("seal.database_away", error=str(error))
            except Exception:  # a full disk, for one: what was committed is published when there is room again
                log.exception("seal.failed")
            if once:
                raise CommandError("It was not sealed; the log says why.")
            time.sleep(PAUSE_SECONDS)
