"""Who sits on a duty's seat, of the organisation or of what an incident affects."""

from collections.abc import Iterable

from incidents.models import Incident
from tenants import prepared
from tenants.actors import Duty

ENGINEERING_MANAGER, PRODUCT_OWNER = "engineering_manager", "product_owner"
# Asked whenever people are called: worded here, since the ORM takes longer to word them than PostgreSQL to answer.
_SEATED = "SELECT d.user_id FROM tenants_dutyholder d WHERE d.duty = %s ORDER BY d.id"
_AFFECTED = """
SELECT t.manager_id, s.product_owner_id FROM incidents_incidentservice a
JOIN oncall_service s ON s.id = a.service_id JOIN oncall_team t ON t.id = s.team_id WHERE a.incident_id = %s ORDER BY a.id
"""
_THERE = """
SELECT m.user_id FROM tenants_membership m JOIN tenants_user u ON u.id = m.user_id AND u.is_active
WHERE m.is_active AND m.user_id = ANY(%s::bigint[])
"""
DUTIES = (*(duty.value for duty in Duty), ENGINEERING_MANAGER, PRODUCT_OWNER)


def holders(incident: Incident, duty: str) -> list[int]:
    """The user ids on a duty's seat: the organisation's, the affected teams' managers, the services' product owners."""
    if duty not in (ENGINEERING_MANAGER, PRODUCT_OWNER):
        return stayed(user_id for (user_id,) in prepared.run(_SEATED, [duty]))
    found = prepared.run(_AFFECTED, [incident.pk])
    return stayed(manager if duty == ENGINEERING_MANAGER else owner for manager, owner in found)


def stayed(user_ids: Iterable[int | None]) -> list[int]:
    """Those who are members still, each once, in their order."""
    wanted = [user_id for user_id in dict.fromkeys(user_ids) if user_id is not None]
    active = {user_id for (user_id,) in prepared.run(_THERE, [wanted])} if wanted else set()
    return [user_id for user_id in wanted if user_id in active]


def label(duty: str) -> str:
    """The duty's name for people."""
    return Duty(duty).label if duty in Duty else duty.replace("_", " ").capitalize()
