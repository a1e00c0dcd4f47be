"""Fetch or refuse, for strangers: the page where it is public, and what is on it. What is not there and what is hidden answer alike."""

from datetime import datetime

from django.db.models import OuterRef, Q, Subquery

from status.models import PublicIncident, PublicPostmortem, StatusPage
from tenants.refusals import NotFound


def page_for_all() -> StatusPage:
    """The page of the open scope's organisation, with `first_at`: when the public was first told of anything. Raises NotFound where it is off."""
    first = PublicIncident.objects.filter(organisation=OuterRef("organisation")).order_by("began_at").values("began_at")[:1]
    found = StatusPage.objects.filter(public=True).select_related("organisation").annotate(first_at=Subquery(first)).first()
    if found is None:
        raise NotFound("status page")
    return found


def incident_for_all(public_id: str) -> PublicIncident:
    """An incident that is on the page. Raises NotFound."""
    found = PublicIncident.objects.filter(public_id=public_id).first()
    if found is None:
        raise NotFound("incident")
    return found


def postmortem_for_all(public_id: str) -> PublicPostmortem:
    """The public post-mortem of an incident on the page, which may have been withdrawn. Raises NotFound where none ever was out."""
    found = PublicPostmortem.objects.filter(thread__public_id=public_id).select_related("thread").first()
    if found is None:
        raise NotFound("post-mortem")
    return found


def going_on_or_since(moment: datetime) -> Q:
    """Which incidents stand on the page itself: what goes on, and what began since a moment."""
    return Q(ended_at=None) | Q(began_at__gte=moment)
