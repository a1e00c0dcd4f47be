"""Those outside the room: executives who look at an incident, and whoever has a question about it."""

from datetime import timedelta

from incidents import fields
from incidents.actions.base import lock, tell
from incidents.models import Incident
from incidents.rules import outside as rules
from ledger.models import Event
from ledger.verbs import verb
from tenants.actors import Actor
from tenants.refusals import check
from tenants.time import now

QUESTION_MAX = 2_000
SAME_LOOK = timedelta(hours=1)  # looking again within it is the same look


@verb("ask", kind="incident.asked", who="any member", clauses=("roles.ic-protects-ops", "warroom.exec-swoop"))
def ask(incident: Incident, *, by: Actor, text: str) -> Event:
    """Ask the Communications Lead a question, without entering the room. They are told; the question stays in the record."""
    incident, facts = lock(incident)
    check(rules.why_not_ask(incident, facts, by))
    return tell(incident, "incident.asked", by=by, text=fields.text("text", text, most=QUESTION_MAX))


@verb(
    "look",
    kind="incident.executive_looked",
    who="an executive, by opening the incident's page",
    clauses=("roles.ic-protects-ops", "warroom.exec-swoop"),
)
def look(incident: Incident, *, by: Actor, kept_open: bool = False) -> bool:
    """Leave on record that an executive opened the page of a running war room, once an hour each. Returns whether it did now.

    Whoever looks again within the hour reads only: the incident is not locked for them. A page that is `kept_open` and asks what is new
    is no further look, however long it stands on a screen.
    """
    if rules.why_not_look(incident, by) or _looked(incident, by, kept_open):
        return False
    incident, _ = lock(incident)
    if rules.why_not_look(incident, by) or _looked(incident, by, kept_open):  # two windows at once are one look
        return False
    tell(incident, "incident.executive_looked", by=by)
    return True


def _looked(incident: Incident, by: Actor, ever: bool) -> bool:
    looks = Event.objects.filter(incident_id=incident.pk, kind="incident.executive_looked", actor_id=by.user_id)
    return (looks if ever else looks.filter(occurred_at__gt=now() - SAME_LOOK)).exists()
