"""The doors of the work and of orders."""

from incidents import actions
from incidents.api.bodies import work as b
from incidents.doors.door import Body, Door
from incidents.forms import work as f
from incidents.models import Incident
from incidents.states import Verdict
from tenants.actors import Actor


def _verify(incident: Incident, by: Actor, body: Body) -> object:
    verdict = Verdict(body["verdict"])
    return actions.verify_hypothesis(incident, by=by, hypothesis=body["hypothesis"], verdict=verdict, seen=body["seen"])


def _propose(incident: Incident, by: Actor, body: Body) -> object:
    return actions.propose(
        incident, by=by, text=body["text"], eta_minutes=body.get("eta_minutes"), hypothesis=body.get("hypothesis")
    )


def _execute(incident: Incident, by: Actor, body: Body) -> object:
    return actions.execute(incident, by=by, change=body["change"], outcome=body.get("outcome", ""), reason=body.get("reason", ""))


def _deviation(incident: Incident, by: Actor, body: Body) -> object:
    return actions.report_deviation(
        incident, by=by, text=body["text"], reason=body["reason"], occurred_at=body.get("occurred_at")
    )


def _order(incident: Incident, by: Actor, body: Body) -> object:
    return actions.order(incident, by=by, to=body["to"], text=body["text"], eta_minutes=body.get("eta_minutes"))


DOORS = (
    Door(
        "hypothesis",
        "State a hypothesis",
        "work.why_not_state_hypothesis",
        b.HypothesisBody,
        f.HypothesisForm,
        lambda incident, by, body: actions.state_hypothesis(incident, by=by, text=body["text"]),
    ),
    Door(
        "verify",
        "Verify a hypothesis",
        "work.why_not_verify_hypothesis",
        b.VerifyBody,
        f.VerifyForm,
        _verify,
        part="hypothesis",
    ),
    Door("propose", "Propose a change", "work.why_not_propose", b.ProposeBody, f.ProposeForm, _propose),
    Door(
        "approve",
        "Approve",
        "work.why_not_approve",
        b.ChangeBody,
        f.ApproveForm,
        lambda incident, by, body: actions.approve(incident, by=by, change=body["change"]),
        part="change",
    ),
    Door(
        "reject",
        "Reject",
        "work.why_not_reject",
        b.RejectBody,
        f.RejectForm,
        lambda incident, by, body: actions.reject(incident, by=by, change=body["change"], reason=body["reason"]),
        part="change",
    ),
    Door("execute", "Execute", "work.why_not_execute", b.ExecuteBody, f.ExecuteForm, _execute, part="change"),
    Door(
        "verify-fix",
        "Verify the fix",
        "work.why_not_verify_fix",
        b.VerifyFixBody,
        f.VerifyFixForm,
        lambda incident, by, body: actions.verify_fix(
            incident, by=by, change=body["change"], worked=body["worked"], seen=body["seen"]
        ),
        part="change",
    ),
    Door(
        "deviation",
        "Report a change already made",
        "work.why_not_report_deviation",
        b.DeviationBody,
        f.DeviationForm,
        _deviation,
    ),
    Door("order", "Give an order", "orders.why_not_order", b.OrderBody, f.OrderForm, _order),
    Door(
        "acknowledge",
        "Acknowledge",
        "orders.why_not_acknowledge_order",
        b.AcknowledgeBody,
        f.AcknowledgeForm,
        lambda incident, by, body: actions.acknowledge_order(incident, by=by, order=body["order"]),
        part="order",
    ),
    Door(
        "done",
        "Done",
        "orders.why_not_finish_order",
        b.DoneBody,
        f.DoneForm,
        lambda incident, by, body: actions.finish_order(incident, by=by, order=body["order"], outcome=body.get("outcome", "")),
        part="order",
    ),
    Door(
        "withdraw",
        "Withdraw",
        "orders.why_not_withdraw_order",
        b.WithdrawBody,
        f.WithdrawForm,
        lambda incident, by, body: actions.withdraw_order(incident, by=by, order=body["order"], reason=body.get("reason", "")),
        part="order",
    ),
)
