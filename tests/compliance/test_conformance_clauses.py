"""Every judged clause has a function, and every verdict that a function can give has a record that gets it."""

from collections import defaultdict
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

import compliance.conformance.clauses  # noqa: F401 - fills the table
from compliance.conformance import organisation as o
from compliance.conformance.described import into
from compliance.conformance.record import Record
from compliance.conformance.report import of, section_of
from compliance.conformance.table import INCIDENT, QUARTER
from compliance.conformance.verdicts import Verdict
from standard.law import Law, shipped
from standard.reading import SECTIONS
from tests.compliance.conformance_vectors import VECTORS, Vector, declared, e, record

JUDGED = [clause.id for clause in Law.from_data(shipped()).clauses if clause.judged]
START, END = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 4, 1, tzinfo=UTC)
DAY = START + timedelta(days=10)


def test_every_measured_or_enforced_clause_has_exactly_one_function() -> None:
    assert sorted([*INCIDENT, *QUARTER]) == sorted(JUDGED)


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: f"{vector[0]}-{vector[1]}")
def test_what_a_record_comes_to(vector: Vector) -> None:
    clause, verdict, given = vector
    found = INCIDENT[clause].judge(given)
    assert found.verdict == verdict, found
    assert found.why
    assert verdict in INCIDENT[clause].gives
    assert {one.verdict for one in found.findings} >= ({verdict} if verdict in (Verdict.BROKEN, Verdict.OVERRIDDEN) else set())
    assert all((one.what and one.at) or one.entry for one in found.findings)


def test_every_verdict_that_a_function_can_give_has_such_a_record() -> None:
    shown: dict[str, set[Verdict]] = defaultdict(set)
    for clause, verdict, _ in VECTORS:
        shown[clause].add(verdict)
    assert {clause: judged.gives for clause, judged in INCIDENT.items()} == shown


@pytest.mark.parametrize("clause", INCIDENT)
def test_without_evidence_no_function_says_kept_or_not_applicable(clause: str) -> None:
    """Nothing at all; and a record that lacks an entry, and its declaration."""
    assert INCIDENT[clause].judge(record()).verdict == Verdict.NO_EVIDENCE
    for given in (record(declared(), e("noted", 5), skip=2), record(e("noted", 5)), record(e("resolved", 60), state="resolved")):
        assert INCIDENT[clause].judge(given).verdict not in (Verdict.KEPT, Verdict.NOT_APPLICABLE)


def test_one_entry_of_a_strange_shape_spoils_its_clauses_and_no_other() -> None:
    whole, strange = (
        record(declared(), e("change_executed", 9, "jon", assembled=told)) for told in ({"people": 3}, {"people": "x"})
    )
    verdicts = [{row["clause"]: row["verdict"] for row in of(one)["clauses"]} for one in (whole, strange)]
    assert {clause for clause in verdicts[0] if verdicts[0][clause] != verdicts[1][clause]} == {"principle.mobilize-first"}
    assert verdicts[1]["principle.mobilize-first"] == "no_evidence"


def test_what_was_written_down_over_a_minute_later_shows_both_times() -> None:
    """It is judged by when it happened."""
    given = record(declared(), e("change_deviated", 9, "kim", number=1, text="Restarted", reason="Hurry"))
    entry = given.entries[1]
    late = type(entry)(**{f: getattr(entry, f) for f in entry.__slots__} | {"recorded_at": entry.at + timedelta(seconds=61)})
    found = of(Record(**given.__dict__ | {"entries": (given.entries[0], late)}))
    deviation = next(one for one in found["deviations"] if one["clause"] == "roles.ol-no-rogue")
    assert (deviation["at"], deviation["recorded_at"]) == (entry.at.isoformat(), late.recorded_at.isoformat())
    assert [one["entry"] for one in found["late_entries"]] == [2]


def test_every_section_of_the_standard_has_its_name() -> None:
    assert {section_of(clause) for clause in Law.from_data(shipped()).clauses} <= set(SECTIONS)


# --- Over a quarter -----------------------------------------------------------------------------------------------------------


def quarter(*, over: bool = True, **parts: object) -> o.QuarterRecord:
    """A quarter with these parts."""
    return o.QuarterRecord(START, END, over, **parts)  # type: ignore[arg-type]


def owed(*, stopped: int | None = None, broken: bool = False, away: str = "") -> tuple[o.Owed, ...]:
    """Something that was due after ten days; `away`: what it fell away with."""
    ended = START + timedelta(days=stopped) if stopped is not None else None
    return (o.Owed("INC-1-1", "Jon", DAY, ended, DAY if broken else None, "INC-1", away),)


