"""Opening a post-mortem: the resolution of what was a SEV 1/2 begins it, filled from the record (clause postmortem.draft-24h)."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from incidents.gravity import is_learnt_from
from incidents.models import Incident
from incidents.states import RoomRole, State
from ledger.models import Event
from ledger.verbs import verb
from postmortems.actions.base import DRAFT_CLOCK, REVIEW_CLOCK, lock, tell
from postmortems.models import Pick, PostMortem, Section
from postmortems.people import last_holders
from postmortems.states import DocumentState
from postmortems.telling import SUMMARY, chosen, first_summary
from standard import clocks
from standard.away import Away
from tenants.actors import Actor

AUTHOR = "author"  # the owner of the clock of a draft


@verb(
    "open",
    kind="postmortem.opened",
    who="Muster, when what was a SEV 1 or 2 is resolved",
    subject="postmortem",
    starts=(DRAFT_CLOCK,),
    clauses=(DRAFT_CLOCK, "postmortem.template", "postmortem.timeline"),
    sometimes=("postmortem.taken_up", "postmortem.waiver_lifted"),
)
def open_draft(incident: Incident, *, by: Actor, at: datetime | None = None) -> PostMortem | None:
    """Begin the post-mortem of a resolved SEV 1/2: sections by the template, a first summary, the telling entries; due in 24 hours.

    Where there is one already (the incident was reopened and resolved again) it is owed again: its clock starts afresh from `at`, when
    it was resolved, what was published is taken up, to make its next version, and a waiver of the resolution before ends. While a
    waiver of this one stands nothing is owed, and nobody is told otherwise. Returns None where the incident is not resolved
    (any more), or never was of a severity with a war room.
    """
    incident = Incident.objects.select_for_update(of=("self",), no_key=True).get(pk=incident.pk)
    if incident.state != State.RESOLVED or not is_learnt_from(incident):
        return None
    found = PostMortem.objects.filter(incident=incident).first()
    postmortem = lock(found) if found else _begin(incident)
    if postmortem.is_waived:
        return postmortem
    _lapse(postmortem, incident, by=by)
    owe(postmortem, incident, max(moment for moment in (at, incident.resolved_at) if moment is not None), by=by)
    author = postmortem.author.name if postmortem.author else ""
    tell(postmortem, "postmortem.opened", incident=incident, by=by, again=found is not None, author=author)
    return postmortem


def owe(postmortem: PostMortem, incident: Incident, at: datetime, *, by: Actor) -> None:
    """Have the draft due, counted from `at`, unless what is published tells of the last resolution already.

    What was published before that is taken up again, with that as the reason (also where somebody has taken it up for another):
    its readers keep the version that they have, its writers owe the next one. The entries that tell what happened since stand in
    its timeline.
    """
    if postmortem.is_published_since(incident.resolved_at):
        return
    resolved_at, before = incident.resolved_at, postmortem.published_at
    if before is not None and resolved_at is not None and before < resolved_at:
        was_draft = postmortem.is_draft
        postmortem.reason = (
            f"{incident.ref} was reopened, and resolved again at {_again(incident)}: what is published ends before that."
        )
        postmortem.state = DocumentState.DRAFT
        postmortem.save()
        if not was_draft:
            told = {"version": postmortem.version, "reason": postmortem.reason}
            tell(postmortem, "postmortem.taken_up", incident=incident, by=by, **told)
    _tell_on(postmortem, incident)
    start_draft(postmortem, incident, at)


def _lapse(postmortem: PostMortem, incident: Incident, *, by: Actor) -> None:
    """End the waiver of a resolution before the last: what came back is another thing to learn from."""
    if postmortem.waived_at is None:
        return
    postmortem.waived_at, postmortem.waived_by, postmortem.waiver_reason = None, None, ""
    postmortem.save()
    reason = f"{incident.ref} was reopened, and resolved again at {_again(incident)}: a waiver holds for the resolution it was given for."
    tell(postmortem, "postmortem.waiver_lifted", incident=incident, by=by, reason=reason)


def _again(incident: Incident) -> str:
    """When it was resolved the last time, for a sentence."""
    return f"{incident.resolved_at:%Y-%m-%d %H:%M:%S} UTC" if incident.resolved_at else "a later time"


def _tell_on(postmortem: PostMortem, incident: Incident) -> None:
    """Choose the entries that tell the story since it was published last; none that somebody took out.

    To a draft that was never published its writers add them: it is theirs, and nothing of it is told yet.
    """
    told = Event.objects.filter(incident_id=incident.pk, kind="postmortem.published").order_by("-seq")
    since = told.values_list("seq", flat=True).first()
    if since is None:
        return
    known = set(postmortem.picks.filter(seq__isnull=False).values_list("seq", flat=True))
    _choose(postmortem, incident, (e for e in chosen(incident) if e.seq is not None and e.seq > since and e.seq not in known))


def _choose(postmortem: PostMortem, incident: Incident, events: Iterable[Event]) -> None:
    for event in events:
        Pick.objects.create(incident=incident, postmortem=postmortem, seq=event.seq, occurred_at=event.occurred_at)


def start_draft(postmortem: PostMortem, incident: Incident, at: datetime) -> None:
    """Start the clock of the draft, as the incident's standard says (24 hours as shipped), counted from `at`."""
    rule = incident.law.clock("postmortem_draft")
    clocks.start(
        DRAFT_CLOCK,
        postmortem,
        due=timedelta(minutes=rule.due),
        prompt=timedelta(minutes=rule.prompt) if rule.prompt is not None else None,
        owner_role=AUTHOR,
        incident_id=incident.pk,
        at=at,
    )


def set_aside(incident: Incident) -> None:
    """The incident goes on: nothing is owed of its post-mortem until it is resolved again. The document stays.

    Where it is resolved again by the time this runs, the clocks are those of that resolution.
    """
    incident = Incident.objects.select_for_update(of=("self",), no_key=True).get(pk=incident.pk)
    postmortem = PostMortem.objects.filter(incident=incident).first()
    if postmortem is not None and incident.state != State.RESOLVED:
        clocks.fall_away(lock(postmortem), DRAFT_CLOCK, REVIEW_CLOCK, why=Away.REOPENED)


def _begin(incident: Incident) -> PostMortem:
    """The draft as the record fills it. Its author is whoever commanded last; without a commander nobody yet."""
    commander = last_holders(incident.pk).get(RoomRole.IC)
    author = commander.user if commander else None
    postmortem = PostMortem.objects.create(incident=incident, author=author)
    for position, part in enumerate(incident.law.postmortem_template):
        text = first_summary(incident) if part.clause == SUMMARY else ""
        Section.objects.create(
            incident=incident, postmortem=postmortem, key=part.key, title=part.title, position=position, text=text
        )
    _choose(postmortem, incident, chosen(incident))
    return postmortem
