"""A quarter's conformance: how often each clause was kept, over the incidents declared in it, and the organisation's own clauses.

Verdicts that are kept (ConformanceFigure) count as long as their incident has no later entry; the few others are judged on the spot.
What belongs to a restricted incident is counted for those alone who may know of it: the database shows others none of it.
Exercises are not counted.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from django.db import connection

from compliance.conformance.loading import load
from compliance.conformance.quarter_record import quarter_record
from compliance.conformance.report import judge
from compliance.conformance.rows import record_of
from compliance.conformance.table import QUARTER
from compliance.conformance.verdicts import Judgement, Verdict
from standard.law import Law
from standard.quarters import Quarter

ON_THE_SPOT = 60  # incidents that are judged while somebody waits; the others are said to be not judged yet
_FRESH = "f.last_seq >= coalesce(s.last_seq, 0)"
_FROM = """
FROM incidents_incident i
LEFT JOIN compliance_conformancefigure f ON f.organisation_id = i.organisation_id AND f.incident_id = i.id
LEFT JOIN ledger_incidentsequence s ON s.organisation_id = i.organisation_id AND s.incident_id = i.id
WHERE i.organisation_id = (SELECT muster.organisation()) AND NOT i.exercise
  AND i.declared_at >= %(start)s AND i.declared_at < %(end)s
"""
_COUNT = f"""
SELECT v.key, v.value, count(*) FROM (SELECT f.verdicts {_FROM} AND {_FRESH}) j, jsonb_each_text(j.verdicts) v GROUP BY 1, 2
"""
_HOW_MANY = f"SELECT count(*), count(*) FILTER (WHERE {_FRESH}) {_FROM}"
_STALE = f"SELECT i.id {_FROM} AND ({_FRESH}) IS NOT TRUE ORDER BY i.number DESC"
_WITH = f"SELECT i.id {_FROM} AND {_FRESH} AND f.verdicts ->> %(clause)s = %(verdict)s"


class Span(Protocol):
    """What is counted over: a quarter, or what a review of one covers."""

    @property
    def start(self) -> datetime:
        """The instant at which it begins."""

    @property
    def end(self) -> datetime:
        """The instant before which it ends."""


@dataclass(frozen=True, slots=True)
class Counts:
    """How often one clause, or all of a section, had each verdict."""

    by_verdict: Mapping[str, int]

    def of(self, verdict: Verdict) -> int:
        """How often it had this verdict."""
        return self.by_verdict.get(verdict.value, 0)

    @property
    def kept(self) -> int:
        """How often it was kept."""
        return self.of(Verdict.KEPT)

    @property
    def broken(self) -> int:
        """How often it was broken."""
        return self.of(Verdict.BROKEN)

    @property
    def overridden(self) -> int:
        """How often it was overridden."""
        return self.of(Verdict.OVERRIDDEN)

    @property
    def n(self) -> int:
        """How many verdicts that is of: kept, broken and overridden. What did not apply, is open or unknown is in none."""
        return self.kept + self.broken + self.overridden

    @property
    def unknown(self) -> int:
        """How often there was no evidence."""
        return self.of(Verdict.NO_EVIDENCE)

    @property
    def percent(self) -> int | None:
        """The share kept, in whole per cent, rounded down: nothing short of all of them is 100. None of none."""
        return 100 * self.kept // self.n if self.n else None


def together(counts: Iterable[Counts]) -> Counts:
    """The sum."""
    total: Counter[str] = Counter()
    for one in counts:
        total.update(one.by_verdict)
    return Counts(dict(total))


@dataclass(frozen=True, slots=True)
class Counted:
    """A quarter's incidents: how often each clause had each verdict, of how many incidents; `unjudged` of them are not in it."""

    clauses: Mapping[str, Counts]
    incidents: int
    unjudged: int


def counted(quarter: Span) -> Counted:
    """Count a quarter. Three queries, and those of judging on the spot where some incidents went on since they were judged."""
    values = {"start": quarter.start, "end": quarter.end}
    found: dict[str, Counter[str]] = defaultdict(Counter)
    with connection.cursor() as cursor:
        cursor.execute(_HOW_MANY, values)
        incidents, fresh = cursor.fetchone()
        cursor.execute(_COUNT, values)
        for clause, verdict, n in cursor.fetchall():
            found[clause][verdict] += n
    stale = _stale(values) if fresh < incidents else []
    for judgements in _judged(stale[:ON_THE_SPOT]).values():
        for clause, judgement in judgements.items():
            found[clause][judgement.verdict.value] += 1
    clauses = {clause: Counts(dict(counts)) for clause, counts in found.items()}
    return Counted(clauses, incidents, max(0, len(stale) - ON_THE_SPOT))


def with_verdict(quarter: Quarter, clause: str, verdict: Verdict) -> list[int]:
    """The ids of the quarter's incidents of which a clause has this verdict."""
    values: dict[str, datetime | str] = {"start": quarter.start, "end": quarter.end, "clause": clause, "verdict": verdict.value}
    with connection.cursor() as cursor:
        cursor.execute(_WITH, values)
        found = [pk for (pk,) in cursor.fetchall()]
    judged = _judged(_stale(values)[:ON_THE_SPOT])
    return found + [pk for pk, judgements in judged.items() if clause in judgements and judgements[clause].verdict == verdict]


def _stale(values: Mapping[str, datetime | str]) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(_STALE, values)
        return [pk for (pk,) in cursor.fetchall()]


def _judged(incident_ids: Sequence[int]) -> dict[int, dict[str, Judgement]]:
    return {pk: judge(record_of(tables)) for pk, tables in load(incident_ids).items()} if incident_ids else {}


def of_the_organisation(quarter: Span, law: Law) -> dict[str, Judgement]:
    """Clause id -> judgement, of the clauses that are judged over the quarter itself."""
    record = quarter_record(quarter.start, quarter.end)
    return {clause.id: QUARTER[clause.id].judge(record) for clause in law.clauses if clause.judged and clause.id in QUARTER}
