"""The sweeps of the rooms, and what they should have done by now and did not; beside it the watchdog's own differences."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

import structlog

from incidents import expiring, quieting, unpaged
from oncall import notices, watchdog
from oncall.watchdog import Difference
from postmortems import item_dates
from standard import reviewing
from standard.turns import Due
from tenants.database import connected

log = structlog.get_logger(__name__)


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
    "signal_not_paged": (unpaged.signals, "questions that called nobody, and for which nothing is queued"),
    "incident_not_paged": (unpaged.incidents, "war rooms for which no team was called, and for which nothing is queued"),
}
"""What no sweep brings about any more: the page was never made, and what would have made it is gone."""

SENTENCES = watchdog.SENTENCES | {what: one.sentence for what, one in SWEEPS.items()}
SENTENCES |= {what: sentence for what, (_, sentence) in NEVER_PAGED.items()}
"""What each kind is called: "The watchdog found 3 ..."."""


@dataclass(frozen=True, slots=True)
class Looked:
    """What was found, and of which kinds that is not all: the question failed, or came back full, perhaps of one organisation's."""

    found: Sequence[Difference]
    unsure: frozenset[str]
    failed: frozenset[str] = frozenset()
    """Those of them of which nothing could be asked."""


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
    full = {what for what, count in Counter(difference.what for difference in found).items() if count >= most}
    return Looked(found, frozenset(failed | full), frozenset(failed))


def differences(at: datetime, most: int = 100) -> Sequence[Difference]:
    """What should have happened a minute before `at` and had not, over all tenants; at most so many of each kind."""
    return [difference for _, ask in _questions(at, most) for difference in ask()]


def _questions(at: datetime, most: int) -> Iterable[tuple[set[str], Callable[[], Sequence[Difference]]]]:
    """Of which kinds a question is, and how it is asked."""

    def of(what: str, due: Due) -> Callable[[], Sequence[Difference]]:
        return lambda: [Difference(organisation_id, what, row) for organisation_id, row in due(at - watchdog.PATIENCE, most)]

    yield set(watchdog.SENTENCES), lambda: watchdog.differences(at, most)
    for what, one in SWEEPS.items():
        yield {what}, of(what, one.due)
    for what, (due, _) in NEVER_PAGED.items():
        yield {what}, of(what, due)
