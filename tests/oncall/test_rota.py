"""Who is on call, by example: both edges of daylight saving, following the sun, overrides, gaps, load."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from oncall.rota import Edge, Hours, Layer, Override, Rota, Span, at, clashes, edges, gaps, load, read, spans

BERLIN, NEW_YORK, LORD_HOWE = (ZoneInfo(name) for name in ("Europe/Berlin", "America/New_York", "Australia/Lord_Howe"))
AMIRA, JON, MEI = 1, 2, 3


def utc(text: str) -> datetime:
    """An instant, such as "03-29 01:00" of 2026."""
    return datetime.fromisoformat(f"2026-{text.replace(' ', 'T')}").replace(tzinfo=UTC)


def layer(first: str = "01-05 09:00", *, turn: timedelta = timedelta(weeks=1), zone: ZoneInfo = BERLIN, **more: object) -> Layer:
    """A primary layer of Amira, Jon and Mei, from a wall time of 2026 on."""
    values = {"number": 1, "duty": "primary", "people": (AMIRA, JON, MEI), **more}
    return Layer(zone=zone, first=datetime.fromisoformat(f"2026-{first.replace(' ', 'T')}"), turn=turn, **values)  # type: ignore[arg-type]


def told(found: list[Span]) -> list[tuple[str, int | None]]:
    """(beginning, person) of each span."""
    return [(f"{span.start:%m-%d %H:%M}", span.person) for span in found]


def test_a_weekly_handover_stays_at_nine_on_both_edges() -> None:
    """08:00 UTC in winter, 07:00 in summer: the wall clock says when."""
    rota = Rota((layer(),))
    assert told(spans(rota, utc("03-23 00:00"), utc("04-07 00:00"), "primary"))[1:] == [
        ("03-23 08:00", MEI),
        ("03-30 07:00", AMIRA),
        ("04-06 07:00", JON),
    ]
    assert told(spans(rota, utc("10-20 00:00"), utc("11-03 00:00"), "primary"))[1:] == [
        ("10-26 08:00", AMIRA),
        ("11-02 08:00", JON),
    ]


def test_a_handover_that_the_clocks_skip_is_when_they_jump() -> None:
    """02:30 does not exist on 29 March: Jon takes over at 03:00 summer time, which is 01:00 UTC."""
    daily = layer("03-28 02:30", turn=timedelta(days=1))
    assert daily.holder(utc("03-29 00:59")) == AMIRA
    assert daily.holder(utc("03-29 01:00")) == JON
    assert daily.holder(utc("03-30 00:29")) == JON
    assert daily.holder(utc("03-30 00:30")) == MEI


def test_a_handover_that_comes_twice_is_the_first_of_the_two() -> None:
    """02:30 happens at 00:30 and at 01:30 UTC on 25 October: Jon takes over at the first, and Amira does not come back."""
    daily = layer("10-24 02:30", turn=timedelta(days=1))
    assert [daily.holder(utc(f"10-25 {when}")) for when in ("00:29", "00:30", "01:00", "01:29", "01:30")] == [
        AMIRA,
        JON,
        JON,
        JON,
        JON,
    ]


def test_half_an_hour_of_lord_howe() -> None:
    """Its clocks go back from 02:00 to 01:30: 01:45 happens twice, and the hour between has 90 minutes."""
    hourly = layer("04-05 00:45", turn=timedelta(hours=1), zone=LORD_HOWE)
    found = told(spans(Rota((hourly,)), utc("04-04 13:45"), utc("04-04 17:15"), "primary"))
    assert found == [("04-04 13:45", AMIRA), ("04-04 14:45", JON), ("04-04 16:15", MEI)]


def test_following_the_sun() -> None:
    """Berlin by its day, New York by its own, each in its own zone: in the weeks when only one of them has changed its clocks too."""
    day = Hours(time(9), time(17))
    east = layer(people=(AMIRA,), hours=day)
    west = layer(number=2, people=(JON,), hours=day, zone=NEW_YORK)
    night = layer(number=3, people=(MEI,), priority=-1)
    rota = Rota((east, west, night))
    winter = told(spans(rota, utc("02-02 08:00"), utc("02-03 08:00"), "primary"))
    assert winter == [("02-02 08:00", AMIRA), ("02-02 16:00", JON), ("02-02 22:00", MEI)]
    only_america = told(spans(rota, utc("03-16 08:00"), utc("03-17 08:00"), "primary"))
    assert only_america == [("03-16 08:00", AMIRA), ("03-16 16:00", JON), ("03-16 21:00", MEI)]


def test_hours_over_midnight_belong_to_the_day_on_which_they_begin() -> None:
    nights = layer(people=(AMIRA,), hours=Hours(time(22), time(6), frozenset({5})), zone=ZoneInfo("UTC"))
    assert told(spans(Rota((nights,)), utc("03-06 00:00"), utc("03-08 00:00"), "primary")) == [
        ("03-06 00:00", None),
        ("03-06 22:00", AMIRA),
        ("03-07 06:00", None),
    ]


def test_an_override_of_one_person_lasts_while_that_one_holds() -> None:
    """Mei takes Amira's place for ten days: when Jon's turn comes, it is Jon's."""
    taken = Override(7, "primary", utc("01-06 00:00"), utc("01-16 00:00"), MEI, replaced=AMIRA)
    rota = Rota((layer(zone=ZoneInfo("UTC")),), (taken,))
    assert told(spans(rota, utc("01-05 09:00"), utc("01-16 00:00"), "primary")) == [
        ("01-05 09:00", AMIRA),
        ("01-06 00:00", MEI),
        ("01-12 09:00", JON),
    ]
    assert at(rota, utc("01-06 00:00"))["primary"].override == 7


