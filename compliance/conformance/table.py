"""The table of judged clauses: for each its function, what it judges by, and what it is judged over."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from compliance.conformance.record import Record
from compliance.conformance.verdicts import Judgement, Verdict, no_evidence

type Judge = Callable[[Record], Judgement]

SURE = (Verdict.KEPT, Verdict.NOT_APPLICABLE)  # what only a record without gaps can show


@dataclass(frozen=True, slots=True)
class Judged:
    """One clause: `by` says in words what its function looks at, `gives` which verdicts it can give."""

    clause: str
    by: str
    gives: frozenset[Verdict]
    judge: Judge
    over: str = "incident"
    because: str = ""


INCIDENT: dict[str, Judged] = {}
QUARTER: dict[str, Any] = {}  # clause -> compliance.conformance.organisation.JudgedOver


def judges(clause: str, by: str, *gives: Verdict) -> Callable[[Judge], Judge]:
    """Enter a function of an incident's record into the table. It may always answer "no evidence" besides what it `gives`."""

    def enter(function: Judge) -> Judge:
        def judge(record: Record) -> Judgement:
            if not record.entries:
                return no_evidence("There is no record of this incident.")
            found = function(record)
            if found.verdict in SURE and record.gaps:
                return no_evidence(_lacks(record))
            return found

        INCIDENT[clause] = Judged(clause, by, frozenset({*gives, Verdict.NO_EVIDENCE}), judge)
        return judge

    return enter


def _lacks(record: Record) -> str:
    if record.gaps == (0,):
        return "The record does not tell of its declaration."
    shown = ", ".join(str(seq) for seq in record.gaps[:5]) + (" and more" if len(record.gaps) > 5 else "")
    return f"The record is not whole: it lacks entry {shown}."
