"""The conformance report of one incident: the same from the database and from the records of an evidence pack."""

from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import compliance.conformance.clauses  # noqa: F401 - fills the table
from compliance.conformance.loading import load
from compliance.conformance.record import Record
from compliance.conformance.rows import Tables, record_of
from compliance.conformance.table import INCIDENT
from compliance.conformance.verdicts import Finding, Judgement, Verdict, no_evidence
from incidents.models import Incident
from standard.law_types import Clause

FORMAT = 1
DEVIATIONS = (Verdict.BROKEN, Verdict.OVERRIDDEN)


def for_incident(incident: Incident, *, until: int | None = None) -> dict[str, Any]:
    """The report of an incident as its record is now: JSON-ready, and the same as long as the record is. The open scope has to see it.

    `until` is the `seq` of the last event that counts, such as the last one that is sealed.
    """
    tables = load([incident.pk])[incident.pk]
    if until is not None:
        tables["ledger_event"] = [row for row in tables["ledger_event"] if row["seq"] <= until]
    return from_records(tables)


def from_records(records: Tables) -> dict[str, Any]:
    """The report that these rows of one incident make ({table: [row]}, see `rows`). Pure: whoever has the rows has the report.

    {format, incident, standard, counts, clauses, deviations, late_entries}. Raises NotARecord where the rows hold no incident.
    """
    return of(record_of(records))


def of(record: Record) -> dict[str, Any]:
    """The report of a record."""
    judgements = judge(record)
    told = [_clause(record.law.clause(clause), judgement) for clause, judgement in judgements.items()]
    deviations = [{"clause": row["clause"], **finding} for row in told for finding in row["findings"]]
    return {
        "format": FORMAT,
        "incident": {
            "ref": record.ref,
            "number": record.number,
            "severity": record.severity,
            "state": record.state,
            "exercise": record.exercise,
            "declared_at": _iso(record.declared_at),
        },
        "standard": {"version": record.version, "edition": record.law.edition, "title": record.law.title},
        "entries": len(record.entries),
        "missing_entries": [seq for seq in record.gaps if seq],
        "counts": counts(judgements),
        "clauses": told,
        "judged_by_quarter": [clause.id for clause in record.law.clauses if clause.judged and clause.id not in INCIDENT],
        "deviations": sorted(deviations, key=lambda one: (one["at"] is None, one["at"] or "", one["clause"])),
        "late_entries": [
            {"entry": e.seq, "kind": e.kind, "occurred_at": _iso(e.at), "recorded_at": _iso(e.written)}
            for e in record.entries
            if e.written
        ],
    }


def judge(record: Record) -> dict[str, Judgement]:
    """Clause id -> judgement, in the order of the standard that judges it: each that is judged over one incident."""
    found = {}
    for clause in record.law.clauses:
        if clause.judged and (judged := INCIDENT.get(clause.id)) is not None:
            found[clause.id] = _safely(judged.judge, record)
    return found


def _safely(function: Any, record: Record) -> Judgement:
    """One entry that has not the shape it should have spoils its clause, and no other: then the record does not say."""
    try:
        judgement: Judgement = function(record)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        return no_evidence(f"The record has an entry that cannot be read ({type(error).__name__}).")
    return judgement


def counts(judgements: Mapping[str, Judgement]) -> dict[str, int]:
    """How many clauses have each verdict."""
    found = Counter(judgement.verdict for judgement in judgements.values())
    return {verdict.value: found[verdict] for verdict in Verdict}


def section_of(clause: Clause) -> str:
    """The section of the standard in which a clause stands: the first of its `ref`."""
    return clause.ref.partition(",")[0].partition("/")[0].strip()


def _clause(clause: Clause, judgement: Judgement) -> dict[str, Any]:
    return {
        "clause": clause.id,
        "section": section_of(clause),
        "says": clause.says,
        "verdict": judgement.verdict.value,
        "why": judgement.why,
        "findings": [finding_out(finding) for finding in judgement.findings],
    }


def finding_out(finding: Finding) -> dict[str, Any]:
    """A finding as JSON."""
    return {
        "verdict": finding.verdict.value,
        "what": finding.what,
        "at": _iso(finding.at),
        "by": finding.by,
        "reason": finding.reason,
        "seconds": finding.seconds,
        "entry": finding.entry,
        "recorded_at": _iso(finding.recorded_at),
    }


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
