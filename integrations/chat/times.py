"""How a line that corrects a key time is read: which one, when it really was, and why."""

from datetime import UTC, datetime
from typing import Any

from incidents.states import KeyTime
from integrations.chat.line import Line

WHICH = {key.value.replace("_", "-"): key.value for key in KeyTime} | {
    "detection": KeyTime.DETECTED.value,
    "mitigation": KeyTime.MITIGATED.value,
    "resolution": KeyTime.RESOLVED.value,
}
_ASK = "Say which: impact-start, detected, acknowledged, mitigated, resolved or impact-end."


def correct_time(line: Line) -> dict[str, Any]:
    """The body of `correct-time`. A time of day is the last one that was; with its date (2026-11-25T10:43) it is in UTC."""
    why = line.because()
    if not why:
        line.teach("Say why.")
    which = line.choice(WHICH, _ASK)
    moment = line.clock() or _dated(line)
    line.end()
    return {"which": which, "occurred_at": moment.isoformat(), "reason": why}


def _dated(line: Line) -> datetime:
    said = line.token("Say when it really was: 10:43, or 2026-11-25T10:43.")
    try:
        found = datetime.fromisoformat(said)
        return found if found.tzinfo else found.replace(tzinfo=UTC)
    except ValueError:
        line.teach("Say when it really was: 10:43, or 2026-11-25T10:43.")
