"""The timeline of a post-mortem: entries chosen from the record, and added where it lacks one (clause postmortem.timeline).

What is chosen is never rewritten: it stands as the record has it, and an annotation beside it.
"""

from datetime import datetime, timedelta

from incidents.fields import BRIEF_MAX, REASON_MAX
from incidents.fields import text as checked
from incidents.timeline import LATE_SECONDS
from ledger.models import Event
from ledger.verbs import verb
from postmortems import fields
from postmortems.actions.base import lock, tell, written_over
from postmortems.entries import may_be_chosen
from postmortems.models import Pick, PostMortem
from postmortems.rules import document as rules
from postmortems.standing import Standing
from tenants.actors import Actor
from tenants.refusals import NotFound, Reason, Refused, check, invalid
from tenants.time import now

WHO = "author, IC, OL, process owner"
CLAUSE = "postmortem.timeline"


@verb("pick", kind="postmortem.entry_picked", who=WHO, subject="postmortem", clauses=(CLAUSE,))
def pick(postmortem: PostMortem, *, by: Actor, seq: int) -> Pick:
    """Choose an entry of the incident's record for the timeline, as it stands there."""
    postmortem = lock(postmortem)
    check(rules.why_not_pick(Standing(postmortem), by))
    event = Event.objects.filter(incident_id=postmortem.incident_id, seq=seq).first() if 0 < seq < 2**31 else None
    if event is None or not may_be_chosen(event.kind):
        ref = postmortem.incident.ref
        raise invalid("seq", f"There is no entry {seq} of {ref} that could be chosen.", code="no_such_entry")
    if Pick.objects.filter(postmortem=postmortem, seq=seq, removed_at=None).exists():
        raise Refused(Reason("picked", f"Entry {seq} stands in the timeline already.", clause=CLAUSE, field="seq"))
    chosen = Pick.objects.create(
        incident=postmortem.incident, postmortem=postmortem, seq=seq, occurred_at=event.occurred_at, added_by_id=by.user_id
    )
    tell(chosen, "postmortem.entry_picked", incident=postmortem.incident, by=by, entry=seq)
    return chosen


@verb("add-entry", kind="postmortem.entry_added", who=WHO, subject="postmortem", clauses=(CLAUSE,))
def add_entry(
    postmortem: PostMortem, *, by: Actor, occurred_at: datetime, text: str, reason: str = "", led_up: bool = False
) -> Pick:
    """Add what the record lacks, at the time when it happened. Recorded more than a minute after that, it needs a reason.

    Nothing is added from before the impact began but what `led_up` to it, and nothing from the future.
    """
    postmortem = lock(postmortem)
    check(rules.why_not_add_entry(Standing(postmortem), by))
    when = fields.happened(postmortem.incident, occurred_at, led_up=led_up)
    clean = checked("text", text, most=BRIEF_MAX)
    late = now() - when > timedelta(seconds=LATE_SECONDS)
    why = checked("reason", reason, most=REASON_MAX, required=False)
    if late and not why:
        sentence = "It is recorded more than a minute after it happened: say why only now, and how you know the time."
        raise Refused(Reason("late", sentence, clause=CLAUSE, field="reason", status=422))
    added = Pick.objects.create(
        incident=postmortem.incident,
        postmortem=postmortem,
        occurred_at=when,
        text=clean,
        reason=why,
        added_by_id=by.user_id,
    )
    told = {"text": clean, "reason": why, "happened_at": when.isoformat(), "led_up": led_up}
    tell(added, "postmortem.entry_added", incident=postmortem.incident, by=by, **told)
    return added


@verb("annotate", kind="postmortem.entry_annotated", who=WHO, subject="postmortem", clauses=(CLAUSE,))
def annotate(postmortem: PostMortem, entry: int, *, by: Actor, text: str, over: str | None = None) -> Pick:
    """Say something beside an entry of the timeline, which stays as it is. An empty text takes the annotation back.

    Refuses (409 `stale`) what was written `over` another annotation than the present.
    """
    postmortem = lock(postmortem)
    check(rules.why_not_annotate(Standing(postmortem), by))
    found = _standing(postmortem, entry)
    clean = checked("text", text, most=BRIEF_MAX, required=False)
    written_over(found.annotation, clean, over, "this annotation")
    found.annotation = clean
    found.save()
    tell(found, "postmortem.entry_annotated", incident=postmortem.incident, by=by, entry=found.seq, text=found.annotation)
    return found


@verb("remove-entry", kind="postmortem.entry_removed", who=WHO, subject="postmortem", clauses=(CLAUSE,))
def remove_entry(postmortem: PostMortem, entry: int, *, by: Actor) -> Pick:
    """Take an entry out of the timeline. The record keeps its own, and this one's history stays."""
    postmortem = lock(postmortem)
    check(rules.why_not_remove_entry(Standing(postmortem), by))
    found = _standing(postmortem, entry)
    found.removed_at = now()
    found.save()
    tell(found, "postmortem.entry_removed", incident=postmortem.incident, by=by, entry=found.seq, text=found.text)
    return found


def _standing(postmortem: PostMortem, entry: int) -> Pick:
    """An entry that stands in the timeline, by its id. Raises NotFound otherwise."""
    rows = Pick.objects.filter(postmortem=postmortem, pk=entry, removed_at=None) if 0 < entry < 2**63 else Pick.objects.none()
    found = rows.select_for_update(of=("self",)).first()
    if found is None:
        raise NotFound("entry of the timeline")
    return found
