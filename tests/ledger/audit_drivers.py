"""How each verb of audit engagements is done once, for tests/ledger/test_events.py."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from compliance.actions import engagements as actions
from compliance.models import AuditEngagement

type Act = Callable[[], object]


def _make(s: Any) -> AuditEngagement:
    today = s.clock.now.date()
    days = {"first": today - timedelta(days=90), "last": today, "expires": today + timedelta(days=30)}
    return actions.make_engagement(by=s.cast.admin.actor(), firm="Check & Co", auditor=s.cast.auditor.email, **days)


def _made(s: Any) -> Act:
    return lambda: _make(s)


def _ended(s: Any) -> Act:
    made = _make(s)
    return lambda: actions.end_engagement(made, by=s.cast.admin.actor(), reason="The audit is over.")


DRIVERS: dict[str, Callable[[Any], Act]] = {"audit engagement:make": _made, "audit engagement:end": _ended}
