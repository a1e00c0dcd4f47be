"""How well each clause was kept in a stretch of time, by the clocks that measure it; exercises are left out.

`portal/reactions.py` names who answers (CLAUSES_KEPT). What belongs to a restricted incident is counted for those alone who may
know of it: the database shows others none of its clocks.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.utils.module_loading import import_string

from standard.figures import Figures


@dataclass(frozen=True, slots=True)
class Kept:
    """How often the clock of a clause was kept and broken, of `n` that are decided. `links` lead to all of those, the kept, the broken."""

    kept: int
    broken: int
    n: int
    links: tuple[str, str, str] = ("", "", "")

    @property
    def percent(self) -> int:
        """The share kept, in whole per cent, rounded down: nothing short of all of them is 100."""
        return 100 * self.kept // self.n if self.n else 0

    def __str__(self) -> str:
        return f"{self.percent} % kept ({self.kept} of {self.n})"


def in_quarter(start: datetime, end: datetime) -> dict[str, Kept]:
    """Clause id -> how well it was kept between two instants, as the room that answers for it says. Clauses without any are left out."""
    answer: Callable[[datetime, datetime], Mapping[str, Kept]] = import_string(import_string(settings.MUSTER_CLAUSES_KEPT))
    return {clause: one for clause, one in answer(start, end).items() if one.n}


def figures(start: datetime, end: datetime) -> list[Figures]:
    """The clauses that a clock measured, for the review of a quarter: the least kept first."""
    found = sorted(in_quarter(start, end).items(), key=lambda row: (row[1].percent, row[0]))
    rows = tuple((clause, str(one.kept), str(one.broken), str(one.n), f"{one.percent} %") for clause, one in found)
    links = tuple(_links(one) for _, one in found)
    note = "Of the clocks of incidents detected in the quarter that are decided; what fell away counts neither way. Exercises do not count."
    return [Figures("Clauses kept", ("Clause", "Kept", "Broken", "n", "Share kept"), rows, note, clauses=True, links=links)]


def _links(one: Kept) -> tuple[str, ...]:
    """Where the cells of its row lead: each count that is not 0 to what it counts."""
    every, kept, broken = one.links
    return ("", kept if one.kept else "", broken if one.broken else "", every, "")
