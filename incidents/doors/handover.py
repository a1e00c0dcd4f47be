"""The doors of the handover, in its order."""

from incidents import actions, members
from incidents.api.bodies import handover as b
from incidents.api.bodies.fields import EmptyBody
from incidents.doors.door import Body, Door
from incidents.forms import handover as f
from incidents.forms.fields import EmptyForm
from incidents.models import Incident
from tenants.actors import Actor


def _hand_over(incident: Incident, by: Actor, body: Body) -> object:
    return actions.hand_over(incident, by=by, to=members.member_for(by, body["to"], field="to"))


DOORS = (
    Door("handover", "Hand over command", "handover.why_not_hand_over", b.HandoverBody, f.HandoverForm, _hand_over),
    Door(
        "shadow",
        "Start shadowing",
        "handover.why_not_shadow",
        EmptyBody,
        EmptyForm,
        lambda incident, by, body: actions.shadow(incident, by=by),
        primary=True,
    ),
    Door(
        "sitrep",
        "Post the situation report",
        "handover.why_not_sitrep",
        b.SitrepBody,
        f.SitrepForm,
        lambda incident, by, body: actions.report_situation(incident, by=by, text=body["text"]),
        primary=True,
    ),
    Door(
        "announce",
        "Announce the handover",
        "handover.why_not_announce",
        EmptyBody,
        EmptyForm,
        lambda incident, by, body: actions.announce(incident, by=by),
        primary=True,
    ),
    Door(
        "take-command",
        "I have command",
        "handover.why_not_take_command",
        b.TakeCommandBody,
        f.TakeCommandForm,
        lambda incident, by, body: actions.take_command(incident, by=by, reason=body.get("reason", "")),
        primary=True,
    ),
    Door(
        "call-off",
        "Call the handover off",
        "handover.why_not_call_off",
        b.CallOffBody,
        f.CallOffForm,
        lambda incident, by, body: actions.call_off(incident, by=by, reason=body.get("reason", "")),
    ),
)
