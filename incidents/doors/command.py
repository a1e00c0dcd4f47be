"""The doors of command: who has it, and what only its holder decides."""

from incidents import actions
from incidents.actions.command import parse_state
from incidents.api.bodies import command as b
from incidents.api.bodies.fields import EmptyBody
from incidents.doors.door import Body, Door
from incidents.forms import command as f
from incidents.forms.fields import EmptyForm
from incidents.models import Incident
from tenants.actors import Actor


def _advance(incident: Incident, by: Actor, body: Body) -> object:
    return actions.advance(incident, by=by, to=parse_state(body["to"]), reason=body.get("reason", ""))


DOORS = (
    Door(
        "join",
        "Join the room",
        "command.why_not_join",
        EmptyBody,
        EmptyForm,
        lambda incident, by, body: actions.join(incident, by=by),
    ),
    Door(
        "claim",
        "Take command",
        "command.why_not_claim",
        EmptyBody,
        EmptyForm,
        lambda incident, by, body: actions.claim(incident, by=by),
        primary=True,
    ),
    Door("advance", "Advance", "command.why_not_advance", b.AdvanceBody, f.AdvanceForm, _advance, primary=True),
    Door(
        "severity",
        "Change severity",
        "command.why_not_change_severity",
        b.SeverityBody,
        f.SeverityForm,
        lambda incident, by, body: actions.change_severity(incident, by=by, severity=body["severity"], reason=body["reason"]),
    ),
)
