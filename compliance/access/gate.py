"""Fetch or refuse, for access and break glass: the one way an edge obtains them. A stranger's and a missing one answer alike."""

from compliance.access import people
from compliance.models import AccessFact, AccessReview, AccessSystem, BreakGlass
from compliance.rules import access as rules
from incidents.gate import incident_for
from tenants.actors import Actor
from tenants.refusals import NotFound, check


def may_read(by: Actor) -> None:
    """Refuses (403) executives and Support, but where they review accesses themselves."""
    check(rules.why_not_read_access(by, people.duties(by)))


def system_for(by: Actor, slug: str) -> AccessSystem:
    """The production system of this short name. Raises NotFound otherwise."""
    may_read(by)
    rows = AccessSystem.objects.filter(organisation_id=by.organisation_id, slug=slug[:41]).select_related("retired_by")
    found = rows.first() if "\x00" not in slug else None
    if found is None:
        raise NotFound("production system")
    return found


def fact_for(by: Actor, fact_id: int) -> AccessFact:
    """The access with this id. Raises NotFound otherwise."""
    may_read(by)
    rows = AccessFact.objects.filter(organisation_id=by.organisation_id, pk=fact_id).select_related("system")
    found = rows.first() if fact_id < 2**63 else None
    if found is None:
        raise NotFound("access")
    return found


def review_for(by: Actor, review_id: int) -> AccessReview:
    """The access review with this id, if the actor may see its incident. That one of a restricted incident is read is on record."""
    rows = AccessReview.objects.filter(organisation_id=by.organisation_id, pk=review_id).select_related("incident", "signed_by")
    found = rows.first() if review_id < 2**63 else None
    if found is None:
        raise NotFound("access review")
    if not found.incident.restricted:  # whoever is named on a restricted one reads all of it
        may_read(by)
    found.incident = incident_for(by, found.incident.ref)
    return found


def glass_for(by: Actor, glass_id: int) -> BreakGlass:
    """The break glass with this id, if the actor sees its incident: that they read it is on record. Raises NotFound otherwise."""
    rows = BreakGlass.objects.filter(organisation_id=by.organisation_id, pk=glass_id)
    found = rows.select_related("incident", "user", "reviewed_by").first() if glass_id < 2**63 else None
    if found is None:
        raise NotFound("break glass")
    found.incident = incident_for(by, found.incident.ref)
    return found
