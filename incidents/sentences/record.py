"""How the record reads on the timeline."""

from incidents.sentences.kind import Data, Kind, moment


def _impact(data: Data) -> str:
    (old_start, old_end), (start, end) = data["before"], data["after"]
    parts = []
    if start != old_start:
        parts.append(f"Impact started at {moment(start)}.")
    if end != old_end:
        parts.append(f"Impact ended at {moment(end)}.")
    return " ".join(parts) or "Impact confirmed as it was."


KINDS = {
    "incident.noted": Kind("Note", lambda data: data["text"], written=True),
    "incident.impact_set": Kind("Impact", _impact),
}
