"""The pages of those outside the room: a calm summary for executives, the script for Support."""

from typing import Any

from django.urls import reverse

from incidents import comms, room
from incidents.doors import Door
from incidents.facts import gather
from incidents.forms.signals import ReportForm
from incidents.items import UpdateItem
from incidents.models import Incident
from incidents.room import panels
from incidents.rules.outside import own_page
from incidents.rules.restriction import why_not_snapshot
from incidents.states import Audience, RoomRole
from tenants.actors import Actor
from tenants.refusals import Reason
from tenants.time import now

TEMPLATES = {Audience.EXECUTIVE: "incidents/executive.html", Audience.SUPPORT: "incidents/support.html"}
SHOWN_ROLES = (RoomRole.IC, RoomRole.CL)
OWN_PLACE = ("ask", "approve-update", "reject-update")  # these stand elsewhere on the page


def template(incident: Incident, by: Actor) -> str:
    """The page of somebody outside the room, or "" for who reads the room."""
    own = own_page(by, incident)
    return TEMPLATES[own] if own is not None else ""


def context(
    incident: Incident, by: Actor, *, failed: Door | None = None, form: Any = None, refusals: list[Reason] | None = None
) -> dict[str, Any]:
    """The page's context. `failed`, `form` and `refusals` are those of a verb that was just refused: nothing typed is lost."""
    facts = gather(incident)
    failure = room.Failure(failed, form, refusals or []) if failed else None
    offered = room.Offered(incident, facts, by, room.choices(facts), failure)
    # Copies are shown to whoever answers for them, such as the CFO, each with its verbs: nobody is asked for a number that they never saw.
    # Before all verbs: they say whether a refused verb has its place.
    copies = panels.copies(facts, offered) if not why_not_snapshot(incident, facts, by) else []
    verbs = {verb["name"]: verb for verb in offered.all()}
    panel = comms.panel(incident, facts, by, failed.name if failed else "", form)
    said = {row["audience"]: {**row, "promise": _promise(incident, row["update"])} for row in panel["latest"]}
    own = own_page(by, incident) or Audience.EXECUTIVE
    return {
        "incident": {**room.head(incident, facts), "services": incident.service_names},  # type: ignore[attr-defined]
        "people": [{"label": role.label, "name": facts.roles[role].name if role in facts.roles else ""} for role in SHOWN_ROLES],
        "own": said[own.value],
        "public": said[Audience.PUBLIC.value],
        "comms": panel,
        "copies": copies,
        "ask": verbs["ask"],
        "verbs": [verb for name, verb in verbs.items() if name not in OWN_PLACE and (verb["allowed"] or verb["open"])],
        "report_form": ReportForm(initial={"title": f"{incident.ref}: "}, auto_id="report-%s"),
        "report_url": reverse("report"),
        "afterwards": room.afterwards(incident, by),
    }


def _promise(incident: Incident, update: UpdateItem | None) -> dict[str, Any] | None:
    """The clock of the next update that an update promised, while the incident goes on: whoever waits for it sees that it is late."""
    if update is None or update.next_update_at is None or not incident.is_open:
        return None
    late = update.next_update_at < now()
    return {"label": "", "due_at": update.next_update_at, "state": "broken" if late else "running"}
