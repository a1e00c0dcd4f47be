"""Checking what was typed in a room, the same for every surface: lengths and times. (Words as such: tenants/words.py.)"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from tenants.refusals import invalid
from tenants.time import now
from tenants.words import TEXT_MAX, TITLE_MAX, disarmed, line, text

__all__ = ["TEXT_MAX", "TITLE_MAX", "began", "disarmed", "eta", "happened", "line", "options", "past", "sha256", "text"]

REASON_MAX = 2_000
BRIEF_MAX = 2_000  # what is asked of somebody, or claimed: an order, a change, a hypothesis
OPTIONS_MOST = 20
ETA_MOST = 24 * 60
EARLIEST = timedelta(days=30)  # before an incident; what is said to have happened longer ago is a slip of the keyboard

IMPACT_WITHIN = timedelta(days=2 * 365)  # a breach may be found late; what is said to have begun before is a slip of the keyboard


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


def began(field: str, value: datetime) -> datetime:
    """Check a time that somebody says the harm began at: within the last two years, and not ahead (clause metrics.mttd)."""
    if value < now() - IMPACT_WITHIN:
        raise invalid(field, "This is more than two years ago: check the year.", code="too_early")
    return past(field, value)


def eta(field: str, value: int | None) -> int | None:
    """Check how many minutes somebody says that something takes: one to a day."""
    if value is not None and not 1 <= value <= ETA_MOST:
        raise invalid(field, f"This is a whole number of minutes from 1 to {ETA_MOST:,}.", code="out_of_range")
    return value


def sha256(field: str, value: str) -> str:
    """Check the SHA-256 of a copy, as somebody typed it; "" where it is not known."""
    digest = value.strip().lower()
    if digest and (len(digest) != 64 or not set(digest) <= set("0123456789abcdef")):
        raise invalid(field, "A SHA-256 has 64 hexadecimal digits.")
    return digest


def options(field: str, values: Sequence[str]) -> list[str]:
    """Clean what there was to choose from: at most 20 lines, none twice; empty ones are left out."""
    cleaned = dict.fromkeys(line(field, value, most=500, required=False) for value in values)
    found = [value for value in cleaned if value]
    if len(found) > OPTIONS_MOST:
        raise invalid(field, f"These are {len(found)} options; at most {OPTIONS_MOST} fit.", code="too_many")
    return found
