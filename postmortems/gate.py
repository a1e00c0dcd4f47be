"""Fetch or refuse: the one way an edge obtains an object of this room. A stranger's and a missing one answer alike."""

from incidents.gate import incident_for
from incidents.models import Incident
from incidents.rules.outside import own_page, why_not_enter
from postmortems.models import PostMortem, Publication, Section
from tenants.actors import Actor
from tenants.refusals import NotFound, check


def postmortem_for(by: Actor, ref: str) -> PostMortem:
    """The post-mortem of the incident with this reference, with its incident. Raises NotFound where there is none to be seen.

    It is for those who read the room's record; executives and Support are refused (403): they read what is published
    (`publication_for`).
    """
    return postmortem_of(incident_for(by, ref), by)


def postmortem_of(incident: Incident, by: Actor) -> PostMortem:
    """The same of an incident that the gate has let through already."""
    check(why_not_enter(incident, by))
    found = PostMortem.objects.filter(incident=incident).select_related("author").first()
    if found is None:
        raise NotFound("post-mortem")
    found.incident = incident
    return found


def publication_for(by: Actor, ref: str, number: int | None = None) -> Publication:
    """What was published of a post-mortem: its version `number`, or the newest. Raises NotFound otherwise.

    Whoever may see the incident reads what is published: executives and Support too.
    """
    incident = incident_for(by, ref)
    found = Publication.objects.filter(incident=incident).select_related("postmortem", "published_by").order_by("-number")
    if number is not None:
        found = found.filter(number=number) if number < 2**31 else found.none()
    publication = found.first()
    if publication is None:
        raise NotFound("published post-mortem")
    publication.incident = publication.postmortem.incident = incident
    return publication


def reads_drafts(by: Actor, postmortem: PostMortem) -> bool:
    """Whether the actor reads a post-mortem while it is written, or only what was published of it."""
    return own_page(by, postmortem.incident) is None


def section_for(postmortem: PostMortem, key: str) -> Section:
    """A section of a post-mortem by its key. Raises NotFound otherwise."""
    rows = Section.objects.filter(postmortem=postmortem, key=key).select_related("saved_by")
    found = rows.first() if "\x00" not in key else None
    if found is None:
        raise NotFound("section")
    found.postmortem = postmortem
    return found
