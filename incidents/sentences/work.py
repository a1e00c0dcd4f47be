"""How the work and orders read on the timeline."""

from textwrap import shorten

from incidents.sentences.kind import Data, Kind, Pairs, span
from incidents.states import RoomRole, Verdict

_BRIEF = 160  # of what was proposed or ordered, beside what became of it


def _eta(data: Data) -> Pairs:
    return [("ETA", f"{data['eta_minutes']} min")] if data.get("eta_minutes") else []


def _of(what: str, data: Data) -> Pairs:
    """Which one it is about, with its own words."""
    return [(f"{what} {data['number']}", shorten(data["text"], _BRIEF, placeholder=" …"))]


def _about(data: Data) -> Pairs:
    return _of("Change", data)


def _reason(data: Data) -> Pairs:
    return [("Reason", data["reason"])] if data.get("reason") else []


def _hypothesis(data: Data) -> Pairs:
    return [("Hypothesis", str(data["number"]))]


def _proposed(data: Data) -> Pairs:
    because = [("Because of hypothesis", str(data["hypothesis"]))] if data.get("hypothesis") else []
    return [("Change", str(data["number"])), *because, *_eta(data)]


def _assembled(data: Data) -> Pairs:
    """Who was there when the first change was made."""
    found = data.get("assembled")
    if not found:
        return []
    roles = [role.value for role in (RoomRole.IC, RoomRole.OL, RoomRole.CL) if found[role.value]]
    filled = ", ".join(role.upper() for role in roles) or "no role"
    return [("First change made with", f"{filled} filled, {found['people']} in the room")]


def _executed(data: Data) -> Pairs:
    outcome = [("Outcome", data["outcome"])] if data.get("outcome") else []
    despite = [("By the commander, because", why) for why in data.get("overrides", {}).values()]
    return [*_about(data), *outcome, *despite, *_assembled(data)]


def _deviated(data: Data) -> Pairs:
    return [("Change", str(data["number"])), ("Why without approval", data["reason"]), *_assembled(data)]


def _checked(data: Data) -> str:
    return f"Change {data['number']} worked." if data["worked"] else f"Change {data['number']} did not work."


def _seen(data: Data) -> Pairs:
    return [("Seen", data["seen"])]


def _ordered(data: Data) -> Pairs:
    return [("Order", str(data["number"])), ("To", data["to"]), *_eta(data)]


def _copied(data: Data) -> str:
    chased = ", and after being chased" if data.get("chased") else ""
    return f"Acknowledged order {data['number']} after {span(data['seconds'])}{chased}."


def _finished(data: Data) -> Pairs:
    outcome = [("Outcome", data["outcome"])] if data.get("outcome") else []
    return [*_of("Order", data), *outcome, *([("ETA", "exceeded")] if data.get("late") else [])]


KINDS = {
    "incident.hypothesis_stated": Kind("Hypothesis", lambda data: data["text"], _hypothesis, written=True),
    "incident.hypothesis_verified": Kind(
        "Verdict",
        lambda data: f"Hypothesis {data['number']} {Verdict(data['verdict']).label.lower()}.",
        lambda data: [*_of("Hypothesis", data), *_seen(data)],
    ),
    "incident.change_proposed": Kind("Proposed", lambda data: data["text"], _proposed, written=True),
    "incident.change_approved": Kind("Approved", lambda data: f"Approved change {data['number']}.", _about),
    "incident.change_rejected": Kind(
        "Rejected", lambda data: f"Rejected change {data['number']}.", lambda data: [*_about(data), *_reason(data)]
    ),
    "incident.change_executed": Kind("Executed", lambda data: f"Executed change {data['number']}.", _executed),
    "incident.change_verified": Kind("Checked", _checked, lambda data: [*_about(data), *_seen(data)]),
    "incident.change_deviated": Kind("Done without approval", lambda data: data["text"], _deviated, written=True),
    "incident.order_issued": Kind("Order", lambda data: data["text"], _ordered, written=True),
    "incident.order_acknowledged": Kind("Copy", _copied, lambda data: _of("Order", data)),
    "incident.order_done": Kind("Done", lambda data: f"Order {data['number']} is done after {span(data['seconds'])}.", _finished),
    "incident.order_withdrawn": Kind(
        "Withdrawn",
        lambda data: f"Order {data['number']} to {data['to']} is withdrawn.",
        lambda data: [*_of("Order", data), *_reason(data)],
    ),
    "incident.order_chased": Kind(
        "Chased",
        lambda data: f"{data['to']} has not acknowledged order {data['number']} for {span(data['waited_seconds'])}: asked again.",
        lambda data: _of("Order", data),
    ),
}
