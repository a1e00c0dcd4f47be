"""The verbs of an incident: the only writers of its state. One function a verb, one transaction, one event.

Web, API, chat, admin and clocks all call these; none of them holds a rule.
"""

from incidents.actions.command import advance, change_severity, claim, join
from incidents.actions.comms import update
from incidents.actions.declare import declare
from incidents.actions.ending import resolve
from incidents.actions.record import note, set_impact
from incidents.actions.restriction import admit, flag, fulfil, opened, remove, snapshot, unflag
from incidents.actions.triage import attach, declare_from, dismiss, report

__all__ = [
    "admit",
    "advance",
    "attach",
    "change_severity",
    "claim",
    "declare",
    "declare_from",
    "dismiss",
    "flag",
    "fulfil",
    "join",
    "note",
    "opened",
    "remove",
    "report",
    "resolve",
    "set_impact",
    "snapshot",
    "unflag",
    "update",
]
