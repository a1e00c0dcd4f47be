"""What a person has in hand: their roles in running incidents, with the clocks that are theirs and the steps still open."""

from typing import Any

from django.urls import reverse

from incidents import checklists
from incidents.facts import gather
from incidents.models import Incident, RoleHolding
from incidents.queries import clock_row
from incidents.states import OPEN, RoomRole
from standard.models import Clock
from tenants.actors import Actor

MOST = 20


def roles(by: Actor) -> list[dict[str, Any]]:
    """The actor's roles in running incidents, the oldest first: [{title, role, url, clocks [{label, due_at, late}], steps, done}].

    `clocks` are those that the role answers for, the most pressing first; `steps` how many its checklist has, `done` how many are.
    """
    held = RoleHolding.objects.filter(user_id=by.person_id, until=None, incident__state__in=OPEN).select_related("incident")
    rows = []
    for holding in held.order_by("since")[:MOST]:
        incident, role = holding.incident, RoomRole(holding.role)
        lists = checklists.by_role(incident, gather(incident))
        own: dict[str, Any] = next((one for one in lists if one["role"] == role.value), {"steps": [], "done": 0})
        rows.append(
            {
                "title": f"{incident.level} {incident.ref}: {incident.title}",
                "role": role.label,
                "url": reverse("incident", args=[incident.ref]),
                "clocks": _clocks(incident, role),
                "steps": len(own["steps"]),
                "done": own["done"],
            }
        )
    return rows


def _clocks(incident: Incident, role: RoomRole) -> list[dict[str, Any]]:
    running = Clock.objects.filter(incident_id=incident.pk, owner_role=role.value, stopped_at=None, next_at__isnull=False)
    broken = Clock.objects.filter(incident_id=incident.pk, owner_role=role.value, stopped_at=None, broken_at__isnull=False)
    return [
        {"label": clock_row(clock)["label"], "due_at": clock.due_at, "late": clock.broken_at is not None}
        for clock in sorted([*running, *broken], key=lambda clock: clock.due_at)
    ]