def test_an_edit_leaves_the_past_as_it_was() -> None:
    """The layer that was ended says who was on call; the one after it who will be."""
    before = layer(zone=ZoneInfo("UTC"), people=(AMIRA,), until=utc("02-01 12:00"))
    after = layer(zone=ZoneInfo("UTC"), people=(JON,), since=utc("02-01 12:00"))
    assert told(spans(Rota((before, after)), utc("02-01 00:00"), utc("02-02 00:00"), "primary")) == [
        ("02-01 00:00", AMIRA),
        ("02-01 12:00", JON),
    ]


@pytest.mark.clause("oncall.primary-secondary")
def test_gaps_and_clashes_are_found_to_the_minute() -> None:
    weekdays = Hours(weekdays=frozenset({1, 2, 3, 4, 5}))
    primary = layer(zone=ZoneInfo("UTC"), hours=weekdays)
    secondary = layer(zone=ZoneInfo("UTC"), number=2, duty="secondary", people=(JON,))
    rota = Rota((primary, secondary))
    found = gaps(rota, utc("01-05 09:00"), utc("01-19 09:00"))
    assert [(span.duty, f"{span.start:%m-%d %H:%M}", f"{span.end:%m-%d %H:%M}") for span in found] == [
        ("primary", "01-10 00:00", "01-12 00:00"),
        ("primary", "01-17 00:00", "01-19 00:00"),
    ]
    assert clashes(rota, utc("01-05 09:00"), utc("01-24 00:00")) == [
        (utc("01-12 09:00"), utc("01-17 00:00"), JON),
        (utc("01-19 00:00"), utc("01-19 09:00"), JON),
    ]


def test_load_counts_hours_and_nights() -> None:
    """A night is whose three in the morning it is; a shadow's hours are told and are no load."""
    primary = layer("03-27 12:00", turn=timedelta(days=1), people=(AMIRA, JON))
    shadow = layer("03-27 12:00", number=2, duty="shadow", people=(MEI,))
    found = load(Rota((primary, shadow)), utc("03-27 11:00"), utc("03-30 10:00"), BERLIN)
    assert [(one.person, one.total, one.nights) for one in found] == [
        (AMIRA, timedelta(hours=48), 2),  # two whole days, one of them beyond the edge
        (JON, timedelta(hours=23), 1),  # the day that the clocks made shorter
        (MEI, timedelta(), 0),
    ]
    assert found[2].held == {"shadow": timedelta(hours=71)}


def test_a_wall_time_is_read_or_asked_about() -> None:
    assert read(BERLIN, datetime(2026, 3, 29, 3, 30)) == utc("03-29 01:30")
    skipped, twice = read(BERLIN, datetime(2026, 3, 29, 2, 30)), read(BERLIN, datetime(2026, 10, 25, 2, 30))
    assert isinstance(skipped, Edge)
    assert skipped.sentence == "02:30 on 29 March 2026 in Europe/Berlin does not exist: the clocks jump over it to 03:00."
    assert isinstance(twice, Edge)
    assert twice.sentence == (
        "02:30 on 25 October 2026 in Europe/Berlin happens twice: first at UTC+02:00, then, after the clocks went back, at UTC+01:00."
    )
    assert (twice.first, twice.last) == (utc("10-25 00:30"), utc("10-25 01:30"))


def test_the_edges_of_a_handover_are_found_ahead() -> None:
    assert [f"{edge.wall:%Y-%m-%d} {edge.reading}" for edge in edges(BERLIN, time(2, 30), date(2026, 1, 1))] == [
        "2026-03-29 skipped",
        "2026-10-25 twice",
    ]
    assert list(edges(BERLIN, time(9), date(2026, 1, 1))) == []
