"""What the rules of the room look at, read once: who holds which role, who is in the room, what still fires."""

from collections import Counter
from dataclasses import dataclass, field

from incidents.models import Alert, Incident, IncidentService, Participant, RoleHolding
from incidents.states import AlertState, RoomRole
from tenants.actors import Actor


@dataclass(frozen=True, slots=True)
class Facts:
    """The state of one incident's room, as of now."""

    roles: dict[str, RoleHolding] = field(default_factory=dict)
    room: frozenset[int] = frozenset()
    owners: frozenset[int] = frozenset()
    firing: tuple[str, ...] = ()

    def holder(self, role: RoomRole) -> int | None:
        """The user id of a role's holder, or None."""
        holding = self.roles.get(role)
        return holding.user_id if holding else None

    def holds(self, by: Actor, *roles: RoomRole) -> bool:
        """Whether the actor holds one of the roles."""
        return by.user_id is not None and any(self.holder(role) == by.user_id for role in roles)

    @property
    def commander(self) -> str:
        """The IC's name, or ""."""
        holding = self.roles.get(RoomRole.IC)
        return holding.user.name if holding else ""


def gather(incident: Incident) -> Facts:
    """Read the facts of an incident: four queries, however long its record is."""
    roles = {r.role: r for r in RoleHolding.objects.select_related("user").filter(incident=incident, until__isnull=True)}
    room = frozenset(Participant.objects.filter(incident=incident).values_list("user_id", flat=True))
    owners = frozenset(
        IncidentService.objects.filter(incident=incident, service__team__members__isnull=False).values_list(
            "service__team__members__user_id", flat=True
        )
    )
    names = Alert.objects.filter(incident_id=incident.pk, state=AlertState.FIRING).order_by("started_at", "id")
    counted = Counter(
        f"{name} ({service})" if service else name for name, service in names.values_list("name", "labels__service")[:500]
    )
    firing = tuple(f"{count} × {name}" if count > 1 else name for name, count in counted.items())
    return Facts(roles=roles, room=room, owners=owners, firing=firing)
