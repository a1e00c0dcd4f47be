"""Checking what was typed, the same for every surface: lengths, times, and characters that could deceive a reader."""

import re
import unicodedata
from collections.abc import Sequence
from datetime import datetime, timedelta

from tenants.refusals import invalid
from tenants.time import now

TITLE_MAX = 200
TEXT_MAX = 20_000
REASON_MAX = 2_000
BRIEF_MAX = 2_000  # what is asked of somebody, or claimed: an order, a change, a hypothesis
OPTIONS_MOST = 20
ETA_MOST = 24 * 60
EARLIEST = timedelta(days=30)  # before an incident; what is said to have happened longer ago is a slip of the keyboard

# Controls that change how the rest of a line reads: bidirectional overrides, and C0 but tab and newline.
_DECEIVING = re.compile("[\u202a-\u202e\u2066-\u2069\u200e\u200f\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


def text(field: str, value: str, *, most: int = TEXT_MAX, required: bool = True) -> str:
    """Clean free text. Refuses (422) what is empty where it must not be, too long, or has deceiving control characters."""
    cleaned = unicodedata.normalize("NFC", value.replace("\r\n", "\n")).strip()
    if required and not cleaned:
        raise invalid(field, "This cannot be empty.", code="required")
    if len(cleaned) > most:
        raise invalid(field, f"This is {len(cleaned):,} characters long; at most {most:,} fit.", code="too_long")
    if match := _DECEIVING.search(cleaned):
        raise invalid(
            field,
            f"This has the control character U+{ord(match[0]):04X}, which cannot be shown safely.",
            code="control_character",
        )
    return cleaned


def disarmed(value: str) -> str:
    """What came from outside, and is not refused for what is in it: without the control characters that `text` refuses."""
    return value if value.isprintable() else _DECEIVING.sub("", value)


def line(field: str, value: str, *, most: int = TITLE_MAX, required: bool = True) -> str:
    """Clean text of one line: white space is folded before its length is judged."""
    return text(field, " ".join(value.split()), most=most, required=required)


def past(field: str, value: datetime, *, not_before: datetime | None = None) -> datetime:
    """Check a time that somebody says something happened at: not in the future (a minute's skew is forgiven)."""
    if value > now() + timedelta(minutes=1):
        raise invalid(field, "This time lies in the future.", code="future")
    if not_before is not None and value < not_before:
        raise invalid(field, f"This is before {not_before:%Y-%m-%d %H:%M:%S} UTC, which cannot be.", code="too_early")
    return min(value, now())


def happened(field: str, value: datetime, *, of: datetime) -> datetime:
    """Check a time that somebody says something happened at, of an incident that began at `of`: not long before it, not ahead."""
    if value < of - EARLIEST:
        raise invalid(field, f"This is more than {EARLIEST.days} days before the incident began.", code="too_early")
    return past(field, value)


def eta(field: str, value: int | None) -> int | None:
    """Check how many minutes somebody says that something takes: one to a day."""
    if value is not None and not 1 <= value <= ETA_MOST:
        raise invalid(field, f"This is a whole number of minutes from 1 to {ETA_MOST:,}.", code="out_of_range")
    return value


def options(field: str, values: Sequence[str]) -> list[str]:
    """Clean what there was to choose from: at most 20 lines, none twice; empty ones are left out."""
    cleaned = dict.fromkeys(line(field, value, most=500, required=False) for value in values)
    found = [value for value in cleaned if value]
    if len(found) > OPTIONS_MOST:
        raise invalid(field, f"These are {len(found)} options; at most {OPTIONS_MOST} fit.", code="too_many")
    return found
