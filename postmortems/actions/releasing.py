"""Letting the public rendering of a post-mortem out, and taking it back: by somebody's decision, never by itself."""

from incidents import fields
from incidents.facts import gather
from ledger.verbs import verb
from postmortems.actions.base import lock, tell
from postmortems.models import Publication, Release, released
from postmortems.public import leaks
from postmortems.rules import releasing as rules
from tenants.actors import Actor
from tenants.refusals import check
from tenants.time import now

REPLACED = "Replaced by a newer text."


@verb(
    "release",
    kind="postmortem.released",
    who="last IC or CL, process owner; Legal Counsel or PR where the organisation's update policy says so",
    subject="postmortem",
)
def release(publication: Publication, *, by: Actor, title: str, text: str) -> Release:
    """Let a public rendering of a published version out. It names nobody and shows no internals; one that is out is replaced."""
    postmortem = lock(publication.postmortem)
    incident = postmortem.incident
    check(rules.why_not_release(postmortem, gather(incident), by))
    head, body = fields.line("title", title), fields.text("text", text)
    check([*rules.why_not_text(leaks(head, incident), "title"), *rules.why_not_text(leaks(body, incident), "text")])
    standing = released(incident).select_for_update(of=("self",)).first()
    if standing is not None:
        standing.withdrawn_at, standing.withdrawal_reason = now(), REPLACED
        standing.save()
    made = Release.objects.create(incident=incident, publication=publication, title=head, text=body, released_by_id=by.user_id)
    tell(
        postmortem,
        "postmortem.released",
        incident=incident,
        by=by,
        title=head,
        version=publication.number,
        replaced=standing is not None,
    )
    return made


@verb(
    "withdraw",
    kind="postmortem.withdrawn",
    who="who may release it",
    subject="postmortem",
)
def withdraw(publication: Publication, *, by: Actor, reason: str) -> Release | None:
    """Take the public rendering back, with a reason."""
    postmortem = lock(publication.postmortem)
    incident = postmortem.incident
    standing = released(incident).select_for_update(of=("self",)).first()
    check(rules.why_not_withdraw(postmortem, gather(incident), by, standing))
    clean = fields.text("reason", reason, most=fields.REASON_MAX)
    if standing is not None:
        standing.withdrawn_at, standing.withdrawal_reason = now(), clean
        standing.save()
        tell(postmortem, "postmortem.withdrawn", incident=incident, by=by, reason=clean, title=standing.title)
    return standing
