"""Checking what was typed, the same for every surface and room: lengths, and characters that could deceive a reader."""

import re
import unicodedata

from tenants.refusals import invalid

TITLE_MAX = 200
TEXT_MAX = 20_000

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
