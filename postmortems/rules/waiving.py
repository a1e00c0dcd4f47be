"""What stands in for a post-mortem, and for action items, where nothing is to be learnt or done."""

from incidents.rules.common import stands
from incidents.states import State
from postmortems.models import PostMortem, kept
from postmortems.rules.common import process_owner, writer
from tenants.actors import Actor
from tenants.refusals import Reason

DRAFT = "postmortem.draft-24h"
ITEMS = "postmortem.action-items"


def why_not_waive(postmortem: PostMortem, by: Actor) -> list[Reason]:
    """The process owner waives a post-mortem, once for each resolution of its incident."""
    reasons = process_owner(by, "Waiving a post-mortem")
    incident = postmortem.incident
    if not reasons and incident.is_open:
        sentence = f"{incident.ref} is {stands(incident)} again: its post-mortem is waived once it is resolved."
        reasons = [Reason("not_resolved", sentence, clause=DRAFT)]
    if not reasons and postmortem.is_waived:
        sentence = f"It was waived at {postmortem.waived_at:%Y-%m-%d %H:%M:%S} UTC already."
        reasons = [Reason("waived", sentence, clause=DRAFT)]
    return reasons or _closed(postmortem)


def why_not_lift(postmortem: PostMortem, by: Actor) -> list[Reason]:
    """The process owner takes a waiver back, while the incident is not closed on it."""
    reasons = process_owner(by, "Lifting a waiver")
    if not reasons and not postmortem.is_waived:
        reasons = [Reason("not_waived", "It is not waived.", clause=DRAFT)]
    return reasons or _closed(postmortem)


def why_not_need_none(postmortem: PostMortem, by: Actor) -> list[Reason]:
    """A writer says that nothing is to be done, where nothing was filed."""
    reasons = writer(postmortem, by, "Saying that nothing is to be done", ITEMS) or _closed(postmortem)
    if not reasons and kept().filter(incident=postmortem.incident).exists():
        reasons = [Reason("items_filed", "There are action items already: drop those that are not needed.", clause=ITEMS)]
    return reasons


def _closed(postmortem: PostMortem) -> list[Reason]:
    if postmortem.incident.state != State.CLOSED:
        return []
    return [Reason("closed", f"{postmortem.incident.ref} is closed.", clause="lifecycle.phases")]
