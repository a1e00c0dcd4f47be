"""Erasing a person's data: who asks, who decides, and what stands in the way. A legal hold always does (breach.preserve-logs)."""

from compliance import holds_people as people
from compliance.models import CustodianTask, ErasureRequest
from incidents.rules.common import reader
from tenants.actors import Actor, Role
from tenants.models import Membership
from tenants.refusals import Reason

PRESERVE = "breach.preserve-logs"


def why_not_read(by: Actor) -> list[Reason]:
    """Legal, Privacy, administrators and auditors read of erasures."""
    if by.has(Role.ADMINISTRATOR, Role.AUDITOR) or people.is_decider(people.duties(by)):
        return []
    sentence = "Erasures are shown to Legal Counsel, the Privacy Officer, administrators and auditors."
    return [Reason("not_of_the_law", sentence, status=403)]


def why_not_ask(
    by: Actor, of: Membership | CustodianTask | None = None, hold: int | None = None, waits: bool = False
) -> list[Reason]:
    """Administrators ask, for somebody who has left, or a custodian outside, whom no legal hold keeps. `waits`: it was asked for already."""
    if reasons := reader(by):
        return reasons
    if not by.has(Role.ADMINISTRATOR):
        return [Reason("not_an_administrator", "Administrators ask that personal data be erased.", status=403)]
    if of is None:
        return []
    if isinstance(of, Membership) and of.is_active:
        sentence = f"{of.user.name} is a member still: end the membership first."
        return [Reason("still_a_member", sentence, field="person")]
    if waits:
        return [Reason("asked", "This was asked for already, and waits for a decision.", field="person")]
    return _held(hold)


def why_not_decide(wish: ErasureRequest, by: Actor, hold: int | None = None) -> list[Reason]:
    """Legal Counsel or the Privacy Officer decides, never whoever asked; and erases nothing that is held."""
    if reasons := reader(by):
        return reasons
    if not people.is_decider(people.duties(by)):
        return [Reason("not_a_decider", "Legal Counsel or the Privacy Officer decides on an erasure.", status=403)]
    if wish.state != ErasureRequest.State.ASKED:
        who = wish.decided_by.name if wish.decided_by else "Somebody"
        return [Reason("decided", f"{who} decided this at {wish.decided_at:%Y-%m-%d %H:%M:%S} UTC already.")]
    if wish.asked_by_id == by.user_id:
        return [Reason("same_person", "You asked for it: somebody else has to decide.", status=403)]
    return _held(hold)


def _held(hold: int | None) -> list[Reason]:
    if hold is None:
        return []
    sentence = f"Legal hold {hold} keeps this person's data: nothing of it is erased until the hold is released."
    return [Reason("held", sentence, clause=PRESERVE, field="person")]
