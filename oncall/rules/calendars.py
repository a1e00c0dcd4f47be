"""Rules of calendar links."""

from oncall.models import CalendarLink
from oncall.rules import schedules
from tenants.actors import Actor, Role
from tenants.refusals import Reason


def why_not_revoke(link: CalendarLink, by: Actor) -> list[Reason]:
    """Its owner and administrators, once."""
    if reasons := schedules.why_not_write(by):
        return reasons
    if link.user_id != by.user_id and not by.has(Role.ADMINISTRATOR):
        return [Reason("not_yours", "A calendar link is its owner's and the administrators' to revoke.", status=403)]
    if link.revoked_at is not None:
        return [Reason("revoked", f"This link was revoked at {link.revoked_at:%Y-%m-%d %H:%M:%S} UTC already.")]
    return []
