"""What does each verb of the duties of law once (tests/ledger/test_events.py): the preparation, then the act."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from compliance.actions import duties, duties_rules
from compliance.models import DutyCase, RegulatorRule
from tenants.actors import Actor

type Act = Callable[[], object]

ONE_RULE = """
rules:
  - key: of-ours
    regime: Ours
    stage: Notice
    trigger: manual
    limits: [{start: awareness, amount: 1, unit: hour}]
    recipient: The regulator
    citation: Art. 1
"""


def _legal(s: Any) -> Actor:
    actor: Actor = s.cast.exec.actor()
    return actor


def _rule(s: Any) -> RegulatorRule:
    return duties_rules.load_rules(by=_legal(s), content=ONE_RULE)[0]


def _in_force(s: Any) -> RegulatorRule:
    return duties_rules.approve_rule(_rule(s), by=_legal(s))


def _case(s: Any) -> DutyCase:
    return duties.propose_duty(s.incident, _in_force(s), by=_legal(s))


def _applies(s: Any) -> DutyCase:
    return duties.decide_duty(_case(s), by=_legal(s), applies=True, reason="Counsel judged it")


def _start(s: Any, case: DutyCase) -> DutyCase:
    moment = s.clock.now - timedelta(hours=1)
    return duties.start_duty(case, by=_legal(s), start="awareness", at=moment, reason="The e-mail says so")


def _file(s: Any, case: DutyCase) -> DutyCase:
    proof: dict[str, Any] = {"reference": "DPA-1", "name": "receipt.txt", "body": b"Received"}
    return duties.file_duty(case, by=_legal(s), at=s.clock.now, **proof)


def _after[T](prepare: Callable[[Any], T], act: Callable[[Any, T], object]) -> Callable[[Any], Act]:
    def driver(s: Any) -> Act:
        prepared = prepare(s)
        return lambda: act(s, prepared)

    return driver


DRIVERS: dict[str, Callable[[Any], Act]] = {
    "duty of law:decide": _after(
        _case, lambda s, case: duties.decide_duty(case, by=_legal(s), applies=False, reason="No person is at risk")
    ),
    "duty of law:file": _after(lambda s: _start(s, _applies(s)), _file),
    "duty of law:propose": _after(_in_force, lambda s, rule: duties.propose_duty(s.incident, rule, by=_legal(s))),
    "duty of law:start": _after(_applies, _start),
    "rule of law:approve": _after(_rule, lambda s, rule: duties_rules.approve_rule(rule, by=_legal(s))),
    "rule of law:load": lambda s: lambda: _rule(s),
    "rule of law:withdraw": _after(_in_force, lambda s, rule: duties_rules.withdraw_rule(rule, by=_legal(s), reason="Repealed")),
}
