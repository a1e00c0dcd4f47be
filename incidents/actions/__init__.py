"""The verbs of an incident: the only writers of its state. One function a verb, one transaction, one event.

Web, API, chat, admin and clocks all call these; none of them holds a rule.
"""

from incidents.actions.command import advance, change_severity, claim, join, leave
from incidents.actions.comms import update
from incidents.actions.declare import declare
from incidents.actions.ending import close, mark_false_positive, merge, reopen, resolve
from incidents.actions.handover import announce, call_off, hand_over, report_situation, shadow, take_command
from incidents.actions.record import note, set_impact
from incidents.actions.rhythm import assess, check_in, open_bridge, page, set_rhythm
from incidents.actions.roles import accept, assign, decline, step_down
from incidents.actions.triage import attach, declare_from, dismiss, report

__all__ = [
    "accept",
    "advance",
    "announce",
    "assess",
    "assign",
    "attach",
    "call_off",
    "change_severity",
    "check_in",
    "claim",
    "close",
    "declare",
    "declare_from",
    "decline",
    "dismiss",
    "hand_over",
    "join",
    "leave",
    "mark_false_positive",
    "merge",
    "note",
    "open_bridge",
    "page",
    "reopen",
    "report",
    "report_situation",
    "resolve",
    "set_impact",
    "set_rhythm",
    "shadow",
    "step_down",
    "take_command",
    "update",
]
