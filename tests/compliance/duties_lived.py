"""Duties of law in a lived-in organisation: rules off and in force, and an incident on which they wait, run, were filed and do not apply."""

from datetime import UTC, datetime, timedelta

from compliance.actions import duties, duties_rules
from compliance.models import DutyCase
from incidents.actions import declare, flag
from incidents.states import FlagKey, FlagKind, Severity
from tenants.actors import Via, system
from tests.conftest import Cast

RUNS, FILED, FALLS_AWAY, WAITS = "gdpr.authority", "hipaa.individuals", "hipaa.media", "hipaa.secretary"


def breach(cast: Cast) -> str:
    """Personal data are out: Legal loads and approves rules, decides, says when clocks began, files one. Returns the incident's reference."""
    legal, why = cast.exec.actor(), "Counsel judged it."
    moment = datetime.now(UTC)
    with cast.scope(cast.exec):
        for rule in duties_rules.load_rules(by=legal):
            if rule.key in (RUNS, FILED, FALLS_AWAY, WAITS):
                duties_rules.approve_rule(rule, by=legal)
    with cast.scope(cast.amira):
        by = cast.amira.actor()
        incident = declare(by=by, title="Invoices in a public bucket", severity=Severity.SEV2)
        kinds = [FlagKind.PII, FlagKind.PHI]
        incident = flag(
            incident, by=by, key=FlagKey.PERSONAL_DATA, kinds=kinds, reason="Names and addresses, readable by anybody."
        )
    with cast.scope():
        duties.propose_for_flag(incident, FlagKey.PERSONAL_DATA, [*kinds], by=system(cast.id, Via.RELAY))
    with cast.scope(cast.exec):
        for key, start in ((RUNS, "awareness"), (FILED, "discovery")):
            case = duties.decide_duty(_of(key), by=legal, applies=True, reason=why)
            duties.start_duty(case, by=legal, start=start, at=moment - timedelta(hours=1), reason=why)
        duties.decide_duty(_of(FALLS_AWAY), by=legal, applies=False, reason="Fewer than 500 in one state.")
        duties.file_duty(
            _of(FILED),
            by=legal,
            at=moment - timedelta(minutes=5),
            reference="HHS-2026-77",
            name="receipt.txt",
            body=b"Received with thanks",
            note="By their portal.",
        )
    return incident.ref


def _of(key: str) -> DutyCase:
    return DutyCase.objects.get(rule__key=key)
