"""Fetch or refuse, for strangers: the page where it is public, and what is on it. What is not there and what is hidden answer alike."""

from datetime import datetime

from django.db.models import Model, OuterRef, Q, Subquery
from django.db.models.functions import Greatest

from status.models import PublicIncident, PublicPostmortem, PublicUpdate, StatusPage, TakenOff
from tenants.refusals import NotFound


def page_for_all() -> StatusPage:
    """The page of the open scope's organisation. Raises NotFound where it is off.

    With `first_at`, when the public was first told of anything, and `changed_at`, when something was told, ended or taken off last,
    shown or not: both are None where nothing ever was.
    """
    changed = Greatest(
        _last(PublicUpdate, "published_at"),
        _last(PublicIncident, "ended_at"),
        _last(TakenOff, "at"),
        _last(PublicPostmortem, "released_at"),
        _last(PublicPostmortem, "withdrawn_at"),
    )
    public = StatusPage.objects.filter(public=True).select_related("organisation")
    found = public.annotate(first_at=_last(PublicIncident, "-began_at"), changed_at=changed).first()
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


def _last(model: type[Model], moment: str) -> Subquery:
    """The latest of a moment in a table of the page's organisation; with a "-" before it the first."""
    field, first = moment.removeprefix("-"), moment.startswith("-")
    of_it = model._default_manager.filter(organisation=OuterRef("organisation")).exclude(**{field: None})
    return Subquery(of_it.order_by(field if first else f"-{field}").values(field)[:1])


def going_on_or_since(moment: datetime) -> Q:
    """Which incidents stand on the page itself: what goes on, and what began since a moment."""
    return Q(ended_at=None) | Q(began_at__gte=moment)
