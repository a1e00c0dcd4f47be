"""What a schedule comes to: where nobody is on call, who is both at once, and how much each person carried."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from oncall.rota.schedule import OnCallDuty, Rota, Span, spans
from oncall.rota.wall import shown, when

WOKEN = (OnCallDuty.PRIMARY, OnCallDuty.SECONDARY)
NIGHT = time(3)  # whoever holds a duty at three in the morning has that night


@dataclass(slots=True)
class Load:
    """What one person carried: how long by duty, and how many nights as primary or secondary."""

    person: int
    held: dict[str, timedelta] = field(default_factory=dict)
    nights: int = 0

    @property
    def total(self) -> timedelta:
        """How long as primary or secondary."""
        return sum((self.held.get(duty, timedelta()) for duty in WOKEN), timedelta())


def gaps(rota: Rota, start: datetime, end: datetime) -> list[Span]:
    """The stretches between two instants in which there is no primary, or no secondary, by their beginning."""
    found = [span for duty in WOKEN for span in spans(rota, start, end, duty) if span.held is None]
    return sorted(found, key=lambda span: span.start)


def clashes(rota: Rota, start: datetime, end: datetime) -> list[tuple[datetime, datetime, int]]:
    """(from, to, user id) of each stretch in which one person is primary and secondary at once (oncall.primary-secondary)."""
    primary, secondary = (spans(rota, start, end, duty) for duty in WOKEN)
    found, n = [], 0
    for one in primary:
        while n < len(secondary) and secondary[n].start < one.end:
            other = secondary[n]
            begins, ends = max(one.start, other.start), min(one.end, other.end)
            if one.person is not None and one.person == other.person and begins < ends:
                found.append((begins, ends, one.person))
            if other.end > one.end:
                break
            n += 1
    return found


def held(rota: Rota, start: datetime, end: datetime, duty: str) -> dict[int, list[tuple[datetime, datetime]]]:
    """User id -> (from, to) of each stretch in which they hold a duty between two instants, by whatever layer or override."""
    found: dict[int, list[tuple[datetime, datetime]]] = defaultdict(list)
    for span in spans(rota, start, end, duty):
        if span.person is None:
            continue
        theirs = found[span.person]
        if theirs and theirs[-1][1] == span.start:
            theirs[-1] = (theirs[-1][0], span.end)
        else:
            theirs.append((span.start, span.end))
    return dict(found)


def changed(before: Rota, after: Rota, start: datetime, end: datetime) -> set[int]:
    """The user ids of those who by `after` hold some duty at other times between two instants than by `before`."""
    found: set[int] = set()
    for duty in OnCallDuty:
        was, will = held(before, start, end, duty), held(after, start, end, duty)
        found |= {person for person in was.keys() | will.keys() if was.get(person) != will.get(person)}
    return found


def load(rota: Rota, start: datetime, end: datetime, zone: ZoneInfo) -> list[Load]:
    """What each person carried between two instants, the heaviest first. Nights are those of `zone`."""
    carried: dict[int, Load] = {}
    nights: set[tuple[int, datetime]] = set()
    for duty in OnCallDuty:
        for span in spans(rota, start, end, duty):
            if span.person is None:
                continue
            one = carried.setdefault(span.person, Load(span.person))
            one.held[duty] = one.held.get(duty, timedelta()) + (span.end - span.start)
            if duty in WOKEN:
                nights |= {(span.person, night) for night in _nights(span, zone)}
    for person, _ in nights:
        carried[person].nights += 1
    return sorted(carried.values(), key=lambda one: (-one.total, one.person))


def _nights(span: Span, zone: ZoneInfo) -> Iterable[datetime]:
    day, last = shown(zone, span.start).date(), shown(zone, span.end).date()
    while day <= last:
        night = when(zone, datetime.combine(day, NIGHT))
        if span.start <= night < span.end:
            yield night
        day += timedelta(days=1)