WRONG = o.Deeds(3, (o.Deed("incident.resolved without the role practitioner", DAY, "Eve", "INC-1"),))
K, B, STILL, N = Verdict.KEPT, Verdict.BROKEN, Verdict.OPEN, Verdict.NO_EVIDENCE
LATE = (o.Unanswered("Primary", DAY, DAY + timedelta(seconds=11)),)
QUARTERS: list[tuple[str, Verdict, o.QuarterRecord]] = [
    ("triage.is-it-an-incident", K, quarter(asked=(o.Asked("Disk", DAY, True),))),
    ("triage.is-it-an-incident", B, quarter(asked=(o.Asked("Disk", DAY, False),))),
    ("triage.is-it-an-incident", STILL, quarter(over=False, asked=(o.Asked("Disk", DAY, False),))),
    ("oncall.primary-secondary", K, quarter(notices=(o.Notice(DAY, (("no_manager", "Payments"),)),))),
    ("oncall.primary-secondary", B, quarter(notices=(o.Notice(DAY, (("gap", "Payments"),)),))),
    ("oncall.escalate-15-30", K, quarter(pages=3, unanswered=(o.Unanswered("Primary", DAY, DAY),))),
    ("oncall.escalate-15-30", B, quarter(pages=3, unanswered=LATE)),
    ("oncall.escalate-15-30", B, quarter(pages=3, unanswered=(o.Unanswered("Primary", DAY, None),))),
    ("actions.sla", K, quarter(items=owed(stopped=9))),
    ("actions.sla", B, quarter(items=owed(stopped=11, broken=True))),
    ("actions.sla", B, quarter(items=owed(broken=True))),
    ("actions.sla", STILL, quarter(items=owed())),
    ("actions.sla", Verdict.NOT_APPLICABLE, quarter(items=owed(stopped=9, away="dropped"))),
    ("actions.sla", K, quarter(items=owed(stopped=9, away="dropped") + owed(stopped=9))),
    ("actions.sla", STILL, quarter(items=owed(stopped=9, away="dropped") + owed())),
    ("improve.quarterly-review", K, quarter(reviews=owed(stopped=9))),
    ("improve.quarterly-review", B, quarter(reviews=owed(broken=True))),
    ("improve.quarterly-review", STILL, quarter(reviews=owed())),
    ("improve.quarterly-review", Verdict.NOT_APPLICABLE, quarter(reviews=owed(stopped=9, away="anew"))),
    ("people.process-owner", K, quarter(standard=o.Deeds(2))),
    ("people.process-owner", B, quarter(standard=WRONG)),
    ("people.practitioner", K, quarter(practice=o.Deeds(2))),
    ("people.practitioner", B, quarter(practice=WRONG)),
    ("people.auditor", K, quarter(audit=o.Deeds(2))),
    ("people.auditor", B, quarter(audit=WRONG)),
    ("metrics.mttr", K, quarter(resolved=o.Measured(2))),
    ("metrics.mttr", B, quarter(resolved=o.Measured(2, (o.Missing("INC-1", DAY),)))),
    ("metrics.mttd", K, quarter(detected=o.Measured(2))),
    ("metrics.mttd", B, quarter(detected=o.Measured(2, (o.Missing("INC-1", DAY),)))),
    ("metrics.slo", K, quarter(components=(o.Aim("API", 99.9, 99.5, 1.0),))),
    ("metrics.slo", B, quarter(components=(o.Aim("API", 99.9, None, 1.0),))),
    *((clause, N, quarter()) for clause in QUARTER),
]


@pytest.mark.parametrize(("clause", "verdict", "given"), QUARTERS, ids=lambda value: str(value) if isinstance(value, str) else "")
def test_what_a_quarter_comes_to(clause: str, verdict: Verdict, given: o.QuarterRecord) -> None:
    found = QUARTER[clause].judge(given)
    assert found.verdict == verdict, found
    assert bool(found.findings) == (verdict == Verdict.BROKEN)


def test_every_verdict_over_a_quarter_has_such_a_record() -> None:
    shown: dict[str, set[Verdict]] = defaultdict(set)
    for clause, verdict, _ in QUARTERS:
        shown[clause].add(verdict)
    assert {clause: judged.gives for clause, judged in QUARTER.items()} == shown


def test_the_table_of_the_documentation_is_fresh() -> None:
    page = Path(__file__).parents[2] / "docs" / "conformance.md"
    assert page.read_text(encoding="utf-8") == into(page.read_text(encoding="utf-8")), "run manage.py clauses"
