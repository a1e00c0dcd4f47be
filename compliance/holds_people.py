"""Who has to do with legal holds: the holders of the duties that the law speaks of, and administrators."""

from collections.abc import Iterable

from compliance.models import CustodianTask
from tenants.actors import Actor, Duty, Role
from tenants.models import DutyHolder, Membership
from tenants.queries import members

DECIDERS = (Duty.LEGAL_COUNSEL, Duty.PRIVACY_OFFICER)
SECONDS = (*DECIDERS, Duty.CFO)  # besides administrators: who may be the second person of a release


def duties(by: Actor) -> frozenset[str]:
    """The duties that somebody holds in the organisation whose scope is open."""
    if by.user_id is None:
        return frozenset()
    return frozenset(DutyHolder.objects.filter(user_id=by.user_id).values_list("duty", flat=True))


def on_duty(*wanted: Duty) -> list[int]:
    """The user ids of who holds one of these duties and is a member still, the longest known first."""
    holders = list(DutyHolder.objects.filter(duty__in=wanted).order_by("id").values_list("user_id", flat=True))
    active = set(
        Membership.objects.filter(user_id__in=holders, is_active=True, user__is_active=True).values_list("user_id", flat=True)
    )
    return [user_id for user_id in dict.fromkeys(holders) if user_id in active]


def seconds() -> list[int]:
    """The user ids of who may be the second person of a release."""
    return list(dict.fromkeys([*on_duty(*SECONDS), *members(Role.ADMINISTRATOR)]))


def is_second(by: Actor, held: Iterable[str]) -> bool:
    """Whether somebody may be the second person of a release; `held` are their duties."""
    return by.has(Role.ADMINISTRATOR) or any(duty in SECONDS for duty in held)


def is_decider(held: Iterable[str]) -> bool:
    """Whether these duties make somebody decide about people's data and custodians."""
    return any(duty in DECIDERS for duty in held)


def is_custodian(by: Actor, task: CustodianTask) -> bool:
    """Whether a task is this person's own."""
    return task.person_id is not None and task.person_id == by.user_id
