"""What does each verb of integrations, rules and maintenance once, for tests/ledger/test_events.py."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from incidents import integrating, quieting, routing, ruling
from incidents.models import Integration, RoutingRule, Signal
from integrations.formats import Said
from integrations.generic.actions import set_mapping
from integrations.intake import take
from oncall.models import Service

if TYPE_CHECKING:
    from tests.ledger.test_events import Stage

type Act = Callable[[], object]


def _now(act: Callable[[Stage], object]) -> Callable[[Stage], Act]:
    return lambda s: lambda: act(s)


def _pager(s: Stage) -> Callable[[str, dict[str, Any]], object]:
    """Something that speaks PagerDuty's events."""
    _, key = integrating.make_integration(Integration.Kind.PAGERDUTY, "Pager", by=s.admin)

    def say(kind: str, data: dict[str, Any]) -> object:
        return take(s.cast.key.split("_")[1], [Said(kind, key, {}, b"{}", data=data)])

    return say


def _acknowledge(s: Stage) -> Act:
    say = _pager(s)
    payload = {"summary": "Full", "source": "db-2", "severity": "error"}
    say("pagerduty", {"event_action": "trigger", "dedup_key": "d", "payload": payload})
    return lambda: say("pagerduty", {"event_action": "acknowledge", "dedup_key": "d"})


def _change(s: Stage) -> Act:
    say = _pager(s)
    return lambda: say("pagerduty-change", {"payload": {"summary": "Deployed"}})


def _first(s: Stage) -> Integration:
    return Integration.objects.earliest("id")


def _rule(s: Stage) -> RoutingRule:
    return ruling.set_rule(RoutingRule(), {"name": "Rule", "labels": {"a": "b"}}, by=s.admin)


def _remove(s: Stage) -> Act:
    rule = _rule(s)
    return lambda: ruling.remove_rule(rule, by=s.admin)


def _plan(s: Stage) -> Any:
    times = s.clock.now, s.clock.now + timedelta(hours=1)
    return ruling.plan_maintenance("Work", *times, list(Service.objects.all()[:2]), by=s.admin)


def _end(s: Stage) -> Act:
    window = _plan(s)
    _suppress(s)
    return lambda: ruling.end_maintenance(window, by=s.admin)


def _suppress(s: Stage) -> Signal:
    signal = Signal(kind=Signal.Kind.ALERTS, title="Quiet", integration=_first(s), group_key="quiet")
    return quieting.suppress(signal, routing.Quiet("Maintenance: Work."), by=s.muster)


def _ask(s: Stage) -> Act:
    signal = _suppress(s)
    return lambda: quieting.ask(signal, by=s.jon)


def _mapped(s: Stage) -> Act:
    generic, _ = integrating.make_integration(Integration.Kind.GENERIC, "Generic", by=s.admin)
    return lambda: set_mapping(generic, {"key": "/id", "title": "/name"}, by=s.admin)


DRIVERS: dict[str, Callable[[Stage], Act]] = {
    "alert:acknowledged-outside": _acknowledge,
    "integration:issue-key": _now(lambda s: integrating.issue_key(_first(s), by=s.admin)),
    "integration:map": _mapped,
    "integration:tell-change": _change,
    "integration:withdraw-keys": _now(lambda s: integrating.withdraw_keys(_first(s), by=s.admin)),
    "maintenance window:end-maintenance": _end,
    "maintenance window:plan-maintenance": _now(_plan),
    "routing rule:remove-rule": _remove,
    "routing rule:set-rule": _now(_rule),
    "signal:ask": _ask,
    "signal:suppress": _now(_suppress),
}
