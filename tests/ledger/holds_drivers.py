"""What does each verb of legal holds, retention and erasure once (tests/ledger/test_events.py): the preparation, then the act."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from compliance.actions import erasure, holds, retention
from compliance.models import CustodianTask, ErasureRequest
from incidents import actions
from incidents.actions.restriction import chase_snapshot
from incidents.members import member_for
from incidents.models import LegalHold, SnapshotRequest
from notifications.models import ContactCode, ContactMethod
from tenants.actors import Actor
from tenants.models import Membership
from tests.ledger.restriction_drivers import _after, _legal

type Act = Callable[[], object]


def placed(s: Any) -> LegalHold:
    """Legal holds Amira's incident."""
    return holds.place_hold(by=_legal(s), matter="Case 7", reason="We may be sued", incident=s.incident)


def _ask(s: Any, hold: LegalHold) -> LegalHold:
    """Each of the two acts for themselves: the database looks whose scope it is."""
    with s.cast.scope(s.cast.exec):
        return holds.ask_release(hold, by=_legal(s), reason="The case is over")


def _release(s: Any, hold: LegalHold) -> LegalHold:
    with s.cast.scope(s.cast.admin):
        return holds.release(hold, by=s.admin)


def _task(s: Any) -> CustodianTask:
    return holds.ask_custodian(placed(s), by=_legal(s), what="The proxy's logs", person=member_for(s.amira, s.cast.jon.email))


def _left(s: Any) -> Membership:
    """Mei has left."""
    member = Membership.objects.select_related("user").get(user_id=s.cast.mei.user_id)
    member.is_active = False
    member.save()
    return member


def _wish(s: Any) -> ErasureRequest:
    return erasure.ask_erasure(_left(s), by=s.admin, ground="Her request, art. 17")


def _old_code(s: Any) -> None:
    method = ContactMethod.objects.create(user_id=s.cast.jon.user_id, kind="sms", label="phone", masked="…1", position=1)
    ContactCode.objects.create(method=method, issued_at=s.clock.now, expires_at=s.clock.now - timedelta(days=40))


def _copy(s: Any) -> SnapshotRequest:
    actions.snapshot(s.incident, by=s.amira, what="The orders")
    return SnapshotRequest.objects.select_related("incident").get()


def _by(s: Any) -> Actor:
    actor: Actor = s.cast.owner.actor()
    return actor


def _outside(s: Any) -> CustodianTask:
    """Lou, who has no account, is asked."""
    return holds.ask_custodian(placed(s), by=_legal(s), what="Logs", name="Lou", email="lou@host.example")


DRIVERS: dict[str, Callable[[Any], Act]] = {
    "legal hold:place": lambda s: lambda: placed(s),
    "legal hold:ask-release": _after(placed, _ask),
    "legal hold:release": _after(lambda s: _ask(s, placed(s)), _release),
    "legal hold:keep": _after(lambda s: _ask(s, placed(s)), lambda s, hold: holds.keep(hold, by=s.admin, reason="It goes on")),
    "custodian task:ask": _after(
        placed, lambda s, hold: holds.ask_custodian(hold, by=_legal(s), what="Logs", name="Lou", email="lou@host.example")
    ),
    "custodian task:chase": _after(_task, lambda s, task: holds.chase(task, by=s.muster)),
    "custodian task:send-link": _after(_outside, lambda s, task: holds.send_link(task, by=_legal(s))),
    "custodian task:withdraw": _after(_outside, lambda s, task: holds.withdraw_task(task, by=_legal(s), reason="Not theirs")),
    "custodian task:acknowledge": _after(_task, lambda s, task: holds.acknowledge(task, by=s.jon)),
    "custodian task:prove": _after(_task, lambda s, task: holds.prove(task, by=s.jon, location="s3://kept/proxy")),
    "retention:set": lambda s: lambda: retention.set_period("codes", 60, by=s.admin),
    "retention:run": _after(_old_code, lambda s, _: retention.run_once(by=s.muster)),
    "erasure:ask": _after(_left, lambda s, member: erasure.ask_erasure(member, by=s.admin, ground="Her request")),
    "erasure:decide": _after(_wish, lambda s, wish: erasure.decide_erasure(wish, by=_by(s), erase=True, reason="She may")),
    "snapshot:chase": _after(_copy, lambda s, asked: chase_snapshot(asked, by=s.muster)),
}
