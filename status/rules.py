"""Who decides whether there is a status page for everybody."""

from incidents.rules.common import reader
from tenants.actors import Actor, Role
from tenants.refusals import Reason

PAGE = "tools.statuspage-public"


def why_not_set(present: bool, by: Actor, wanted: bool | None = None) -> list[Reason]:
    """An administrator decides; Muster itself may where an organisation is founded. With what is `wanted`: whether that is other than it is."""
    reasons = reader(by)
    if not reasons and not by.is_system and not by.has(Role.ADMINISTRATOR):
        reasons = [
            Reason(
                "not_an_administrator", "Whether there is a status page is the administrators' to say.", clause=PAGE, status=403
            )
        ]
    if not reasons and wanted is not None and wanted == present:
        reasons = [Reason("unchanged", "It is so already.", field="public", status=422)]
    return reasons
