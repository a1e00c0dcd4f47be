"""Each clause that is built so far has a test that bears its id."""

import ast
from functools import cache
from pathlib import Path

import pytest

from standard.law import Law, shipped

TESTS = Path(__file__).parents[1]

BUILT = [
    "principle.mobilize-first",
    "principle.mitigate-first",
    "principle.chain-of-command",
    "principle.communicate",
    "lifecycle.phases",
    "detection.automated",
    "detection.manual",
    "triage.is-it-an-incident",
    "triage.declare-immediately",
    "triage.slack-declare",
    "triage.initial-severity",
    "mobilize.war-room",
    "mobilize.roles-assigned",
    "mobilize.page-out",
    "investigate.hypotheses",
    "resolve.impact-ceased",
    "resolve.alerts-cleared",
    "resolve.ic-declares",
    "resolve.stable",
    "severity.sev1-definition",
    "severity.sev2-definition",
    "severity.sev3-definition",
    "severity.sev4-definition",
    "severity.sev1-page",
    "severity.sev1-cadence",
    "severity.sev2-page",
    "severity.sev2-cadence",
    "severity.sev3-fix",
    "severity.sev4-ticket",
    "roles.ic-authority",
    "roles.ic-assesses",
    "roles.ic-assigns",
    "roles.ic-rhythm",
    "roles.ic-protects-ops",
    "roles.ic-hard-calls",
    "roles.ic-head-up",
    "roles.ol-leads",
    "roles.ol-no-rogue",
    "roles.cl-status-page",
    "roles.cl-public-approval",
    "roles.cl-exec-updates",
    "roles.cl-support-script",
    "roles.cl-no-speculation",
    "roles.scribe",
    "warroom.mode",
    "warroom.clear-concise",
    "warroom.ack-everything",
    "warroom.no-crosstalk",
    "warroom.bot-hygiene",
    "warroom.exec-swoop",
    "handover.after-4h",
    "handover.shadow-15",
    "handover.sitrep",
    "handover.announce",
    "oncall.escalate-15-30",
    "oncall.primary-secondary",
    "severity.sev3-low-urgency",
    "tools.slack-bot",
    "tools.components",
    "postmortem.draft-24h",
    "postmortem.template",
    "postmortem.summary",
    "postmortem.timeline",
    "postmortem.five-whys",
    "postmortem.impact",
    "breach.sev1",
    "breach.preserve-logs",
    "breach.page-privacy-legal",
    "breach.need-to-know",
    "finance.audit-trail",
    "finance.notify-cfo",
    "checklist.ic",
    "checklist.ol",
    "checklist.cl",
    "metrics.mttr",
    "metrics.mttd",
    "metrics.slo",
    "people.practitioner",
    "people.auditor",
    "people.process-owner",
    "improve.quarterly-review",
    "improve.feedback",
    "principle.blameless",
    "postmortem.review-5-days",
    "postmortem.action-items",
    "postmortem.attendance",
    "postmortem.blameless-rule",
    "actions.tags",
    "actions.sla",
]


@cache
def marked() -> frozenset[tuple[str, str]]:
    """(clause, file) of every `pytest.mark.clause("…")` under tests/, read once."""
    return frozenset(
        (str(argument.value), str(file.relative_to(TESTS)))
        for file in TESTS.rglob("test_*.py")
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "pytest.mark.clause"
        for argument in node.args
        if isinstance(argument, ast.Constant)
    )


@pytest.mark.parametrize("clause", BUILT)
def test_a_clause_that_is_built_is_shown(clause: str) -> None:
    assert clause in {shown for shown, _ in marked()}


def test_no_test_bears_a_clause_that_there_is_not() -> None:
    known = {clause.id for clause in Law.from_data(shipped()).clauses}
    assert [(clause, file) for clause, file in marked() if clause not in known] == []
