"""What does each verb of pages once (tests/ledger/test_events.py): the preparation, then the act."""

from collections.abc import Callable
from typing import Any

from oncall import actions as oncall
from oncall.actions.alarms import alarm
from oncall.actions.notices import notice
from oncall.models import ReadinessNotice, Team
from standard import clocks
from standard.faults import Fault
from standard.models import Clock, ClockFailure

type Act = Callable[[], object]


def _escalate(s: Any) -> Act:
    page = s.page()
    return lambda: oncall.escalate(page, by=s.muster)


def _page_again(s: Any) -> Act:
    page = s.page()
    return lambda: oncall.page_again(page, by=s.muster, incident_id=s.incident.pk, reason="SEV 1 declared")


def _acknowledge(s: Any) -> Act:
    page = s.page()
    return lambda: oncall.acknowledge(page, by=s.amira)


def _decline(s: Any) -> Act:
    page = s.page()
    return lambda: oncall.decline(page, by=s.amira, reason="On a plane")


def _calm(s: Any) -> Act:
    page = s.page()
    return lambda: oncall.calm(page, by=s.muster)


def _begin(s: Any) -> Act:
    """A page that was acknowledged half an hour ago, about a report that still waits."""
    page = oncall.page_team(Team.objects.get(), s.signal(), by=s.muster)
    oncall.acknowledge(page, by=s.amira)
    s.clock.advance(minutes=31)
    return lambda: oncall.look_at(page, by=s.muster)


def _notice(s: Any) -> Act:
    row = ReadinessNotice.objects.get()
    s.clock.advance(days=11)
    return lambda: notice(row, by=s.muster)


def _end(s: Any) -> Act:
    page = s.page()
    return lambda: oncall.end(page, by=s.muster)


def _strike_again(s: Any) -> Act:
    stuck = ClockFailure.objects.create(clock=Clock.objects.latest("id"), failures=8, last_error="broke")
    return lambda: clocks.try_again(stuck, by=s.admin)


def _person(s: Any) -> Act:
    return lambda: oncall.page_person(s.cast.exec.user_id, s.incident, by=s.muster, clause="x", reason="CFO")


DRIVERS: dict[str, Callable[[Any], Act]] = {
    "clock:strike-again": _strike_again,
    "page:acknowledge": _acknowledge,
    "page:begin": _begin,
    "page:calm": _calm,
    "page:decline": _decline,
    "page:end": _end,
    "page:escalate": _escalate,
    "page:page": lambda s: s.page,
    "page:page-again": _page_again,
    "page:page-person": _person,
    "readiness notice:notice": _notice,
    "readiness notice:alarm": lambda s: lambda: alarm([Fault("set_aside", "Muster", "One reaction was set aside.")], by=s.muster),
}
