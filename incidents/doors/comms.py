"""The doors of communication."""

from incidents import actions
from incidents.api.bodies import comms as b
from incidents.doors.door import Body, Door
from incidents.forms import comms as f
from incidents.models import Incident
from incidents.states import Audience
from tenants.actors import Actor


def _update(incident: Incident, by: Actor, body: Body) -> object:
    return actions.update(
        incident,
        by=by,
        known=body["known"],
        impact=body["impact"],
        doing=body["doing"],
        next_update_at=body.get("next_update_at"),
        audience=Audience(body.get("audience", Audience.INTERNAL)),
    )


DOORS = (Door("update", "Post an update", "comms.why_not_update", b.UpdateBody, f.UpdateForm, _update),)
