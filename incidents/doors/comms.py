"""The doors of communication."""

from incidents import actions
from incidents.api.bodies import comms as b
from incidents.doors.door import Body, Door
from incidents.forms import comms as f
from incidents.models import Incident
from incidents.states import Audience
from tenants.actors import Actor


def _update(incident: Incident, by: Actor, body: Body) -> object:
    typed = {name.removeprefix(f.COMPONENT): value for name, value in body.items() if name.startswith(f.COMPONENT)}
    return actions.update(
        incident,
        by=by,
        known=body["known"],
        impact=body.get("impact", ""),
        doing=body.get("doing", ""),
        next_update_at=body.get("next_update_at"),
        audience=Audience(body.get("audience", Audience.INTERNAL)),
        status=body.get("status", ""),
        states_cause=body.get("states_cause"),
        components=body.get("components") or typed,
    )


def _approve(incident: Incident, by: Actor, body: Body) -> object:
    return actions.approve_update(incident, by=by, update=body["update"])


def _reject(incident: Incident, by: Actor, body: Body) -> object:
    return actions.reject_update(incident, by=by, update=body["update"], reason=body["reason"])


def _ask(incident: Incident, by: Actor, body: Body) -> object:
    return actions.ask(incident, by=by, text=body["text"])


DOORS = (
    Door("update", "Post an update", "comms.why_not_update", b.UpdateBody, f.UpdateForm, _update),
    Door(
        "approve-update",
        "Approve the update",
        "comms.why_not_approve_update",
        b.ApproveUpdateBody,
        f.ApproveUpdateForm,
        _approve,
        part="update",
    ),
    Door(
        "reject-update",
        "Send the update back",
        "comms.why_not_reject_update",
        b.RejectUpdateBody,
        f.RejectUpdateForm,
        _reject,
        part="update",
    ),
    Door("ask", "Ask the Communications Lead", "outside.why_not_ask", b.AskBody, f.AskForm, _ask),
)
