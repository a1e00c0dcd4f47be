"""The sweep: whatever a nudge did not bring about is found here, by index, across all tenants. Any number may run at once."""

import time
from datetime import timedelta

import structlog
from django.db import DatabaseError, transaction

from compliance.packs import making
from incidents import expiring, quieting
from ledger import heartbeats, relay
from notifications import actions as notifications
from oncall import notices, waking
from postmortems import item_dates
from standard import clocks, reviewing
from tenants.time import now

log = structlog.get_logger(__name__)

GRACE = timedelta(seconds=1.5)  # a nudge has had its chance
STRETCH_SECONDS = 3.0  # of catching up at a time: a mail server that hangs must not keep the clocks from being struck
LATE = timedelta(seconds=10)  # from here on the watch loop does the sweep itself


def sweep(grace: timedelta = GRACE) -> int:
    """Strike due clocks, relay and deliver what is overdue by `grace`. Returns how much there was to do. Leaves a heartbeat."""
    began = time.perf_counter()
    done = clocks.sweep() + waking.sweep() + expiring.sweep() + quieting.sweep() + notices.sweep() + reviewing.sweep()
    done += item_dates.sweep() + making.sweep() + catch_up(grace)
    with transaction.atomic():
        heartbeats.beat("sweep", took_ms=(time.perf_counter() - began) * 1000)
    return done


def catch_up(grace: timedelta = GRACE) -> int:
    """Relay and deliver what has been waiting for longer than `grace`, without the broker. Returns how many were done.

    Stops after STRETCH_SECONDS; what is left is found by the next run.
    """
    done = 0
    until = time.monotonic() + STRETCH_SECONDS
    for organisation_id, outbox_id in relay.overdue(now() - grace):
        done += relay.run(organisation_id, outbox_id)
        if time.monotonic() > until:
            return done
    for organisation_id, delivery_id in notifications.overdue(now() - grace):
        try:
            done += notifications.deliver(organisation_id, delivery_id)
        except DatabaseError:
            log.exception("delivery.failed", delivery=delivery_id)
        if time.monotonic() > until:
            break
    return done


def is_late() -> bool:
    """Whether the last recorded sweep is older than it may be."""
    last = heartbeats.last("sweep")
    return last is None or now() - last > LATE
