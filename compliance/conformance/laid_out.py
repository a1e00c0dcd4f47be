"""Conformance as a quarter's review has it before it (clause improve.quarterly-review): every judged clause, whether a clock measures it or not."""

from dataclasses import dataclass
from datetime import datetime

from compliance.conformance.quarter import Counts, counted, of_the_organisation
from standard.figures import Figures
from standard.queries import in_force_id, law

NOTE = (
    "Of the incidents declared in the stretch, exercises left out: how often each clause of the standard in force was kept, broken, or overridden"
    " with a reason. A clause that never applied is not listed; of one that is judged over the whole stretch the verdict stands."
)


@dataclass(frozen=True, slots=True)
class Stretch:
    """From an instant to before another."""

    start: datetime
    end: datetime


def figures(start: datetime, end: datetime) -> list[Figures]:
    """How well each clause was kept between two instants, as one table. Where incidents went on since they were judged, the note says so."""
    stretch, standard = Stretch(start, end), law(in_force_id())
    found, over = counted(stretch), of_the_organisation(stretch, standard)
    rows: list[tuple[str, ...]] = []
    for clause in standard.clauses:
        if clause.id in over:
            rows.append((clause.id, over[clause.id].verdict.label, "", "", ""))
        elif (counts := found.clauses.get(clause.id, Counts({}))).n:
            shares = (f"{counts.percent} %", f"{counts.broken:,}", f"{counts.overridden:,}", f"{counts.n:,}")
            rows.append((clause.id, *shares))
    left = f" {found.unjudged:,} more are not judged yet." if found.unjudged else ""
    return [Figures("Conformance", ("Clause", "Kept", "Broken", "Overridden", "n"), tuple(rows), NOTE + left, clauses=True)]
