"""Each clause that is built so far has a test that bears its id."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from standard.law import Law, shipped

TESTS = Path(__file__).parents[1]

BUILT = [
    "detection.automated",
    "detection.manual",
    "triage.is-it-an-incident",
    "triage.declare-immediately",
    "triage.initial-severity",
    "lifecycle.phases",
    "mobilize.page-out",
    "oncall.escalate-15-30",
    "severity.sev1-page",
    "severity.sev2-page",
    "severity.sev1-cadence",
    "severity.sev2-cadence",
    "resolve.impact-ceased",
    "resolve.alerts-cleared",
    "resolve.ic-declares",
    "resolve.stable",
    "principle.chain-of-command",
    "principle.communicate",
    "principle.mobilize-first",
    "handover.after-4h",
    "people.practitioner",
    "people.auditor",
    "breach.sev1",
    "breach.preserve-logs",
    "breach.page-privacy-legal",
    "breach.need-to-know",
    "finance.audit-trail",
    "finance.notify-cfo",
]


def marked() -> Iterator[tuple[str, str]]:
    """(clause, file) of every `pytest.mark.clause("…")` under tests/."""
    for file in TESTS.rglob("test_*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "pytest.mark.clause":
                for argument in node.args:
                    if isinstance(argument, ast.Constant):
                        yield str(argument.value), str(file.relative_to(TESTS))


@pytest.mark.parametrize("clause", BUILT)
def test_a_clause_that_is_built_is_shown(clause: str) -> None:
    assert clause in {shown for shown, _ in marked()}


def test_no_test_bears_a_clause_that_there_is_not() -> None:
    known = {clause.id for clause in Law.from_data(shipped()).clauses}
    assert [(clause, file) for clause, file in marked() if clause not in known] == []
