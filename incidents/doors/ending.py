"""The doors through which an incident ends."""

from incidents import actions
from incidents.api.bodies import ending as b
from incidents.doors.door import Body, Door
from incidents.forms import ending as f
from incidents.models import Incident
from tenants.actors import Actor


def _resolve(incident: Incident, by: Actor, body: Body) -> object:
    codes = ("alerts_firing", "monitoring_too_short")
    overrides = body.get("overrides") or {code: body[code] for code in codes if body.get(code)}
    return actions.resolve(incident, by=by, summary=body["summary"], overrides=overrides)


DOORS = (Door("resolve", "Resolve", "ending.why_not_resolve", b.ResolveBody, f.ResolveForm, _resolve, primary=True),)
