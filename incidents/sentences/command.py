"""How command reads on the timeline."""

from incidents.sentences.kind import Data, Kind, Pairs, level, reason, span, state
from incidents.states import RoomRole


def _advanced(data: Data) -> str:
    back = " (a relapse)" if data.get("relapse") else ""
    return f"From {state(data['before'])} to {state(data['after'])}{back}."


def _severity(data: Data) -> str:
    both = " The commander is Operations Lead too: one of the two needs another holder." if data.get("ic_is_ol") else ""
    down = " The war room stands down, and its roles end." if data.get("stood_down") else ""
    return f"{level(data['before'])} is now {level(data['severity'])}.{both}{down}"


def _role(value: object) -> str:
    return RoomRole(str(value)).label


def _claimed(data: Data) -> Pairs:
    gone = [("Instead of", f"{data['instead_of']}, who has left")] if data.get("instead_of") else []
    return [*gone, *reason(data)]


def _mobilised(data: Data) -> str:
    roles = ", ".join(f"{name} {role.upper()}" for role, name in data["roles"].items())
    return f"Mobilised: {roles}. The investigation begins."


def _instead(data: Data) -> Pairs:
    return [("Instead of", data["instead_of"])] if data.get("instead_of") else []


def _left(data: Data) -> str:
    ended = f" The handover to {data['called_off']} ends with it." if data.get("called_off") else ""
    return f"Is {_role(data['role'])} no longer: the role is open.{ended}"


def _rhythm(data: Data) -> str:
    every = "minute" if data["minutes"] == 1 else f"{data['minutes']} minutes"
    return f"The Operations Lead checks in every {every}."


def _taken(data: Data) -> Pairs:
    return [("Commanded before", f"{data['before']}, for {span(data['commanded_seconds'])}"), *reason(data)]


KINDS = {
    "incident.joined": Kind("Joined", lambda data: "Joined the room."),
    "incident.left": Kind("Left", lambda data: "Left the room."),
    "incident.claimed": Kind("Command", lambda data: data["phrase"], _claimed),
    "incident.mobilised": Kind("Mobilised", _mobilised),
    "role.assigned": Kind("Role", lambda data: f"Asks {data['person']} to be {_role(data['role'])}.", reason),
    "role.accepted": Kind("Role", lambda data: f"{data['person']} is {_role(data['role'])}.", _instead),
    "role.declined": Kind("Role", lambda data: f"Declines to be {_role(data['role'])}.", reason),
    "role.left": Kind("Role", _left, reason),
    "incident.assessed": Kind(
        "Assessment", lambda data: data["text"], lambda data: [("Severity", level(data["severity"]))], True
    ),
    "incident.bridge_opened": Kind("Bridge", lambda data: f"The bridge is open: {data['url']}"),
    "incident.check_in_set": Kind("Rhythm", _rhythm),
    "incident.checked_in": Kind("Check-in", lambda data: data["text"], written=True),
    "incident.handover_offered": Kind("Handover", lambda data: f"Offers command to {data['to']}."),
    "incident.shadowing": Kind("Handover", lambda data: f"Shadows {data['outgoing']}."),
    "incident.sitrep": Kind("SITREP", lambda data: data["text"], lambda data: [("For", data["to"])], written=True),
    "incident.handover_announced": Kind("Handover", lambda data: data["phrase"]),
    "incident.command_taken": Kind("Command", lambda data: data["phrase"], _taken),
    "incident.handover_called_off": Kind("Handover", lambda data: f"The handover to {data['to']} is called off.", reason),
    "incident.advanced": Kind("State", _advanced, reason),
    "incident.severity_changed": Kind("Severity", _severity, reason),
}
