"""Action items: who files, does, drops and changes them (postmortem.action-items, actions.tags, actions.sla)."""

from collections.abc import Collection, Mapping
from datetime import date, timedelta
from textwrap import shorten
from typing import Any

from incidents.facts import Facts
from incidents.items import Member
from incidents.models import Incident
from incidents.rules.common import fits, in_room, practitioner, reader
from incidents.states import State
from postmortems.item_meanwhile import Meanwhile
from postmortems.models import ActionItem
from postmortems.sla import SLA
from postmortems.states import ItemKind, ItemState
from tenants.actors import Actor, Role
from tenants.refusals import Reason
from tenants.time import now

ITEMS = "postmortem.action-items"
AGAIN_AFTER = timedelta(days=1)  # a person is reminded by people once a day at most
_FIELDS = {
    "title": "the title",
    "kind": "the kind",
    "owner": "the owner",
    "details": "the details",
    "ticket_url": "the ticket",
    "due_on": "the day on which it is due",
}


def writer(by: Actor) -> list[Reason]:
    """Practitioners and the process owner have to do with action items; auditors read, and so do tokens without "write"."""
    return reader(by) if by.has(Role.PROCESS_OWNER) else practitioner(by)


def why_not_file(
    incident: Incident, facts: Facts, by: Actor, leads: Collection[int], owner: Member | None = None
) -> list[Reason]:
    """The people of the incident file what follows from it, from its declaration on and after it is closed: learning goes on.

    They are who is or was in its room, its last IC and OL, the author of its post-mortem, the team that owns what it affects, and
    the process owner. It is put to a practitioner who may know of the incident.
    """
    if reasons := writer(by):
        return reasons
    if incident.state == State.MERGED:
        return [Reason("merged", f"{incident.ref} was merged into another: file it there.", clause=ITEMS)]
    theirs = by.has(Role.PROCESS_OWNER) or in_room(facts, by) or by.user_id in leads or by.user_id in facts.owners
    if not theirs:
        sentence = f"The people of {incident.ref} file what follows from it: join the room, or ask its commander."
        return [Reason("not_of_the_incident", sentence, clause=ITEMS, status=403)]
    return [] if owner is None else fits(incident, facts, owner, "owner")


def why_not_start(item: ActionItem, by: Actor, leads: Collection[int]) -> list[Reason]:
    """Its owner starts it."""
    if reasons := writer(by) or _ended(item) or _not_the_owner(item, by, "starts it"):
        return reasons
    if item.state == ItemState.STARTED:
        return [Reason("started", f"{item.owner.name} started {item.ref} at {item.started_at:%Y-%m-%d %H:%M} UTC already.")]
    return []


def why_not_finish(item: ActionItem, by: Actor, leads: Collection[int]) -> list[Reason]:
    """Its owner says that it is done."""
    return writer(by) or _ended(item) or _not_the_owner(item, by, "says that it is done")


def why_not_drop(item: ActionItem, by: Actor, leads: Collection[int]) -> list[Reason]:
    """Its owner drops it, or who leads the incident, or the process owner; always with a reason."""
    return writer(by) or _ended(item) or _not_theirs(item, by, leads, "drop it")


def why_not_take_up(item: ActionItem, by: Actor, leads: Collection[int]) -> list[Reason]:
    """What was done or dropped is taken up again by those who may drop it."""
    if reasons := writer(by):
        return reasons
    if item.is_open:
        return [
            Reason("open", f"{item.ref} is {item.get_state_display().lower()}: only what is done or dropped is taken up again.")
        ]
    return _not_theirs(item, by, leads, "take it up again")


def why_not_change(item: ActionItem, by: Actor, leads: Collection[int]) -> list[Reason]:
    """Its owner, who filed it, who leads the incident, or the process owner says better what it is, or gives it to another."""
    if reasons := writer(by) or _ended(item):
        return reasons
    return [] if by.user_id is not None and by.user_id == item.filed_by_id else _not_theirs(item, by, leads, "change it")


def why_not_move(item: ActionItem, by: Actor) -> list[Reason]:
    """Only the process owner moves what is due, with a reason (actions.sla)."""
    if reasons := writer(by) or _ended(item):
        return reasons
    if not by.has(Role.PROCESS_OWNER):
        sentence = "The process owner moves a due date, with a reason: ask them, or drop the item and say why."
        return [Reason("not_the_process_owner", sentence, clause=SLA, field="due_on", status=403)]
    return []


def why_not_over(others: Collection[Meanwhile], changes: Mapping[str, Any]) -> list[Reason]:
    """Nobody writes over what somebody else changed after their page was shown, unless they have seen it.

    `others` is what is another by now than the page showed it; `changes` what the person wants to be so, by the same names.
    """
    return [
        Reason(
            "changed_meanwhile",
            f"{one.by} changed {_FIELDS[one.field]} after this page was shown: it is {_said(one)} now. "
            "Send yours once more to put it in the place of that.",
            clause=ITEMS,
            field=one.field,
        )
        for one in others
        if changes.get(one.field) is not None and changes[one.field] != one.now
    ]


def _said(one: Meanwhile) -> str:
    """What a field is now, in words."""
    if isinstance(one.now, date):
        return f"{one.now.day} {one.now:%b %Y}"
    if one.field == "kind":
        return str(ItemKind(one.now).label).lower()
    return f"“{shorten(one.now, 200, placeholder=' …')}”" if one.now else "not set"


def why_not_remind(item: ActionItem, by: Actor, leads: Collection[int]) -> list[Reason]:
    """Anybody who has to do with action items reminds another of theirs, of one item once a day."""
    if reasons := writer(by) or _ended(item):
        return reasons
    if item.owner_id == by.user_id:
        return [Reason("your_own", f"{item.ref} is yours: nobody has to remind you.")]
    if item.reminded_at is not None and now() < item.reminded_at + AGAIN_AFTER:
        return [rested(item)]
    return []


def rested(item: ActionItem) -> Reason:
    """Why an owner is left in peace: somebody reminded them within a day."""
    return Reason("reminded", f"{item.owner.name} was reminded within a day: once a day is enough.")


NOTHING_CHOSEN = Reason("nothing_chosen", "Choose at least one action item first.", status=422)


def _ended(item: ActionItem) -> list[Reason]:
    """Why nothing can be done to an item any more, and who ended it."""
    if item.is_open:
        return []
    who = f"{item.ended_by.name} ended it" if item.ended_by else "that was"
    sentence = f"{item.ref} is {item.get_state_display().lower()}: {who} at {item.ended_at:%Y-%m-%d %H:%M:%S} UTC. Take it up again first."
    return [Reason("ended", sentence, clause=ITEMS)]


def _not_the_owner(item: ActionItem, by: Actor, what: str) -> list[Reason]:
    if item.owner_id == by.user_id:
        return []
    sentence = f"{item.ref} is {item.owner.name}'s: its owner {what}."
    return [Reason("not_the_owner", sentence, clause=ITEMS, status=403)]


def _not_theirs(item: ActionItem, by: Actor, leads: Collection[int], what: str) -> list[Reason]:
    """Its owner, who leads the incident, and the process owner."""
    if by.has(Role.PROCESS_OWNER) or (by.user_id is not None and (by.user_id == item.owner_id or by.user_id in leads)):
        return []
    sentence = f"{item.owner.name}, the commander, the author of the post-mortem and the process owner {what}."
    return [Reason("not_yours", sentence, clause=ITEMS, status=403)]
