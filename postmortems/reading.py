"""What surrounds a draft: comments, readers, published versions, and which verbs are open to whom."""

from collections.abc import Iterable

from postmortems.doors import DOORS
from postmortems.models import Comment, PostMortem, Publication, ReviewRequest
from postmortems.rules import document as rules
from postmortems.standing import Standing
from tenants.actors import Actor
from tenants.refusals import Reason


def comments(postmortem: PostMortem) -> list[Comment]:
    """Every comment, in the order in which they were written."""
    return list(Comment.objects.filter(postmortem=postmortem).select_related("author", "settled_by").order_by("id"))


def readers(postmortem: PostMortem) -> list[ReviewRequest]:
    """Who was asked to read it, and what they said."""
    return list(ReviewRequest.objects.filter(postmortem=postmortem).select_related("reader", "asked_by").order_by("id"))


def publications(postmortem: PostMortem) -> list[Publication]:
    """What was published of it, the newest first, without the contents."""
    found = Publication.objects.filter(postmortem=postmortem).select_related("published_by").defer("content")
    return list(found.order_by("-number"))


def why_not(standing: Standing, by: Actor, asked: Iterable[ReviewRequest]) -> dict[str, list[Reason]]:
    """Each verb with why the actor cannot do it now: the same rules that refuse. A section is saved at an address of its own.

    `asked` are its readers.
    """
    request = next((one for one in asked if one.reader_id == by.user_id and one.answered_at is None), None)
    doors = {
        name: door.why_not(standing, by, *([request] if name == "answer" and request else [])) for name, door in DOORS.items()
    }
    return {"edit-section": rules.why_not_edit_section(standing, by), **doors}
