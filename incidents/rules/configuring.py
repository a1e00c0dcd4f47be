"""Who sets up what comes in: integrations, routing rules, maintenance."""

from incidents.rules.common import reader
from tenants.actors import Actor, Role
from tenants.refusals import Reason


def why_not_configure(by: Actor) -> list[Reason]:
    """Administrators configure; Muster's own commands do as well."""
    if refused := reader(by):
        return refused
    if not by.is_system and not by.has(Role.ADMINISTRATOR):
        return [Reason("not_an_administrator", "This is set up by the organisation's administrators.", status=403)]
    return []


def why_not_see(by: Actor) -> list[Reason]:
    """Administrators see it, and auditors read it."""
    if by.is_system or by.has(Role.ADMINISTRATOR, Role.AUDITOR):
        return []
    return [Reason("not_an_administrator", "Integrations are the administrators' business.", status=403)]
