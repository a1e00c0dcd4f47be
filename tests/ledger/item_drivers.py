"""What does each verb of action items once (tests/ledger/test_events.py): the preparation, then the act."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from incidents import actions
from incidents.members import member_for
from postmortems.actions import items, reminding
from postmortems.models import ActionItem
from standard import clocks
from standard.models import Clock

type Act = Callable[[], object]


def _filed(s: Any) -> ActionItem:
    actions.join(s.incident, by=s.jon)
    owner = member_for(s.amira, s.cast.jon.email)
    return items.file_item(s.incident, by=s.amira, title="Add a lock timeout", kind="prevention", owner=owner)


def _promised(s: Any) -> ActionItem:
    """One of a SEV 1 that was promised for the day after tomorrow, of which its owner is to be told by now."""
    day = (s.clock.now + timedelta(days=2)).date()
    owner = member_for(s.amira, s.cast.jon.email)
    actions.join(s.incident, by=s.jon)
    said = {"title": "Add a lock timeout", "kind": "prevention", "due_on": day}
    item = items.file_item(s.incident, by=s.amira, owner=owner, **said)
    assert item.due_at is not None
    s.clock.advance(seconds=(item.due_at - s.clock.now).total_seconds() - 60)  # whatever the hour is at which this runs
    return item


def _moved_and_late(s: Any) -> Act:
    """The process owner moved its date; the standard's limit passes, then that date."""
    item, owner = _filed(s), s.cast.owner.actor()
    assert item.due_at is not None
    later = (item.due_at + timedelta(days=3)).date()
    item = items.change_item(item, by=owner, changes={"due_on": later}, reason="The vendor is late")
    clock = Clock.objects.get(subject_id=item.pk, subject_type=item._meta.label_lower)
    clocks.break_(clock, by=s.muster)
    s.clock.advance(days=(later - s.clock.now.date()).days - 1)
    reminding.tell_date(item, by=s.muster)
    s.clock.advance(days=2)
    return lambda: reminding.tell_date(item, by=s.muster)


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
    "action item:tell-date": _with(_promised, lambda s, item: reminding.tell_date(item, by=s.muster)),
    "action item:escalate": _with(_filed, lambda s, item: reminding.escalate(item, by=s.muster)),
}


# Other circumstances (tests/ledger/variants.py).
VARIANTS: dict[str, tuple[Callable[[Any], Act], ...]] = {"action item:tell-date": (_moved_and_late,)}
