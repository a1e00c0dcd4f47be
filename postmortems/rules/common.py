"""What the rules of this room have in common: who writes a post-mortem, and who owns the process."""

from collections.abc import Sequence

from incidents.rules.common import reader
from postmortems.models import PostMortem
from postmortems.people import Writer, is_among, writers
from tenants.actors import Actor, Role
from tenants.refusals import Reason

OWNER = "people.process-owner"


def writer(
    postmortem: PostMortem, by: Actor, what: str, clause: str = "", *, known: Sequence[Writer] | None = None
) -> list[Reason]:
    """A post-mortem is its writers': the last IC and OL and its named author; the process owner may too.

    `known` are its writers, where they were read already.
    """
    if refused := reader(by):
        return refused
    if by.is_system or by.has(Role.PROCESS_OWNER):
        return []
    found = writers(postmortem) if known is None else known
    if is_among(found, by):
        return []
    names = ", ".join(one.name for one in found) or "nobody yet"
    sentence = f"{what} is for its writers ({names}) and the process owner."
    return [Reason("not_a_writer", sentence, clause=clause, status=403)]


def process_owner(by: Actor, what: str) -> list[Reason]:
    """What only the process owner decides."""
    if refused := reader(by):
        return refused
    if by.has(Role.PROCESS_OWNER):
        return []
    return [Reason("not_process_owner", f"{what} is the process owner's.", clause=OWNER, status=403)]
