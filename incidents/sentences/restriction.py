"""How flags, need to know and what is preserved read on the timeline."""

from incidents.sentences.kind import Data, Kind, Pairs, moment, reason
from incidents.states import FlagKind


def _flagged(data: Data) -> str:
    kinds = " and ".join(FlagKind(kind).label.lower() for kind in data.get("kinds", []))
    parts = [f"{data['label']}{f' ({kinds})' if kinds else ''}."]
    if data.get("held"):
        parts.append("A legal hold keeps everything of it.")
    if data.get("restricted"):
        parts.append("Only those named on it see it from now on.")
    return " ".join(parts)


def _until(data: Data) -> Pairs:
    return [*reason(data), *([("Until", moment(data["expires_at"]))] if data.get("expires_at") else [])]


def _copy(data: Data) -> Pairs:
    return [("Lies at", data["location"]), *([("SHA-256", data["sha256"])] if data.get("sha256") else [])]


KINDS = {
    "incident.flagged": Kind("Flagged", _flagged, reason),
    "incident.restricted": Kind(
        "Restricted",
        lambda data: (
            f"Restricted with number {data['into']}, into which it was merged. Only those named on it see it from now on."
        ),
    ),
    "incident.unflagged": Kind(
        "Flag lifted", lambda data: f"{data['label']}: the flag is lifted. The legal hold and the restriction stay.", reason
    ),
    "incident.person_admitted": Kind("Need to know", lambda data: f"{data['person']} may see this incident.", _until),
    "incident.person_removed": Kind("Need to know", lambda data: f"{data['person']} may not see this incident any more.", reason),
    "incident.person_expired": Kind("Need to know", lambda data: f"{data['person']}'s time to see this incident is over."),
    "incident.opened": Kind("Read", lambda data: "Opened the record."),
    "incident.duty_unfilled": Kind(
        "Nobody to call", lambda data: f"Nobody holds the duty of {data['label']}: administrators are told."
    ),
    "incident.snapshot_requested": Kind("Copy asked for", lambda data: f"To be preserved: {data['what']}"),
    "incident.snapshot_chased": Kind("Copy not made", lambda data: f"Still to be preserved: {data['what']}"),
    "incident.snapshot_fulfilled": Kind("Copy filed", lambda data: f"Preserved: {data['what']}", _copy),
}
