"""The sweeps of the rooms, and what they should have done by now and did not; beside it the watchdog's own differences."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

import structlog

from incidents import expiring, quieting, uncalled, unpaged, unreached
from oncall import notices, watchdog
from oncall.watchdog import Difference
from postmortems import item_dates
from standard import reviewing
from standard.turns import Due
from tenants.database import connected

log = structlog.get_logger(__name__)

ASKED_AT_ONCE = 1000


@dataclass(frozen=True, slots=True)
class Sweep:
    """One sweep: what it does, what is due for it, and what is said of that which it left undone."""

    run: Callable[[], int]
    due: Due
    sentence: str


SWEEPS: dict[str, Sweep] = {
    "expiry_not_told": Sweep(expiring.sweep, expiring.due, "ended accesses to restricted incidents that are not on record"),
    "signal_not_looked_at": Sweep(quieting.sweep, quieting.due, "suppressed signals whose quiet time is over"),
    "notice_not_given": Sweep(notices.sweep, notices.due, "notices about readiness that were not given"),
    "review_not_opened": Sweep(reviewing.sweep, reviewing.due, "reviews of the process that were not opened"),
    "item_date_not_told": Sweep(item_dates.sweep, item_dates.due, "action items whose owner was not reminded"),
}
"""Those that the watchdog, which stands below, does not know: clocks and pages are its own."""

NEVER_PAGED: dict[str, tuple[Due, str]] = {
    "signal_not_paged": (unpaged.signals, "questions that called nobody"),
    "incident_not_paged": (unpaged.incidents, "war rooms to which the on-call of an affected service was not called"),
    "incident_not_put": (unpaged.small, "incidents of low urgency that were not put to their owner team"),
    "duty_not_called": (uncalled.duties, "incidents of which a duty that the standard names was not called or told"),
}
"""What no sweep brings about any more: the call was never made, and what would have made it is gone, or fails."""

REACHED_NOBODY = "notice_not_reached"
REACHED: dict[str, tuple[Due, str]] = {REACHED_NOBODY: (unreached.notices, "notices that reached nobody")}
"""What was made and tried, and given up. It lies with the far side: the dead man's switch does not wait a day for it."""

SENTENCES = watchdog.SENTENCES | {what: one.sentence for what, one in SWEEPS.items()}
SENTENCES |= {what: sentence for what, (_, sentence) in (NEVER_PAGED | REACHED).items()}
"""What each kind is called: "The watchdog found 3 ..."."""


@dataclass(frozen=True, slots=True)
class Looked:
    """What was found, and of which kinds nothing could be asked."""

    found: Sequence[Difference]
    failed: frozenset[str] = frozenset()


def look(at: datetime, most: int) -> Looked:
    """The same as `differences`, where a question that fails keeps no other from being asked. Raises where the database is away."""
    found: list[Difference] = []
    failed: set[str] = set()
    for kinds, ask in _questions(at, most):
        try:
            found += ask()
        except Exception:
            connected()
            log.exception("watchdog.cannot_look", kinds=sorted(kinds))
            failed |= kinds
    return Looked(found, frozenset(failed))


def differences(at: datetime, most: int = 100) -> Sequence[Difference]:
    """What should have happened a minute before `at` and had not, over all tenants; at most so many of each kind of each."""
    return [difference for _, ask in _questions(at, most) for difference in ask()]


def stands_still(at: datetime) -> bool:
    """Whether there is any of it that lies with Muster itself. Asks no further than the first."""
    return any(ask() for kinds, ask in _questions(at, 1) if kinds.isdisjoint(REACHED))


def _questions(at: datetime, most: int) -> Iterable[tuple[set[str], Callable[[], Sequence[Difference]]]]:
    """Of which kinds a question is, and how it is asked."""

    def of(what: str, due: Due) -> Callable[[], Sequence[Difference]]:
        return lambda: [Difference(*row) for row in _of_each(what, due, at - watchdog.PATIENCE, most)]

    yield set(watchdog.SENTENCES), lambda: watchdog.differences(at, most)
    for what, one in SWEEPS.items():
        yield {what}, of(what, one.due)
    for what, (due, _) in (NEVER_PAGED | REACHED).items():
        yield {what}, of(what, due)


def _of_each(what: str, due: Due, before: datetime, most: int) -> Iterator[tuple[int, str, int]]:
    """What is due, at most so many of each organisation. What a sweep takes is limited over all: then more is asked for, to see behind a storm."""
    limit = max(most, ASKED_AT_ONCE) if what in SWEEPS else most
    while len(rows := list(due(before, limit))) >= limit and what in SWEEPS:
        limit *= 10
    seen: dict[int, int] = defaultdict(int)
    for organisation_id, row in rows:
        seen[organisation_id] += 1
        if seen[organisation_id] <= most:
            yield organisation_id, what, row
