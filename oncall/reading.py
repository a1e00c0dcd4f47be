"""Reading an iCalendar that somebody uploads: whose shift each event is, and when. Nothing in it is believed beforehand."""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import recurring_ical_events
from icalendar import Calendar

from oncall.rota import OnCallDuty
from oncall.rota.wall import when
from tenants.refusals import Refused, invalid

BYTES_MOST = 512 * 1024
EVENTS_MOST = 1000
REPEATING_MOST = 50
SHIFTS_MOST = 500
AHEAD = timedelta(days=366)
EARLIEST = 2000
_MAIL = re.compile(r"[^\s<>:;,()]+@[^\s<>:;,()]+")
# What repeats within a day is no shift, and would be worked out for a long time.
_TOO_OFTEN = {"SECONDLY", "MINUTELY", "HOURLY"}
_WITHIN_A_DAY = ("BYSECOND", "BYMINUTE", "BYHOUR")


@dataclass(frozen=True, slots=True)
class Read:
    """A shift as a calendar says it: `who` is an e-mail address or a name, `duty` "" where it says none."""

    uid: str
    start: datetime
    end: datetime
    who: str
    duty: str
    title: str
    cancelled: bool = False

    @property
    def named(self) -> str:
        """The event, for a sentence about it."""
        shown = "".join(c for c in self.title if c.isprintable())[:60]
        return f"the event “{shown}” of {self.start:%-d %b %Y %H:%M} UTC"


def shifts(body: bytes, zone: ZoneInfo, start: datetime) -> list[Read]:
    """The shifts of a calendar that end after `start`, a year ahead, by their beginning; also those that are cancelled, and marked so.

    Times without a zone, and whole days, are the wall time of `zone`. Refuses (422, field `file`) what is no calendar, too large,
    or repeats too often.
    """
    if len(body) > BYTES_MOST:
        raise _bad(f"This is larger than {BYTES_MOST // 1024} KiB.", "too_large")
    try:
        calendar = Calendar.from_ical(body.decode("utf-8-sig"))
        _judge(calendar)
        occurrences = recurring_ical_events.of(calendar).between(start.astimezone(zone), (start + AHEAD).astimezone(zone))
        found = list(_read(occurrences, zone, start))
    except Refused:
        raise
    except Exception as error:  # the libraries raise whatever they meet in it
        raise _bad("This is no calendar that can be read: an iCalendar file (.ics) is.", "unreadable") from error
    if not found:
        raise _bad("There is no event in this calendar from now on.", "empty")
    if len(found) > SHIFTS_MOST:
        raise _bad(f"These are {len(found):,} shifts within a year; at most {SHIFTS_MOST} fit.", "too_many")
    return sorted(found, key=lambda one: (one.start, one.uid))


def _judge(calendar: Any) -> None:
    events = calendar.walk("VEVENT")
    if calendar.name != "VCALENDAR":
        raise _bad("This is no calendar: it does not begin with BEGIN:VCALENDAR.", "unreadable")
    if len(events) > EVENTS_MOST:
        raise _bad(f"These are {len(events):,} events; at most {EVENTS_MOST:,} fit.", "too_many")
    repeating = [event for event in events if "RRULE" in event]
    if len(repeating) > REPEATING_MOST:
        raise _bad(f"These are {len(repeating)} events that repeat; at most {REPEATING_MOST} fit.", "too_many")
    for event in events:
        rules = event.get("RRULE", [])
        for rule in rules if isinstance(rules, list) else [rules]:
            if {str(f).upper() for f in rule.get("FREQ", [])} & _TOO_OFTEN or any(part in rule for part in _WITHIN_A_DAY):
                raise _bad("An event repeats within a day, as no shift does.", "too_often")
        if "DTSTART" in event and event["DTSTART"].dt.year < EARLIEST:
            raise _bad(f"An event began before {EARLIEST}.", "too_early")


def _read(occurrences: list[Any], zone: ZoneInfo, start: datetime) -> Iterator[Read]:
    for event in occurrences:
        begins, ends = _instant(event["DTSTART"].dt, zone), _instant(event["DTEND"].dt, zone)
        if ends <= max(start, begins):
            continue
        title = str(event.get("SUMMARY", ""))
        uid = str(event.get("UID", "")) or title
        yield Read(
            uid=uid if len(uid) <= 200 else hashlib.sha256(uid.encode()).hexdigest(),
            start=begins,
            end=ends,
            who=_who(event, title),
            duty=_duty(event),
            title=title,
            cancelled=str(event.get("STATUS", "")).upper() == "CANCELLED",
        )


def _instant(value: date | datetime, zone: ZoneInfo) -> datetime:
    if not isinstance(value, datetime):
        return when(zone, datetime.combine(value, time()))
    return value.astimezone(UTC) if value.tzinfo is not None else when(zone, value)


def _who(event: Any, title: str) -> str:
    """The one attendee's address, else an address in the title, else the title: a name."""
    attendees = event.get("ATTENDEE", [])
    asked = [str(one) for one in (attendees if isinstance(attendees, list) else [attendees])]
    if len(asked) == 1:
        return re.sub(r"(?i)^mailto:", "", asked[0]).strip()
    if len(asked) > 1:
        return ""
    match = _MAIL.search(title)
    return match[0] if match else " ".join(title.split())


def _duty(event: Any) -> str:
    categories = event.get("CATEGORIES", [])
    lists = categories if isinstance(categories, list) else [categories]
    words = {str(word).lower() for one in lists for word in getattr(one, "cats", [one])}
    named = [duty.value for duty in OnCallDuty if duty.value in words]
    return named[0] if len(named) == 1 else ""


def _bad(sentence: str, code: str) -> Refused:
    return invalid("file", sentence, code=code)
