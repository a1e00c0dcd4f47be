"""The doors of the roles, and of what keeps a room going."""

from incidents import actions, gate, members
from incidents.api.bodies import command as b
from incidents.doors.door import Body, Door
from incidents.duties import holders, label
from incidents.forms import command as f
from incidents.models import Incident
from incidents.states import RoomRole
from tenants.actors import Actor
from tenants.refusals import Reason, Refused


def _assign(incident: Incident, by: Actor, body: Body) -> object:
    person = members.member_for(by, body["person"])
    return actions.assign(incident, by=by, role=RoomRole(body["role"]), person=person, reason=body.get("reason", ""))


def _accept(incident: Incident, by: Actor, body: Body) -> object:
    return actions.accept(incident, by=by, role=RoomRole(body["role"]))


def _decline(incident: Incident, by: Actor, body: Body) -> object:
    return actions.decline(incident, by=by, role=RoomRole(body["role"]), reason=body.get("reason", ""))


def _step_down(incident: Incident, by: Actor, body: Body) -> object:
    return actions.step_down(incident, by=by, role=RoomRole(body["role"]), reason=body.get("reason", ""))


def _page(incident: Incident, by: Actor, body: Body) -> object:
    """One of three whom to call. Who sits on a duty's seat, and whose on-call a service is, is looked up here."""
    given = [name for name in ("person", "service", "duty") if body.get(name)]
    if len(given) != 1:
        sentence = "Name one to page: a person, a service or a duty."
        raise Refused(*(Reason("exactly_one", sentence, field=name, status=422) for name in given or ["person"]))
    if "service" in given:
        service = gate.services_for(by, [body["service"]], field="service")[0]
        return actions.page(incident, by=by, service=service, reason=body["reason"])
    if "person" in given:
        return actions.page(incident, by=by, people=[members.active_for(by, body["person"])], reason=body["reason"])
    people = members.people_for(by, holders(incident, body["duty"]))
    if not people:
        sentence = f"Nobody sits on the seat of {label(body['duty'])}: an administrator fills it."
        raise Refused(Reason("duty_unfilled", sentence, field="duty", status=422))
    return actions.page(incident, by=by, people=people, reason=body["reason"])


DOORS = (
    Door("assign", "Assign a role", "roles.why_not_assign", b.AssignBody, f.AssignForm, _assign),
    Door("accept", "Accept the role", "roles.why_not_accept", b.AcceptBody, f.RoleForm, _accept, primary=True, part="offer"),
    Door("decline", "Decline the role", "roles.why_not_decline", b.DeclineBody, f.RoleReasonForm, _decline, part="offer"),
    Door("step-down", "Give up a role", "roles.why_not_step_down", b.StepDownBody, f.RoleReasonForm, _step_down),
    Door(
        "assess",
        "Assess severity and impact",
        "rhythm.why_not_assess",
        b.AssessBody,
        f.AssessForm,
        lambda incident, by, body: actions.assess(incident, by=by, text=body["text"]),
    ),
    Door(
        "bridge",
        "Open the bridge",
        "rhythm.why_not_bridge",
        b.BridgeBody,
        f.BridgeForm,
        lambda incident, by, body: actions.open_bridge(incident, by=by, url=body["url"]),
    ),
    Door(
        "rhythm",
        "Set the check-in rhythm",
        "rhythm.why_not_set_rhythm",
        b.RhythmBody,
        f.RhythmForm,
        lambda incident, by, body: actions.set_rhythm(incident, by=by, minutes=body["minutes"]),
    ),
    Door(
        "check-in",
        "Check in",
        "rhythm.why_not_check_in",
        b.CheckInBody,
        f.CheckInForm,
        lambda incident, by, body: actions.check_in(incident, by=by, text=body["text"]),
    ),
    Door("page", "Page somebody", "rhythm.why_not_page", b.PageBody, f.PageForm, _page),
)
