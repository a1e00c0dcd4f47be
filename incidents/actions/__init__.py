"""The verbs of an incident: the only writers of its state. One function a verb, one transaction, one event.

Web, API, chat, admin and clocks all call these; none of them holds a rule.
"""

from incidents.actions.command import advance, change_severity, claim, join, leave
from incidents.actions.comms import approve_update, reject_update, update
from incidents.actions.declare import declare
from incidents.actions.ending import close, mark_false_positive, merge, reopen, resolve
from incidents.actions.filing import attach_file, tick
from incidents.actions.handover import announce, call_off, hand_over, report_situation, shadow, take_command
from incidents.actions.orders import acknowledge_order, chase, finish_order, order, withdraw_order
from incidents.actions.outside import ask, look
from incidents.actions.record import correct, decide, note, set_impact
from incidents.actions.restriction import admit, flag, fulfil, opened, remove, snapshot, unflag
from incidents.actions.rhythm import assess, check_in, open_bridge, page, set_rhythm
from incidents.actions.roles import accept, assign, decline, step_down
from incidents.actions.times import correct_time
from incidents.actions.triage import attach, declare_from, dismiss, report
from incidents.actions.work import (
    approve,
    execute,
    propose,
    reject,
    report_deviation,
    state_hypothesis,
    verify_fix,
    verify_hypothesis,
)

__all__ = [
    "accept",
    "acknowledge_order",
    "admit",
    "advance",
    "announce",
    "approve",
    "approve_update",
    "ask",
    "assess",
    "assign",
    "attach",
    "attach_file",
    "call_off",
    "change_severity",
    "chase",
    "check_in",
    "claim",
    "close",
    "correct",
    "correct_time",
    "decide",
    "declare",
    "declare_from",
    "decline",
    "dismiss",
    "execute",
    "finish_order",
    "flag",
    "fulfil",
    "hand_over",
    "join",
    "leave",
    "look",
    "mark_false_positive",
    "merge",
    "note",
    "open_bridge",
    "opened",
    "order",
    "page",
    "propose",
    "reject",
    "reject_update",
    "remove",
    "reopen",
    "report",
    "report_deviation",
    "report_situation",
    "resolve",
    "set_impact",
    "set_rhythm",
    "shadow",
    "snapshot",
    "state_hypothesis",
    "step_down",
    "take_command",
    "tick",
    "unflag",
    "update",
    "verify_fix",
    "verify_hypothesis",
    "withdraw_order",
]
