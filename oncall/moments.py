"""Moments that a person types: as an instant, or in the wall time of a schedule's zone, where clocks may skip or repeat it."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from oncall.rota import Edge, Reading, read
from tenants.refusals import Reason, Refused, invalid

EARLIEST, LATEST = (datetime(year, 1, 1, tzinfo=UTC) for year in (2000, 2200))
FIRST, LAST = "first", "last"  # which of a time that comes twice
TWICE = [(FIRST, "the first time"), (LAST, "the second time, after the clocks went back")]


def settle(zone: ZoneInfo, field: str, value: datetime, twice: str = "") -> datetime:
    """The instant (UTC) that `value` means: itself where it has an offset, else what the clocks of `zone` show.

    Refuses (422) a wall time that does not exist, and one that comes twice while `twice` does not say which. What a schedule
    does by itself with such times is decided (oncall.rota.wall); here somebody is there to be asked.
    """
    if not EARLIEST.year <= value.year < LATEST.year:
        raise invalid(field, f"This is not between {EARLIEST.year} and {LATEST.year}.", code="out_of_range")
    if value.tzinfo is not None:
        return value.astimezone(UTC)
    found = read(zone, value)
    if not isinstance(found, Edge):
        return found
    if found.reading == Reading.SKIPPED:
        shown = found.first.astimezone(zone)
        sentence = f"{found.sentence} Say {shown:%H:%M}, or an earlier time."
        raise Refused(Reason("no_such_time", sentence, field=field, status=422))
    if twice not in (FIRST, LAST):
        sentence = f"{found.sentence} Say which you mean: the first or the last."
        raise Refused(Reason("time_twice", sentence, field=field, status=422))
    return found.last if twice == LAST else found.first


def said(at: datetime, zone: ZoneInfo) -> str:
    """An instant in words, by the wall clock of a zone, with its offset where the clocks show it twice."""
    local = at.astimezone(zone)
    both = isinstance(read(zone, local.replace(tzinfo=None, fold=0)), Edge)
    return f"{local:%a %-d %b %Y %H:%M}" + (f" ({local:%Z})" if both else "")
