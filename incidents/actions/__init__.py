"""The verbs of an incident: the only writers of its state. One function a verb, one transaction, one event.

Web, API, chat, admin and clocks all call these; none of them holds a rule.
"""

from incidents.actions.command import advance, change_severity, claim, join
from incidents.actions.comms import update
from incidents.actions.declare import declare
from incidents.actions.ending import resolve
from incidents.actions.filing import attach_file, tick
from incidents.actions.orders import acknowledge_order, chase, finish_order, order, withdraw_order
from incidents.actions.record import correct, decide, note, set_impact
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
    "acknowledge_order",
    "advance",
    "approve",
    "attach",
    "attach_file",
    "change_severity",
    "chase",
    "claim",
    "correct",
    "decide",
    "declare",
    "declare_from",
    "dismiss",
    "execute",
    "finish_order",
    "join",
    "note",
    "order",
    "propose",
    "reject",
    "report",
    "report_deviation",
    "resolve",
    "set_impact",
    "state_hypothesis",
    "tick",
    "update",
    "verify_fix",
    "verify_hypothesis",
    "withdraw_order",
]
