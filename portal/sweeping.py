"""The sweep: whatever a nudge did not bring about is found here, by index, across all tenants. Any number may run at once.

What is due is asked for by one statement each, without a transaction around it: mostly there is nothing, and a portal with nothing to do
should cost nothing.
"""

import time
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta

import structlog

from compliance.packs import making
from ledger import heartbeats, relay
from notifications import actions as notifications
from oncall import waking
from portal.watching import SWEEPS
from standard import clocks
from tenants import progress
from tenants.database import connected
from tenants.time import now

log = structlog.get_logger(__name__)

GRACE = timedelta(seconds=1.5)  # a nudge has had its chance
STRETCH_SECONDS = 3.0  # of catching up at a time: whatever takes long in it must not keep the clocks from being struck
LATE = timedelta(seconds=10)  # from here on the watch loop does the sweep itself

type Part = Callable[[], int]
type Overdue = Callable[[datetime], Iterable[tuple[int, int]]]


def sweep(grace: timedelta = GRACE) -> int:
    """Strike due clocks, relay and deliver what is overdue by `grace`. Returns how much there was to do.

    A part that breaks keeps no other from its turn. A heartbeat is left only where none broke: otherwise the sweep is late before
    long, and that is said. Raises only where the database is away.
    """
    began = time.perf_counter()
    parts: dict[str, Part] = {"clocks": clocks.sweep, "pages": waking.sweep}
    parts |= {what: one.run for what, one in SWEEPS.items()}
    parts |= {"packs": making.sweep} | _waiting(grace)
    done, broken = _each(parts)
    if broken:
        log.error("sweep.broken", parts=broken, count=len(broken))
    else:
        heartbeats.beat("sweep", took_ms=(time.perf_counter() - began) * 1000)
    return done


def catch_up(grace: timedelta = GRACE) -> int:
    """Relay and deliver what has been waiting for longer than `grace`, without the broker. Returns how many were done.

    Stops after STRETCH_SECONDS; what is left is found by the next run.
    """
    return _each(_waiting(grace))[0]


def _each(parts: Mapping[str, Part]) -> tuple[int, list[str]]:
    """Take each part in turn. Returns how much they did, and which broke."""
    done, broken = 0, list[str]()
    for name, part in parts.items():
        progress.made()
        try:
            done += part()
        except Exception:
            connected()
            log.exception("sweep.part_broke", part=name)
            broken.append(name)
    return done, broken


def _waiting(grace: timedelta) -> dict[str, Part]:
    """What catches up: reactions first, for messages come of them; both within one stretch, which begins with the first."""
    begun: list[float] = []

    def rows(what: str, overdue: Overdue, do: Callable[[int, int], int]) -> int:
        begun.append(time.monotonic())
        done = 0
        for organisation_id, row in overdue(now() - grace):
            if time.monotonic() - begun[0] > STRETCH_SECONDS:
                break
            progress.made()
            try:
                done += do(organisation_id, row)
            except Exception:  # it stays due, and the watchdog says so; those behind it have their turn
                connected()
                log.exception("sweep.row_failed", what=what, row=row)
        return done

    return {
        "reactions": lambda: rows("reaction", relay.overdue, relay.run),
        "messages": lambda: rows("message", notifications.overdue, notifications.deliver),
    }


def is_late() -> bool:
    """Whether the last recorded sweep is older than it may be, or its moment has not come."""
    return heartbeats.is_late("sweep", LATE)
