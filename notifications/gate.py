"""Fetch or refuse: the one way an edge obtains a contact method."""

from notifications import queries
from notifications.models import ContactMethod
from tenants.actors import Actor
from tenants.refusals import NotFound


def method_for(by: Actor, method_id: int) -> ContactMethod:
    """One's own contact method with this id. Somebody else's and a missing one answer alike: NotFound."""
    method = queries.of_person(by.person_id).filter(pk=method_id).first() if 0 < method_id < 2**63 else None
    if method is None:
        raise NotFound("contact method")
    return method
