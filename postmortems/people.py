"""Whose a post-mortem is: its author, and who held command and operations last."""

from dataclasses import dataclass

from incidents.models import RoleHolding
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


def last_holders(incident_id: int) -> dict[str, RoleHolding]:
    """Who held each role of an incident's room last, with the person: role -> holding."""
    holdings = RoleHolding.objects.filter(incident_id=incident_id).select_related("user").order_by("since", "id")
    return {holding.role: holding for holding in holdings}


def writers(postmortem: PostMortem) -> list[Writer]:
    """Its named author first, then the last Incident Commander and Operations Lead; each person once."""
    held = last_holders(postmortem.incident_id)
    seats = [("Author", postmortem.author)] if postmortem.author else []
    seats += [(RoomRole(role).label, held[role].user) for role in (RoomRole.IC, RoomRole.OL) if role in held]
    found: dict[int, Writer] = {}
    for seat, user in seats:
        known = found.get(user.pk)
        found[user.pk] = Writer(user.pk, user.name, user.email, f"{known.seats}, {seat}" if known else seat)
    return list(found.values())


def writes(postmortem: PostMortem, by: Actor) -> bool:
    """Whether the actor is one of its writers."""
    return by.user_id is not None and any(writer.user_id == by.user_id for writer in writers(postmortem))
