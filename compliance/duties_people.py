"""Whose business duties of law are: Legal Counsel and the Privacy Officer."""

from incidents.duties import stayed
from incidents.rules.restriction import LAWFUL
from tenants.actors import Actor, Duty
from tenants.models import DutyHolder


def serves(by: Actor, *duties: Duty) -> bool:
    """Whether the actor sits on one of these seats of the organisation."""
    return by.user_id is not None and DutyHolder.objects.filter(user_id=by.user_id, duty__in=duties).exists()


def lawful() -> list[int]:
    """The user ids of Legal Counsel and the Privacy Officer, who answer for every clock of the law."""
    return stayed(DutyHolder.objects.filter(duty__in=LAWFUL).order_by("id").values_list("user_id", flat=True))
