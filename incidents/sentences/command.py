"""How command reads on the timeline."""

from incidents.sentences.kind import Data, Kind, level, reason, state


def _advanced(data: Data) -> str:
    back = " (a relapse)" if data.get("relapse") else ""
    return f"From {state(data['before'])} to {state(data['after'])}{back}."


def _severity(data: Data) -> str:
    return f"{level(data['before'])} is now {level(data['severity'])}."


KINDS = {
    "incident.joined": Kind("Joined", lambda data: "Joined the room."),
    "incident.claimed": Kind("Command", lambda data: data["phrase"]),
    "incident.advanced": Kind("State", _advanced, reason),
    "incident.severity_changed": Kind("Severity", _severity, reason),
}
