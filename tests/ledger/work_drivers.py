"""What does each verb of a room's work once (tests/ledger/test_events.py): the preparation, then the act."""

from collections.abc import Callable
from typing import Any

from incidents import actions
from incidents.models import Order
from incidents.states import Verdict
from ledger.models import Event

type Act = Callable[[], object]


def _hypothesis(s: Any) -> None:
    actions.join(s.incident, by=s.jon)
    actions.state_hypothesis(s.incident, by=s.jon, text="The cache")


def _proposed(s: Any) -> None:
    actions.join(s.incident, by=s.jon)
    actions.propose(s.incident, by=s.jon, text="Roll back")


def _approved(s: Any) -> None:
    _proposed(s)
    actions.approve(s.incident, by=s.amira, change=1)


def _executed(s: Any) -> None:
    _approved(s)
    actions.execute(s.incident, by=s.jon, change=1)


def _ordered(s: Any) -> None:
    actions.order(s.incident, by=s.amira, to=s.cast.jon.email, text="Restart db-2")


def _after(prepare: Callable[[Any], None], act: Callable[[Any], object]) -> Callable[[Any], Act]:
    def driver(s: Any) -> Act:
        prepare(s)
        return lambda: act(s)

    return driver


def _nothing(s: Any) -> None:
    """Nothing has to be prepared."""


def _correct(s: Any) -> Act:
    actions.note(s.incident, by=s.jon, text="At nine")
    seq = Event.objects.filter(kind="incident.noted").latest("id").seq or 0
    return lambda: actions.correct(s.incident, by=s.jon, entry=seq, text="At ten")


def _chase(s: Any) -> Act:
    _ordered(s)
    order = Order.objects.select_related("incident").get()
    s.clock.advance(minutes=2)
    return lambda: actions.chase(order, by=s.muster)


DRIVERS: dict[str, Callable[[Any], Act]] = {
    "incident:hypothesis": _after(_nothing, lambda s: actions.state_hypothesis(s.incident, by=s.amira, text="The cache")),
    "incident:verify": _after(
        _hypothesis,
        lambda s: actions.verify_hypothesis(s.incident, by=s.jon, hypothesis=1, verdict=Verdict.REFUTED, seen="Warm"),
    ),
    "incident:propose": _after(_nothing, lambda s: actions.propose(s.incident, by=s.amira, text="Roll back")),
    "incident:approve": _after(_proposed, lambda s: actions.approve(s.incident, by=s.amira, change=1)),
    "incident:reject": _after(_proposed, lambda s: actions.reject(s.incident, by=s.amira, change=1, reason="No")),
    "incident:execute": _after(_approved, lambda s: actions.execute(s.incident, by=s.jon, change=1)),
    "incident:verify-fix": _after(
        _executed, lambda s: actions.verify_fix(s.incident, by=s.jon, change=1, worked=True, seen="Up")
    ),
    "incident:deviation": _after(
        _nothing, lambda s: actions.report_deviation(s.incident, by=s.amira, text="Restarted", reason="It burned")
    ),
    "incident:order": _after(_nothing, _ordered),
    "incident:acknowledge": _after(_ordered, lambda s: actions.acknowledge_order(s.incident, by=s.jon, order=1)),
    "incident:done": _after(_ordered, lambda s: actions.finish_order(s.incident, by=s.jon, order=1)),
    "incident:withdraw": _after(_ordered, lambda s: actions.withdraw_order(s.incident, by=s.amira, order=1)),
    "order:chase": _chase,
    "incident:correct": _correct,
    "incident:decide": _after(_nothing, lambda s: actions.decide(s.incident, by=s.amira, text="We stay", reason="Calm")),
    "incident:attach": _after(_nothing, lambda s: actions.attach_file(s.incident, by=s.jon, name="a.txt", body=b"a")),
    "incident:tick": _after(_nothing, lambda s: actions.tick(s.incident, by=s.amira, role="ic", key="bridge")),
}
