"""Where a verb stands on the page: the one to press now, the kinds of the composer, and the rest in groups.

A table of places, not of rules: whether somebody may is each verb's own to say.
"""

from collections.abc import Mapping
from typing import Any

from incidents.facts import Facts
from incidents.models import Incident
from incidents.room.verbs import Row
from incidents.states import RoomRole, State
from tenants.actors import Actor

# The big ones of each state, the first that can be done is the one to press.
_NOW: Mapping[str, tuple[str, ...]] = {
    State.MOBILIZATION: ("claim", "advance", "join"),
    State.INVESTIGATION: ("claim", "advance", "join"),
    State.MITIGATION: ("claim", "advance", "join"),
    State.MONITORING: ("claim", "resolve", "advance", "join"),
    State.BACKLOG: ("resolve", "join"),
    State.RESOLVED: ("close", "reopen"),
}
_NOW_LABELS = {State.MOBILIZATION: "Start the investigation", State.MONITORING: "Back to investigation"}

# The kinds of the composer, in their order, with the words on their tabs.
COMPOSED: Mapping[str, str] = {
    "note": "Note",
    "update": "Update",
    "hypothesis": "Hypothesis",
    "propose": "Change",
    "order": "Order",
    "decide": "Decision",
    "check-in": "Check-in",
    "attach": "File",
    "deviation": "Deviation",
}
_TICKET = frozenset({"note", "update", "attach"})  # of them on a plain ticket (SEV 3/4); the others stand with the actions there
_FIRST_KIND = ((RoomRole.CL, "update"), (RoomRole.OL, "note"))

# Shown where they belong: beside a role, a step of a checklist, an entry, or in the handover's strip.
_ELSEWHERE = frozenset(
    {"claim", "assign", "step-down", "tick", "correct", "accept", "decline", "shadow", "announce", "take-command", "call-off"}
)
_BY_PART = frozenset({"tick", "correct", "accept", "decline", "step-down"})  # nothing to say of them where there is none
_GROUPS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("State", ("advance", "resolve", "reopen", "close", "false-positive", "merge")),
    ("Incident", ("severity", "impact", "correct-time", "assess", "bridge", "rhythm", "sitrep", "handover")),
    ("People", ("page", "join", "leave")),
    ("Law", ("flag", "unflag", "admit", "remove", "snapshot", "fulfil")),
)


def now_to_do(incident: Incident, verbs: list[Row]) -> Row | None:
    """The one primary action of this state, for this person."""
    wanted = _NOW.get(incident.state, ())
    found = {verb["name"]: verb for verb in verbs if verb["possible"]}
    name = next((name for name in wanted if name in found and found[name]["allowed"]), None)
    name = name or next((name for name in wanted if name in found), None)
    if name is None:
        return None
    label = _NOW_LABELS.get(State(incident.state)) if name == "advance" else None
    return found[name] | {"label": label or found[name]["label"]}


def _composed(incident: Incident) -> Mapping[str, str]:
    return COMPOSED if incident.mobilises else {name: tab for name, tab in COMPOSED.items() if name in _TICKET}


def kinds(incident: Incident, facts: Facts, by: Actor, verbs: list[Row]) -> list[Row]:
    """The kinds of the composer that this person can write; the one that was refused, or suits their role, stands open."""
    found = {verb["name"]: verb for verb in verbs}
    rows = [found[name] | {"tab": tab} for name, tab in _composed(incident).items() if name in found and found[name]["possible"]]
    refused = next((row["name"] for row in rows if row["open"]), None)
    suits = next((kind for role, kind in _FIRST_KIND if facts.holds(by, role)), "note")
    names = [row["name"] for row in rows]
    opened = refused or (suits if suits in names else next(iter(names), ""))
    return [row | {"shown": row["name"] == opened} for row in rows]


def actions(incident: Incident, verbs: list[Row], handover: Row | None) -> dict[str, Any]:
    """The verbs that stand by themselves, in groups; and those that cannot be done now, with the reasons."""
    first = now_to_do(incident, verbs)
    taken = {*_composed(incident), *(_ELSEWHERE if incident.mobilises else _ELSEWHERE - {"claim"})}
    taken |= {verb["name"] for verb in handover["verbs"]} if handover else set()
    taken |= {first["name"]} if first else set()
    rest = [verb for verb in verbs if verb["possible"] and (verb["name"] not in taken or _homeless(verb, first))]
    grouped = {name for _, names in _GROUPS for name in names}
    groups = [
        {"label": label, "verbs": [verb for name in names for verb in rest if verb["name"] == name]} for label, names in _GROUPS
    ]
    groups.append({"label": "More", "verbs": [verb for verb in rest if verb["name"] not in grouped]})
    off = [verb for verb in verbs if not verb["possible"] and verb["name"] not in _BY_PART]
    return {"groups": [group for group in groups if group["verbs"]], "off": sorted(off, key=lambda verb: not verb["primary"])}


def _homeless(verb: Row, first: Row | None) -> bool:
    """Whether a verb was refused whose own place is not on the page any more: it stands here, with what was typed."""
    return verb["open"] and verb["name"] in _ELSEWHERE and not (first and first["name"] == verb["name"])
