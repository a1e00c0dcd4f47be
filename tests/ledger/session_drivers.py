"""Does each verb of sign-ins and exports once, for tests/ledger/test_events.py: the preparation, then the act."""

from collections.abc import Callable
from typing import Any

from ledger import sessions
from ledger.exports import give
from tenants.models import User

type Act = Callable[[], object]


def _jon(s: Any) -> User:
    return User.objects.get(pk=s.cast.jon.user_id)


DRIVERS: dict[str, Callable[[Any], Act]] = {
    "session:open": lambda s: lambda: sessions.open_session(_jon(s), by=s.jon, ways=["password", "totp"]),
    "session:refuse": lambda s: lambda: sessions.refuse_session(_jon(s), by=s.muster, step="password"),
    "session:end": lambda s: lambda: sessions.end_session(_jon(s), by=s.jon),
    "export:give": lambda s: lambda: give("a,b\r\n", "times.csv", by=s.jon, asked=[("by", ["month"])]),
}
