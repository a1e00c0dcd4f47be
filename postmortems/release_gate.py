"""Fetch or refuse, for the renderings: which version of a post-mortem somebody reads as a whole, and what the public sees of it."""

from incidents.gate import incident_for
from incidents.rules.outside import own_page
from postmortems.gate import postmortem_for, publication_for
from postmortems.models import PostMortem, Release, released
from postmortems.paper import Paper, of_draft, of_publication
from tenants.actors import Actor
from tenants.refusals import NotFound


def paper_for(by: Actor, ref: str, number: int | None = None) -> Paper:
    """The published version `number`; without one the newest that is published, or the draft while it is written.

    Executives and Support, who read no drafts, have the newest published one. Raises NotFound where there is none to be seen.
    """
    if number is not None or own_page(by, incident_for(by, ref)) is not None:
        return of_publication(publication_for(by, ref, number))
    postmortem: PostMortem = postmortem_for(by, ref)
    return of_draft(postmortem) if postmortem.is_draft else of_publication(publication_for(by, ref))


def release_for(by: Actor, ref: str) -> Release:
    """The public rendering that is out. Raises NotFound where none is."""
    incident = incident_for(by, ref)
    found = released(incident).select_related("publication__postmortem", "released_by")
    release = found.first()
    if release is None:
        raise NotFound("public post-mortem")
    release.incident = release.publication.postmortem.incident = incident
    return release
