"""What does each verb of command once, for tests/ledger/test_events.py: "subject:verb" -> prepares the stage, returns the act."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING

from incidents import actions
from incidents.members import member_for
from incidents.models import Incident
from incidents.states import RoomRole, Severity, State

if TYPE_CHECKING:
    from incidents.items import Member
    from tests.ledger.test_events import Stage

type Act = Callable[[], object]


def _jon(s: Stage) -> Member:
    return member_for(s.amira, s.cast.jon.email)


def _offered(s: Stage, role: RoomRole = RoomRole.OL) -> None:
    actions.assign(s.incident, by=s.amira, role=role, person=_jon(s))


def _led(s: Stage) -> None:
    _offered(s)
    actions.accept(s.incident, by=s.jon, role=RoomRole.OL)


def _handing_over(s: Stage, steps: int) -> None:
    """Amira hands over to Jon, this many steps."""
    ways: tuple[Act, ...] = (
        lambda: actions.hand_over(s.incident, by=s.amira, to=_jon(s)),
        lambda: actions.shadow(s.incident, by=s.jon),
        lambda: actions.report_situation(s.incident, by=s.amira, text="So it stands"),
        lambda: actions.announce(s.incident, by=s.amira),
    )
    for step in ways[:steps]:
        step()


def _after(prepare: Callable[[Stage], object], act: Callable[[Stage], object]) -> Callable[[Stage], Act]:
    def driver(s: Stage) -> Act:
        prepare(s)
        return lambda: act(s)

    return driver


def _now(act: Callable[[Stage], object]) -> Callable[[Stage], Act]:
    return lambda s: lambda: act(s)


def _resolved(s: Stage) -> None:
    for to in (State.INVESTIGATION, State.MONITORING):
        actions.advance(s.incident, by=s.amira, to=to, reason="Two awake")
    actions.set_impact(s.incident, by=s.amira, end=s.clock.now)
    s.clock.advance(minutes=16)
    actions.resolve(s.incident, by=s.amira, summary="Over.")


def _close(s: Stage) -> Act:
    small = actions.declare(by=s.jon, title="A footer link", severity=Severity.SEV3)
    actions.set_impact(small, by=s.jon, start=s.clock.now - timedelta(minutes=1), end=s.clock.now)
    actions.resolve(small, by=s.jon, summary="Mended.")
    return lambda: actions.close(small, by=s.jon)


def _merge(s: Stage) -> Act:
    other: Incident = actions.declare(by=s.jon, title="The same", severity=Severity.SEV1)
    return lambda: actions.merge(s.incident, by=s.amira, into=other)


def _mobilised(s: Stage) -> None:
    _led(s)
    _offered(s, RoomRole.CL)


DRIVERS: dict[str, Callable[[Stage], Act]] = {
    "incident:accept": _after(_offered, lambda s: actions.accept(s.incident, by=s.jon, role=RoomRole.OL)),
    "incident:announce": _after(lambda s: _handing_over(s, 3), lambda s: actions.announce(s.incident, by=s.amira)),
    "incident:assess": _now(lambda s: actions.assess(s.incident, by=s.amira, text="Bad.")),
    "incident:assign": _now(_offered),
    "incident:bridge": _now(lambda s: actions.open_bridge(s.incident, by=s.amira, url="https://meet.example/a")),
    "incident:call-off": _after(lambda s: _handing_over(s, 2), lambda s: actions.call_off(s.incident, by=s.jon)),
    "incident:check-in": _after(_led, lambda s: actions.check_in(s.incident, by=s.jon, text="As before")),
    "incident:close": _close,
    "incident:decline": _after(_offered, lambda s: actions.decline(s.incident, by=s.jon, role=RoomRole.OL)),
    "incident:false-positive": _now(lambda s: actions.mark_false_positive(s.incident, by=s.amira, reason="A test.")),
    "incident:handover": _now(lambda s: _handing_over(s, 1)),
    "incident:leave": _after(
        lambda s: actions.join(s.incident, by=s.jon),
        lambda s: actions.leave(s.incident, by=s.jon),
    ),
    "incident:merge": _merge,
    "incident:mobilised": _after(_mobilised, lambda s: actions.accept(s.incident, by=s.jon, role=RoomRole.CL)),
    "incident:page": _now(lambda s: actions.page(s.incident, by=s.amira, people=[_jon(s)], reason="You know it")),
    "incident:reopen": _after(_resolved, lambda s: actions.reopen(s.incident, by=s.amira, reason="Again.")),
    "incident:rhythm": _now(lambda s: actions.set_rhythm(s.incident, by=s.amira, minutes=10)),
    "incident:shadow": _after(lambda s: _handing_over(s, 1), lambda s: actions.shadow(s.incident, by=s.jon)),
    "incident:sitrep": _after(
        lambda s: _handing_over(s, 2), lambda s: actions.report_situation(s.incident, by=s.amira, text="So")
    ),
    "incident:step-down": _after(_led, lambda s: actions.step_down(s.incident, by=s.jon, role=RoomRole.OL)),
    "incident:take-command": _after(
        lambda s: _handing_over(s, 4), lambda s: actions.take_command(s.incident, by=s.jon, reason="Now")
    ),
}
