"""Duties of law: who approves rules, who decides of an incident, and what cannot be said of it (clauses breach.*)."""

from compliance.duties_people import serves
from compliance.models import DutyCase, RegulatorRule
from incidents.rules.common import reader
from incidents.rules.restriction import LAWFUL
from tenants.actors import Actor, Duty, Role
from tenants.refusals import Reason

CLAUSE = "breach.page-privacy-legal"


def why_not_load(by: Actor) -> list[Reason]:
    """Legal Counsel and administrators load rules; none is in force by that."""
    if reasons := reader(by):
        return reasons
    if by.is_system or by.has(Role.ADMINISTRATOR) or serves(by, Duty.LEGAL_COUNSEL):
        return []
    return [Reason("not_yours_to_load", "Legal Counsel and administrators load rules.", clause=CLAUSE, status=403)]


def _counsel(by: Actor) -> list[Reason]:
    if reasons := reader(by):
        return reasons
    if not serves(by, Duty.LEGAL_COUNSEL):
        return [Reason("not_legal", "Only Legal Counsel approves rules, and withdraws them.", clause=CLAUSE, status=403)]
    return []


def why_not_approve(rule: RegulatorRule, by: Actor) -> list[Reason]:
    """Legal Counsel approves a version, once."""
    if reasons := _counsel(by):
        return reasons
    if rule.withdrawn_at is not None:
        return [
            Reason("withdrawn", f"{rule} was withdrawn at {rule.withdrawn_at:%Y-%m-%d %H:%M} UTC: load it anew.", clause=CLAUSE)
        ]
    if rule.approved_at is not None:
        who = rule.approved_by.name if rule.approved_by else "Somebody"
        return [Reason("approved", f"{who} approved it at {rule.approved_at:%Y-%m-%d %H:%M} UTC already.", clause=CLAUSE)]
    return []


def why_not_withdraw(rule: RegulatorRule, by: Actor) -> list[Reason]:
    """Legal Counsel withdraws what is in force; duties that run by it run on."""
    if reasons := _counsel(by):
        return reasons
    return [] if rule.in_force else [Reason("not_in_force", f"{rule} is not in force.", clause=CLAUSE)]


def _decides(by: Actor) -> list[Reason]:
    if reasons := reader(by):
        return reasons
    if not serves(by, *LAWFUL):
        sentence = "Legal Counsel and the Privacy Officer decide what the law asks for, and file it."
        return [Reason("not_lawful", sentence, clause=CLAUSE, status=403)]
    return []


def why_not_propose(by: Actor, rule: RegulatorRule | None = None, proposed: bool = False) -> list[Reason]:
    """They put a rule in force to an incident by hand, where its trigger did not, or the rule came later; each once."""
    if reasons := _decides(by):
        return reasons
    if rule is not None and not rule.in_force:
        return [Reason("rule_off", f"{rule} is not in force: counsel has to approve it first.", clause=CLAUSE, field="rule")]
    if proposed:
        return [Reason("proposed", f"{rule} is on this incident already.", clause=CLAUSE, field="rule")]
    return []


def why_not_decide(case: DutyCase, by: Actor) -> list[Reason]:
    """They decide whether it applies, and may think again until something was filed."""
    if reasons := _decides(by):
        return reasons
    return [_filed(case)] if case.filed_at is not None else []


def why_not_start(case: DutyCase, by: Actor) -> list[Reason]:
    """They say when its clock began, once it is decided that it applies; and correct that until something was filed."""
    if reasons := _decides(by) or _not_decided(case):
        return reasons
    if case.filed_at is not None:
        return [_filed(case)]
    if all(limit["start"].startswith("filed:") for limit in case.rule.limits):
        return [Reason("starts_by_itself", "Its clock begins when the stage before it is filed.", clause=CLAUSE)]
    return []


def why_not_file(case: DutyCase, by: Actor) -> list[Reason]:
    """They file, with proof, what applies and whose clock has begun; again where it is followed up."""
    if reasons := _decides(by) or _not_decided(case):
        return reasons
    if case.due_at is None:
        return [Reason("not_started", "Say first when its clock began: nothing is due yet.", clause=CLAUSE)]
    return []


def _filed(case: DutyCase) -> Reason:
    return Reason("filed", f"It was filed at {case.filed_at:%Y-%m-%d %H:%M} UTC already.", clause=CLAUSE)


def _not_decided(case: DutyCase) -> list[Reason]:
    if case.applies is None:
        return [Reason("undecided", "Decide first whether it applies.", clause=CLAUSE)]
    if not case.applies:
        return [Reason("does_not_apply", "It was decided that this does not apply.", clause=CLAUSE)]
    return []
