"""Fetch or refuse: the one way an edge obtains a page."""

from oncall.models import Page
from tenants.actors import Actor
from tenants.refusals import NotFound


def page_for(by: Actor, page_id: int) -> Page:
    """The page with this id, if it is the organisation's. Raises NotFound otherwise."""
    found = Page.objects.filter(organisation_id=by.organisation_id, pk=page_id) if page_id < 2**63 else Page.objects.none()
    page = found.select_related("acknowledged_by", "service", "team").prefetch_related("steps", "declines").first()
    if page is None:
        raise NotFound("page")
    return page
