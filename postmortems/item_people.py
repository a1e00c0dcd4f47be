"""Whose action items are: who leads an incident (its last IC, the author of its post-mortem), and who manages an owner."""

from collections.abc import Iterable

from incidents.duties import ENGINEERING_MANAGER, holders, stayed
from incidents.models import Incident, RoleHolding
from incidents.states import RoomRole
from oncall.models import Team
from postmortems.models import ActionItem, PostMortem

type Leads = dict[int, frozenset[int]]


def leads(incident_ids: Iterable[int], *, operations: bool = False) -> Leads:
    """Of each incident, the user ids of who held command last and of its post-mortem's author: two queries for any number.

    With `operations`, whoever led operations last too.
    """
    wanted = set(incident_ids)
    roles = (RoomRole.IC, RoomRole.OL) if operations else (RoomRole.IC,)
    last: dict[tuple[int, str], int] = {}
    held = RoleHolding.objects.filter(incident__in=wanted, role__in=roles).order_by("since", "id")
    for incident_id, role, user_id in held.values_list("incident_id", "role", "user_id"):
        last[incident_id, role] = user_id
    found: dict[int, set[int]] = {incident_id: set() for incident_id in wanted}
    for (incident_id, _), user_id in last.items():
        found[incident_id].add(user_id)
    authors = PostMortem.objects.filter(incident__in=wanted, author__isnull=False)
    for incident_id, user_id in authors.values_list("incident_id", "author_id"):
        found[incident_id].add(user_id)
    return {incident_id: frozenset(people) for incident_id, people in found.items()}


def of(incident: Incident, *, operations: bool = False) -> frozenset[int]:
    """The same, of one incident."""
    return leads([incident.pk], operations=operations)[incident.pk]


def managers(item: ActionItem) -> list[int]:
    """The user ids of the Engineering Managers of the owner's teams; without one, those of the teams that the incident affects.

    Nobody is their own manager.
    """
    teams = Team.objects.filter(members__user_id=item.owner_id, manager__isnull=False).order_by("id")
    found = [user_id for user_id in stayed(teams.values_list("manager_id", flat=True)) if user_id != item.owner_id]
    return found or [user_id for user_id in holders(item.incident, ENGINEERING_MANAGER) if user_id != item.owner_id]
