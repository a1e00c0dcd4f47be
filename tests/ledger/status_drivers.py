"""How each verb of the status page is done once, for tests/ledger/test_events.py."""

from collections.abc import Callable
from typing import Any

from status import actions

DRIVERS: dict[str, Callable[[Any], Callable[[], object]]] = {
    "status page:set": lambda s: lambda: actions.set_status_page(by=s.cast.admin.actor(), public=True, reason="Customers ask."),
}
