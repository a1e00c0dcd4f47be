"""Rules of law: loaded from a file, approved by counsel, withdrawn. None is in force but by counsel's approval."""

from collections.abc import Mapping
from typing import Any

from django.db import connection

from compliance.duties_file import RuleData, rules_of, shipped, waits_for
from compliance.models import RegulatorRule
from compliance.rules import duties as rules
from incidents import fields
from ledger.actions import record
from ledger.verbs import verb
from tenants.actors import Actor
from tenants.refusals import Reason, Refused, check
from tenants.time import now

SUBJECT = "rule of law"
_LOCK, _ONE_AT_A_TIME = 70_601, "SELECT pg_advisory_xact_lock(%s, (%s %% 2147483647)::int)"
TERMS = (
    *("regime", "stage", "trigger", "limits", "calendar", "roll", "roll_until"),
    *("recipient", "citation", "note", "valid_from", "valid_to"),
)


@verb(
    "load",
    kind="duty_rule.loaded",
    who="Legal Counsel, administrators, manage.py duties",
    subject=SUBJECT,
    clauses=(rules.CLAUSE,),
)
def load_rules(*, by: Actor, content: str = "") -> list[RegulatorRule]:
    """Load rules of law from a file (YAML); without one, those that are shipped. Each is off until counsel approves it.

    A rule that is there already in the same words is left alone; in other words, it is a new version. Returns the versions that were
    made. Refuses (422) what is wrong with the file, naming the rule, and (409) a file that has nothing new.
    """
    check(rules.why_not_load(by))
    with connection.cursor() as cursor:  # two files at once come one after the other
        cursor.execute(_ONE_AT_A_TIME, [_LOCK, by.organisation_id])
    newest = _newest()
    found = rules_of(content or shipped(), known={key: waits_for(row.limits) for key, row in newest.items()})
    made = [_make(data, newest.get(data.key), by) for data in found if not _same(data, newest.get(data.key))]
    if not made:
        raise Refused(Reason("nothing_new", "Every rule of this file is here already, word for word.", field="content"))
    return made


def _newest() -> Mapping[str, RegulatorRule]:
    return {row.key: row for row in RegulatorRule.objects.order_by("version")}


def _same(data: RuleData, row: RegulatorRule | None) -> bool:
    said = data.values()
    return row is not None and row.withdrawn_at is None and all(getattr(row, name) == said[name] for name in TERMS)


def _make(data: RuleData, before: RegulatorRule | None, by: Actor) -> RegulatorRule:
    rule = RegulatorRule.objects.create(version=before.version + 1 if before else 1, loaded_by_id=by.user_id, **data.values())
    record("duty_rule.loaded", rule, by=by, **_facts(rule), before=before.version if before else None)
    return rule


@verb(
    "approve",
    kind="duty_rule.approved",
    who="Legal Counsel",
    subject=SUBJECT,
    sometimes=("duty_rule.withdrawn",),
    clauses=(rules.CLAUSE,),
)
def approve_rule(rule: RegulatorRule, *, by: Actor) -> RegulatorRule:
    """Approve a version of a rule: it is in force from now on, in place of the one before it. What runs by that runs on."""
    rule = lock(rule)
    check(rules.why_not_approve(rule, by))
    for other in RegulatorRule.objects.filter(key=rule.key, approved_at__isnull=False, withdrawn_at=None).select_for_update(
        of=("self",)
    ):
        _withdraw(other, f"Version {rule.version} was approved in its place.", by)
    rule.approved_at, rule.approved_by_id = now(), by.user_id
    rule.save()
    record("duty_rule.approved", rule, by=by, **_facts(rule))
    return lock(rule)


@verb("withdraw", kind="duty_rule.withdrawn", who="Legal Counsel", subject=SUBJECT, clauses=(rules.CLAUSE,))
def withdraw_rule(rule: RegulatorRule, *, by: Actor, reason: str) -> RegulatorRule:
    """Withdraw a rule that is in force, with a reason: it is proposed for nothing new. What runs by it runs on."""
    rule = lock(rule)
    check(rules.why_not_withdraw(rule, by))
    _withdraw(rule, fields.text("reason", reason, most=fields.REASON_MAX), by)
    return rule


def _withdraw(rule: RegulatorRule, reason: str, by: Actor) -> None:
    rule.withdrawn_at, rule.withdrawn_by_id, rule.withdrawn_why = now(), by.user_id, reason
    rule.save()
    record("duty_rule.withdrawn", rule, by=by, **_facts(rule), reason=reason)


def lock(rule: RegulatorRule) -> RegulatorRule:
    """Lock a rule's row."""
    people = ("approved_by", "withdrawn_by", "loaded_by")
    return RegulatorRule.objects.select_for_update(of=("self",)).select_related(*people).get(pk=rule.pk)


def _facts(rule: RegulatorRule) -> dict[str, Any]:
    return {"key": rule.key, "version": rule.version, "regime": rule.regime, "stage": rule.stage, "citation": rule.citation}
