"""Business hours by the wall clock of the organisation's zone."""

from collections.abc import Callable
from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from standard.calendar import BusinessHours, zone_exists
from tests.conftest import Cast, Person

BERLIN = BusinessHours(ZoneInfo("Europe/Berlin"), time(9), time(17), {1, 2, 3, 4, 5})


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


@pytest.mark.parametrize(
    ("moment", "opens"),
    [
        ("2026-11-23T10:00:00+01:00", "2026-11-23T10:00:00+01:00"),  # a Monday at work
        ("2026-11-23T08:59:59+01:00", "2026-11-23T09:00:00+01:00"),
        ("2026-11-23T17:00:00+01:00", "2026-11-24T09:00:00+01:00"),  # closing time is outside
        ("2026-11-27T18:00:00+01:00", "2026-11-30T09:00:00+01:00"),  # Friday evening to Monday
        ("2026-03-27T18:00:00+01:00", "2026-03-30T09:00:00+02:00"),  # over the weekend clocks go forward
        ("2026-10-23T18:00:00+02:00", "2026-10-26T09:00:00+01:00"),  # and back
    ],
)
def test_a_page_of_low_urgency_would_wait_until(moment: str, opens: str) -> None:
    assert BERLIN.next_opening(at(moment)) == at(opens)


def test_an_opening_that_does_not_exist_is_when_clocks_go_forward() -> None:
    night = BusinessHours(ZoneInfo("Europe/Berlin"), time(2, 30), time(6), {7})
    assert night.next_opening(at("2026-03-29T00:00:00+01:00")) == at("2026-03-29T03:00:00+02:00")


def test_an_opening_that_happens_twice_is_the_first() -> None:
    night = BusinessHours(ZoneInfo("Europe/Berlin"), time(2, 30), time(6), {7})
    assert night.next_opening(at("2026-10-25T00:00:00+02:00")) == at("2026-10-25T02:30:00+02:00")


@given(st.datetimes(datetime(2024, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC)))
def test_the_next_opening_is_never_earlier_and_always_open(moment: datetime) -> None:
    opening = BERLIN.next_opening(moment)
    assert opening >= moment
    assert BERLIN.is_open(opening)


def test_zones_are_those_of_the_iana() -> None:
    assert zone_exists("Europe/Berlin")
    assert not zone_exists("Europe/Atlantis")


@pytest.mark.servers
def test_a_zone_that_does_not_exist_is_refused_with_a_sentence(acme: Cast, browse: Callable[[Person], object]) -> None:
    from ledger.actions import configure
    from standard.models import Calendar
    from tenants.refusals import Refused

    with acme.scope(acme.admin), pytest.raises(Refused, match="There is no time zone Europe/Atlantis"):
        configure(Calendar.objects.get(), {"time_zone": "Europe/Atlantis"}, by=acme.admin.actor())
