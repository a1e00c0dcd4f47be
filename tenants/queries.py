"""Reading who belongs to an organisation."""

from tenants.actors import Role
from tenants.models import Membership


def members(role: Role) -> list[int]:
    """The user ids of the members who have a role and are there still, the longest known first."""
    found = Membership.objects.filter(is_active=True, user__is_active=True, roles__contains=[role])
    return list(found.order_by("id").values_list("user_id", flat=True))
