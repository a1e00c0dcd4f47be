"""Whatever the schedule: at every instant there is exactly one holder of each layer where it applies, on both edges of daylight saving.

The oracle reads the zone's clocks once a minute and never lets them go back: a wall time has come once the clocks have shown it or
passed over it. That one sentence is what is decided about times that are skipped (the moment of the jump) and times that are shown
twice (the first). It shares no line with the code that it judges.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oncall.rota import Hours, Layer, OnCallDuty, Override, Rota, at, spans

MINUTE = timedelta(minutes=1)
PEOPLE = st.integers(1, 6)
# zone -> instants around which its clocks change in 2026; the zone without daylight saving has ordinary days.
ZONES = {
    "Europe/Berlin": ("2026-03-29T01:00", "2026-10-25T01:00"),
    "America/New_York": ("2026-03-08T07:00", "2026-11-01T06:00"),
    "Australia/Lord_Howe": ("2026-04-04T15:00", "2026-10-03T15:30"),  # half an hour
    "America/Santiago": ("2026-04-05T03:00", "2026-09-06T04:00"),  # southern, and at midnight
    "Pacific/Auckland": ("2026-04-04T14:00", "2026-09-26T14:00"),
    "Asia/Kolkata": ("2026-03-29T01:00", "2026-10-25T01:00"),  # none
}
EDGES = [(zone, datetime.fromisoformat(edge).replace(tzinfo=UTC)) for zone, both in ZONES.items() for edge in both]


def near(zone: str, edge: datetime) -> st.SearchStrategy[time]:
    """Times of day: mostly those that the clocks skip, or show twice, at an edge."""
    reading = edge.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    at_the_edge = st.integers(-24, 24).map(lambda n: (reading + n * 5 * MINUTE).time())
    return at_the_edge | st.builds(time, st.integers(0, 23), st.sampled_from([0, 0, 15, 30, 45, 59]))


def readings(zone: ZoneInfo, start: datetime, end: datetime) -> Iterator[tuple[datetime, datetime]]:
    """(instant, the furthest that the zone's clocks have come) for each minute."""
    furthest, instant = datetime.min, start
    while instant < end:
        furthest = max(furthest, instant.astimezone(zone).replace(tzinfo=None, fold=0))
        yield instant, furthest
        instant += MINUTE


def expected(layer: Layer, instant: datetime, reading: datetime) -> int | None:
    """Who holds a layer when the clocks have come to `reading`."""
    if (layer.since and instant < layer.since) or (layer.until and instant >= layer.until) or reading < layer.first:
        return None
    if layer.hours is not None:
        opened = (datetime.combine(reading.date() - timedelta(days=back), layer.hours.opens) for back in (0, 1))
        length = (datetime.combine(date.min, layer.hours.closes) - datetime.combine(date.min, layer.hours.opens)) % timedelta(
            days=1
        )
        length = length or timedelta(days=1)
        if not any(o <= reading < o + length and o.isoweekday() in layer.hours.weekdays for o in opened):
            return None
    return layer.people[(reading - layer.first) // layer.turn % len(layer.people)]


@st.composite
def layers(draw: st.DrawFn, edge: tuple[str, datetime] | None = None, number: int = 1) -> tuple[Layer, datetime]:
    """A layer, and the edge of daylight saving that it is looked at around."""
    zone, instant = edge or draw(st.sampled_from(EDGES))
    hourly, daily = st.sampled_from([1, 2, 3, 6, 8, 12, 36]) | st.integers(1, 60), st.sampled_from([1, 1, 2]) | st.integers(1, 20)
    turn = draw(hourly.map(lambda n: timedelta(hours=n)) | daily.map(lambda n: timedelta(days=n)))
    times = near(zone, instant)
    first = instant.date() + timedelta(days=draw(st.integers(-40, 1)))
    weekdays = st.frozensets(st.integers(1, 7), min_size=1)
    hours = draw(st.none() | st.builds(Hours, opens=times, closes=times, weekdays=weekdays))
    bound = st.none() | st.integers(-2000, 2000).map(lambda n: instant + n * MINUTE)
    layer = Layer(
        number=number,
        duty=draw(st.sampled_from(OnCallDuty)),
        zone=ZoneInfo(zone),
        first=datetime.combine(first, draw(times)),
        turn=turn,
        people=tuple(draw(st.lists(PEOPLE, min_size=1, max_size=5))),
        priority=draw(st.integers(0, 2)),
        hours=hours,
        since=draw(bound),
        until=draw(bound),
    )
    return layer, instant


def around(instant: datetime) -> tuple[datetime, datetime]:
    """What is looked at: from two days before an edge to two days after."""
    return instant - timedelta(days=2), instant + timedelta(days=2)


@pytest.mark.clause("oncall.primary-secondary")
@settings(max_examples=120, deadline=None)
@given(layers())
def test_a_layer_has_exactly_one_holder_wherever_it_applies(drawn: tuple[Layer, datetime]) -> None:
    """Its turns neither overlap nor leave a gap, and at each minute the holder is the one that the clocks say."""
    layer, instant = drawn
    start, end = around(instant)
    turns = list(layer.turns(start, end))
    assert all(begins < ends for begins, ends, _ in turns)
    assert all(one[1] <= other[0] for one, other in pairwise(turns)), "two at once"
    waiting = list(reversed(turns))
    for moment, reading in readings(layer.zone, start, end):
        while waiting and waiting[-1][1] <= moment:
            waiting.pop()
        told = waiting[-1][2] if waiting and waiting[-1][0] <= moment else None
        wanted = expected(layer, moment, reading)
        assert told == wanted, f"between two instants, at {moment}"
        if moment.minute % 5 in (0, 4) or abs(moment - instant) < 120 * MINUTE:
            assert layer.holder(moment) == wanted, f"at {moment}"


@st.composite
def rotas(draw: st.DrawFn) -> tuple[Rota, datetime]:
    """A schedule of some layers, each in a zone of its own, and overrides."""
    _, instant = draw(st.sampled_from(EDGES))
    zones = st.sampled_from(list(ZONES))
    made = tuple(draw(layers((draw(zones), instant), number))[0] for number in range(1, draw(st.integers(1, 5)) + 1))
    overrides = []
    for number in range(draw(st.integers(0, 6))):
        begins = instant + draw(st.integers(-3000, 3000)) * MINUTE
        ends = begins + draw(st.integers(1, 2000)) * MINUTE
        duty = draw(st.sampled_from(OnCallDuty))
        overrides.append(Override(number, duty, begins, ends, draw(PEOPLE), draw(st.none() | PEOPLE)))
    return Rota(made, tuple(overrides)), instant


@settings(max_examples=80, deadline=None)
@given(rotas())
def test_a_schedule_says_the_same_at_an_instant_and_between_two(drawn: tuple[Rota, datetime]) -> None:
    """The spans of each duty follow each other without a gap or an overlap, and hold at every instant who is on call then."""
    rota, instant = drawn
    start, end = around(instant)
    for duty in OnCallDuty:
        found = spans(rota, start, end, duty)
        assert (found[0].start, found[-1].end) == (start, end)
        assert all(one.end == other.start and one.held != other.held for one, other in pairwise(found))
        for span in found:
            middle = span.start + (span.end - span.start) / 2
            for moment in (span.start, middle, span.end - timedelta(microseconds=1)):
                assert at(rota, moment).get(duty) == span.held


@settings(max_examples=80, deadline=None)
@given(rotas(), st.integers(-2800, 2800))
def test_an_override_goes_before_every_layer_and_the_higher_layer_before_the_lower(
    drawn: tuple[Rota, datetime], minutes: int
) -> None:
    """Who holds a duty is the highest layer's holder, unless an override puts somebody in that one's place."""
    rota, instant = drawn
    moment = instant + minutes * MINUTE
    for duty in OnCallDuty:
        holders = [(-layer.priority, layer.number, layer.holder(moment)) for layer in rota.layers if layer.duty == duty]
        base = min(((priority, number, who) for priority, number, who in holders if who is not None), default=(0, 0, None))[2]
        wanted = base
        for override in rota.overrides:
            if override.duty == duty and override.start <= moment < override.end and override.replaced in (None, wanted):
                wanted = override.person
        held = at(rota, moment).get(duty)
        assert (held.person if held else None) == wanted
