"""Periods of retention: who sets them, and how short they may be; the floors are data (breach.preserve-logs)."""

from compliance.retention import LONGEST_DAYS, RetentionClass
from incidents.rules.common import reader
from tenants.actors import Actor, Role
from tenants.refusals import Reason


def why_not_read(by: Actor) -> list[Reason]:
    """Administrators and auditors read what is kept for how long."""
    if by.has(Role.ADMINISTRATOR, Role.AUDITOR):
        return []
    return [Reason("not_an_administrator", "What is kept for how long is the administrators' business.", status=403)]


def why_not_set_period(kind: RetentionClass, by: Actor, days: int | None = None) -> list[Reason]:
    """Administrators set a period, of a class that is ever removed, and none that is shorter than the floor."""
    if reasons := reader(by):
        return reasons
    if not by.has(Role.ADMINISTRATOR):
        return [Reason("not_an_administrator", "Administrators set how long what is kept.", status=403)]
    if not kind.removable:
        return [Reason("never_removed", f"{kind.label}: {kind.why}", field="key")]
    if days is not None and days < kind.floor_days:
        wanted = f"{kind.floor_days} day{'' if kind.floor_days == 1 else 's'}"
        sentence = f"{kind.label} are kept for at least {wanted}. {kind.floor_why}"
        return [Reason("below_the_floor", sentence, field="days", status=422)]
    if days is not None and days > LONGEST_DAYS:
        return [Reason("too_long", f"At most {LONGEST_DAYS:,} days can be set.", field="days", status=422)]
    return []
