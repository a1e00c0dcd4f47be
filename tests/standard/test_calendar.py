"""Business hours by the wall clock of the organisation's zone."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from html import unescape
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.actions import configure
from standard.calendar import (
    BusinessHours,
    Exceptions,
    Sprints,
    countries,
    instant,
    public_holidays,
    why_no_holidays,
    zone_exists,
)
from standard.models import Calendar
from standard.queries import calendar
from tenants.refusals import Refused
from tests.conftest import Cast
from tests.incidents.scene import Scene

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


UNHURRIED = settings(deadline=None)  # the first look at a country loads it
MOMENTS = st.datetimes(datetime(2024, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))
TIMES = st.times().map(lambda wall: wall.replace(microsecond=0))
DATES = st.dates(date(2024, 1, 1), date(2030, 1, 1))
# Zones whose clocks jump at different hours: by day, by night, by half an hour, at midnight, never.
ZONES = st.sampled_from(
    ["Europe/Berlin", "America/New_York", "America/Havana", "Australia/Lord_Howe", "Africa/Cairo", "Asia/Kolkata", "UTC"]
).map(ZoneInfo)


@st.composite
def hours(draw: st.DrawFn) -> BusinessHours:
    """Any business hours: odd ones by night too, with holidays and days of its own."""
    opens, closes = sorted(draw(st.lists(TIMES, min_size=2, max_size=2, unique=True)))
    weekdays = draw(st.frozensets(st.integers(1, 7), min_size=1))
    country, subdivision = draw(st.sampled_from([("", ""), ("DE", ""), ("DE", "BY"), ("US", ""), ("IN", ""), ("SE", "")]))
    some = st.frozensets(DATES, max_size=20)
    return BusinessHours(draw(ZONES), opens, closes, weekdays, Exceptions(country, subdivision, draw(some), draw(some)))


@UNHURRIED
@given(hours(), MOMENTS)
def test_the_next_opening_is_the_first_moment_at_work(work: BusinessHours, moment: datetime) -> None:
    opening = work.next_opening(moment)
    assert opening >= moment
    assert work.is_open(opening)
    if opening > moment:
        assert not work.is_open(moment)
        assert not work.is_open(opening - timedelta(seconds=1))


@UNHURRIED
@given(hours(), MOMENTS, st.integers(1, 10))
def test_business_days_are_counted_from_the_day_after(work: BusinessHours, moment: datetime, days: int) -> None:
    close = work.close_of_business(moment, days)
    first, last = moment.astimezone(work.zone).date(), close.astimezone(work.zone).date()
    between = [first + timedelta(days=n) for n in range(1, (last - first).days + 1)]
    assert close > moment
    assert not work.is_open(close)
    assert sum(work.is_business_day(day) for day in between) == days
    assert work.is_business_day(last)
    assert close == work.close_of_business(moment, days + 1) or close < work.close_of_business(moment, days + 1)


@UNHURRIED
@given(ZONES, DATES, st.integers(1, 60), MOMENTS, st.integers(1, 4))
def test_a_sprint_counts_only_if_it_begins_later(
    zone: ZoneInfo, first_day: date, days: int, moment: datetime, sprints: int
) -> None:
    end = Sprints(zone, first_day, days).end(moment, sprints)
    last = (end - timedelta(seconds=1)).astimezone(zone).date()
    begun = last - timedelta(days=sprints * days - 1)
    assert (begun - first_day).days % days == 0
    assert 0 < (begun - moment.astimezone(zone).date()).days <= days
    assert end.astimezone(zone).date() == last + timedelta(days=1)


@UNHURRIED
@given(ZONES, DATES, TIMES)
def test_what_the_clocks_show_is_what_was_asked_for_or_they_jump_over_it(zone: ZoneInfo, day: date, wall: time) -> None:
    first, last = instant(zone, day, wall), instant(zone, day, wall, last=True)
    shown = [moment.astimezone(zone).replace(tzinfo=None) for moment in (first, last)]
    asked = datetime.combine(day, wall)
    assert first <= last
    assert shown == [asked, asked] or (
        first == last and (first - timedelta(seconds=1)).astimezone(zone).replace(tzinfo=None) < asked
    )
    assert shown[0] >= asked


@pytest.mark.parametrize(
    ("moment", "days", "closes"),
    [
        ("2027-03-25T10:00:00+01:00", 1, "2027-03-30T17:00:00+02:00"),  # Good Friday, Easter Monday, and clocks go forward
        ("2027-03-25T23:59:59+01:00", 1, "2027-03-30T17:00:00+02:00"),  # the local date counts, not the hour
        ("2027-03-25T23:30:00+00:00", 1, "2027-03-30T17:00:00+02:00"),  # which is Friday already there
        ("2026-10-22T10:00:00+02:00", 3, "2026-10-27T17:00:00+01:00"),  # over the weekend clocks go back
        ("2026-12-23T08:00:00+01:00", 3, "2026-12-29T17:00:00+01:00"),  # 24th, 28th, 29th
        ("2027-11-01T08:00:00+01:00", 1, "2027-11-02T17:00:00+01:00"),
    ],
)
def test_limits_skip_weekends_and_public_holidays(moment: str, days: int, closes: str) -> None:
    work = replace(BERLIN, exceptions=Exceptions("DE"))
    assert work.close_of_business(at(moment), days) == at(closes)


def test_a_states_holidays_are_its_own() -> None:
    epiphany = date(2027, 1, 6)
    assert replace(BERLIN, exceptions=Exceptions("DE")).is_business_day(epiphany)
    assert not replace(BERLIN, exceptions=Exceptions("DE", "BY")).is_business_day(epiphany)


def test_the_organisations_own_word_goes_first() -> None:
    saturday, easter, friday = date(2027, 3, 20), date(2027, 3, 29), date(2027, 3, 19)
    own = Exceptions("DE", off=frozenset({friday}), working=frozenset({saturday, easter}))
    work = replace(BERLIN, exceptions=own)
    assert [work.is_business_day(day) for day in (friday, saturday, easter)] == [False, True, True]
    assert work.next_opening(at("2027-03-18T18:00:00+01:00")) == at("2027-03-20T09:00:00+01:00")
    assert work.close_of_business(at("2027-03-18T18:00:00+01:00"), 1) == at("2027-03-20T17:00:00+01:00")


def test_closing_time_that_happens_twice_is_the_last() -> None:
    night = BusinessHours(ZoneInfo("Europe/Berlin"), time(1), time(2, 30), {7})
    assert night.closing(date(2026, 10, 25)) == at("2026-10-25T02:30:00+01:00")
    assert night.is_open(at("2026-10-25T02:45:00+02:00"))


def test_where_nobody_ever_works_no_day_is_invented() -> None:
    never = replace(BERLIN, weekdays=set())
    with pytest.raises(ValueError, match="no business day"):
        never.next_opening(at("2026-11-23T10:00:00+01:00"))
    with pytest.raises(ValueError, match="not so many"):
        never.close_of_business(at("2026-11-23T10:00:00+01:00"), 1)


@pytest.mark.parametrize(
    ("moment", "sprints", "ends"),
    [
        ("2026-11-23T00:00:00+01:00", 1, "2026-12-21T00:00:00+01:00"),  # a sprint that begins now has begun
        ("2026-11-22T23:59:59+01:00", 1, "2026-12-07T00:00:00+01:00"),
        ("2026-10-12T12:00:00+02:00", 1, "2026-11-09T00:00:00+01:00"),  # the clocks go back within
        ("2026-03-02T12:00:00+01:00", 2, "2026-04-13T00:00:00+02:00"),  # and forward
    ],
)
def test_a_ticket_is_due_when_the_next_sprint_ends(moment: str, sprints: int, ends: str) -> None:
    assert Sprints(ZoneInfo("Europe/Berlin"), date(2026, 11, 23), 14).end(at(moment), sprints) == at(ends)


@pytest.mark.parametrize(
    ("country", "subdivision", "field", "said"),
    [
        ("ZZ", "", "country", "no country ZZ"),
        ("de", "", "country", "write DE"),
        ("DE", "XX", "subdivision", "DE has no subdivision XX"),
        ("", "BY", "subdivision", "Give the country too."),
        ("AX", "X", "subdivision", ""),
    ],
)
def test_a_country_that_is_not_there_is_refused_with_a_sentence(country: str, subdivision: str, field: str, said: str) -> None:
    wrong = why_no_holidays(country, subdivision)
    assert wrong is not None
    assert wrong[0] == field
    assert said in wrong[1]


def test_every_country_we_offer_has_a_calendar() -> None:
    for country, subdivisions in countries().items():
        assert why_no_holidays(country, "") is None
        for subdivision in ("", *subdivisions):
            assert isinstance(public_holidays(country, subdivision, 2027), frozenset)


def test_zones_are_those_of_the_iana() -> None:
    assert zone_exists("Europe/Berlin")
    assert not zone_exists("Europe/Atlantis")


CALENDAR = {
    "time_zone": "Europe/Berlin",
    "opens_at": "09:00",
    "closes_at": "17:00",
    "weekdays": "1,2,3,4,5",
    "country": "DE",
    "subdivision": "",
    "sprint_start": "2026-11-23",
    "sprint_days": "14",
    "days-TOTAL_FORMS": "0",
    "days-INITIAL_FORMS": "0",
}


def admit(scene: Scene, **form: str) -> Any:
    """Change the calendar in the admin; whatever the answer is."""
    with scene.acme.scope():
        pk = Calendar.objects.get().pk
    return scene.page("admin").post(f"/o/acme/admin/standard/calendar/{pk}/change/", {**CALENDAR, **form})


@pytest.mark.servers
@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"time_zone": "Europe/Atlantis"}, "There is no time zone Europe/Atlantis"),
        ({"country": "ZZ"}, "There is no country ZZ"),
        ({"subdivision": "ZZ"}, "DE has no subdivision ZZ"),
        ({"weekdays": "8"}, "each from 1 (Monday) to 7 (Sunday)"),
        ({"sprint_days": "0"}, "A sprint lasts 1 to 366 days."),
        ({"sprint_days": "367"}, "A sprint lasts 1 to 366 days."),
    ],
)
def test_a_calendar_that_cannot_be_is_refused_with_a_sentence(scene: Scene, form: dict[str, str], said: str) -> None:
    answer = admit(scene, **form)
    assert answer.status_code == 200  # the form again
    assert said in unescape(answer.content.decode())
    with scene.acme.scope():
        assert Calendar.objects.get().time_zone == "UTC"


@pytest.mark.servers
def test_the_action_refuses_what_the_form_would(acme: Cast) -> None:
    with acme.scope(acme.admin), pytest.raises(Refused, match="There is no country ZZ") as refused:
        configure(Calendar.objects.get(), {"country": "ZZ"}, by=acme.admin.actor())
    assert (refused.value.status, refused.value.reasons[0].field) == (422, "country")


@pytest.mark.servers
def test_an_administrator_sets_holidays_sprints_and_days_of_their_own(scene: Scene) -> None:
    days = {
        "days-TOTAL_FORMS": "2",
        "days-0-day": "2027-03-19",
        "days-0-kind": "off",
        "days-0-name": "Company day",
        "days-1-day": "2027-03-20",
        "days-1-kind": "working",
    }
    assert admit(scene, **days).status_code == 302
    with scene.acme.scope():
        work = calendar()
    assert work.hours.exceptions == Exceptions("DE", "", frozenset({date(2027, 3, 19)}), frozenset({date(2027, 3, 20)}))
    assert work.sprints == Sprints(ZoneInfo("Europe/Berlin"), date(2026, 11, 23), 14)
    assert work.hours.next_opening(at("2027-03-18T18:00:00+01:00")) == at("2027-03-20T09:00:00+01:00")
    changed = [event.data for event in scene.events("configuration.changed") if event.actor_name == "Ada Admin"]
    assert {"country": ["", "DE"], "time_zone": ["UTC", "Europe/Berlin"]}.items() <= changed[-3]["changes"].items()
    assert changed[-2]["name"] == "2027-03-19 day off"
    assert changed[-2]["changes"]["day"] == [None, "2027-03-19"]


@pytest.mark.servers
def test_a_date_stands_once(scene: Scene) -> None:
    twice = {
        "days-TOTAL_FORMS": "2",
        "days-0-day": "2027-03-19",
        "days-0-kind": "off",
        "days-1-day": "2027-03-19",
        "days-1-kind": "working",
    }
    answer = admit(scene, **twice)
    assert answer.status_code == 422
    assert "This date is in the calendar already." in answer.content.decode()
    with scene.acme.scope():
        assert calendar().hours.exceptions.off == frozenset()
