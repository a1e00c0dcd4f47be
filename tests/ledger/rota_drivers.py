"""What does each verb of schedules once (tests/ledger/test_events.py): the preparation, then the act."""

from collections.abc import Callable
from datetime import time, timedelta
from typing import Any

from oncall.actions import calendars, overrides, schedules, swaps
from oncall.models import Layer, Override, Schedule, Swap
from oncall.plans import Plan, Stretch
from oncall.rota import OnCallDuty
from tenants.models import User

type Act = Callable[[], object]

CALENDAR = b"""BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:test\r\nBEGIN:VEVENT\r\nUID:one\r\nDTSTAMP:20260101T000000Z\r\nDTSTART:%s\r\nDTEND:%s\r
SUMMARY:Jon Jensen\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"""


def _person(s: Any, who: str) -> User:
    return User.objects.get(pk=s.cast.people[who].user_id)


def _schedule(s: Any) -> Schedule:
    return schedules.make_schedule(by=s.admin, name="Nights", slug="nights", team=None, time_zone="UTC")


def _plan(s: Any, **other: Any) -> Plan:
    values = {"duty": "primary", "people": (_person(s, "amira"),), "time_zone": "UTC", **other}
    return Plan(starts_on=s.clock.now.date() - timedelta(days=1), handover_at=time(9), **values)


def _layer(s: Any) -> Layer:
    return schedules.add_layer(_schedule(s), _plan(s), by=s.admin)


def _given(s: Any) -> Override:
    return overrides.give_override(_layer(s).schedule, _stretch(s), by=s.admin)


def _stretch(s: Any) -> Stretch:
    soon = s.clock.now + timedelta(hours=1)
    return Stretch("primary", soon, soon + timedelta(hours=2), _person(s, "jon"), _person(s, "amira"))


def _offer(s: Any, schedule: Schedule) -> Swap:
    soon = s.clock.now + timedelta(hours=1)
    return swaps.offer_swap(schedule, swaps.Offer("primary", (soon, soon + timedelta(hours=2)), to=_person(s, "jon")), by=s.amira)


def _swap(s: Any) -> Swap:
    return _offer(s, _layer(s).schedule)


def _with(prepare: Callable[[Any], Any], act: Callable[[Any, Any], object]) -> Callable[[Any], Act]:
    def driver(s: Any) -> Act:
        prepared = prepare(s)
        return lambda: act(s, prepared)

    return driver


def _import(s: Any, schedule: Schedule) -> object:
    start, end = (f"{s.clock.now + timedelta(hours=n):%Y%m%dT%H%M%SZ}".encode() for n in (1, 2))
    return calendars.import_calendar(schedule, CALENDAR % (start, end), by=s.admin, duty=OnCallDuty.PRIMARY)


DRIVERS: dict[str, Callable[[Any], Act]] = {
    "schedule:make": _with(lambda s: None, lambda s, _: _schedule(s)),
    "schedule:change": _with(
        _layer, lambda s, layer: schedules.change_schedule(layer.schedule, by=s.admin, time_zone="Asia/Tokyo")
    ),
    "schedule:add-layer": _with(_schedule, lambda s, schedule: schedules.add_layer(schedule, _plan(s), by=s.admin)),
    "schedule:change-layer": _with(_layer, lambda s, layer: schedules.change_layer(layer, _plan(s, every=2), by=s.admin)),
    "schedule:end-layer": _with(_layer, lambda s, layer: schedules.end_layer(layer, by=s.admin)),
    "schedule:import": _with(_schedule, _import),
    "override:give": _with(_layer, lambda s, layer: overrides.give_override(layer.schedule, _stretch(s), by=s.admin)),
    "override:cancel": _with(_given, lambda s, override: overrides.cancel_override(override, by=s.jon)),
    "swap:offer": _with(_layer, lambda s, layer: _offer(s, layer.schedule)),
    "swap:accept": _with(_swap, lambda s, swap: swaps.accept_swap(swap, by=s.jon)),
    "swap:end": _with(_swap, lambda s, swap: swaps.end_swap(swap, by=s.amira)),
    "calendar link:share": _with(lambda s: None, lambda s, _: calendars.share_calendar(by=s.jon)),
    "calendar link:revoke": _with(
        lambda s: calendars.share_calendar(by=s.jon)[0], lambda s, link: calendars.revoke_calendar(link, by=s.jon)
    ),
}
