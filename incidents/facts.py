"""What the rules of the room look at, read once: who holds which role, who is in the room, what still fires."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from incidents.models import Alert, Incident, IncidentService, Participant, RoleHolding
from incidents.states import AlertState, RoomRole
from tenants.actors import Actor


@dataclass(frozen=True, slots=True)
class Facts:
    """The state of one incident's room, as of now."""

    roles: dict[str, RoleHolding] = field(default_factory=dict)
    room: frozenset[int] = frozenset()
    participants: tuple[tuple[str, str], ...] = ()
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


def gather(incident: Incident, alerts: Sequence[Alert] | None = None) -> Facts:
    """Read the facts of an incident: at most four queries, however long its record is.

    `alerts`: all of the incident's alerts, where the caller has read them already.
    """
    roles = {r.role: r for r in RoleHolding.objects.select_related("user").filter(incident=incident, until__isnull=True)}
    participants = tuple(Participant.objects.filter(incident=incident).select_related("user").order_by("id"))
    # Whose service it is matters only where there need be no commander (rules._command).
    owners = frozenset[int]() if incident.mobilises else _owners(incident)
    if alerts is None:
        firing = Alert.objects.filter(incident_id=incident.pk, state=AlertState.FIRING).order_by("started_at", "id")
        names = list(firing.values_list("name", "labels__service")[:500])
    else:
        names = [(a.name, a.labels.get("service")) for a in reversed(alerts) if a.is_firing]
    counted = Counter(f"{name} ({service})" if service else name for name, service in names)
    return Facts(
        roles=roles,
        room=frozenset(p.user_id for p in participants),
        participants=tuple((p.user.name, p.user.email) for p in participants),
        owners=owners,
        firing=tuple(f"{count} × {name}" if count > 1 else name for name, count in counted.items()),
    )


def _owners(incident: Incident) -> frozenset[int]:
    teams = IncidentService.objects.filter(incident=incident, service__team__members__isnull=False)
    return frozenset(teams.values_list("service__team__members__user_id", flat=True))
