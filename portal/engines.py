"""The engines of the installation: whether they run, whether what should have been sent was, and the dead man's switch."""

import urllib.request
from collections import Counter

import structlog
from django.conf import settings
from django.db import transaction

from ledger import heartbeats
from ledger.models import Outbox
from oncall import watchdog
from portal import sealing
from portal.health import SWEEP_LATE_SECONDS
from standard.faults import Fault
from standard.models import ClockFailure
from tenants.addresses import inside
from tenants.scope import organisation_id
from tenants.time import now

log = structlog.get_logger(__name__)

LOOK_EVERY_SECONDS = 30
PING_EVERY_SECONDS = 60
PING_TIMEOUT_SECONDS = 2


def faults() -> list[Fault]:
    """What of the engines keeps this organisation's pages from going out."""
    found: list[Fault] = []
    swept = heartbeats.last("sweep")
    if swept is None or (now() - swept).total_seconds() > SWEEP_LATE_SECONDS:
        since = f"since {swept:%Y-%m-%d %H:%M:%S} UTC" if swept else "ever"
        found.append(
            Fault("sweep_late", "Muster", f"No sweep has run {since}: clocks and pages stand still.", "", "oncall.escalate-15-30")
        )
    aside = Outbox.objects.filter(next_try_at=None).count()
    if aside:
        sentence = f"{aside} {'reaction was' if aside == 1 else 'reactions were'} set aside after failing too often."
        found.append(Fault("set_aside", "Muster", sentence, inside("admin:ledger_outbox_changelist")))
    stuck = ClockFailure.objects.filter(next_try_at=None).count()
    if stuck:
        sentence = f"{stuck} {'clock was' if stuck == 1 else 'clocks were'} set aside after failing too often."
        found.append(Fault("clock_set_aside", "Muster", sentence, inside("admin:standard_clockfailure_changelist")))
    found += sealing.faults()
    counted = Counter(d.what for d in watchdog.differences(now(), most=10_000) if d.organisation_id == organisation_id())
    for what, count in sorted(counted.items()):
        sentence = f"The watchdog found {count} {watchdog.SENTENCES[what]}."
        found.append(Fault(what, "Muster", sentence, "", "mobilize.page-out"))
    return found


def look() -> int | None:
    """Let the watchdog look, every half a minute. Returns how many differences it found, or None where it was not time.

    Each is logged as an error; the figures are at /metrics.
    """
    last = heartbeats.last("watchdog")
    if last is not None and (now() - last).total_seconds() < LOOK_EVERY_SECONDS:
        return None
    found = watchdog.differences(now())
    for what, count in Counter(difference.what for difference in found).items():
        log.error(
            "watchdog.difference",
            what=what,
            count=count,
            organisations=sorted({d.organisation_id for d in found if d.what == what}),
        )
    with transaction.atomic():
        heartbeats.beat("watchdog")
    return len(found)


def ping() -> bool | None:
    """Press the dead man's switch, once a minute, if all is well: whoever listens there alarms when it stays silent.

    Returns whether it was pressed; None where it was not time, or there is none (MUSTER_DEADMAN_URL).
    """
    if not settings.DEADMAN_URL:
        return None
    last = heartbeats.last("deadman")
    if last is not None and (now() - last).total_seconds() < PING_EVERY_SECONDS:
        return None
    swept = heartbeats.last("sweep")
    if swept is None or (now() - swept).total_seconds() > SWEEP_LATE_SECONDS or watchdog.differences(now(), most=1):
        log.error("deadman.withheld")
        return False
    with transaction.atomic():
        heartbeats.beat("deadman")  # that it was tried, so that an address which does not answer is not asked at every turn
    try:
        with urllib.request.urlopen(settings.DEADMAN_URL, timeout=PING_TIMEOUT_SECONDS) as answer:  # noqa: S310 - the operator's, http(s) only
            pressed = 200 <= int(answer.status) < 300
    except (OSError, ValueError) as error:
        log.warning("deadman.unanswered", error=str(error))
        return False
    return pressed
