"""How the record reads on the timeline."""

from incidents.sentences.kind import Data, Kind, Pairs, moment, reason
from incidents.states import KeyTime, RoomRole


def _impact(data: Data) -> str:
    (old_start, old_end), (start, end) = data["before"], data["after"]
    parts = []
    if start != old_start:
        parts.append(f"Impact started at {moment(start)}.")
    if end != old_end:
        parts.append(f"Impact ended at {moment(end)}." if end else "Impact goes on: its end is asked for again.")
    return " ".join(parts) or "Impact confirmed as it was."


def _corrected(data: Data) -> Pairs:
    return [("Instead of", f"entry {data['entry']} by {data['author']}")]


def _decided(data: Data) -> Pairs:
    options = [("Options", "; ".join(data["options"]))] if data.get("options") else []
    return [*options, ("Reason", data["reason"])]


def _filed(data: Data) -> Pairs:
    size = f"{data['size']:,} bytes"
    return [(f"File {data['number']}", data["name"]), ("Type", f"{data['content_type']}, {size}"), ("SHA-256", data["sha256"])]


def _time_corrected(data: Data) -> str:
    what, before = KeyTime(data["which"]).label, data["before"]
    return f"{what} at {moment(data['after'])}, " + (f"not at {moment(before)}." if before else "which was not known before.")


KINDS = {
    "incident.noted": Kind("Note", lambda data: data["text"], written=True),
    "incident.corrected": Kind("Correction", lambda data: data["text"], _corrected, written=True),
    "incident.decided": Kind("Decision", lambda data: data["text"], _decided, written=True),
    "incident.file_attached": Kind("File", lambda data: data["text"] or data["name"], _filed),
    "incident.step_ticked": Kind("Checklist", lambda data: f"{RoomRole(data['role']).label}: {data['text']}, done."),
    "incident.time_corrected": Kind("Time corrected", _time_corrected, reason),
    "incident.impact_set": Kind("Impact", _impact, reason),
}
