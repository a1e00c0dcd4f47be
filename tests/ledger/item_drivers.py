"""What does each verb of action items once (tests/ledger/test_events.py): the preparation, then the act."""

from collections.abc import Callable
from typing import Any

from incidents import actions
from incidents.members import member_for
from postmortems.actions import items, reminding
from postmortems.models import ActionItem

type Act = Callable[[], object]


def _filed(s: Any) -> ActionItem:
    actions.join(s.incident, by=s.jon)
    owner = member_for(s.amira, s.cast.jon.email)
    return items.file_item(s.incident, by=s.amira, title="Add a lock timeout", kind="prevention", owner=owner)


def _done(s: Any) -> ActionItem:
    return items.finish_item(_filed(s), by=s.jon)


def _with(prepare: Callable[[Any], Any], act: Callable[[Any, Any], object]) -> Callable[[Any], Act]:
    def driver(s: Any) -> Act:
        prepared = prepare(s)
        return lambda: act(s, prepared)

    return driver


DRIVERS: dict[str, Callable[[Any], Act]] = {
    "action item:file": _with(lambda s: None, lambda s, _: _filed(s)),
    "action item:start": _with(_filed, lambda s, item: items.start_item(item, by=s.jon)),
    "action item:finish": _with(_filed, lambda s, item: items.finish_item(item, by=s.jon, outcome="It times out")),
    "action item:drop": _with(_filed, lambda s, item: items.drop_item(item, by=s.amira, reason="The service goes")),
    "action item:take-up": _with(_done, lambda s, item: items.take_up_item(item, by=s.jon, reason="It still hangs")),
    "action item:change": _with(_filed, lambda s, item: items.change_item(item, by=s.jon, changes={"title": "Time out locks"})),
    "action item:remind": _with(_filed, lambda s, item: reminding.remind(item, by=s.amira)),
    "action item:escalate": _with(_filed, lambda s, item: reminding.escalate(item, by=s.muster)),
}
