"""The record: who writes in it, and who says when the harm began and ended."""

from incidents.facts import Facts
from incidents.items import EntryItem, StepItem
from incidents.models import Incident
from incidents.rules.common import command, of_any, practitioner, running, through_glass
from incidents.states import CORRECTABLE, RoomRole
from tenants.actors import Actor
from tenants.refusals import Reason

HYGIENE = "warroom.bot-hygiene"
CORRECTED = "incident.corrected"


def why_not_note(incident: Incident, facts: Facts, by: Actor) -> list[Reason]:
    """Practitioners write in the record, after the end too; the first entry brings its author into the room."""
    return practitioner(by) or through_glass(facts, by)


def why_not_set_impact(incident: Incident, facts: Facts, by: Actor) -> list[Reason]:
    """The IC or the Scribe says when the harm began and ended (resolve.impact-ceased)."""
    reasons = practitioner(by) or running(incident)
    if reasons or facts.holds(by, RoomRole.SCRIBE):
        return reasons
    return command(incident, facts, by, "setting the impact")


def why_not_correct(incident: Incident, facts: Facts, by: Actor, entry: EntryItem | None = None) -> list[Reason]:
    """The author corrects what they wrote, and the IC what anybody wrote, once and after the end too (warroom.bot-hygiene).

    What Muster records of what was done stands: it is right by itself, and a note beside it says what is to be said.
    """
    if reasons := practitioner(by):
        return reasons
    if entry is None:
        if by.user_id in facts.authors:
            return []
        if not facts.authors:
            return [Reason("nothing_written", "Nobody has written anything that could be corrected.", clause=HYGIENE)]
        return _not_the_author(incident, facts, by, "Somebody else")
    if entry.kind == CORRECTED:
        sentence = f"Entry {entry.seq} is a correction itself, and is not struck in turn: write a note that says what is right."
        return [Reason("a_correction", sentence, clause=HYGIENE)]
    if entry.kind not in CORRECTABLE:
        sentence = f"Entry {entry.seq} is Muster's own record of what was done, and stands: write a note beside it."
        return [Reason("not_correctable", sentence, clause=HYGIENE)]
    if entry.corrected_by:
        return [Reason("corrected", f"{entry.corrected_by} corrected entry {entry.seq} already.", clause=HYGIENE)]
    return [] if entry.author_id == by.user_id else _not_the_author(incident, facts, by, entry.author)


def _not_the_author(incident: Incident, facts: Facts, by: Actor, author: str) -> list[Reason]:
    """Why the actor may not correct what somebody else wrote."""
    if not command(incident, facts, by, "correcting it"):
        return []
    return [Reason("not_the_author", f"{author} wrote this: only they and the commander correct it.", clause=HYGIENE, status=403)]


def why_not_decide(incident: Incident, facts: Facts, by: Actor) -> list[Reason]:
    """The IC makes the hard calls (roles.ic-hard-calls)."""
    return practitioner(by) or running(incident) or command(incident, facts, by, "deciding")


def why_not_attach(incident: Incident, facts: Facts, by: Actor) -> list[Reason]:
    """Whoever writes in the record files with it, after the end too."""
    return practitioner(by) or through_glass(facts, by)


def why_not_tick(incident: Incident, facts: Facts, by: Actor, step: StepItem | None = None) -> list[Reason]:
    """A role's holder, or the IC, ticks a step of its checklist by hand, once (checklist.ic, checklist.ol, checklist.cl)."""
    if reasons := practitioner(by) or running(incident):
        return reasons
    if step is None:
        done = {(tick.role, tick.key) for tick in facts.ticks}
        every = [StepItem(r, i.key, i.text) for r in ("ic", "ol", "cl") for i in getattr(incident.law.checklists, r)]
        left = [item for item in every if (item.role, item.key) not in done]
        none = Reason("ticked", "Every step is done.", clause="checklist.ic")
        return of_any(left, lambda item: why_not_tick(incident, facts, by, item), none)
    if not facts.holds(by, RoomRole(step.role)) and (reasons := command(incident, facts, by, "ticking for others")):
        return [Reason(r.code, r.sentence, clause=f"checklist.{step.role}", status=r.status) for r in reasons]
    for tick in facts.ticks:
        if (tick.role, tick.key) == (step.role, step.key):
            sentence = f"{tick.ticked_by_name} did that at {tick.ticked_at:%H:%M:%S} UTC already."
            return [Reason("ticked", sentence, clause=f"checklist.{step.role}")]
    return []
