"""The doors of the law: flags, need to know, and what is preserved."""

from incidents import actions, members
from incidents.api.bodies import restriction as b
from incidents.doors.door import Body, Door
from incidents.forms import restriction as f
from incidents.models import Incident
from incidents.states import FlagKey, FlagKind
from tenants.actors import Actor


def _flag(incident: Incident, by: Actor, body: Body) -> object:
    kinds = [FlagKind(kind) for kind in body.get("kinds", [])]
    return actions.flag(incident, by=by, key=FlagKey(body["flag"]), reason=body["reason"], kinds=kinds)


def _unflag(incident: Incident, by: Actor, body: Body) -> object:
    return actions.unflag(incident, by=by, key=FlagKey(body["flag"]), reason=body["reason"])


def _admit(incident: Incident, by: Actor, body: Body) -> object:
    person = members.active_for(by, body["person"])
    return actions.admit(incident, person, by=by, reason=body["reason"], expires_at=body.get("expires_at"))


def _remove(incident: Incident, by: Actor, body: Body) -> object:
    return actions.remove(incident, members.member_for(by, body["person"]), by=by, reason=body["reason"])


def _fulfil(incident: Incident, by: Actor, body: Body) -> object:
    location, sha256 = body["location"], body.get("sha256", "")
    return actions.fulfil(incident, by=by, snapshot_id=body["snapshot"], location=location, sha256=sha256)


DOORS = (
    Door("flag", "Flag a breach or lost money", "restriction.why_not_flag", b.FlagBody, f.FlagForm, _flag),
    Door("unflag", "Lift a flag", "restriction.why_not_unflag", b.UnflagBody, f.UnflagForm, _unflag),
    Door("admit", "Let somebody know", "restriction.why_not_admit", b.AdmitBody, f.AdmitForm, _admit),
    Door("remove", "Let somebody know no more", "restriction.why_not_remove", b.RemoveBody, f.RemoveForm, _remove),
    Door(
        "snapshot",
        "Ask for a copy of a database",
        "restriction.why_not_snapshot",
        b.SnapshotBody,
        f.SnapshotForm,
        lambda incident, by, body: actions.snapshot(incident, by=by, what=body["what"]),
    ),
    Door("fulfil", "File the copy", "restriction.why_not_fulfil", b.FulfilBody, f.FulfilForm, _fulfil, part="snapshot"),
)
