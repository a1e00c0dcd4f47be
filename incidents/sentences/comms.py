"""How communication reads on the timeline."""

from collections.abc import Callable

from incidents.sentences.kind import Data, Kind, Pairs, span
from incidents.states import Approver, Audience, Condition, PublicStatus

_WHO = {
    Audience.INTERNAL: "our own people",
    Audience.EXECUTIVE: "executives",
    Audience.SUPPORT: "Support, what to say",
    Audience.PUBLIC: "customers",
}


def _about(data: Data) -> Pairs:
    """What an update says besides what is known. (An older event says less.)"""
    facts = [("To", _WHO[Audience(data["audience"])])]
    if data.get("status"):
        facts.append(("Status", PublicStatus(data["status"]).label))
    facts += [(name, data[key]) for name, key in (("Impact", "impact"), ("Being done", "doing")) if data.get(key)]
    if data.get("next_update_at"):
        facts.append(("Next update", f"{data['next_update_at'][11:16]} UTC"))
    facts += [(slug, Condition(condition).label) for slug, condition in (data.get("components") or {}).items()]
    return facts


def _updated(data: Data) -> Pairs:
    facts = _about(data)
    if data.get("approved_by"):
        facts.append(("Written by", data["author"]))
    if data.get("late_seconds"):
        facts.append(("Late by", span(data["late_seconds"])))
    return facts


def _held(data: Data) -> Pairs:
    waits = " and ".join(str(Approver(who).label) for who in data["awaits"])
    return [*_about(data), ("Waits for", waits)]


def _whose(what: str) -> Callable[[Data], str]:
    return lambda data: f"{what} the update to {_WHO[Audience(data['audience'])]} that {data['author']} wrote."


def _rejected(data: Data) -> Pairs:
    return [("Reason", data["reason"]), ("It said", data["known"])]


KINDS = {
    "incident.updated": Kind("Update", lambda data: data["known"], _updated, written=True),
    "incident.update_drafted": Kind("Update, not out yet", lambda data: data["known"], _held, written=True),
    "incident.update_approved": Kind("Approval", _whose("Approved"), lambda data: _held(data)[-1:]),
    "incident.update_rejected": Kind("Update sent back", _whose("Sent back"), _rejected),
    "incident.asked": Kind("Question", lambda data: data["text"], written=True),
    "incident.executive_looked": Kind("Executive", lambda data: "Looked at the incident. The script for them is in the room."),
}
