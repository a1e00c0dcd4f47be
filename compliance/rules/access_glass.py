"""Break glass: who may, how often, and who judges it afterwards (breach.need-to-know)."""

from collections.abc import Collection
from dataclasses import dataclass

from compliance.access.people import LAWFUL, through_glass
from compliance.models import BreakGlass
from incidents.rules.common import reader
from tenants.actors import Actor
from tenants.refusals import Reason

NEED = "breach.need-to-know"
TRIES_AN_HOUR = 5
MINUTES_MOST = 60

# Said of a number that no incident has, of one that is not restricted, and of one that whoever asks was taken off: alike.
NOT_THERE = Reason(
    "nothing_to_open",
    "No restricted incident of this number can be opened. Nothing was shown, and nobody was called.",
    clause=NEED,
    field="number",
    status=404,
)


@dataclass(frozen=True, slots=True)
class Asking:
    """Who asks: the duties they hold, who may at all, whether somebody else can be called, and their tries within an hour."""

    duties: frozenset[str]
    openers: frozenset[str]
    somebody_to_call: bool
    tries: int


def why_not_break(by: Actor, asking: Asking) -> list[Reason]:
    """Whom the organisation lets (administrators and whoever holds a duty, unless it says otherwise), never an auditor.

    Not where nobody else could be called, and a few times an hour. None of this depends on the incident.
    """
    if reasons := reader(by):
        return reasons
    if by.user_id is None or asking.openers.isdisjoint({*(role.value for role in by.roles), *asking.duties}):
        sentence = "You are not among those who may break the glass. Ask the Privacy Officer or Legal Counsel to admit you."
        return [Reason("not_an_opener", sentence, clause=NEED, status=403)]
    if not asking.somebody_to_call:
        sentence = (
            "Nobody but you holds the duty of Privacy Officer or Legal Counsel: nobody could be called, so nothing is opened."
        )
        return [Reason("nobody_to_call", sentence, clause=NEED)]
    if asking.tries >= TRIES_AN_HOUR:
        sentence = f"{TRIES_AN_HOUR} numbers within an hour are the most. Call the Privacy Officer or Legal Counsel."
        return [Reason("too_many_tries", sentence, clause=NEED, field="number")]
    return []


def why_not_judge_glass(glass: BreakGlass, by: Actor, held: Collection[str]) -> list[Reason]:
    """The Privacy Officer or Legal Counsel says whether it was justified, once, and not of themselves."""
    if reasons := reader(by):
        return reasons
    if set(held).isdisjoint(LAWFUL):
        sentence = "The Privacy Officer or Legal Counsel says whether it was justified."
        return [Reason("not_lawful", sentence, clause=NEED, status=403)]
    if glass.user_id == by.user_id:
        return [Reason("your_own", "You broke this glass: somebody else says whether it was justified.", clause=NEED, status=403)]
    if reasons := through_glass(glass.incident, by):
        return reasons
    if glass.reviewed_at is not None:
        who = glass.reviewed_by.name if glass.reviewed_by else "Somebody"
        return [Reason("reviewed", f"{who} reviewed this at {glass.reviewed_at:%Y-%m-%d %H:%M:%S} UTC.", clause=NEED)]
    return []
