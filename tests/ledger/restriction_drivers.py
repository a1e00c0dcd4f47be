"""What does each verb of the law once (tests/ledger/test_events.py): the preparation, then the act."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from incidents import actions
from incidents.actions.restriction import expire
from incidents.items import Member
from incidents.members import member_for
from incidents.models import Incident, NeedToKnow, SnapshotRequest
from incidents.states import FlagKey
from tenants.actors import Actor

type Act = Callable[[], object]

LEAK = FlagKey.PERSONAL_DATA


def _legal(s: Any) -> Actor:
    actor: Actor = s.cast.exec.actor()
    return actor


def _jon(s: Any) -> Member:
    return member_for(s.amira, s.cast.jon.email)


def _flagged(s: Any) -> Incident:
    """Amira's incident, restricted: she and the duties of Legal and Privacy are named on it."""
    return actions.flag(s.incident, by=s.amira, key=LEAK, reason="Addresses are out")


def _admitted(s: Any, hours: int | None = None) -> Incident:
    until = None if hours is None else s.clock.now + timedelta(hours=hours)
    return actions.admit(_flagged(s), _jon(s), by=_legal(s), reason="He knows the store", expires_at=until)


def _after[T](prepare: Callable[[Any], T], act: Callable[[Any, T], object]) -> Callable[[Any], Act]:
    def driver(s: Any) -> Act:
        prepared = prepare(s)
        return lambda: act(s, prepared)

    return driver


def _expiring(s: Any) -> NeedToKnow:
    """Jon's place on the list, an hour after his hour began."""
    incident = _admitted(s, hours=1)
    s.clock.advance(hours=1)
    return NeedToKnow.objects.select_related("incident", "user").get(incident=incident, user_id=s.cast.jon.user_id)


def _asked(s: Any) -> SnapshotRequest:
    actions.snapshot(s.incident, by=s.amira, what="The orders")
    return SnapshotRequest.objects.get()


DRIVERS: dict[str, Callable[[Any], Act]] = {
    "incident:admit": _after(_flagged, lambda s, i: actions.admit(i, _jon(s), by=_legal(s), reason="He knows the store")),
    "incident:expire": _after(_expiring, lambda s, place: expire(place, by=s.muster)),
    "incident:flag": lambda s: lambda: _flagged(s),
    "incident:fulfil": _after(
        _asked, lambda s, asked: actions.fulfil(s.incident, by=s.amira, snapshot_id=asked.pk, location="s3://copies/orders")
    ),
    "incident:open": _after(_flagged, lambda s, i: actions.opened(i, by=s.amira)),
    "incident:remove": _after(_admitted, lambda s, i: actions.remove(i, _jon(s), by=_legal(s), reason="No longer needed")),
    "incident:snapshot": lambda s: lambda: _asked(s),
    "incident:unflag": _after(_flagged, lambda s, i: actions.unflag(i, by=_legal(s), key=LEAK, reason="It was a test set")),
}
