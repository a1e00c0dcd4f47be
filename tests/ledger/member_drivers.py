"""How each verb of members is done once, for tests/ledger/test_events.py."""

from collections.abc import Callable
from typing import Any

from ledger import inviting
from tenants.actors import Role
from tenants.models import Membership

type Act = Callable[[], object]


def _invite(s: Any) -> Membership:
    return inviting.invite("nina@acme.example", "Nina Novak", [Role.PRACTITIONER], by=s.cast.admin.actor())


def _invited(s: Any) -> Act:
    return lambda: _invite(s)


def _again(s: Any) -> Act:
    membership = _invite(s)
    s.clock.advance(minutes=11)  # not twice within ten
    return lambda: inviting.invite_again(membership, by=s.cast.admin.actor())


DRIVERS: dict[str, Callable[[Any], Act]] = {"membership:invite": _invited, "membership:invite-again": _again}
