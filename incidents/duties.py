"""Who sits on a duty's seat, of the organisation or of what an incident affects."""

from collections.abc import Iterable

from incidents.models import Incident, IncidentService
from tenants.actors import Duty
from tenants.models import DutyHolder, Membership

ENGINEERING_MANAGER, PRODUCT_OWNER = "engineering_manager", "product_owner"
DUTIES = (*(duty.value for duty in Duty), ENGINEERING_MANAGER, PRODUCT_OWNER)


def holders(incident: Incident, duty: str) -> list[int]:
    """The user ids on a duty's seat: the organisation's, the affected teams' managers, the services' product owners."""
    if duty == ENGINEERING_MANAGER:
        field = "service__team__manager_id"
    elif duty == PRODUCT_OWNER:
        field = "service__product_owner_id"
    else:
        return stayed(DutyHolder.objects.filter(duty=duty).order_by("id").values_list("user_id", flat=True))
    found = IncidentService.objects.filter(incident=incident).order_by("id").values_list(field, flat=True)
    return stayed(user_id for user_id in found if user_id is not None)


def stayed(user_ids: Iterable[int]) -> list[int]:
    """Those who are members still, each once, in their order."""
    wanted = list(dict.fromkeys(user_ids))
    active = set(
        Membership.objects.filter(user_id__in=wanted, is_active=True, user__is_active=True).values_list("user_id", flat=True)
    )
    return [user_id for user_id in wanted if user_id in active]


def label(duty: str) -> str:
    """The duty's name for people."""
    return Duty(duty).label if duty in Duty else duty.replace("_", " ").capitalize()
