"""How a sweep takes what is due: each row in a transaction of its own, for a moment only; one that fails waits, and keeps no other.

What waits stays due in the database, so the watchdog finds it and readiness says it; which rows this process lets rest is remembered
by the process alone. Clocks keep a record of their failures (`standard.clocks`): they are many, and people try them again.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from tenants import progress
from tenants.actors import Actor, Via, system
from tenants.limits import MOMENT_SECONDS, hurry, within
from tenants.scope import scope
from tenants.time import now

log = structlog.get_logger(__name__)

LONGEST = timedelta(minutes=2)
"""The longest that a row rests which fails again and again."""

type Due = Callable[[datetime, int], Iterable[tuple[int, int]]]


@dataclass(slots=True)
class _Rest:
    tries: int
    until: datetime


_resting: dict[tuple[str, int, int], _Rest] = {}


def take(what: str, due: Due, do: Callable[[int, Actor], int | bool], *, limit: int) -> int:
    """Do every row that is due by now, at most `limit` of them. Returns the sum of what `do` answers.

    `due(moment, most)` gives (organisation, row) over all tenants, earliest first; `do(row, by)` does one, inside its organisation's
    scope. It waits for no lock, statement or loop longer than a moment. One that raises or hangs rests, each time longer, up to
    LONGEST: those behind it have their turn, however many they are.
    """
    moment, done = now(), 0
    _forget(moment)
    resting = {(key[1], key[2]) for key, rest in _resting.items() if key[0] == what and rest.until > moment}
    waiting = [row for row in due(moment, limit + len(resting)) if row not in resting]
    for organisation_id, row_id in waiting[:limit]:
        progress.made()  # each may take its moment
        by = system(organisation_id, Via.CLOCK)
        try:
            with scope(organisation_id, surface=Via.CLOCK), within(MOMENT_SECONDS):
                hurry()
                done += do(row_id, by)
            _resting.pop((what, organisation_id, row_id), None)
        except Exception:
            log.exception("turn.failed", what=what, row=row_id)
            _rest(what, organisation_id, row_id)
    return done


def _rest(what: str, organisation_id: int, row_id: int) -> None:
    before = _resting.get((what, organisation_id, row_id))
    tries = before.tries + 1 if before else 1
    _resting[what, organisation_id, row_id] = _Rest(tries, now() + min(timedelta(seconds=2**tries), LONGEST))


def _forget(moment: datetime) -> None:
    """Forget rows that have not been due for long: somebody else did them."""
    for key in [key for key, rest in _resting.items() if rest.until < moment - 2 * LONGEST]:
        del _resting[key]


def forget() -> None:
    """Let nothing rest any longer."""
    _resting.clear()
