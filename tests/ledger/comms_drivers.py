"""What does each verb of communication once (tests/ledger/test_events.py): the preparation, then the act."""

from collections.abc import Callable
from typing import Any

from incidents import actions
from incidents.models import StatusUpdate, UpdatePolicy
from incidents.states import Audience, PublicStatus
from ledger.actions import configure

type Act = Callable[[], object]


def _waiting(s: Any) -> StatusUpdate:
    """A public update of Amira's that waits for Legal or PR."""
    configure(UpdatePolicy(), {"approved_audiences": [Audience.PUBLIC.value]}, by=s.admin)
    return actions.update(
        s.incident,
        by=s.amira,
        audience=Audience.PUBLIC,
        status=PublicStatus.INVESTIGATING,
        known="Payments fail",
        impact="Nobody can pay",
        doing="We look",
        components={"payments": "major_outage"},
    )


def _approve(s: Any) -> Act:
    update = _waiting(s)
    return lambda: actions.approve_update(s.incident, by=s.cast.exec.actor(), update=update.pk)


def _reject(s: Any) -> Act:
    update = _waiting(s)
    return lambda: actions.reject_update(s.incident, by=s.cast.exec.actor(), update=update.pk, reason="Too much")


DRIVERS: dict[str, Callable[[Any], Act]] = {
    "incident:approve-update": _approve,
    "incident:ask": lambda s: lambda: actions.ask(s.incident, by=s.cast.director.actor(), text="When is it over?"),
    "incident:look": lambda s: lambda: actions.look(s.incident, by=s.cast.director.actor()),
    "incident:reject-update": _reject,
}
