"""How action items read on the timeline."""

from incidents.sentences.kind import Data, Kind, Pairs, moment, reason

_NAMES = {"title": "Title", "details": "Details", "kind": "Kind", "ticket_url": "Ticket", "owner": "Owner", "due_at": "Due"}


def _filed(data: Data) -> Pairs:
    due = [("Due", moment(data["due_at"]))] if data.get("due_at") else []
    ticket = [("Ticket", data["ticket_url"])] if data.get("ticket_url") else []
    return [("Kind", data["tag"].capitalize()), ("Owner", data["owner"]), *due, *ticket]


def _ended(data: Data) -> Pairs:
    late = [("Late", "after its time")] if data.get("late") else []
    outcome = [("Outcome", data["outcome"])] if data.get("outcome") else []
    return [*outcome, *reason(data), *late]


def _changed(data: Data) -> Pairs:
    told = []
    for name, (before, after) in data["changes"].items():
        values = [moment(value) if value and name == "due_at" else value or "nothing" for value in (before, after)]
        told.append((_NAMES[name], f"{values[0]} → {values[1]}"))
    return [*told, *reason(data)]


def _named(data: Data) -> str:
    return f"Action item {data['number']}: {data['title']}"


def _told(data: Data) -> Pairs:
    return [("Told", ", ".join(data["to"]))] if data.get("to") else []


KINDS = {
    "action.filed": Kind("Action item", lambda data: f"{_named(data)}.", _filed),
    "action.started": Kind("Action item", lambda data: f"{_named(data)}: started."),
    "action.done": Kind("Action item", lambda data: f"{_named(data)}: done.", _ended),
    "action.dropped": Kind("Action item", lambda data: f"{_named(data)}: dropped.", _ended),
    "action.taken_up": Kind("Action item", lambda data: f"{_named(data)}: taken up again.", reason),
    "action.changed": Kind("Action item", lambda data: f"{_named(data)}: changed.", _changed),
    "action.reminded": Kind("Action item", lambda data: f"{_named(data)}: reminds {data['owner']}."),
    "action.date_told": Kind(
        "Action item",
        lambda data: f"{_named(data)}: its day {'is past' if data['past'] else 'comes'}. {data['owner']} has it.",
        lambda data: [("Due", moment(data["due_at"]))],
    ),
    "action.escalated": Kind(
        "Action item, late", lambda data: f"{_named(data)}: its time is past. {data['owner']} has it.", _told
    ),
}
