"""The engines of the installation: whether they run, whether what should have been sent was, and the dead man's switch."""

import urllib.request
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import structlog
from django.conf import settings
from django.db import transaction

from ledger import heartbeats
from ledger.models import Outbox
from oncall import alarms
from oncall.actions.alarms import alarm
from oncall.watchdog import Difference
from portal import sealing, watching
from portal.health import SWEEP_LATE
from standard.faults import Fault
from standard.models import ClockFailure
from tenants import progress
from tenants.actors import Via, system
from tenants.addresses import inside
from tenants.scope import organisation_id, scope
from tenants.time import now

log = structlog.get_logger(__name__)

LOOK_EVERY = timedelta(seconds=30)
PING_EVERY = timedelta(seconds=60)
MOST_DIFFERENCES = 10_000  # of each kind that are told apart, of each organisation
MOST_NAMED = 5  # of each kind, in a sentence or a line of the log
PING_TIMEOUT_SECONDS = 2


def faults() -> list[Fault]:
    """What of the engines keeps this organisation's pages from going out, and since when its administrators know."""
    told = alarms.told_at()
    return [
        replace(fault, sentence=f"{fault.sentence} Administrators know since {told[fault.code]:%Y-%m-%d %H:%M} UTC.")
        if fault.code in told
        else fault
        for fault in _faults(watching.look(now(), MOST_DIFFERENCES))
    ]


def _faults(looked: watching.Looked) -> list[Fault]:
    """The same of the open organisation, where the watchdog has looked over all of them."""
    found: list[Fault] = []
    if _sweep_is_late():
        swept = heartbeats.last("sweep")
        since = f"since {swept:%Y-%m-%d %H:%M:%S} UTC" if swept else "ever"
        found.append(
            Fault(
                "sweep_late",
                "Muster",
                f"No sweep has run to its end {since}: clocks and pages stand still, or another part of it does.",
                "",
                "oncall.escalate-15-30",
            )
        )
    aside = Outbox.objects.filter(next_try_at=None).count()
    if aside:
        sentence = f"{aside} {'reaction was' if aside == 1 else 'reactions were'} set aside after failing too often."
        found.append(Fault("set_aside", "Muster", sentence, inside("admin:ledger_outbox_changelist"), count=aside))
    stuck = ClockFailure.objects.filter(next_try_at=None).count()
    if stuck:
        sentence = f"{stuck} {'clock was' if stuck == 1 else 'clocks were'} set aside after failing too often."
        found.append(Fault("clock_set_aside", "Muster", sentence, inside("admin:standard_clockfailure_changelist"), count=stuck))
    found += sealing.faults()
    if looked.failed:
        kinds = ", ".join(sorted(looked.failed))
        found.append(Fault("watchdog_blind", "Muster", f"The watchdog cannot look: {kinds}.", "", "mobilize.page-out"))
    ours = [d for d in looked.found if d.organisation_id == organisation_id()]
    for what, count in sorted(Counter(d.what for d in ours).items()):
        sentence = f"The watchdog found {count} {watching.SENTENCES[what]} ({_which(ours, what)})."
        found.append(Fault(what, "Muster", sentence, "", "mobilize.page-out", count))
    return found


def _which(found: Sequence[Difference], what: str) -> str:
    """The first few of a kind by their number, as the logs name them ("clock.busy clock=17"): a count alone says nothing to mend."""
    rows = sorted(d.id for d in found if d.what == what)
    more = [f"and {len(rows) - MOST_NAMED} more"] if len(rows) > MOST_NAMED else []
    return ", ".join([f"no. {row}" for row in rows[:MOST_NAMED]] + more)


def look() -> int | None:
    """Let the watchdog look, every half a minute. Returns how many differences it found, or None where it was not time.

    Each is logged as an error and said to administrators; the figures are at /metrics.
    """
    if not heartbeats.is_late("watchdog", LOOK_EVERY):
        return None
    looked = watching.look(now(), MOST_DIFFERENCES)
    found = looked.found
    for what, count in Counter(difference.what for difference in found).items():
        log.error(
            "watchdog.difference",
            what=what,
            count=count,
            rows=sorted(d.id for d in found if d.what == what)[:MOST_NAMED],
            organisations=sorted({d.organisation_id for d in found if d.what == what}),
        )
    with transaction.atomic():
        heartbeats.beat("watchdog")
    _say_alarms(looked)
    return len(found)


def _say_alarms(looked: watching.Looked) -> None:
    """Let the administrators of each organisation know at once what stands still, and what goes on again.

    Of a kind of which nothing could be asked nothing is over.
    """
    concerned = {difference.organisation_id for difference in looked.found}
    for whose in sorted(concerned | alarms.troubled(everybody=bool(looked.failed) or _sweep_is_late())):
        progress.made()  # of many organisations each has its alarms looked at, without anybody taking us for hung
        by = system(whose, Via.CLOCK)
        try:
            with scope(whose, surface=Via.CLOCK, actor=by):
                alarm(_faults(looked), by=by, unsure=looked.failed)
        except Exception:  # one organisation's trouble keeps no other from knowing
            log.exception("alarm.failed", organisation=whose)


def _sweep_is_late() -> bool:
    return heartbeats.is_late("sweep", SWEEP_LATE)


def ping() -> bool | None:
    """Press the dead man's switch, once a minute, if all is well: whoever listens there alarms when it stays silent.

    Returns whether it was pressed; None where it was not time, or there is none (MUSTER_DEADMAN_URL).
    """
    if not settings.DEADMAN_URL:
        return None
    if not heartbeats.is_late("deadman", PING_EVERY):
        return None
    if _sweep_is_late() or watching.stands_still(now()):
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
