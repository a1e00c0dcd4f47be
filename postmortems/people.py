"""Whose a post-mortem is: its author, and who held command and operations last."""

from collections.abc import Iterable
from dataclasses import dataclass

from incidents.announcements import may_hear
from incidents.models import Incident, RoleHolding
from incidents.states import RoomRole
from postmortems.models import PostMortem
from tenants.actors import Actor


@dataclass(frozen=True, slots=True)
class Writer:
    """Somebody who writes a post-mortem, and as what ("Author, Incident Commander")."""

    user_id: int
    name: str
    email: str
    seats: str


def holdings(incident_id: int) -> list[RoleHolding]:
    """Who held which role of an incident's room, with the person, in the order in which they took it.

    A role that nobody ever held in it was held, if at all, in what was merged into it: a SEV 1 that ended in a small one, where nobody
    takes roles, has its author and its seats from there.
    """
    own = _of([incident_id])
    vacant = {RoomRole.IC, RoomRole.OL, RoomRole.CL} - {holding.role for holding in own}
    parts = _merged_into(incident_id) if vacant else []
    theirs = [holding for holding in (_of(parts) if parts else []) if holding.role in vacant]
    if not theirs:
        return own
    allowed = may_hear(
        incident_id, [holding.user_id for holding in theirs]
    )  # who led what was merged need not be named on this one
    return sorted([*own, *(one for one in theirs if one.user_id in allowed)], key=lambda one: (one.since, one.pk))


def _of(incident_ids: Iterable[int]) -> list[RoleHolding]:
    found = RoleHolding.objects.filter(incident_id__in=incident_ids).select_related("user")
    return list(found.order_by("since", "id"))


def _merged_into(incident_id: int) -> list[int]:
    """The incidents that were merged into it, and into those: a query for each step, and most have none."""
    found: list[int] = []
    step = [incident_id]
    while step := list(Incident.objects.filter(merged_into__in=step).values_list("pk", flat=True)):
        found += step
    return found


def last_holders(incident_id: int) -> dict[str, RoleHolding]:
    """Who held each role of an incident's room last, with the person: role -> holding."""
    return {holding.role: holding for holding in holdings(incident_id)}


def writers(postmortem: PostMortem, held_roles: Iterable[RoleHolding] | None = None) -> list[Writer]:
    """Its named author first, then the last Incident Commander and Operations Lead; each person once.

    `held_roles` are the holdings of its incident, where they were read already.
    """
    held_roles = holdings(postmortem.incident_id) if held_roles is None else held_roles
    held = {holding.role: holding for holding in held_roles}
    seats = [("Author", postmortem.author)] if postmortem.author else []
    seats += [(RoomRole(role).label, held[role].user) for role in (RoomRole.IC, RoomRole.OL) if role in held]
    found: dict[int, Writer] = {}
    for seat, user in seats:
        known = found.get(user.pk)
        found[user.pk] = Writer(user.pk, user.name, user.email, f"{known.seats}, {seat}" if known else seat)
    return list(found.values())


def is_among(found: Iterable[Writer], by: Actor) -> bool:
    """Whether the actor is one of these writers."""
    return by.user_id is not None and any(writer.user_id == by.user_id for writer in found)
