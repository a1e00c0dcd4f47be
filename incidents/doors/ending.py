"""The doors through which an incident ends."""

from incidents import actions, gate
from incidents.api.bodies import ending as b
from incidents.doors.door import Body, Door
from incidents.forms import ending as f
from incidents.models import Incident
from tenants.actors import Actor
from tenants.refusals import NotFound, invalid


def _resolve(incident: Incident, by: Actor, body: Body) -> object:
    codes = ("alerts_firing", "monitoring_too_short")
    overrides = body.get("overrides") or {code: body[code] for code in codes if body.get(code)}
    return actions.resolve(incident, by=by, summary=body["summary"], overrides=overrides)


def _merge(incident: Incident, by: Actor, body: Body) -> object:
    try:
        into = gate.incident_for(by, body["into"])
    except NotFound as error:
        raise invalid("into", "There is no such incident here.", code="no_such_incident") from error
    return actions.merge(incident, by=by, into=into, reason=body.get("reason", ""))


DOORS = (
    Door("resolve", "Resolve", "ending.why_not_resolve", b.ResolveBody, f.ResolveForm, _resolve, primary=True),
    Door(
        "reopen",
        "Reopen",
        "ending.why_not_reopen",
        b.ReopenBody,
        f.ReopenForm,
        lambda incident, by, body: actions.reopen(incident, by=by, reason=body["reason"]),
        primary=True,
    ),
    Door("merge", "Merge into another", "ending.why_not_merge", b.MergeBody, f.MergeForm, _merge, beside="into"),
    Door(
        "false-positive",
        "False positive",
        "ending.why_not_false_positive",
        b.FalsePositiveBody,
        f.FalsePositiveForm,
        lambda incident, by, body: actions.mark_false_positive(incident, by=by, reason=body["reason"]),
    ),
    Door(
        "close",
        "Close",
        "ending.why_not_close",
        b.CloseBody,
        f.CloseForm,
        lambda incident, by, body: actions.close(incident, by=by, reason=body.get("reason", "")),
        primary=True,
    ),
)
