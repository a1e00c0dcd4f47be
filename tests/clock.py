"""The tests' clock: the real one, moved. Settings name it (MUSTER_NOW); other processes read the same offset from a file."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

_offset = timedelta()
_frozen: datetime | None = None


def now() -> datetime:
    """The present, moved by what `advance` has passed."""
    if file := os.environ.get("MUSTER_CLOCK_FILE"):
        try:
            return datetime.now(UTC) + timedelta(seconds=float(Path(file).read_text() or 0))
        except FileNotFoundError:
            return datetime.now(UTC)
    return (_frozen or datetime.now(UTC)) + _offset


class Clock:
    """What a test moves time with: `clock.advance(minutes=15)`. It stands still in between, so that seconds can be asserted."""

    def __init__(self) -> None:
        global _frozen, _offset
        _frozen, _offset = datetime.now(UTC), timedelta()

    @property
    def now(self) -> datetime:
        """The present."""
        return now()

    def advance(self, **span: float) -> datetime:
        """Let time pass, as timedelta counts it. Returns the present."""
        global _offset
        _offset += timedelta(**span)
        return now()

    def release(self) -> None:
        """Back to the real clock."""
        global _frozen, _offset
        _frozen, _offset = None, timedelta()
