"""Letting the public rendering of a post-mortem out, and taking it back: by somebody's decision, never by itself."""

from collections.abc import Collection, Mapping

from incidents import fields
from incidents.facts import gather
from ledger.actions import record
from ledger.verbs import verb
from postmortems.actions.base import lock, tell
from postmortems.models import Publication, Release, ReleasePolicy, release_policy, released
from postmortems.public import leaks
from postmortems.rules import releasing as rules
from status.actions import show_postmortem, take_back_postmortem
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
def release(
    publication: Publication,
    *,
    by: Actor,
    title: str,
    text: str,
    overrides: Mapping[str, str] | None = None,
    covers: Collection[str] = (),
) -> Release:
    """Let a public rendering of a published version out. It names nobody and shows no internals; one that is out is replaced.

    Refuses (422), naming each, a text in which a name or something internal is found, unless `overrides` says why it stays (code
    `gives_away`) and `covers` names what stays, in the words in which it was found: a reason lets nothing out that nobody was shown.
    What was found, and that reason, are recorded with the release. Where the organisation allows no such reason, nothing helps.
    """
    postmortem = lock(publication.postmortem)
    incident = postmortem.incident
    check(rules.why_not_release(postmortem, gather(incident), by))
    head, body = fields.line("title", title), fields.text("text", text)
    given = {code: fields.text(f"overrides.{code}", why, most=fields.REASON_MAX) for code, why in (overrides or {}).items()}
    found = {"title": leaks(head, incident), "text": leaks(body, incident)}
    may = release_policy().overrides_allowed
    stays = {field: rules.besides(some, covers) if may else some for field, some in found.items()}
    check([reason for field, some in stays.items() for reason in rules.why_not_text(some, field, overridable=may)])
    overridden = check(
        [reason for field, some in found.items() for reason in rules.why_not_text(some, field, overridable=may)], given
    )
    standing = released(incident).select_for_update(of=("self",)).first()
    if standing is not None:
        standing.withdrawn_at, standing.withdrawal_reason = now(), REPLACED
        standing.save()
    made = Release.objects.create(incident=incident, publication=publication, title=head, text=body, released_by_id=by.user_id)
    show_postmortem(incident, title=head, text=body, released_at=made.released_at)
    tell(
        postmortem,
        "postmortem.released",
        incident=incident,
        by=by,
        title=head,
        version=publication.number,
        replaced=standing is not None,
        overrides=overridden,
        found=[{"kind": kind, "quote": quote} for kind, quote in rules.each(leak for some in found.values() for leak in some)],
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
        take_back_postmortem(incident)
        tell(postmortem, "postmortem.withdrawn", incident=incident, by=by, reason=clean, title=standing.title)
    return standing


def show_what_is_out() -> None:
    """Put every public rendering that is out on the status page, which has just been made public (portal/reactions.py names this)."""
    open_to_all = Release.objects.filter(withdrawn_at=None, incident__restricted=False, incident__exercise=False)
    for out in open_to_all.select_related("incident").order_by("incident_id"):
        show_postmortem(out.incident, title=out.title, text=out.text, released_at=out.released_at)


@verb("set", kind="release_policy.changed", who="process owner", subject="release policy")
def set_release_policy(*, by: Actor, overrides_allowed: bool, reason: str) -> ReleasePolicy:
    """Say whether a written reason lets out what is found in a public rendering, in this organisation. What is out stays."""
    row = ReleasePolicy.objects.select_for_update(of=("self",)).first() or ReleasePolicy()
    check(rules.why_not_set_policy(row.overrides_allowed, by, overrides_allowed))
    why = fields.text("reason", reason, most=fields.REASON_MAX)
    row.overrides_allowed, row.reason = overrides_allowed, why
    row.save()
    record("release_policy.changed", row, by=by, overrides_allowed=overrides_allowed, before=not overrides_allowed, reason=why)
    return row
