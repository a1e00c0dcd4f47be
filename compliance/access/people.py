"""Who looks after access: what an organisation settled, who reviews, and whose a principal is."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from compliance.models import AccessPolicy, PrincipalName
from incidents.models import Incident, NeedToKnow
from incidents.models.restriction import VIA_GLASS
from incidents.rules.glass import THROUGH_GLASS
from standard.models import Calendar
from standard.queries import calendar
from tenants.actors import Actor, Duty, Role
from tenants.models import DutyHolder, Membership
from tenants.queries import members
from tenants.refusals import Reason
from tenants.scope import organisation_id

LAWFUL = (Duty.PRIVACY_OFFICER, Duty.LEGAL_COUNSEL)
REVIEWING = (Role.ADMINISTRATOR, Role.PROCESS_OWNER)


def policy() -> AccessPolicy:
    """What the organisation settled; the defaults where it settled nothing."""
    return AccessPolicy.objects.filter(organisation_id=organisation_id()).first() or AccessPolicy()


def duties(by: Actor) -> frozenset[str]:
    """The duties that the actor holds."""
    if by.user_id is None:
        return frozenset()
    return frozenset(DutyHolder.objects.filter(user_id=by.user_id).values_list("duty", flat=True))


def on_duty(*wanted: Duty) -> list[int]:
    """The user ids of whoever holds one of these duties and is here still, in the order of the duties."""
    held = DutyHolder.objects.filter(duty__in=wanted).order_by("id").values_list("duty", "user_id")
    found = [user_id for duty in wanted for one, user_id in held if one == duty]
    stays = set(
        Membership.objects.filter(user_id__in=found, is_active=True, user__is_active=True).values_list("user_id", flat=True)
    )
    return [user_id for user_id in dict.fromkeys(found) if user_id in stays]


def reviews(by: Actor, held: Iterable[str]) -> bool:
    """Whether the actor reviews accesses: Privacy Officer, Legal Counsel, process owner or administrator."""
    return by.has(*REVIEWING) or not set(held).isdisjoint(LAWFUL)


def through_glass(incident: Incident, by: Actor) -> list[Reason]:
    """Break glass is for reading: who sees a restricted incident so judges nothing of it. One query, of a restricted one alone."""
    if not incident.restricted or by.user_id is None:
        return []
    mine = NeedToKnow.objects.filter(incident=incident, user_id=by.user_id, removed_at=None, via=VIA_GLASS)
    if not mine.exists():
        return []
    return [THROUGH_GLASS]


def reviewers() -> list[int]:
    """The user ids of whoever reviews accesses, each once."""
    roles = [user_id for role in REVIEWING for user_id in members(role)]
    return list(dict.fromkeys([*on_duty(*LAWFUL), *roles]))


def owners_of(principals: Iterable[str]) -> dict[str, int]:
    """Principal -> user id: the member with that e-mail address, or whose a name was said to be. Others are left out."""
    wanted = set(principals)
    found: dict[str, int] = {}
    everybody = Membership.objects.values_list("user__email", "user_id")
    by_email = {email.casefold(): user_id for email, user_id in everybody}
    named = {row.principal: row.user_id for row in PrincipalName.objects.all()}
    for principal in wanted:
        user_id = named[principal] if principal in named else by_email.get(principal.casefold())
        if user_id is not None:
            found[principal] = user_id
    return found


def business_days(at: datetime, days: int) -> datetime:
    """Close of the `days`-th business day after a moment; without a calendar, or on one without business days, so many days."""
    try:
        return calendar().hours.close_of_business(at, days)
    except (Calendar.DoesNotExist, ValueError):
        return at + timedelta(days=days)
