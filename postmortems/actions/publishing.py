"""Publishing: what is published is kept word for word, and changed by a next version alone (clauses postmortem.*)."""

from incidents.fields import REASON_MAX
from incidents.fields import text as checked
from ledger.verbs import verb
from postmortems.actions.base import DRAFT_CLOCK, lock, tell
from postmortems.content import content
from postmortems.models import PostMortem, Publication
from postmortems.rules import document as rules
from postmortems.standing import Standing
from postmortems.states import DocumentState
from standard import clocks
from tenants.actors import Actor
from tenants.refusals import check
from tenants.time import now

WHO = "author, IC, OL, process owner"


@verb(
    "publish",
    kind="postmortem.published",
    who=WHO,
    subject="postmortem",
    stops=(DRAFT_CLOCK,),
    clauses=(
        "postmortem.template",
        "postmortem.summary",
        "postmortem.timeline",
        "postmortem.five-whys",
        "postmortem.impact",
        "postmortem.draft-24h",
    ),
)
def publish(postmortem: PostMortem, *, by: Actor) -> Publication:
    """Publish the draft as its next version, kept word for word. Refuses, naming each section that is empty or lacks something."""
    postmortem = lock(postmortem)
    check(rules.why_not_publish(Standing(postmortem), by))
    postmortem.state, postmortem.published_at = DocumentState.PUBLISHED, now()
    postmortem.version += 1
    publication = Publication.objects.create(
        incident=postmortem.incident,
        postmortem=postmortem,
        number=postmortem.version,
        content=content(postmortem),
        reason=postmortem.reason,
        published_at=postmortem.published_at,
        published_by_id=by.user_id,
    )
    postmortem.reason = ""
    postmortem.save()
    clocks.stop(postmortem, DRAFT_CLOCK)
    told = {"version": publication.number, "reason": publication.reason}
    tell(postmortem, "postmortem.published", incident=postmortem.incident, by=by, **told)
    return publication


@verb("take-up", kind="postmortem.taken_up", who=WHO, subject="postmortem", clauses=("postmortem.template",))
def take_up(postmortem: PostMortem, *, by: Actor, reason: str) -> PostMortem:
    """Take up again what was published, to make its next version, with the reason. The published one stays as it is."""
    postmortem = lock(postmortem)
    check(rules.why_not_take_up(Standing(postmortem), by))
    postmortem.reason = checked("reason", reason, most=REASON_MAX)
    postmortem.state = DocumentState.DRAFT
    postmortem.save()
    told = {"version": postmortem.version, "reason": postmortem.reason}
    tell(postmortem, "postmortem.taken_up", incident=postmortem.incident, by=by, **told)
    return postmortem
