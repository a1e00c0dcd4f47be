"""Who sees the log's checkpoints, and how sealing goes."""

from tenants.actors import Actor, Role
from tenants.refusals import Reason


def why_not_see_log(by: Actor) -> list[Reason]:
    """Administrators, auditors and the process owner do: whoever keeps or checks the record."""
    if by.is_system or by.has(Role.ADMINISTRATOR, Role.AUDITOR, Role.PROCESS_OWNER):
        return []
    sentence = "The sealed log is shown to administrators, the process owner and auditors."
    return [Reason("not_of_the_log", sentence, status=403)]
